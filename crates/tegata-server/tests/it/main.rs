//! The binary as its operator meets it: one module per command.

#![expect(clippy::unwrap_used, reason = "a test ends with what it did not expect")]
#![expect(clippy::disallowed_methods, reason = "a test of a process may look at the clock")]

mod audit;
mod backup;
mod client;
mod doctor;
mod help;
mod keys;
mod moving;
mod old;
mod serve;
mod settings;
mod shared_store;
mod stop;
mod support;
mod terminal;
mod token;
mod user;

/// What is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tegata");
