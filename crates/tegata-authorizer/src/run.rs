//! The edge: environment, clock, and the Runtime API of Lambda.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tegata_jose::NumericDate;
use tegata_outbound::HttpsOutbound;

use crate::authorizer::Authorizer;
use crate::error::AuthorizerError;
use crate::foreign::{Fetch, NoFetch};
use crate::log;
use crate::policy::Answer;
use crate::settings::{Reach, Settings};

/// Runs the function for Tegata's own tokens until its environment is shut down.
pub fn run() -> ExitCode {
    start::<NoFetch>(Reach::Own, None)
}

/// Runs the function for tokens of other issuers too.
pub fn run_federated() -> ExitCode {
    // Only settings say what is asked; that may be this machine, for tests.
    start(Reach::Federated, Some(&HttpsOutbound::new(true)))
}

fn start<F: Fetch>(reach: Reach, fetch: Option<&F>) -> ExitCode {
    log::tell_only_the_place_of_panics();
    #[expect(clippy::disallowed_methods, reason = "this is the start-up that reads settings")]
    let settings = match Settings::parse(std::env::vars(), reach) {
        Ok(settings) => settings,
        Err(problems) => {
            for problem in problems {
                log::invalid_setting(&problem);
            }
            return ExitCode::FAILURE;
        }
    };
    let authorizer = Authorizer::new(settings, fetch);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    // The runtime of Lambda serves one event after the other, forever; it returns when its API is gone.
    match runtime.block_on(serve(&authorizer)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn serve<F: Fetch>(authorizer: &Authorizer<F>) -> Result<(), lambda_runtime::Error> {
    // Any JSON is taken: a message of ours about what is wrong with an event could quote it.
    let handler = |event: LambdaEvent<Box<RawValue>>| async move {
        without_panic(authorizer.authorize(event.payload.get(), now())).await
    };
    Runtime::new(service_fn(handler)).run().await
}

/// Turns a panic into an answer. The runtime would catch it too, but repeat its message, and that can hold anything.
async fn without_panic(
    answer: impl Future<Output = Result<Answer, AuthorizerError>>,
) -> Result<Answer, AuthorizerError> {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)))
            .unwrap_or(Poll::Ready(Err(AuthorizerError::Internal)))
    })
    .await
}

fn now() -> NumericDate {
    #[expect(clippy::disallowed_methods, reason = "this is the edge that reads the clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NumericDate::new(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_our_own_fault_and_says_nothing() {
        let answer = without_panic(async { panic!("a secret") }).await;
        assert_eq!(answer.unwrap_err(), AuthorizerError::Internal);
    }
}
