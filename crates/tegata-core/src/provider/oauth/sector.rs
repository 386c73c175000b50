//! The document that lists the redirect URIs of a sector (OIDC Core §8.1, OIDC Registration §5).
//!
//! Without it, whoever registers a client could name the host of another one as their sector, and would know that client's
//! users by the names that it knows them by.

use std::collections::BTreeSet;

use super::clients::ClientError;
use super::fetched::is_outage;
use super::own_metadata::metadata;
use crate::client::{ClientMetadata, RedirectUri};
use crate::provider::Provider;

impl Provider {
    /// Checks that the document at the sector's address names every redirect URI of a client.
    ///
    /// # Errors
    /// [`ClientError::Invalid`]; [`ClientError::SectorUnreachable`]
    pub(super) async fn check_sector(&self, client: &ClientMetadata) -> Result<(), ClientError> {
        let Some(uri) = &client.sector_identifier_uri else { return Ok(()) };
        let invalid = |text: &str| Err(ClientError::Invalid(vec![metadata(text)]));
        let document = match self.fetched.documents.get(self.ports.outbound.as_ref(), uri).await {
            Ok(document) => document,
            Err(error) if is_outage(error) => return Err(ClientError::SectorUnreachable(error)),
            Err(error) => {
                return invalid(&format!("The document at sector_identifier_uri cannot be used: {error}."));
            }
        };
        let Ok(listed) = serde_json::from_slice::<BTreeSet<String>>(&document.body) else {
            return invalid("The document at sector_identifier_uri is no JSON array of redirect URIs.");
        };
        let is_listed = |uri: &RedirectUri| listed.contains(uri.as_str());
        // One that has none could name the sector of anybody.
        if client.redirect_uris.is_empty() || !client.redirect_uris.iter().all(is_listed) {
            return invalid("The document at sector_identifier_uri does not list all the redirect URIs.");
        }
        Ok(())
    }
}
