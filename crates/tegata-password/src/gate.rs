//! The queue before the threads that hash, and the gate before the queue.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tegata_core::password::HashError;
use tokio::sync::oneshot;

use crate::memory::{Memory, MemoryMeter};
use crate::priority;
use crate::scheme::Scheme;

/// What one piece of work is taken to last before any was measured.
const FIRST_GUESS: Duration = Duration::from_millis(50);

type Work = Box<dyn FnOnce(&Scheme, &mut Memory) + Send>;

/// Lets in as many callers as there are places, and has their work done in the order of its arrival.
pub(crate) struct Gate {
    scheme: Scheme,
    permits: usize,
    places: usize,
    /// How long a thread without work keeps its memory.
    keep_memory: Duration,
    meter: Arc<MemoryMeter>,
    taken: AtomicUsize,
    refused: AtomicU64,
    /// The moving average of the time that a piece of work takes, in nanoseconds.
    pace: AtomicU64,
    queue: Mutex<Queue>,
    work_or_end: Condvar,
}

struct Queue {
    /// In the order of their numbers.
    waiting: VecDeque<(u64, Work)>,
    next_number: u64,
    is_open: bool,
}

enum Next {
    Work(Work),
    Idle,
    End,
}

impl Gate {
    pub(crate) fn new(scheme: Scheme, permits: usize, queue_length: usize, keep_memory: Duration) -> Self {
        Self {
            scheme,
            permits,
            places: permits.saturating_add(queue_length),
            keep_memory,
            meter: Arc::default(),
            taken: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            pace: AtomicU64::new(nanos(FIRST_GUESS)),
            queue: Mutex::new(Queue { waiting: VecDeque::new(), next_number: 0, is_open: true }),
            work_or_end: Condvar::new(),
        }
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    pub(crate) fn meter(&self) -> &MemoryMeter {
        &self.meter
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Takes a place.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Place, HashError> {
        let one_more = |taken| if taken < self.places { Some(taken + 1) } else { None };
        if self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(HashError::Overloaded { retry_after: self.time_to_pass() });
        }
        Ok(Place { ticket: Arc::new(Ticket(Arc::clone(self))) })
    }

    /// About how long it takes until everyone who is inside is through.
    fn time_to_pass(&self) -> Duration {
        let each = Duration::from_nanos(self.pace.load(Ordering::Relaxed));
        let rounds = u32::try_from(self.taken().div_ceil(self.permits)).unwrap_or(u32::MAX);
        each.saturating_mul(rounds)
    }

    /// Does work until the gate is closed. It is the whole life of a thread.
    pub(crate) fn work(&self) {
        priority::lower();
        let mut memory = Memory::new(Arc::clone(&self.meter));
        loop {
            match self.next(memory.is_held()) {
                Next::Work(work) => {
                    let start = now();
                    // A thread that dies would take its permit along, and the last one every login.
                    let ended = catch_unwind(AssertUnwindSafe(|| work(&self.scheme, &mut memory)));
                    if ended.is_err() {
                        tracing::error!("hashing a password panicked");
                    }
                    memory.free_beyond(self.scheme.block_count());
                    self.measured(now().duration_since(start));
                }
                Next::Idle => memory.free(),
                Next::End => return,
            }
        }
    }

    /// Waits for work; at most for as long as memory is kept, where there is some to be freed.
    fn next(&self, has_memory: bool) -> Next {
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && queue.is_open;
        let mut queue = self.lock();
        if has_memory {
            let waited = self.work_or_end.wait_timeout_while(queue, self.keep_memory, idle);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            queue = self.work_or_end.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
        }
        if !queue.is_open {
            return Next::End;
        }
        queue.waiting.pop_front().map_or(Next::Idle, |(_, work)| Next::Work(work))
    }

    fn measured(&self, took: Duration) {
        let pace = self.pace.load(Ordering::Relaxed);
        // Two threads may write over each other's sample: it is an estimate.
        self.pace.store(pace - pace / 8 + nanos(took) / 8, Ordering::Relaxed);
    }

    fn push(&self, work: Work) -> Result<u64, HashError> {
        let mut queue = self.lock();
        if !queue.is_open {
            return Err(HashError::Failed);
        }
        let number = queue.next_number;
        queue.next_number += 1;
        queue.waiting.push_back((number, work));
        drop(queue);
        self.work_or_end.notify_one();
        Ok(number)
    }

    /// Takes work out of the queue, if nobody has begun it.
    fn withdraw(&self, number: u64) {
        let mut queue = self.lock();
        let found = queue.waiting.binary_search_by_key(&number, |(number, _)| *number);
        let withdrawn = found.ok().and_then(|index| queue.waiting.remove(index));
        // Dropping it gives its place back, which needs no lock, but is no business of those who wait for this one.
        drop(queue);
        drop(withdrawn);
    }

    /// Ends the threads after the work they are at, and drops the rest: whoever waits for it gets
    /// [`HashError::Failed`].
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.is_open = false;
        let dropped = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(dropped);
        self.work_or_end.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place inside the gate. It is given back when the holder has dropped it and no thread is at its work any more.
pub(crate) struct Place {
    ticket: Arc<Ticket>,
}

struct Ticket(Arc<Gate>);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Withdraws the work when the caller goes away, so that no thread does what nobody waits for.
struct Withdrawal<'a>(&'a Gate, u64);

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        self.0.withdraw(self.1);
    }
}

impl Place {
    /// Has a thread do this work, and waits for the result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Scheme, &mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let gate = &self.ticket.0;
        let ticket = Arc::clone(&self.ticket);
        let (reply, result) = oneshot::channel();
        let number = gate.push(Box::new(move |scheme, memory| {
            // Withdrawn at the very moment a thread took it.
            if reply.is_closed() {
                return;
            }
            let done = work(scheme, memory);
            drop(ticket);
            // Nobody to tell: the caller went away meanwhile.
            let _ = reply.send(done);
        }))?;
        let _withdrawal = Withdrawal(gate, number);
        result.await.unwrap_or(Err(HashError::Failed))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "how long hashing takes is measured, not decided on")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use tegata_core::entropy::{Entropy, EntropyError};

    use super::*;
    use crate::Argon2Params;

    struct NoEntropy;

    impl Entropy for NoEntropy {
        fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }

    #[test]
    fn the_time_to_wait_follows_what_was_measured() {
        let scheme = Scheme::new(Argon2Params::default(), None, Arc::new(NoEntropy)).unwrap();
        let gate = Arc::new(Gate::new(scheme, 2, 8, Duration::ZERO));
        for _ in 0..100 {
            gate.measured(Duration::from_millis(10));
        }
        let places: Vec<_> =
            (0..10).map(|_| gate.admit().unwrap_or_else(|error| panic!("{error}"))).collect();
        let Err(HashError::Overloaded { retry_after }) = gate.admit().map(|_| ()) else { panic!("let in") };
        // Ten places, two threads: five rounds.
        assert!((49..=51).contains(&retry_after.as_millis()), "{retry_after:?}");
        drop(places);
    }
}
