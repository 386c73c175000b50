//! What an operator does with clients.

use std::time::Duration;

use crate::audit::AuditAction;
use crate::client::{
    Client, ClientId, ClientMetadata, ClientOrigin, ClientSecret, ClientSecretHash, ClientStatus,
    MetadataProblem, MetadataRules, StoredSecret,
};
use crate::entropy::random;
use crate::error::ProviderError;
use crate::outbound::OutboundError;
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;

/// Why a client was not registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is something wrong with its metadata.
    #[error("the metadata is not valid")]
    Invalid(Vec<MetadataProblem>),
    /// The document of its sector cannot be fetched now, which says nothing about the client.
    #[error("the document at sector_identifier_uri cannot be fetched now")]
    SectorUnreachable(#[source] OutboundError),
    /// There is one of this name, or the name is our own application's.
    #[error("there is a client of this name")]
    Taken,
    /// There is none of this name.
    #[error("there is no client of this name")]
    NotFound,
    /// It is not what was looked at any more.
    #[error("the client has changed since: look at it again")]
    Changed,
    /// It could not be done.
    #[error(transparent)]
    Failed(#[from] ProviderError),
}

impl From<crate::store::StoreError> for ClientError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A client that is to be, whose metadata was checked.
pub(super) struct NewClient {
    pub(super) client_id: ClientId,
    pub(super) origin: ClientOrigin,
    pub(super) registration_access_token: Option<ClientSecretHash>,
    pub(super) metadata: ClientMetadata,
}

/// What is wrong, all in one text.
pub(super) fn sentences(problems: &[MetadataProblem]) -> String {
    let sentences: Vec<_> = problems.iter().map(|problem| problem.description.as_str()).collect();
    sentences.join(" ")
}

/// So many secrets of a client are alive at most: one follows the other.
const MAX_SECRETS: usize = 2;

impl Provider {
    /// Registers a client for an operator; gives its secret, if it has one, which nobody can show again.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn register_client(
        &self,
        client_id: Option<ClientId>,
        metadata: ClientMetadata,
        ctx: &RequestContext<'_>,
    ) -> Result<(Client, Option<ClientSecret>), ClientError> {
        self.check_metadata(&metadata).await?;
        let client_id = match client_id {
            Some(client_id) => client_id,
            None => self.random_client_id()?,
        };
        let origin = ClientOrigin::Operator;
        self.create_client(NewClient { client_id, origin, registration_access_token: None, metadata }, ctx)
            .await
    }

    /// Makes a client what an operator's file says it is: registers it, or changes it where it differs. Whether it is
    /// closed is not the file's to say. With `secret`, that is its only one; without, it has none.
    ///
    /// Gives whether there was anything to do.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn apply_client(
        &self,
        client_id: ClientId,
        metadata: ClientMetadata,
        secret: Option<ClientSecretHash>,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, ClientError> {
        if client_id.as_str() == self.settings.tokens.client_id {
            return Err(ClientError::Taken);
        }
        let kept = |secret: &ClientSecretHash| StoredSecret {
            hash: secret.clone(),
            created_at: ctx.now,
            expires_at: None,
        };
        let Some(before) = self.ports.store.find_client(&client_id).await? else {
            self.check_metadata(&metadata).await?;
            let client = Client {
                client_id,
                version: 1,
                created_at: ctx.now,
                status: ClientStatus::Active,
                origin: ClientOrigin::Operator,
                secrets: secret.iter().map(kept).collect(),
                registration_access_token: None,
                scope_limit: None,
                grant_limit: None,
                metadata,
            };
            // Another server of the same store was faster, with the same file.
            let is_new = self.ports.store.create_client(&client).await?;
            if is_new {
                self.audit_client(&client.client_id, AuditAction::ClientRegistered, ctx);
            }
            return Ok(is_new);
        };
        let change = |client: &mut Client| {
            client.origin = ClientOrigin::Operator;
            client.registration_access_token = None;
            (client.scope_limit, client.grant_limit) = (None, None);
            client.metadata = metadata.clone();
            if !client.secrets.iter().map(|kept| &kept.hash).eq(&secret) {
                client.secrets = secret.iter().map(kept).collect();
            }
        };
        let after = self.change_client(&client_id, change, ctx).await?;
        Ok(after.version != before.version)
    }

    /// Keeps a client whose metadata was checked.
    pub(super) async fn create_client(
        &self,
        new: NewClient,
        ctx: &RequestContext<'_>,
    ) -> Result<(Client, Option<ClientSecret>), ClientError> {
        let NewClient { client_id, origin, registration_access_token, metadata } = new;
        if client_id.as_str() == self.settings.tokens.client_id {
            return Err(ClientError::Taken);
        }
        let secret =
            if metadata.token_endpoint_auth_method.has_secret() { Some(self.new_secret()?) } else { None };
        let client = Client {
            client_id,
            version: 1,
            created_at: ctx.now,
            status: ClientStatus::Active,
            origin,
            secrets: secret.iter().map(|secret| stored(secret, ctx.now)).collect(),
            registration_access_token,
            scope_limit: None,
            grant_limit: None,
            metadata,
        };
        if !self.ports.store.create_client(&client).await? {
            return Err(ClientError::Taken);
        }
        self.audit_client(&client.client_id, AuditAction::ClientRegistered, ctx);
        Ok((client, secret))
    }

    /// A name for a client that has none yet.
    pub(super) fn random_client_id(&self) -> Result<ClientId, ClientError> {
        let bytes: [u8; 12] = random(self.ports.entropy.as_ref()).map_err(ProviderError::from)?;
        let text = bytes.iter().fold(String::from("client-"), |text, byte| format!("{text}{byte:02x}"));
        text.parse().map_err(|_| ClientError::Failed(ProviderError::Internal("no name could be made".into())))
    }

    pub(super) fn new_secret(&self) -> Result<ClientSecret, ClientError> {
        let secret = ClientSecret::random(ClientSecret::SECRET, self.ports.entropy.as_ref());
        secret.map_err(|error| ClientError::Failed(error.into()))
    }

    /// The client of this name, for an operator.
    ///
    /// # Errors
    /// [`ClientError::NotFound`]
    pub async fn client(&self, client_id: &ClientId) -> Result<Client, ClientError> {
        self.ports.store.find_client(client_id).await?.ok_or(ClientError::NotFound)
    }

    /// Changes a client as `change` says, which is asked again when it was overtaken.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn change_client(
        &self,
        client_id: &ClientId,
        change: impl Fn(&mut Client) + Send + Sync,
        ctx: &RequestContext<'_>,
    ) -> Result<Client, ClientError> {
        let change = |client: &mut Client| {
            change(client);
            Ok::<(), ClientError>(())
        };
        self.try_change_client(client_id, change, ctx).await
    }

    /// As [`Provider::change_client`], for a change that depends on what the client is: whatever has to be so is looked at in
    /// `change`, which sees the client that is replaced and no earlier one. Where it changes nothing, nothing is done.
    ///
    /// # Errors
    /// Those of `change`, and [`ClientError`].
    pub async fn try_change_client<E: From<ClientError> + Send>(
        &self,
        client_id: &ClientId,
        change: impl Fn(&mut Client) -> Result<(), E> + Send + Sync,
        ctx: &RequestContext<'_>,
    ) -> Result<Client, E> {
        loop {
            let before = self.client(client_id).await?;
            let mut after = before.clone();
            change(&mut after)?;
            if after == before {
                return Ok(after);
            }
            if after.metadata != before.metadata {
                self.check_metadata(&after.metadata).await?;
            }
            after.version = before.version + 1;
            if self.ports.store.replace_client(before.version, &after).await.map_err(ClientError::from)? {
                self.audit_change(&before, &after, ctx);
                return Ok(after);
            }
        }
    }

    /// Vouches for a client that has registered itself, as it was in the version that the operator has looked at: users see it
    /// as verified, and are asked once. An operator's own is not changed by it.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Changed`] where it is another version now.
    pub async fn vouch_for_client(
        &self,
        client_id: &ClientId,
        version: u64,
        ctx: &RequestContext<'_>,
    ) -> Result<Client, ClientError> {
        let change = |client: &mut Client| {
            if client.origin == ClientOrigin::Registration {
                if client.version != version {
                    return Err(ClientError::Changed);
                }
                client.origin = ClientOrigin::Vouched;
            }
            Ok(())
        };
        self.try_change_client(client_id, change, ctx).await
    }

    /// Gives a client another secret. The one before goes on for `overlap`, so that it can be put in place everywhere;
    /// those before that end at once.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::NotFound`] also for a client that has none.
    pub async fn rotate_client_secret(
        &self,
        client_id: &ClientId,
        overlap: Duration,
        ctx: &RequestContext<'_>,
    ) -> Result<(Client, ClientSecret), ClientError> {
        let secret = self.new_secret()?;
        let change = |client: &mut Client| {
            if !client.metadata.token_endpoint_auth_method.has_secret() {
                return Err(ClientError::NotFound);
            }
            client.secrets.retain(|old| old.expires_at.is_none_or(|end| ctx.now < end));
            let ends_at = ctx.now + overlap;
            for old in &mut client.secrets {
                old.expires_at = Some(old.expires_at.map_or(ends_at, |end| end.min(ends_at)));
            }
            client.secrets.insert(0, stored(&secret, ctx.now));
            client.secrets.truncate(MAX_SECRETS);
            Ok(())
        };
        let client = self.try_change_client(client_id, change, ctx).await?;
        Ok((client, secret))
    }

    /// Removes a client. What users have allowed it, and what it was granted, is worth nothing any more.
    ///
    /// # Errors
    /// [`ClientError::NotFound`]
    pub async fn delete_client(
        &self,
        client_id: &ClientId,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ClientError> {
        self.try_delete_client(client_id, |_| Ok::<(), ClientError>(()), ctx).await
    }

    /// As [`Provider::delete_client`], if `check` allows it for the client that is removed.
    pub(super) async fn try_delete_client<E: From<ClientError> + Send>(
        &self,
        client_id: &ClientId,
        check: impl Fn(&Client) -> Result<(), E> + Send + Sync,
        ctx: &RequestContext<'_>,
    ) -> Result<(), E> {
        loop {
            let client = self.client(client_id).await?;
            check(&client)?;
            if self.ports.store.delete_client(client.version, client_id).await.map_err(ClientError::from)? {
                self.audit_client(client_id, AuditAction::ClientDeleted, ctx);
                return Ok(());
            }
        }
    }

    pub(super) async fn check_metadata(&self, metadata: &ClientMetadata) -> Result<(), ClientError> {
        let mut resources = self.settings.oauth.resources.clone();
        resources.push(self.settings.tokens.audience.clone());
        let problems = metadata.problems(&MetadataRules {
            allow_loopback: self.settings.is_on_loopback(),
            known_scope: &self.known_scope().union(&privileged(metadata)),
            id_token_algs: &self.settings.oauth.id_token_algs,
            resources: &resources,
        });
        if problems.is_empty() {
            self.check_sector(metadata).await
        } else {
            Err(ClientError::Invalid(problems))
        }
    }
}

/// Scope that an operator grants to some users (`users:read`) is known by nobody else: its tokens have a colon.
fn privileged(metadata: &ClientMetadata) -> crate::scope::Scope {
    let tokens: Vec<_> = metadata.scope.tokens().filter(|token| token.contains(':')).collect();
    tokens.join(" ").parse().unwrap_or_default()
}

fn stored(secret: &ClientSecret, now: Timestamp) -> StoredSecret {
    StoredSecret { hash: secret.hash(), created_at: now, expires_at: None }
}
