//! The public interface of `tegata-jose`, as its users see it.

#![expect(clippy::unwrap_used, reason = "a test's set-up may fail only by failing the test")]

mod algorithms;
mod attacks;
mod cache;
mod claims;
mod client_assertion;
mod differential;
mod dpop;
mod foreign;
mod forge;
mod id_token_hint;
mod keys;
mod logout;
mod properties;
mod request_object;
mod rfc;
mod support;
mod tokens;
mod wycheproof;
