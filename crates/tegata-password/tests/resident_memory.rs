//! What the operating system says about the memory of hashing. Alone in its process, since it looks at all of it.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::num::NonZeroUsize;
use std::sync::Arc;

use tegata_core::entropy::{Entropy, EntropyError};
use tegata_core::password::{Password, PasswordHasher as _};
use tegata_password::{Argon2Hasher, Argon2Settings};

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        buffer.fill(0);
        Ok(())
    }
}

/// The resident memory of this process, in KiB.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn memory_goes_back_to_the_operating_system_every_time() {
    let start = resident_kib().unwrap();
    for _ in 0..4 {
        let settings = Argon2Settings { permits: NonZeroUsize::MIN, ..Argon2Settings::default() };
        let hasher = Argon2Hasher::new(settings, Arc::new(Zeros)).unwrap();
        let mut place = hasher.admit().unwrap();
        place.verify(Password::parse("any").unwrap(), None).await.unwrap();
        let busy = resident_kib().unwrap() - start;
        assert!((18 * 1024..24 * 1024).contains(&busy), "{busy} KiB more for one hash of 19 MiB");
        drop(hasher);
        let idle = resident_kib().unwrap() - start;
        assert!(idle < 4 * 1024, "{idle} KiB more when idle");
    }
}
