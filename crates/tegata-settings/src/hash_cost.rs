//! What a password hash may cost.

use tegata_password::{Argon2Error, Argon2Params};

use crate::value::KibiBytes;

/// What is wrong with the cost of a password hash, if anything is.
pub fn hash_cost_problem(memory: KibiBytes, iterations: u32) -> Option<&'static str> {
    match Argon2Params::new(memory.0, iterations, 1) {
        Err(Argon2Error::WeakParams) => Some(
            "must be at least 19MiB with 2 iterations, 12MiB with 3, 9MiB with 4 or 7MiB with 5: below that, hashes are \
             cheap to guess",
        ),
        Err(Argon2Error::CostlyParams | Argon2Error::TooManyLanes) => Some(
            "must be at most 1024MiB, with at most 64 iterations: a login must not take the whole machine",
        ),
        _ => None,
    }
}
