//! The rules of Tegata: users, sessions, tokens and their rotation.
//!
//! This crate decides and does no I/O: it has no runtime and no HTTP types. Time comes in as a value
//! ([`timestamp::Timestamp`]), randomness through [`entropy::Entropy`], memory through [`store::Store`], slow hashing
//! through [`password::PasswordHasher`], what other servers say through [`outbound::Outbound`].

pub mod attempt;
pub mod attributes;
pub mod audit;
pub mod claims;
pub mod client;
pub mod consent;
pub mod entropy;
pub mod error;
pub mod footing;
pub mod grant;
pub mod identifier;
pub mod key_set;
pub mod logout_notice;
pub mod master_key;
pub mod oauth;
pub mod outbound;
pub mod password;
pub mod provider;
pub mod refresh_token;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod session;
pub mod settings;
pub mod steering;
pub mod store;
#[cfg(test)]
mod testing;
pub mod timestamp;
pub mod transient;
pub mod user;
