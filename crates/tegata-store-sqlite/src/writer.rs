//! The one thread that writes: it takes what is waiting and commits it together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tegata_core::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::busy::while_busy;
use crate::error::{closed, is_damage, store_error};

/// How many steps may wait; past that their callers wait to be let in.
const QUEUE: usize = 4096;
/// How many are committed together at most: a bound on how long the first of them waits.
const GROUP: usize = 256;

/// A group of so many is one of a busy moment: the next one waits for others, so that more of them share a flush.
const BUSY: usize = 4;
/// How long it waits.
const GATHER: Duration = Duration::from_micros(500);

/// The way to the thread. When it is dropped, what is waiting is still done, and then the thread ends.
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Step>>>,
    thread: Option<JoinHandle<()>>,
}

/// A step with the way back to whoever waits for it.
trait Step: Send {
    /// Does it, inside the transaction.
    fn run(&mut self, connection: &Connection);

    /// Tells the outcome: the step's own if its group was committed.
    fn answer(self: Box<Self>, commit: &Result<(), NotCommitted>);
}

struct Pending<T, F> {
    step: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

/// The group that a step was part of was not committed: nothing of it has happened.
#[derive(Clone, Debug, thiserror::Error)]
enum NotCommitted {
    /// There was no transaction to be had, or no commit.
    #[error("the transaction was not committed")]
    Failed(#[source] Arc<rusqlite::Error>),
    /// An error in one of its steps, such as a full disk, ended it early.
    #[error("the transaction was rolled back because of an error in one of its steps")]
    RolledBack,
}

impl From<rusqlite::Error> for NotCommitted {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(Arc::new(error))
    }
}

impl From<NotCommitted> for StoreError {
    fn from(error: NotCommitted) -> Self {
        match &error {
            NotCommitted::Failed(cause) if is_damage(cause) => Self::Corrupt(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}

/// A step panicked.
#[derive(Debug, thiserror::Error)]
#[error("a step of the store panicked")]
struct Panicked;

impl<T, F> Step for Pending<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) {
        self.outcome = self.step.take().map(|step| in_savepoint(connection, step));
    }

    fn answer(self: Box<Self>, commit: &Result<(), NotCommitted>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error.clone().into()),
            (Ok(()), None) => Err(closed()),
        };
        // A caller that is gone does not need it: what was done stays done.
        let _ = self.reply.send(outcome);
    }
}

/// All of the step or nothing of it, without the others of its group: a step with one statement too, since what it reads
/// from it may not be readable. That costs half a microsecond.
fn in_savepoint<T>(
    connection: &Connection,
    step: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let command = |sql| command(connection, sql).map_err(store_error);
    command("SAVEPOINT step")?;
    // A bug in one step must not take the thread, and with it all writing, along.
    let outcome = catch_unwind(AssertUnwindSafe(|| step(connection)))
        .unwrap_or_else(|_| Err(StoreError::Unavailable(Panicked.into())));
    // Without a transaction there is no savepoint left either.
    if connection.is_autocommit() {
        return outcome;
    }
    let undone = if outcome.is_err() { command("ROLLBACK TO step") } else { Ok(()) };
    match undone.and_then(|()| command("RELEASE step")) {
        Ok(()) => outcome,
        Err(error) => {
            // Half a step must not be committed with the others, so nothing is.
            let _ = command("ROLLBACK");
            Err(error)
        }
    }
}

impl Writer {
    /// `patience` is how long a group waits for another process to finish its own.
    pub(crate) fn start(connection: Connection, patience: Duration) -> Result<Self, std::io::Error> {
        let (queue, steps) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("tegata-writer".to_owned())
            .spawn(move || serve(&connection, steps, patience))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let pending = Pending { step: Some(step), outcome: None, reply };
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(Box::new(pending)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        // The last handle may be dropped by a step's own closure; a thread cannot wait for itself.
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, mut steps: mpsc::Receiver<Box<dyn Step>>, patience: Duration) {
    connection.set_prepared_statement_cache_capacity(64);
    let mut group = Vec::with_capacity(GROUP);
    let mut was_busy = false;
    // While a group is being committed, the next one gathers by itself.
    while steps.blocking_recv_many(&mut group, GROUP) > 0 {
        if was_busy {
            std::thread::sleep(GATHER);
            while group.len() < GROUP
                && let Ok(step) = steps.try_recv()
            {
                group.push(step);
            }
        }
        was_busy = group.len() >= BUSY;
        let commit = commit(connection, &mut group, patience);
        if let Err(error) = &commit {
            tracing::error!(%error, steps = group.len(), "the store could not write");
        }
        for step in group.drain(..) {
            step.answer(&commit);
        }
    }
}

fn commit(
    connection: &Connection,
    group: &mut [Box<dyn Step>],
    patience: Duration,
) -> Result<(), NotCommitted> {
    while_busy(patience, || command(connection, "BEGIN IMMEDIATE"))?;
    for step in group {
        step.run(connection);
        // A full disk makes SQLite roll back the whole transaction. What follows must not run outside of one.
        if connection.is_autocommit() {
            return Err(NotCommitted::RolledBack);
        }
    }
    let committed = command(connection, "COMMIT");
    if committed.is_err() && !connection.is_autocommit() {
        let _ = command(connection, "ROLLBACK");
    }
    Ok(committed?)
}

fn command(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests;
