//! What the server must survive: being killed, a disk that is full or fails, a clock that jumps.

#![expect(clippy::unwrap_used, reason = "a test ends with what it did not expect")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test of a process may look at the clock and its environment"
)]

mod clock;
mod disk;
mod killed;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "the other test binary needs more of it")]
mod support;

/// What is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tegata");
