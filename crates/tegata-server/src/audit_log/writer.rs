//! The writer: a thread of its own, so that no request waits for the disk.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use tegata_core::audit::{AuditEvent, AuditLog};

use super::chain::Entry;
use super::file::LogFile;

/// So many events may wait for the disk.
const QUEUE: usize = 8192;
/// So many are written at once.
const BATCH: usize = 256;
/// How long the first of them waits for the others: who records one then wakes no thread.
const GATHER: Duration = Duration::from_millis(5);
/// How long the newest lines may be missing from the disk and from the head.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// The audit log in a file. Dropping it writes what is left.
pub(crate) struct FileAuditLog {
    queue: Option<SyncSender<AuditEvent>>,
    missed: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl FileAuditLog {
    /// Opens the log, or makes it, and starts its thread.
    pub(crate) fn open(path: &Path, key: hmac::Key) -> io::Result<Self> {
        let file = LogFile::open(path, key)?;
        let missed = Arc::new(AtomicU64::new(0));
        let (queue, events) = sync_channel(QUEUE);
        let writer =
            Writer { file, missed: Arc::clone(&missed), sync_after: SYNC_AFTER, is_failure_told: false };
        let thread =
            std::thread::Builder::new().name("audit-log".to_owned()).spawn(move || writer.run(&events))?;
        Ok(Self { queue: Some(queue), missed, thread: Some(thread) })
    }
}

impl AuditLog for FileAuditLog {
    fn record(&self, event: AuditEvent) {
        let refused = match &self.queue {
            Some(queue) => queue.try_send(event),
            None => Err(TrySendError::Disconnected(event)),
        };
        if let Err(TrySendError::Full(event) | TrySendError::Disconnected(event)) = refused {
            self.missed.fetch_add(1, Ordering::Relaxed);
            log_missed(&event);
        }
    }
}

impl Drop for FileAuditLog {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It ends once it has written what is in the queue; had it panicked, there would be nothing left to do.
            let _ = thread.join();
        }
    }
}

struct Writer {
    file: LogFile,
    /// Events that are in the server's log instead, and not yet counted in the audit log.
    missed: Arc<AtomicU64>,
    /// [`SYNC_AFTER`]
    sync_after: Duration,
    /// Whether the server's log knows that the newest lines could not be brought to the disk.
    is_failure_told: bool,
}

impl Writer {
    fn run(mut self, events: &Receiver<AuditEvent>) {
        let mut batch = Vec::with_capacity(BATCH);
        // Counted from the first line that waits and not from the last, or a trickle would put it off for hours.
        let mut sync_at: Option<Instant> = None;
        loop {
            let patience = sync_at.map_or(self.sync_after, |at| at.saturating_duration_since(moment()));
            match events.recv_timeout(patience) {
                Ok(event) => {
                    batch.push(event);
                    std::thread::sleep(GATHER);
                    batch.extend(events.try_iter().take(BATCH - 1));
                    self.write(&batch);
                    batch.clear();
                    let now = moment();
                    if now < *sync_at.get_or_insert(now + self.sync_after) {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.sync(),
            }
            if self.missed.load(Ordering::Relaxed) > 0 {
                self.write(&[]);
            }
            self.sync();
            sync_at = None;
        }
    }

    fn write(&mut self, events: &[AuditEvent]) {
        self.is_failure_told = false;
        let now = tegata_http::Clock::now(&tegata_http::SystemClock);
        let missed = self.missed.swap(0, Ordering::Relaxed);
        let entries: Vec<_> = (missed > 0)
            .then_some(Entry::EventsMissed { at: now, count: missed })
            .into_iter()
            .chain(events.iter().map(Entry::Event))
            .collect();
        if let Err(error) = self.file.append(&entries, now) {
            self.missed.fetch_add(missed + events.len() as u64, Ordering::Relaxed);
            if !events.is_empty() {
                tracing::error!(%error, "the audit log cannot be written; its events follow here");
                events.iter().for_each(log_missed);
            }
        }
    }

    fn sync(&mut self) {
        if let Err(error) = self.file.sync()
            && !std::mem::replace(&mut self.is_failure_told, true)
        {
            tracing::error!(%error, "the audit log cannot be brought to the disk");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long lines have waited is no time of the rules")]
fn moment() -> Instant {
    Instant::now()
}

/// Writes an event to the server's log; it holds no secret.
fn log_missed(event: &AuditEvent) {
    tracing::error!(
        at = event.at.to_rfc3339(),
        action = ?event.action,
        outcome = ?event.outcome,
        user_id = event.user_id.map(|id| id.to_string()),
        session_id = event.session_id.map(|id| id.to_string()),
        client_id = event.client_id.as_ref().map(ToString::to_string),
        address = event.address.map(|address| address.to_string()),
        "an event that is missing from the audit log"
    );
}

#[cfg(test)]
mod tests {
    use tegata_core::audit::{AuditAction, Outcome};
    use tegata_core::timestamp::Timestamp;

    use super::super::chain::Head;
    use super::super::file::head_path;
    use super::*;

    #[test]
    fn r67_a_trickle_of_events_does_not_keep_their_head_from_being_noted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let sync_after = Duration::from_millis(200);
        let writer = Writer {
            file: LogFile::open(&path, key.clone()).unwrap(),
            missed: Arc::default(),
            sync_after,
            is_failure_told: false,
        };
        let (queue, events) = sync_channel(QUEUE);
        let thread = std::thread::spawn(move || writer.run(&events));
        let noted = || Head::unseal(&key, &std::fs::read_to_string(head_path(&path)).unwrap()).unwrap().seq;
        let is_noted = (0..50).any(|_| {
            queue.send(event()).unwrap();
            std::thread::sleep(sync_after / 10);
            noted() > 0
        });
        drop(queue);
        thread.join().unwrap();
        assert!(is_noted, "a second of events, and no moment without one");
    }

    fn event() -> AuditEvent {
        AuditEvent {
            at: Timestamp::from_secs(1_000),
            action: AuditAction::Login,
            outcome: Outcome::Success,
            user_id: None,
            session_id: None,
            client_id: None,
            address: None,
        }
    }
}
