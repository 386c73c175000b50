use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;

use crate::profile::Verified as _;
use crate::{JoseError, MAX_TOKEN_LEN, NumericDate, Profile, TokenKind, verify};

/// Locks, so that threads seldom wait for each other.
const SHARDS: usize = 16;
/// Places that a token may take; if all are taken, the one that expires first goes.
const WAYS: usize = 4;

const DIGEST_LEN: usize = 32;

/// Remembers tokens that have passed [`verify`], within a fixed number of places.
///
/// Only tokens that passed get in, so nobody without a valid token can push others out. A token is found by the SHA-256
/// of all its bytes and under the profile it passed; a profile with other rules or keys finds nothing of it.
/// `exp`, `nbf` and `iat` are checked on every hit.
pub struct VerifiedTokens<K: TokenKind> {
    shards: Vec<Mutex<Shard<K>>>,
    sets_per_shard: usize,
}

/// Sets of [`WAYS`] places, one after the other.
type Shard<K> = Vec<Option<Entry<K>>>;

struct Entry<K: TokenKind> {
    digest: [u8; DIGEST_LEN],
    profile: u64,
    verified: Arc<K::Verified>,
}

impl<K: TokenKind> VerifiedTokens<K> {
    /// Room for `capacity` tokens, rounded up to a multiple of 64.
    pub fn new(capacity: usize) -> Self {
        let sets_per_shard = capacity.div_ceil(SHARDS * WAYS).max(1);
        let shard = || Mutex::new((0..sets_per_shard * WAYS).map(|_| None).collect());
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), sets_per_shard }
    }

    /// As [`verify`]; without the cryptography if the token has passed before. A hit allocates nothing.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify(
        &self,
        profile: &Profile<K>,
        token: &str,
        now: NumericDate,
    ) -> Result<Arc<K::Verified>, JoseError> {
        if token.len() > MAX_TOKEN_LEN {
            return Err(JoseError::TokenTooLarge);
        }
        let digest = sha256(token);
        if let Some(verified) = self.find(&digest, profile.id()) {
            profile.check_times(verified.claims(), now)?;
            return Ok(verified);
        }
        let verified = Arc::new(verify(profile, token, now)?);
        self.put(Entry { digest, profile: profile.id(), verified: Arc::clone(&verified) });
        Ok(verified)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        for shard in &self.shards {
            lock(shard).fill_with(|| None);
        }
    }

    fn find(&self, digest: &[u8; DIGEST_LEN], profile: u64) -> Option<Arc<K::Verified>> {
        let (shard, set) = self.place(digest);
        let shard = lock(self.shards.get(shard)?);
        let places = shard.get(set..set + WAYS)?;
        let mut entries = places.iter().flatten();
        let entry = entries.find(|entry| entry.digest == *digest && entry.profile == profile)?;
        Some(Arc::clone(&entry.verified))
    }

    fn put(&self, entry: Entry<K>) {
        let (shard, set) = self.place(&entry.digest);
        let Some(shard) = self.shards.get(shard) else { return };
        let mut shard = lock(shard);
        let Some(places) = shard.get_mut(set..set + WAYS) else { return };
        // An empty place sorts before every `exp`.
        let free =
            places.iter_mut().min_by_key(|place| place.as_ref().map(|known| known.verified.claims().exp));
        if let Some(free) = free {
            *free = Some(entry);
        }
    }

    /// The shard, and the first place of the set within it. A digest is evenly distributed as it is.
    fn place(&self, digest: &[u8; DIGEST_LEN]) -> (usize, usize) {
        let [shard, a, b, c, d, ..] = *digest;
        let set = u32::from_le_bytes([a, b, c, d]) as usize % self.sets_per_shard;
        (usize::from(shard) % SHARDS, set * WAYS)
    }
}

impl<K: TokenKind> fmt::Debug for VerifiedTokens<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens")
            .field("capacity", &(SHARDS * self.sets_per_shard * WAYS))
            .finish_non_exhaustive()
    }
}

/// A shard stays sound if a thread panics with the lock: a place is written in one step.
fn lock<K: TokenKind>(shard: &Mutex<Shard<K>>) -> MutexGuard<'_, Shard<K>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sha256(token: &str) -> [u8; DIGEST_LEN] {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; DIGEST_LEN];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
