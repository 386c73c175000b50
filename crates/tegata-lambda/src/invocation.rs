//! What a function is invoked with: a request that somebody waits for, or a job that a schedule has for it.

use lambda_http::request::LambdaRequest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// An event.
#[derive(Debug)]
pub enum Invocation {
    /// Somebody's request, in the form of API Gateway or of a load balancer.
    Request(Box<LambdaRequest>),
    /// What the schedule wants done.
    Job(Job),
}

/// What can be asked of a function in an event that is no request. No request reads like one: what clients say stands deeper in
/// the events that AWS makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Tell clients of the sessions that have ended.
    DeliverLogoutNotices,
}

/// `{"job": "…"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    job: Job,
}

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        // A request is read a few bytes into it, up to its first member.
        if let Ok(Named { job }) = serde_json::from_str(event.get()) {
            return Ok(Self::Job(job));
        }
        // Its error says which events there are, and nothing of the one that came.
        serde_json::from_str(event.get())
            .map(|request| Self::Request(Box::new(request)))
            .map_err(|_| D::Error::custom("the event is no request and no job of this function"))
    }
}

/// What a function answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome<R> {
    /// To a request, in the form that the kind of its event wants.
    Response(R),
    /// To the schedule.
    Delivered(Delivered),
}

/// What became of the notices of logouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// So many were due: each was delivered, given up, or put off because its client does not answer.
    pub due: usize,
    /// Whether there was time for all of them.
    pub all: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str) -> Result<Invocation, serde_json::Error> {
        serde_json::from_str(event)
    }

    #[test]
    fn a_job_is_named_and_nothing_else_is_one() {
        let job = read(r#"{"job":"deliver_logout_notices"}"#);
        assert!(matches!(job, Ok(Invocation::Job(Job::DeliverLogoutNotices))), "{job:?}");
        for event in [
            "{}",
            "null",
            "[]",
            r#""deliver_logout_notices""#,
            r#"{"job":"delete_everything"}"#,
            r#"{"job":"deliver_logout_notices","more":1}"#,
            r#"{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"1","detail":{}}"#,
        ] {
            let refused = read(event).unwrap_err().to_string();
            assert!(refused.contains("no request and no job"), "{event}: {refused}");
        }
    }

    #[test]
    fn a_request_that_talks_of_a_job_is_a_request() {
        let mut event: serde_json::Value =
            serde_json::from_str(include_str!("../tests/it/events/rest.json")).unwrap();
        event["body"] = r#"{"job":"deliver_logout_notices"}"#.into();
        event["headers"]["job"] = "deliver_logout_notices".into();
        event["queryStringParameters"]["job"] = "deliver_logout_notices".into();
        assert!(matches!(read(&event.to_string()), Ok(Invocation::Request(_))));
    }
}
