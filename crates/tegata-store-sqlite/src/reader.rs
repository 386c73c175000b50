//! The threads that read, each with a connection of its own: a slow disk holds up none of the runtime's threads.
//!
//! They take their steps from one queue, so a long read (housekeeping, a large page) delays nobody while another thread
//! is free.

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

/// The way to the threads. When it is dropped, they end and close their connections.
pub(crate) struct Readers {
    queue: Option<mpsc::Sender<Step>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let (queue, steps) = mpsc::channel(QUEUE);
        let steps = Arc::new(Mutex::new(steps));
        // Filled one by one: if a later thread cannot start, the earlier ones end with this value.
        let mut readers = Self { queue: Some(queue), threads: Vec::new() };
        for _ in 0..options.readers.max(1) {
            let connection = schema::open_reader(path, options)?;
            let steps = Arc::clone(&steps);
            let thread = std::thread::Builder::new()
                .name("tegata-reader".to_owned())
                .spawn(move || serve(&connection, &steps))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

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
