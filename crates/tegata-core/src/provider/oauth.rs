//! The provider towards other clients: OAuth 2.1 and OpenID Connect.
//!
//! An authorization request is decided without writing anything ([`Provider::authorize`]): what a visitor is asked, and
//! what they answered, travels in a [`Flow`] that only this server can make and only their browser can use. A code, a
//! device authorization or a client's own right then begins a grant, whose tokens and refreshes are those of every session.

mod assertion;
mod authorization_request;
mod authorize;
mod browser;
mod claims;
mod client_audit;
mod client_authentication;
mod client_credentials;
mod client_keys;
mod client_refresh;
mod client_session;
mod client_tokens;
mod clients;
mod code;
mod consents;
mod device;
mod dpop;
mod fetched;
mod flow;
mod id_token_hint;
mod in_force;
mod introspection;
mod logout;
mod logout_notices;
mod metadata_document;
mod own_metadata;
mod pushed;
mod registration;
mod request_object;
mod request_uri;
mod response_target;
mod revocation;
mod sealed_code;
mod sector;
mod strangers;
mod subject;
mod token_exchange;
mod token_request;
mod userinfo;

pub use authorization_request::AuthorizationRequest;
pub use authorize::{
    Authorization, AuthorizationError, AuthorizationResponse, ConsentQuestion, Question, Visitor,
};
pub use browser::{BrowserSession, BrowserToken};
pub use client_authentication::{AuthenticatedClient, PresentedClient};
pub use client_tokens::ClientTokens;
pub use clients::ClientError;
pub use consents::Allowed;
pub use device::{DeviceAuthorization, DeviceQuestion};
pub use dpop::{PresentedProof, VerifiedProof};
pub(in crate::provider) use fetched::Fetched;
pub use flow::{Answer, Flow, FlowProblem, SignUpProblem};
pub use logout::Logout;
pub use request_object::OpenedRequest;
pub use response_target::{ResponseMode, ResponseTarget};
pub use userinfo::UserInfo;
