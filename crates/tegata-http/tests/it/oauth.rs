//! The OpenID Provider, as clients and browsers meet it.

mod attacks;
mod claims;
mod code_flow;
mod device;
mod dpop_nonces;
mod introspection;
mod keys;
mod logout;
mod matrix;
mod metadata_document;
mod pages;
mod races;
mod registration;
mod relying_party;
mod request_object;
mod request_uri;
mod tokens;

pub(crate) use dpop_nonces::refused_for_its_nonce;
pub(crate) use relying_party::{CALLBACK, RelyingParty, claims, parameter};
