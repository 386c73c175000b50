//! The authorizer as API Gateway meets it: the real binaries behind a Runtime API of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test's set-up may fail only by failing the test")]

mod own;
mod runtime_api;
mod start;
mod support;
