//! The words of OAuth 2.1 and OpenID Connect: parameters, errors, requests. What is done with them is in
//! [`crate::provider`].

mod claims_request;
mod dpop_nonce;
mod error;
mod parameters;
mod prompt;

pub use claims_request::{ClaimsRequest, Essential};
pub use dpop_nonce::DpopNonce;
pub use error::{ErrorCode, OAuthError};
pub use parameters::{Parameters, encode_form};
pub use prompt::Prompt;
