//! The chain: how a line is made, and how a file of them is checked.

use std::io::{self, BufRead};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use tegata_core::audit::AuditEvent;
use tegata_core::client::ClientId;
use tegata_core::timestamp::Timestamp;

/// The newest line: its number and its MAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Lines count from 1; 0 is before the first.
    pub(crate) seq: u64,
    pub(crate) mac: String,
}

/// What a line tells.
pub(crate) enum Entry<'e> {
    Event(&'e AuditEvent),
    /// So many events could not be written, for want of space or time; the server's log has them.
    EventsMissed {
        at: Timestamp,
        count: u64,
    },
    /// The last line had been written in part when its writer died, and these bytes of it were removed.
    TornLineRemoved {
        at: Timestamp,
        bytes: u64,
    },
}

#[derive(Serialize)]
struct Line<'l> {
    seq: u64,
    at: String,
    #[serde(flatten)]
    what: What<'l>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<tegata_core::audit::Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<std::net::IpAddr>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'l> {
    Event(&'l tegata_core::audit::AuditAction),
    Note { action: &'static str, count: u64 },
}

/// What stands between the signed part of a line and its MAC.
const MAC_MEMBER: &str = ",\"mac\":\"";
const LINE_END: &str = "\"}";

impl Head {
    /// Before the first line.
    pub(crate) fn start() -> Self {
        Self { seq: 0, mac: String::new() }
    }

    /// Writes the next line to `out` and gives the head after it.
    pub(crate) fn append(&self, key: &hmac::Key, entry: &Entry<'_>, out: &mut Vec<u8>) -> Self {
        let seq = self.seq + 1;
        let signed = signed_part(seq, entry);
        let mac = mac(key, &self.mac, signed.as_bytes());
        out.extend_from_slice(signed.as_bytes());
        out.extend_from_slice(MAC_MEMBER.as_bytes());
        out.extend_from_slice(mac.as_bytes());
        out.extend_from_slice(LINE_END.as_bytes());
        out.push(b'\n');
        Self { seq, mac }
    }

    /// The head of a line, as the line itself says, unchecked.
    pub(crate) fn of_line(line: &[u8]) -> Option<Self> {
        let (signed, mac) = split(line)?;
        let digits = signed.strip_prefix("{\"seq\":")?;
        let digits = &digits[..digits.find(|c: char| !c.is_ascii_digit())?];
        Some(Self { seq: digits.parse().ok()?, mac: mac.to_owned() })
    }

    /// The head as one line with a MAC of its own.
    pub(crate) fn seal(&self, key: &hmac::Key) -> String {
        let text = format!("{}:{}", self.seq, self.mac);
        let seal = mac(key, "head", text.as_bytes());
        format!("{text}:{seal}\n")
    }

    /// The head from such a line.
    pub(crate) fn unseal(key: &hmac::Key, line: &str) -> Option<Self> {
        let (text, seal) = line.trim().rsplit_once(':')?;
        let is_ours = mac(key, "head", text.as_bytes()) == seal;
        is_ours.then(|| text.parse().ok())?
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "must be a number, a colon and a MAC, as `tegata audit verify` prints it";
        let (seq, mac) = text.split_once(':').ok_or(SHAPE)?;
        Ok(Self { seq: seq.parse().map_err(|_| SHAPE)?, mac: mac.to_owned() })
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.mac)
    }
}

/// Everything of a line but its MAC and its end.
fn signed_part(seq: u64, entry: &Entry<'_>) -> String {
    let note = |at: &Timestamp, action, count| Line {
        seq,
        at: at.to_rfc3339(),
        what: What::Note { action, count },
        outcome: None,
        user_id: None,
        session_id: None,
        client_id: None,
        address: None,
    };
    let line = match entry {
        Entry::Event(event) => Line {
            seq,
            at: event.at.to_rfc3339(),
            what: What::Event(&event.action),
            outcome: Some(event.outcome),
            user_id: event.user_id.map(|id| id.to_string()),
            session_id: event.session_id.map(|id| id.to_string()),
            client_id: event.client_id.as_ref().map(ClientId::as_str),
            address: event.address,
        },
        Entry::EventsMissed { at, count } => note(at, "events_missed", *count),
        Entry::TornLineRemoved { at, bytes } => note(at, "torn_line_removed", *bytes),
    };
    // Plain fields of a struct always have a form in JSON; were there none, the line would still be chained.
    let mut json = serde_json::to_string(&line).unwrap_or_else(|_| format!("{{\"seq\":{seq}}}"));
    json.pop();
    json
}

fn split(line: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(line).ok()?.strip_suffix(LINE_END)?.rsplit_once(MAC_MEMBER)
}

fn mac(key: &hmac::Key, previous: &str, signed: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    // The previous MAC has a fixed alphabet without a line feed, so the two parts cannot run into each other.
    context.update(previous.as_bytes());
    context.update(b"\n");
    context.update(signed);
    URL_SAFE_NO_PAD.encode(context.sign())
}

/// A place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    /// The line of the file, from 1; for what is missing at the end, the one after the last.
    pub(crate) line: u64,
    pub(crate) problem: String,
}

/// The outcome of checking a file.
#[derive(Debug)]
pub(crate) struct Verified {
    /// How many lines there are.
    pub(crate) lines: u64,
    /// The newest one.
    pub(crate) head: Head,
    /// Every place where the chain does not hold.
    pub(crate) breaks: Vec<Break>,
}

/// The longest line that is read: far longer than any that is written.
const MAX_LINE: u64 = 64 * 1024;

/// Checks a file against the key and against heads that were noted before, and calls `each` with every line.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn verify(
    mut log: impl BufRead,
    key: &hmac::Key,
    noted: &[Head],
    each: &mut dyn FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<Verified> {
    let mut verified = Verified { lines: 0, head: Head::start(), breaks: Vec::new() };
    let mut line = Vec::new();
    let mut unmet: Vec<_> = noted.iter().filter(|head| head.seq > 0).collect();
    loop {
        line.clear();
        if io::Read::take(&mut log, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        verified.lines += 1;
        let whole = line.strip_suffix(b"\n");
        if let Err(problem) = check_line(key, &mut verified.head, whole) {
            verified.breaks.push(Break { line: verified.lines, problem });
        }
        if let Some(whole) = whole {
            each(verified.head.seq, whole)?;
        }
        unmet.retain(|noted| **noted != verified.head);
    }
    for head in unmet {
        let problem = format!(
            "event {} was here when its number was last noted, and is gone or was replaced; the log now ends with event {}",
            head.seq, verified.head.seq
        );
        verified.breaks.push(Break { line: verified.lines + 1, problem });
    }
    Ok(verified)
}

/// Checks one line after `head`, which moves on to what the line says of itself.
fn check_line(key: &hmac::Key, head: &mut Head, line: Option<&[u8]>) -> Result<(), String> {
    let line = line.ok_or("the line is not complete")?;
    let (signed, own) = split(line).ok_or("the line is not one of the audit log")?;
    let claimed = Head::of_line(line).ok_or("the line has no number")?;
    let previous = std::mem::replace(head, claimed);
    if head.seq != previous.seq + 1 {
        return Err(format!(
            "event {} follows event {}: lines were removed, inserted or reordered",
            head.seq, previous.seq
        ));
    }
    if mac(key, &previous.mac, signed.as_bytes()) != own {
        return Err(format!("event {} was changed, or the line before it was", head.seq));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tegata_core::audit::{AuditAction, Outcome};

    use super::*;

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[7; 32])
    }

    fn log(events: u64) -> (Vec<Vec<u8>>, Head) {
        let mut head = Head::start();
        let mut lines = Vec::new();
        for n in 0..events {
            let at = Timestamp::from_secs(n.try_into().unwrap());
            let event = AuditEvent {
                address: Some([192, 0, 2, 1].into()),
                ..AuditEvent::new(at, AuditAction::Login, Outcome::Success)
            };
            let mut line = Vec::new();
            head = head.append(&key(), &Entry::Event(&event), &mut line);
            lines.push(line);
        }
        (lines, head)
    }

    fn check(lines: &[Vec<u8>], noted: &[Head]) -> Vec<u64> {
        let verified = verify(lines.concat().as_slice(), &key(), noted, &mut |_, _| Ok(())).unwrap();
        verified.breaks.into_iter().map(|found| found.line).collect()
    }

    #[test]
    fn r67_an_untouched_log_verifies() {
        let (lines, head) = log(5);
        assert_eq!(check(&lines, &[head]), [0; 0]);
    }

    #[test]
    fn r67_a_name_that_a_stranger_chose_is_a_text_of_its_own_line() {
        let name = r#"https://a.example/","mac":"AAAA"}\u0022"#;
        let event = AuditEvent {
            client_id: name.parse().ok(),
            ..AuditEvent::new(Timestamp::from_secs(9), AuditAction::GrantBegun, Outcome::Success)
        };
        // After lines that were written before events had clients.
        let (mut lines, head) = log(2);
        assert!(!lines.concat().windows(9).any(|part| part == b"client_id"));
        let mut line = Vec::new();
        let head = head.append(&key(), &Entry::Event(&event), &mut line);
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!((&read["client_id"], &read["mac"]), (&name.into(), &head.mac.as_str().into()));
        lines.push(line);
        assert_eq!(check(&lines, &[head]), [0; 0]);
    }

    #[test]
    fn r67_a_changed_line_is_found() {
        let (mut lines, head) = log(5);
        let text = String::from_utf8(lines[2].clone()).unwrap().replace("192.0.2.1", "192.0.2.9");
        lines[2] = text.into_bytes();
        assert_eq!(check(&lines, &[head]), [3]);
    }

    #[test]
    fn r67_a_removed_line_is_found() {
        let (mut lines, head) = log(5);
        lines.remove(2);
        assert_eq!(check(&lines, &[head]), [3]);
    }

    #[test]
    fn r67_a_removed_first_line_is_found() {
        let (mut lines, head) = log(5);
        lines.remove(0);
        assert_eq!(check(&lines, &[head]), [1]);
    }

    #[test]
    fn r67_a_removed_last_line_is_found() {
        let (mut lines, head) = log(5);
        lines.pop();
        assert_eq!(check(&lines, &[head]), [5]);
    }

    #[test]
    fn r67_swapped_lines_are_found() {
        let (mut lines, head) = log(5);
        lines.swap(1, 2);
        assert_eq!(check(&lines, &[head]), [2, 3, 4]);
    }

    #[test]
    fn r67_a_doubled_line_is_found() {
        let (mut lines, head) = log(3);
        lines.insert(1, lines[1].clone());
        assert_eq!(check(&lines, &[head]), [3]);
    }

    #[test]
    fn r67_a_log_of_another_key_is_found() {
        let (lines, head) = log(2);
        let other = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        let verified = verify(lines.concat().as_slice(), &other, &[head], &mut |_, _| Ok(())).unwrap();
        assert_eq!(verified.breaks.len(), 2);
    }

    #[test]
    fn a_head_is_read_back_only_under_its_key() {
        let (_, head) = log(2);
        let sealed = head.seal(&key());
        assert_eq!(Head::unseal(&key(), &sealed), Some(head));
        assert_eq!(Head::unseal(&key(), &sealed.replacen('2', "1", 1)), None);
    }
}
