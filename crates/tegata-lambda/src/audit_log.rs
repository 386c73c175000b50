//! The audit log: a line of JSON for each event, among the lines of the log, marked so that a metric filter finds it.
//!
//! Its integrity is that of the log group: whoever may not delete from it cannot take an event back.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tegata_core::audit::{AuditAction, AuditEvent, AuditLog, Outcome};
use tegata_core::client::ClientId;

/// An audit log that writes lines.
pub struct LineAuditLog<W>(Mutex<W>);

impl<W: Write + Send> LineAuditLog<W> {
    /// A log that writes there.
    pub const fn new(out: W) -> Self {
        Self(Mutex::new(out))
    }
}

#[derive(Serialize)]
struct Line<'e> {
    audit: bool,
    at: String,
    #[serde(flatten)]
    action: &'e AuditAction,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

impl<W: Write + Send> AuditLog for LineAuditLog<W> {
    fn record(&self, event: AuditEvent) {
        let line = Line {
            audit: true,
            at: event.at.to_rfc3339(),
            action: &event.action,
            outcome: event.outcome,
            user_id: event.user_id.map(|id| id.to_string()),
            session_id: event.session_id.map(|id| id.to_string()),
            client_id: event.client_id.as_ref().map(ClientId::as_str),
            address: event.address,
        };
        let written = serde_json::to_vec(&line).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            // In one piece, so that no other line comes between.
            let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            out.write_all(&line).and_then(|()| out.flush())
        });
        if let Err(error) = written {
            tracing::error!(%error, action = ?event.action, outcome = ?event.outcome, "an audit event cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tegata_core::identifier::{SessionId, UserId};
    use tegata_core::timestamp::Timestamp;

    use super::*;

    fn lines(events: impl IntoIterator<Item = AuditEvent>) -> Vec<Value> {
        let log = LineAuditLog::new(Vec::new());
        events.into_iter().for_each(|event| log.record(event));
        let text = String::from_utf8(log.0.into_inner().unwrap()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_one_line_that_a_metric_filter_finds() {
        let replayed = AuditAction::RefreshTokenReplayed {
            rotated_at: Timestamp::from_secs(1),
            replayed_at: Timestamp::from_secs(2),
        };
        let event = AuditEvent {
            at: Timestamp::from_secs(1_700_000_000),
            action: replayed,
            outcome: Outcome::Failure,
            user_id: Some(UserId::from_bytes([1; 16])),
            session_id: Some(SessionId::from_bytes([2; 16])),
            client_id: "app".parse().ok(),
            address: Some("198.51.100.7".parse().unwrap()),
        };
        let plain = AuditEvent::keys_changed(event.at);
        let lines = lines([event, plain]);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["audit"], true);
        assert_eq!(lines[0]["action"], "refresh_token_replayed");
        assert_eq!(lines[0]["outcome"], "failure");
        assert_eq!(lines[0]["client_id"], "app");
        assert_eq!(lines[0]["address"], "198.51.100.7");
        assert!(lines[0]["user_id"].is_string() && lines[0]["rotated_at"].is_number());
        let expected = json!({
            "audit": true, "at": "2023-11-14T22:13:20Z", "action": "keys_changed", "outcome": "success"
        });
        assert_eq!(lines[1], expected);
    }
}
