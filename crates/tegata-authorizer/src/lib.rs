//! The Lambda authorizer of API Gateway: verifies access tokens without a database.
//!
//! An event goes through [`Authorizer::authorize`]: find the token, pick the issuer, verify, answer. Time is a parameter;
//! only [`run`] knows the clock, the environment and the Runtime API.

mod authorizer;
mod credentials;
mod error;
mod event;
mod foreign;
mod log;
mod manifest;
mod policy;
mod route;
mod run;
mod settings;

pub use authorizer::Authorizer;
pub use error::AuthorizerError;
pub use foreign::{Fetch, FetchError, NoFetch};
pub use policy::{Answer, Context, Policy};
pub use run::{run, run_federated};
pub use settings::{Reach, Settings};
