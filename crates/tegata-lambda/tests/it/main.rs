//! The functions, in process: recorded events in, the JSON that each kind of source wants out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod address;
mod headers;
mod init;
mod keys;
mod notices;
mod oauth;
mod requests;
mod rotation;
mod shape;
mod world;
