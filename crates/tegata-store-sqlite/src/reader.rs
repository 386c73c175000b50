//! The connections that read.
//!
//! A look-up by key takes microseconds, less than it takes to wake another thread, so whoever asks does it, if one of the
//! connections for that is free. There are fewer of those than the runtime has threads: a disk that does not answer
//! holds up some of them and never all.
//!
//! Everything else is read by threads that take their steps from one queue, so a long read (housekeeping, a large page)
//! delays nobody while another thread is free.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tegata_core::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::Options;
use crate::error::{OpenError, closed};
use crate::schema;

const QUEUE: usize = 1024;

type Step = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the connections. When it is dropped, the threads end, and all are closed.
pub(crate) struct Readers {
    /// Held for the length of one look-up.
    direct: Vec<Mutex<Connection>>,
    queue: Option<mpsc::Sender<Step>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let (queue, steps) = mpsc::channel(QUEUE);
        let steps = Arc::new(Mutex::new(steps));
        // Filled one by one: if a later thread cannot start, the earlier ones end with this value.
        let mut readers = Self { direct: Vec::new(), queue: Some(queue), threads: Vec::new() };
        for _ in 0..options.readers.max(1) {
            let connection = schema::open_reader(path, options)?;
            let steps = Arc::clone(&steps);
            let thread = std::thread::Builder::new()
                .name("tegata-reader".to_owned())
                .spawn(move || serve(&connection, &steps))?;
            readers.threads.push(thread);
        }
        for _ in 0..options.direct_readers {
            readers.direct.push(Mutex::new(schema::open_reader(path, options)?));
        }
        Ok(readers)
    }

    /// Does a look-up by key.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.directly(step) {
            Ok(outcome) => outcome,
            Err(step) => self.run(step).await,
        }
    }

    /// Does a look-up at once, or gives it back if no connection is free.
    fn directly<T, F>(&self, step: F) -> Result<Result<T, StoreError>, F>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError>,
    {
        let free = || self.direct.iter().find_map(|connection| connection.try_lock().ok());
        // Whoever holds one needs microseconds for it, or waits for a core: it gets this one.
        let Some(connection) = free().or_else(|| {
            std::thread::yield_now();
            free()
        }) else {
            return Err(step);
        };
        Ok(catch_unwind(AssertUnwindSafe(|| step(&connection))).unwrap_or_else(|_| Err(closed())))
    }

    /// Does a read of any length.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let step = Box::new(move |connection: &Connection| {
            let _ = reply.send(step(connection));
        });
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(step).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, steps: &Mutex<mpsc::Receiver<Step>>) {
    loop {
        // The lock is held while waiting and not while reading.
        let step = steps.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(step) = step else { return };
        // A bug in one step is that step's; whoever waits for it sees its answer missing.
        let _ = catch_unwind(AssertUnwindSafe(|| step(connection)));
    }
}
