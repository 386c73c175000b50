//! The function `rotate-keys`: it alone makes, promotes and removes signing keys, and hands the public ones out.
//!
//! A schedule invokes it, and every deployment. It may be invoked at any time, any number of times, also twice at once:
//! each step is a compare-and-swap, and only those are taken that are due.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use tegata_core::audit::AuditEvent;
use tegata_core::error::ProviderError;
use tegata_core::key_set::{KeyError, KeyPolicy};
use tegata_core::provider::{Ports, Provider};
use tegata_core::settings::Settings;
use tegata_core::store::Store;
use tegata_core::timestamp::Timestamp;

use crate::failure::{Failure, chain};
use crate::master_key::{BoxError, MasterKeyError};

/// Gives the public keys to a function that verifies tokens without asking anyone.
#[async_trait]
pub trait Publish: Send + Sync {
    /// Makes this JWK set the one that `function` has; whether it had another.
    async fn publish(&self, function: &str, jwks: &str) -> Result<bool, BoxError>;
}

/// What an operator can ask for in the event, as `{"rotate": "next"}`. Any other event only takes the steps that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The steps that are due.
    Due,
    /// A new key, published now and signing once verifiers know it.
    Next,
    /// A new key that signs at once, for when the old one may be stolen.
    Now,
}

impl Request {
    /// Reads it from an event.
    ///
    /// # Errors
    /// [`RotationError::Request`] for a wish that is none of ours.
    pub fn of(event: &Value) -> Result<Self, RotationError> {
        match event.get("rotate") {
            None => Ok(Self::Due),
            Some(wish) => match wish.as_str() {
                Some("next") => Ok(Self::Next),
                Some("now") => Ok(Self::Now),
                _ => Err(RotationError::Request),
            },
        }
    }
}

/// What was done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The version of the key set.
    pub version: u64,
    /// Whether this invocation changed it.
    pub changed: bool,
    /// The functions that were given the public keys, having had others.
    pub published_to: Vec<String>,
}

/// Why it was not done, or not all of it. The next invocation goes on where this one stopped.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The event asks for something that there is not.
    #[error("`rotate` must be `next` or `now`")]
    Request,
    /// Something that it needs cannot be started.
    #[error(transparent)]
    Start(Failure),
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The keys cannot be read, made or stored.
    #[error("the signing keys cannot be read or changed")]
    Keys(#[from] ProviderError),
    /// Some functions have not been given the public keys: each with the reason.
    #[error("the public keys cannot be given to {0}")]
    Publish(String),
}

/// Takes the steps that are due, or asked for, and publishes the outcome.
///
/// # Errors
/// [`RotationError`].
pub async fn rotate(
    request: Request,
    settings: Settings,
    ports: Ports,
    publish: &dyn Publish,
    functions: &[String],
    now: Timestamp,
) -> Result<Report, RotationError> {
    let policy = settings.key_policy();
    let (store, audit) = (Arc::clone(&ports.store), Arc::clone(&ports.audit));
    let before = version(store.as_ref()).await?;
    let provider = Provider::open(settings, ports, now).await?;
    if before != Some(provider.key_ring().version()) {
        audit.record(AuditEvent::keys_changed(now));
    }
    // The first key set has one key. Those of the other algorithms are a step of their own, and nobody waits for the next hour.
    provider.refresh_keys(now).await?;
    match request {
        Request::Due => {}
        Request::Next => provider.rotate_keys(false, now).await?,
        Request::Now => provider.rotate_keys(true, now).await?,
    }
    // What is stored now: it may be another invocation's, and newer.
    let (version, jwks) = handed_out(store.as_ref(), &policy, now).await?;
    let mut report = Report { version, changed: before != Some(version), published_to: Vec::new() };
    let mut failed = Vec::new();
    for function in functions {
        match publish.publish(function, &jwks).await {
            Ok(true) => report.published_to.push(function.clone()),
            Ok(false) => {}
            Err(error) => failed.push(format!("{function}: {}", chain(error.as_ref()))),
        }
    }
    if failed.is_empty() { Ok(report) } else { Err(RotationError::Publish(failed.join("; "))) }
}

/// The version of the key set, and of its public keys those that verify access tokens: a function has room for few.
async fn handed_out(
    store: &dyn Store,
    policy: &KeyPolicy,
    now: Timestamp,
) -> Result<(u64, String), ProviderError> {
    let key_set = store.find_key_set().await?.ok_or(KeyError::NoKeySet)?;
    Ok((key_set.version, key_set.access_token_jwks(policy, now)?))
}

async fn version(store: &dyn Store) -> Result<Option<u64>, ProviderError> {
    Ok(store.find_key_set().await?.map(|key_set| key_set.version))
}
