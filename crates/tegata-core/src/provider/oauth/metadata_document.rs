//! Clients whose name is the address of their metadata (OAuth Client ID Metadata Document,
//! draft-ietf-oauth-client-id-metadata-document), as the Model Context Protocol has them.
//!
//! Nobody registers them and nobody vouches for them: they are shown as unverified, are asked about every time, and can
//! have no more than those that register themselves. What an operator has registered under such a name, or closed, counts
//! more than what is found there.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::clients::{ClientError, sentences};
use super::fetched::{Look, is_outage, unreachable};
use super::own_metadata::read_metadata;
use crate::client::{Client, ClientId, ClientMetadata, ClientOrigin, ClientStatus, GrantType, RedirectUri};
use crate::oauth::OAuthError;
use crate::outbound::{Document, check_url};
use crate::provider::Provider;
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// How long a document is believed: at least so long, so that nobody makes us fetch at every step…
const MIN_AGE: Duration = Duration::from_mins(5);
/// …and at most, also where it cannot be fetched again, so that what its owner takes back is gone.
pub(super) const MAX_AGE: Duration = Duration::from_hours(1);
/// The longest document, in bytes; the draft (§6.6) speaks of 5 KB.
const MAX_LEN: usize = 16 * 1024;

/// A client, or why there is none: a sentence for its developer.
type FoundDocument = Result<Arc<Client>, String>;

impl Provider {
    /// The client that is described at the address which is its name; `None` where the name is no such address.
    ///
    /// # Errors
    /// `temporarily_unavailable` where that cannot be found out now, which says nothing about the client.
    pub(super) async fn client_of_document(
        &self,
        client_id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<FoundDocument>, OAuthError> {
        let url = client_id.as_str();
        if !self.settings.oauth.metadata_documents || !is_document_url(url, self.settings.is_on_loopback()) {
            return Ok(None);
        }
        let asking = match self.fetched.documents.look(url, false, now).await {
            Look::Known(client) => return Ok(Some(Ok(client))),
            Look::Later => return Err(unreachable("metadata document")),
            Look::Ask(asking) => asking,
        };
        let document = match self.ports.outbound.get(url).await {
            Ok(document) => document,
            Err(error) if is_outage(error) => {
                return asking
                    .failed()
                    .map(|client| Some(Ok(client)))
                    .ok_or_else(|| unreachable("metadata document"));
            }
            Err(error) => {
                asking.nothing();
                return Ok(Some(Err(format!(
                    "The metadata document of this client cannot be used: {error}."
                ))));
            }
        };
        match self.read_document(client_id, &document).await {
            Ok(Ok(client)) => {
                let life = document.max_age.unwrap_or(MIN_AGE).clamp(MIN_AGE, MAX_AGE);
                Ok(Some(Ok(asking.found(client, life))))
            }
            Ok(Err(why)) => {
                asking.nothing();
                Ok(Some(Err(why)))
            }
            Err(ClientError::SectorUnreachable(_)) => {
                asking.failed().map(|client| Some(Ok(client))).ok_or_else(|| unreachable("metadata document"))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn read_document(
        &self,
        client_id: &ClientId,
        document: &Document,
    ) -> Result<Result<Client, String>, ClientError> {
        let metadata = match metadata_of(client_id, document, &self.settings.registration_scope()) {
            Ok(metadata) => metadata,
            Err(why) => return Ok(Err(why)),
        };
        match self.check_metadata(&metadata).await {
            Ok(()) => Ok(Ok(described(client_id, metadata))),
            Err(ClientError::Invalid(found)) => Ok(Err(unusable(&sentences(&found)))),
            Err(error) => Err(error),
        }
    }
}

/// What a document says of its client, or why it cannot be one's.
fn metadata_of(
    client_id: &ClientId,
    document: &Document,
    everyones: &Scope,
) -> Result<ClientMetadata, String> {
    let media_type = document.media_type.as_deref().unwrap_or_default();
    if media_type != "application/json" && !media_type.ends_with("+json") {
        return Err("The metadata document of this client is not served as application/json.".to_owned());
    }
    let object: Option<Value> =
        Some(&document.body).filter(|b| b.len() <= MAX_LEN).and_then(|b| serde_json::from_slice(b).ok());
    let Some(Value::Object(mut object)) = object else {
        return Err("The metadata document of this client is no JSON object of at most 16 KiB.".to_owned());
    };
    // Compared character by character: no two addresses are one client (§4.1).
    if object.get("client_id").and_then(Value::as_str) != Some(client_id.as_str()) {
        return Err("The metadata document is not that of this client: its client_id has to be its address."
            .to_owned());
    }
    if ["client_secret", "client_secret_expires_at"].iter().any(|name| object.contains_key(*name)) {
        return Err(
            "The metadata document of this client has a secret in it, which everybody can read.".to_owned()
        );
    }
    object.entry("token_endpoint_auth_method").or_insert_with(|| json!("none"));
    only_known(&mut object, "grant_types", |grant| {
        let own_name = [GrantType::ClientCredentials, GrantType::TokenExchange];
        grant.parse().is_ok_and(|grant| !own_name.contains(&grant))
    });
    only_known(&mut object, "response_types", |one| one == "code");
    let metadata = read_metadata(&Value::Object(object), None, everyones)
        .map_err(|found| unusable(&sentences(&found)))?;
    if metadata.token_endpoint_auth_method.has_secret() {
        return Err(unusable("A client without a registration has no secret."));
    }
    Ok(metadata)
}

fn unusable(why: &str) -> String {
    format!("The metadata document of this client cannot be used. {why}")
}

/// A document speaks to all servers, and names what only others have: that is left out.
fn only_known(object: &mut serde_json::Map<String, Value>, name: &str, is_known: impl Fn(&str) -> bool) {
    if let Some(Value::Array(values)) = object.get_mut(name) {
        values.retain(|value| value.as_str().is_none_or(&is_known));
    }
}

/// Its client. It has been there ever since, so that what it was granted by one process holds in another.
fn described(client_id: &ClientId, metadata: ClientMetadata) -> Client {
    Client {
        client_id: client_id.clone(),
        version: 1,
        created_at: Timestamp::from_secs(0),
        status: ClientStatus::Active,
        origin: ClientOrigin::MetadataDocument,
        secrets: Vec::new(),
        registration_access_token: None,
        scope_limit: None,
        grant_limit: None,
        // Notices need a registration: who is to be told is looked up when nobody is there to ask for the document.
        metadata: ClientMetadata { backchannel_logout_uri: None, ..metadata },
    }
}

/// Whether a name can be the address of a document (§3): https with a path, no user, no fragment, no dot segments. The
/// draft knows no exception; ours is for an issuer that is on this very machine, where http goes as far.
fn is_document_url(name: &str, allow_loopback: bool) -> bool {
    let without_query = name.split('?').next().unwrap_or_default();
    let path = without_query.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    name.parse::<RedirectUri>().is_ok()
        && check_url(name, allow_loopback).is_ok()
        && path.is_some_and(|(_, path)| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v46_only_an_address_that_could_be_a_clients_is_ever_asked() {
        for good in ["https://app.example/client.json", "https://app.example:8443/a/b?v=1"] {
            assert!(is_document_url(good, false), "{good}");
        }
        for bad in [
            "app",
            "https://app.example",
            "https://app.example/",
            "https://app.example?x=/a",
            "http://app.example/client.json",
            "https://user@app.example/client.json",
            "https://app.example/client.json#x",
            "https://app.example/a/../client.json",
            "https://app.example/%2e%2E/client.json",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/client.json",
            "http://127.0.0.1/client.json",
            "https://10.0.0.1/client.json",
            "https://[::1]/client.json",
            "https://intranet/client.json",
            "com.example.app:/client.json",
        ] {
            assert!(!is_document_url(bad, false), "{bad}");
        }
        assert!(is_document_url("http://127.0.0.1:8000/client.json", true));
    }
}
