//! The memory that Argon2 fills.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Block;
use tegata_core::password::HashError;
use zeroize::Zeroize as _;

/// More than glibc's largest threshold for `mmap` (32 MiB), in blocks.
///
/// A smaller buffer comes from glibc's heap from the second time on and stays resident when freed. Of this one only
/// the part in use is ever touched, and all of it goes back to the operating system.
const MIN_CAPACITY: usize = 33 * 1024;

/// What all threads hold at this moment, and the most they ever held, in bytes.
#[derive(Default)]
pub(crate) struct MemoryMeter {
    now: AtomicU64,
    peak: AtomicU64,
}

impl MemoryMeter {
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

/// The buffer of one thread, kept from one hash to the next: 19 MiB from the operating system cost almost as much as
/// the hash, and from glibc's heap they leave it in pieces, many times as large.
///
/// It is wiped when it is freed, not between two hashes: the next one overwrites every block before reading it, and
/// whoever reads the memory of the process reads the passwords themselves as they arrive.
pub(crate) struct Memory {
    blocks: Vec<Block>,
    meter: Arc<MemoryMeter>,
}

impl Memory {
    pub(crate) fn new(meter: Arc<MemoryMeter>) -> Self {
        Self { blocks: Vec::new(), meter }
    }

    /// At least `count` blocks of 1 KiB, with whatever the last hash left in them.
    ///
    /// # Errors
    /// [`HashError::Failed`] when there is no memory.
    pub(crate) fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.blocks.len() < count {
            self.free();
            if let Err(error) = self.blocks.try_reserve_exact(count.max(MIN_CAPACITY)) {
                tracing::error!(%error, "no memory to hash a password in");
                return Err(HashError::Failed);
            }
            self.blocks.resize(count, Block::new());
            let now = self.meter.now.fetch_add(self.bytes(), Ordering::Relaxed) + self.bytes();
            self.meter.peak.fetch_max(now, Ordering::Relaxed);
        }
        Ok(&mut self.blocks)
    }

    /// Whether there is anything to free.
    pub(crate) fn is_held(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Wipes the buffer and gives it back.
    pub(crate) fn free(&mut self) {
        self.meter.now.fetch_sub(self.bytes(), Ordering::Relaxed);
        // Block by block: `Vec`'s own wiping would touch the unused rest of the buffer too.
        for block in &mut self.blocks {
            block.zeroize();
        }
        self.blocks = Vec::new();
    }

    /// Gives back a buffer of more than `count` blocks, which an imported hash needed.
    pub(crate) fn free_beyond(&mut self, count: usize) {
        if self.blocks.len() > count {
            self.free();
        }
    }

    fn bytes(&self) -> u64 {
        (self.blocks.len() * Block::SIZE) as u64
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.free();
    }
}
