//! Lambda functions: how soon they answer, how large they are, and what an answer costs.

mod authorizer;
mod runtime_api;
mod services;
mod tokens;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::client::Error;
use crate::cpu::memory_mib;
use crate::report::Row;
use runtime_api::{Posted, Running, RuntimeApi};

const STARTS: usize = 41;
/// Enough for memory to settle.
const EVENTS: usize = 500;

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let (mut rows, node) = authorizer::run()?;
    rows.extend(tokens::run(&node).await?);
    Ok(rows)
}

/// A function, and the event that it is measured with. Add one for each binary; the rows are the caller's.
pub(crate) struct Function {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) event: String,
}

/// What was measured of a function.
pub(crate) struct Measured {
    /// From the start of the process to its first answer, in milliseconds; the best of [`STARTS`], since whatever else the
    /// machine does only adds to it.
    pub(crate) first_answer: f64,
    /// Resident after [`EVENTS`] answers, in MiB.
    pub(crate) resident: f64,
}

impl Function {
    /// Starts it again and again, and then once for its memory. Every answer has to be a response.
    pub(crate) fn measure(&self) -> Result<Measured, Error> {
        let mut starts = Vec::with_capacity(STARTS);
        for _ in 0..STARTS {
            let api = RuntimeApi::open()?;
            api.send(&self.event)?;
            let start = Instant::now();
            let _running = self.start(&api)?;
            let posted = api.next()?;
            starts.push(start.elapsed().as_secs_f64() * 1e3);
            self.check(&posted)?;
        }
        let api = RuntimeApi::open()?;
        let running = self.start(&api)?;
        for _ in 0..EVENTS {
            api.send(&self.event)?;
            self.check(&api.next()?)?;
        }
        Ok(Measured {
            first_answer: starts.into_iter().fold(f64::INFINITY, f64::min),
            resident: memory_mib(running.pid(), "VmRSS")?,
        })
    }

    fn start(&self, api: &RuntimeApi) -> Result<Running, Error> {
        api.start(&self.program, &self.arguments, &self.environment)
    }

    fn check(&self, posted: &Posted) -> Result<(), Error> {
        match posted {
            Posted::Response => Ok(()),
            Posted::Error => Err(format!("{} answers with an error", self.program.display()).into()),
        }
    }
}

/// The size of a file in a zip, in MiB: deflated, with the few bytes around it.
pub(crate) fn zipped_mib(file: &Path) -> Result<f64, Error> {
    const FRAME: usize = 256;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&std::fs::read(file)?)?;
    Ok((encoder.finish()?.len() + FRAME) as f64 / f64::from(1 << 20))
}
