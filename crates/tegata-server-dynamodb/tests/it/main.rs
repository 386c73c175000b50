//! The program as the operator of several servers meets it.

#![expect(clippy::unwrap_used, reason = "a test ends with what it did not expect")]

#[path = "../../../tegata-store-dynamodb/tests/it/local.rs"]
mod local;
mod moving;
#[path = "../../../tegata-server/tests/it/old.rs"]
mod old;
mod serve;
#[path = "../../../tegata-server/tests/it/support.rs"]
#[expect(dead_code, reason = "the tests of `tegata` need more of it")]
mod support;
mod tables;

/// What is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tegata-dynamodb");
