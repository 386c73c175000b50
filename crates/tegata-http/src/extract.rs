//! What handlers take: the client, the body, the bearer token, the caller.

mod bearer;
mod body;
mod client;

pub(crate) use bearer::{Bearer, Caller, Presented};
pub(crate) use body::RequestBody;
pub(crate) use client::Client;
