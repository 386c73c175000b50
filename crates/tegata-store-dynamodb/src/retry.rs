//! Requests, repeated where that is safe.
//!
//! Every write of this store is conditional, so that doing it twice is refused the second time; and every step says
//! how it knows its own write when the first try was done and its answer was lost. That makes repeating safe.

use std::time::Duration;

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::CancellationReason;
use tegata_core::store::StoreError;
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Fault, fault};
use crate::item::Item;
use crate::mark::random;

/// So often a request is made that meets throttling, a time-out or a fault of the other side.
const TRIES: u32 = 3;

/// A conflict is no fault: somebody else's write was done instead, so the crowd grows smaller.
const CONFLICTS: u32 = 20;

/// The first pause is up to so long; each further one up to twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// One step of the store, and the time it has.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    deadline: Instant,
}

/// What came of a request.
pub(crate) enum Reply<T> {
    /// It was done.
    Done(T),
    /// A condition did not hold, and nothing was done.
    Refused(Refusal),
}

/// A condition that did not hold.
pub(crate) struct Refusal {
    parts: Vec<Part>,
    /// Whether an earlier try may have been done after all: then the refusal may come from our own write.
    pub(crate) after_doubt: bool,
}

/// One part of a transaction, or the whole of a single write.
enum Part {
    Held,
    Failed(Option<Item>),
}

impl Refusal {
    /// Whether this part was refused.
    pub(crate) fn has_failed(&self, part: usize) -> bool {
        matches!(self.parts.get(part), Some(Part::Failed(_)))
    }

    /// What stands in the place of this part, if it was refused and anything does.
    pub(crate) fn item(&self, part: usize) -> Option<&Item> {
        match self.parts.get(part) {
            Some(Part::Failed(item)) => item.as_ref(),
            Some(Part::Held) | None => None,
        }
    }
}

/// What an error means.
enum Verdict {
    Refused(Vec<Part>),
    /// Not done; worth another try.
    Throttled,
    /// Not done, since somebody else's write was under way.
    Conflict,
    /// Done or not: nobody knows.
    Doubt,
    /// Not done, and it will not be.
    Final,
}

impl Step {
    pub(crate) fn begin(time: Duration) -> Self {
        Self { deadline: Instant::now() + time }
    }

    /// Makes a request, again where it is worth it and safe.
    pub(crate) async fn send<T, E, F>(
        &self,
        table: &str,
        request: impl Fn() -> F,
    ) -> Result<Reply<T>, StoreError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata,
        Error: From<E>,
    {
        let (mut tries, mut conflicts, mut after_doubt) = (0, 0, false);
        loop {
            let Ok(answer) = timeout_at(self.deadline, request()).await else {
                return Err(Fault::Timeout.into());
            };
            let error = match answer {
                Ok(done) => return Ok(Reply::Done(done)),
                Err(error) => error,
            };
            let last = fault(&error, table);
            match judge(error) {
                Verdict::Refused(parts) => {
                    return Ok(Reply::Refused(Refusal { parts, after_doubt }));
                }
                Verdict::Final => return Err(last.into()),
                Verdict::Throttled => tries += 1,
                Verdict::Doubt => (tries, after_doubt) = (tries + 1, true),
                Verdict::Conflict => conflicts += 1,
            }
            if tries >= TRIES || conflicts >= CONFLICTS || self.is_over() {
                return Err(last.into());
            }
            pause(tries + conflicts).await?;
        }
    }

    /// As [`Step::send`], for requests that only read.
    pub(crate) async fn read<T, E, F>(&self, table: &str, request: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata,
        Error: From<E>,
    {
        match self.send(table, request).await? {
            Reply::Done(answer) => Ok(answer),
            // Nothing was asked that could be refused.
            Reply::Refused(_) => Err(Fault::Unknown.into()),
        }
    }

    /// Waits before it is decided anew what somebody else's write has overtaken, for the n-th time.
    pub(crate) async fn after_overtaken(&self, n: u32) -> Result<(), StoreError> {
        if self.is_over() {
            return Err(Fault::Contended.into());
        }
        pause(n).await
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }
}

/// Waits for a random part of a time that doubles, so that those who failed together do not come back together.
async fn pause(n: u32) -> Result<(), StoreError> {
    let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(n.saturating_sub(1))).min(LONGEST_PAUSE);
    let random = f64::from(u32::from_be_bytes(random()?)) / f64::from(u32::MAX);
    sleep(longest.mul_f64(random)).await;
    Ok(())
}

fn judge<E>(error: SdkError<E>) -> Verdict
where
    E: ProvideErrorMetadata,
    Error: From<E>,
{
    let service = match error {
        SdkError::ServiceError(service) => service,
        SdkError::ConstructionFailure(_) => return Verdict::Final,
        // A connection that was refused has done nothing; one that broke may have. The two are not told apart.
        _ => return Verdict::Doubt,
    };
    let is_server_error = service.raw().status().is_server_error();
    let error = Error::from(service.into_err());
    match error.code() {
        Some(code) if is_throttling(code) => return Verdict::Throttled,
        Some(
            "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException",
        ) => return Verdict::Conflict,
        _ => {}
    }
    match error {
        Error::ConditionalCheckFailedException(refused) => Verdict::Refused(vec![Part::Failed(refused.item)]),
        Error::TransactionCanceledException(canceled) => {
            judge_reasons(canceled.cancellation_reasons.unwrap_or_default())
        }
        _ if is_server_error => Verdict::Doubt,
        _ => Verdict::Final,
    }
}

/// A transaction was canceled, for a reason per part.
fn judge_reasons(reasons: Vec<CancellationReason>) -> Verdict {
    let has = |wanted: fn(&str) -> bool| reasons.iter().filter_map(|r| r.code.as_deref()).any(wanted);
    if has(|code| {
        !matches!(code, "None" | "ConditionalCheckFailed" | "TransactionConflict") && !is_throttling(code)
    }) {
        return Verdict::Final;
    }
    if has(|code| code == "TransactionConflict") {
        return Verdict::Conflict;
    }
    if has(is_throttling) {
        return Verdict::Throttled;
    }
    let parts = reasons.into_iter().map(|reason| match reason.code.as_deref() {
        Some("ConditionalCheckFailed") => Part::Failed(reason.item.filter(|item| !item.is_empty())),
        _ => Part::Held,
    });
    Verdict::Refused(parts.collect())
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException"
            | "ThrottlingError"
            | "Throttling"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
    )
}
