//! What one hash costs.

use crate::Argon2Error;

/// The profiles of the OWASP Password Storage Cheat Sheet, of equal strength: memory in KiB and iterations.
const OWASP: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// The cost of an Argon2id hash (RFC 9106 §3.1). By default 19 MiB, 2 iterations and one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Argon2Params {
    /// Parameters that are at least as strong as one of OWASP's profiles.
    ///
    /// The lanes of `parallelism` are computed one after the other: more than one gains nothing but the parameters of
    /// other programs.
    ///
    /// # Errors
    /// [`Argon2Error::WeakParams`], [`Argon2Error::CostlyParams`] or [`Argon2Error::TooManyLanes`].
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, Argon2Error> {
        if parallelism == 0
            || !OWASP.iter().any(|&(memory, times)| memory_kib >= memory && iterations >= times)
        {
            return Err(Argon2Error::WeakParams);
        }
        if memory_kib > 1024 * 1024 || iterations > 64 || parallelism > 16 {
            return Err(Argon2Error::CostlyParams);
        }
        if memory_kib < 8 * parallelism {
            return Err(Argon2Error::TooManyLanes);
        }
        Ok(Self { memory_kib, iterations, parallelism })
    }

    /// The memory of one hash, in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// The passes over the memory.
    pub fn iterations(self) -> u32 {
        self.iterations
    }

    /// The lanes.
    pub fn parallelism(self) -> u32 {
        self.parallelism
    }

    /// Parameters that only the tests can have, since they are weak.
    #[cfg(test)]
    pub(crate) fn unchecked(memory_kib: u32, iterations: u32) -> Self {
        Self { memory_kib, iterations, parallelism: 1 }
    }
}

impl Default for Argon2Params {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_the_default_is_nineteen_mebibytes_and_two_iterations() {
        let params = Argon2Params::default();
        assert_eq!((params.memory_kib(), params.iterations(), params.parallelism()), (19 * 1024, 2, 1));
        assert_eq!(Argon2Params::new(19_456, 2, 1).unwrap(), params);
    }

    #[test]
    fn r58_every_profile_of_owasp_is_accepted_and_anything_weaker_refused() {
        for (memory, times) in OWASP {
            assert!(Argon2Params::new(memory, times, 1).is_ok());
            assert!(matches!(Argon2Params::new(memory - 1, times, 1), Err(Argon2Error::WeakParams)));
            assert!(matches!(Argon2Params::new(memory, times - 1, 1), Err(Argon2Error::WeakParams)));
        }
        assert!(matches!(Argon2Params::new(19_456, 2, 0), Err(Argon2Error::WeakParams)));
    }

    #[test]
    fn parameters_that_would_take_the_machine_are_refused() {
        for (memory, times, lanes) in [(u32::MAX, 2, 1), (19_456, u32::MAX, 1), (19_456, 2, u32::MAX)] {
            assert!(matches!(Argon2Params::new(memory, times, lanes), Err(Argon2Error::CostlyParams)));
        }
    }
}
