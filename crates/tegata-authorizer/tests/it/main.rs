//! The authorizer as API Gateway meets it: the real binaries behind a Runtime API of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test's set-up may fail only by failing the test")]

mod events;
mod federated;
mod forge;
mod issuer;
mod jwks_cache;
mod own;
mod properties;
mod runtime_api;
mod start;
mod support;
