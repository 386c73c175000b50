//! A row of steps: announced, timed, stopped at the first failure, summed up.

use std::time::{Duration, Instant};

use crate::Result;

/// The steps done so far.
pub(crate) struct Suite {
    done: Vec<(&'static str, Duration)>,
}

impl Suite {
    /// Runs the steps and prints the summary, whatever came of them.
    pub(crate) fn run(name: &str, steps: impl FnOnce(&mut Self) -> Result) -> Result {
        let mut suite = Self { done: Vec::new() };
        let outcome = steps(&mut suite);
        println!("\n── summary of {name}");
        for (step, took) in &suite.done {
            println!("   passed  {:>8}  {step}", seconds(*took));
        }
        let total = suite.done.iter().map(|(_, took)| *took).sum();
        match outcome {
            Ok(()) => {
                println!("All {} steps of {name} passed in {}.", suite.done.len(), seconds(total));
                Ok(())
            }
            Err(error) => Err(format!("{name} failed: {error}").into()),
        }
    }

    /// Runs one step.
    pub(crate) fn step(&mut self, name: &'static str, step: impl FnOnce() -> Result) -> Result {
        println!("\n── {name}");
        let begun = Instant::now();
        let outcome = step();
        let took = begun.elapsed();
        match outcome {
            Ok(()) => {
                println!("── {name}: passed in {}", seconds(took));
                self.done.push((name, took));
                Ok(())
            }
            Err(error) => {
                println!("── {name}: FAILED after {}", seconds(took));
                Err(format!("{name}: {error}").into())
            }
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
