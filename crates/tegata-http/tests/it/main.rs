//! The router, in process: one module per endpoint or concern.
//!
//! Every answer that a test gets is checked against `openapi.json` on the way (see [`world::Answer`]), so a status, a
//! member or a header that is not documented fails the test that met it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod account;
mod bad_input;
mod bearer;
mod cookies;
mod discovery;
mod edge;
mod log;
mod login;
mod oauth;
mod operator;
mod parts;
mod problems;
mod refresh;
mod schema;
mod signup;
mod store;
mod story;
mod world;
