//! The threads that read, each with a connection of its own: a slow disk holds up none of the runtime's threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use tegata_core::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::Options;
use crate::error::{OpenError, closed};
use crate::schema;

const QUEUE: usize = 1024;

type Step = Box<dyn FnOnce(&Connection) + Send>;

/// The ways to the threads, taken in turn. They end when this is dropped.
pub(crate) struct Readers {
    queues: Vec<mpsc::Sender<Step>>,
    next: AtomicUsize,
}

impl Readers {
    pub(crate) fn start(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let start = |_| {
            let connection = schema::open_reader(path, options)?;
            let (queue, mut steps) = mpsc::channel::<Step>(QUEUE);
            std::thread::Builder::new().name("tegata-reader".to_owned()).spawn(move || {
                while let Some(step) = steps.blocking_recv() {
                    // A bug in one step is that step's; whoever waits for it sees its answer missing.
                    let _ = catch_unwind(AssertUnwindSafe(|| step(&connection)));
                }
            })?;
            Ok(queue)
        };
        let queues = (0..options.readers.max(1)).map(start).collect::<Result<_, OpenError>>()?;
        Ok(Self { queues, next: AtomicUsize::new(0) })
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len();
        let queue = self.queues.get(turn).ok_or_else(closed)?;
        let step = Box::new(move |connection: &Connection| {
            let _ = reply.send(step(connection));
        });
        queue.send(step).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}
