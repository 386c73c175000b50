//! The password hasher: the threads behind the gate.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_trait::async_trait;
use tegata_core::entropy::Entropy;
use tegata_core::password::{HashError, HashPlace, Password, PasswordHash, PasswordHasher, Verification};

use crate::gate::{Gate, Place};
use crate::scheme::Scheme;
use crate::{Argon2Error, Argon2Params, Pepper};

/// How long a thread without work keeps its memory: long enough for a trickle of logins, short enough that an idle
/// server is a small one.
const KEEP_MEMORY: Duration = Duration::from_secs(10);

/// How many wait for each thread by default: at 10 to 25 ms a hash, about a second.
const WAITING_PER_PERMIT: usize = 64;

/// The settings of an [`Argon2Hasher`].
#[derive(Debug)]
pub struct Argon2Settings {
    /// The cost of a hash.
    pub params: Argon2Params,
    /// The pepper, if there is one.
    pub pepper: Option<Pepper>,
    /// How many hashes are computed at a time; by default one fewer than there are cores. Each takes the memory of
    /// [`Argon2Settings::params`].
    pub permits: NonZeroUsize,
    /// How many may wait beside those; by default 64 for each permit.
    pub queue_length: usize,
}

impl Default for Argon2Settings {
    fn default() -> Self {
        // One core is left to all other requests: a low priority alone keeps them waiting for disks, whose work a
        // virtual machine does on the same cores.
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let permits = NonZeroUsize::new(cores - 1).unwrap_or(NonZeroUsize::MIN);
        Self {
            params: Argon2Params::default(),
            pepper: None,
            permits,
            queue_length: permits.get().saturating_mul(WAITING_PER_PERMIT),
        }
    }
}

/// What an [`Argon2Hasher`] has done and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasherStats {
    /// How often Argon2 has run.
    pub hashes: u64,
    /// How many were turned away because the queue was full.
    pub refused: u64,
    /// The places that are taken, in the queue and beyond it.
    pub places_taken: usize,
    /// The pieces of work that wait for a thread.
    pub waiting: usize,
    /// The memory for hashing that is held, in bytes.
    pub memory_bytes: u64,
    /// The most of it that was ever held, in bytes.
    pub memory_peak_bytes: u64,
}

/// Argon2id (RFC 9106) in threads of its own, behind a gate (NIST SP 800-63B-4 §3.1.1.2, OWASP Password Storage).
///
/// It reads PHC strings of argon2id only: another function, a hash that cannot be read, one that would cost more than
/// 64 MiB and 4 passes over it, and one made with another pepper are [`HashError::Failed`], and the log says why
/// without saying what. Argon2 runs at a lower priority than the rest of the program (on Linux), each thread keeps its
/// memory from hash to hash and frees it after 10 s without work. Dropping the hasher ends the threads, and waits for
/// the hash that each is at; places that are still held give [`HashError::Failed`] from then on.
pub struct Argon2Hasher {
    gate: Arc<Gate>,
    threads: Vec<JoinHandle<()>>,
}

impl Argon2Hasher {
    /// A hasher with its threads running.
    ///
    /// # Errors
    /// [`Argon2Error::Thread`]; [`Argon2Error::TooManyLanes`].
    pub fn new(settings: Argon2Settings, entropy: Arc<dyn Entropy>) -> Result<Self, Argon2Error> {
        Self::keeping_memory_for(settings, entropy, KEEP_MEMORY)
    }

    fn keeping_memory_for(
        settings: Argon2Settings,
        entropy: Arc<dyn Entropy>,
        keep_memory: Duration,
    ) -> Result<Self, Argon2Error> {
        let Argon2Settings { params, pepper, permits, queue_length } = settings;
        let scheme = Scheme::new(params, pepper, entropy)?;
        let gate = Arc::new(Gate::new(scheme, permits.get(), queue_length, keep_memory));
        // Made first: should a thread fail to start, dropping it ends those that did.
        let mut hasher = Self { gate, threads: Vec::with_capacity(permits.get()) };
        for number in 0..permits.get() {
            let gate = Arc::clone(&hasher.gate);
            let thread = thread::Builder::new().name(format!("password-{number}"));
            hasher.threads.push(thread.spawn(move || gate.work()).map_err(Argon2Error::Thread)?);
        }
        Ok(hasher)
    }

    /// What it has done and holds at this moment.
    pub fn stats(&self) -> HasherStats {
        HasherStats {
            hashes: self.gate.scheme().runs(),
            refused: self.gate.refused(),
            places_taken: self.gate.taken(),
            waiting: self.gate.waiting(),
            memory_bytes: self.gate.meter().now(),
            memory_peak_bytes: self.gate.meter().peak(),
        }
    }
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Drop for Argon2Hasher {
    fn drop(&mut self) {
        self.gate.close();
        for thread in self.threads.drain(..) {
            // It has caught its panics itself.
            let _ = thread.join();
        }
    }
}

impl PasswordHasher for Argon2Hasher {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Ok(Box::new(self.gate.admit()?))
    }
}

#[async_trait]
impl HashPlace for Place {
    async fn hash(&mut self, password: Password) -> Result<PasswordHash, HashError> {
        self.run(move |scheme, memory| scheme.hash(&password, memory)).await
    }

    async fn verify(
        &mut self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError> {
        self.run(move |scheme, memory| scheme.verify(&password, hash.as_ref(), memory)).await
    }
}

#[cfg(test)]
mod tests;
