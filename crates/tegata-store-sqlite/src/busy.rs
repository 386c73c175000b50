//! Waiting for other processes.

use std::time::Duration;

use rusqlite::ErrorCode;

/// How often it looks whether the other process has finished.
const LOOK: Duration = Duration::from_millis(1);

/// Tries again while another connection holds what is needed, for as long as `patience` lasts.
///
/// SQLite's own waiting looks ten times a second, so a command beside a busy server, which leaves the lock free for
/// moments only, could wait in vain; and it does not wait at all for a change of the journal's mode.
pub(crate) fn while_busy<T>(
    patience: Duration,
    attempt: impl Fn() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let mut waited = Duration::ZERO;
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && waited < patience => {
                std::thread::sleep(LOOK);
                waited += LOOK;
            }
            outcome => return outcome,
        }
    }
}

/// Whether SQLite says that another connection holds what is needed.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
