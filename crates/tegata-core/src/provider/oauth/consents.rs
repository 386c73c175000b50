//! What a user has allowed, seen and taken back (ASVS 10.7).

use super::authorize::ConsentQuestion;
use super::browser::BrowserSession;
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, ClientId};
use crate::consent::{Consent, ConsentTerms};
use crate::error::ProviderError;
use crate::identifier::UserId;
use crate::provider::{Provider, RequestContext};

/// A consent with the client that it was given to, `None` when that is gone.
pub struct Allowed {
    /// The client.
    pub client: Option<Client>,
    /// What was consented to.
    pub consent: Consent,
}

impl Provider {
    /// Keeps a user's consent to what they were asked, beside what they have allowed before.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn consent(
        &self,
        question: &ConsentQuestion,
        browser: &BrowserSession,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let (user_id, client) = (browser.user.user_id, &question.request.client);
        self.add_consent(user_id, client, &question.terms, ctx).await
    }

    /// Keeps a consent beside what the user has allowed this client before: what is there then, and nothing that was taken back.
    pub(super) async fn add_consent(
        &self,
        user_id: UserId,
        client: &Client,
        terms: &ConsentTerms,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let store = &self.ports.store;
        loop {
            let before = store.find_consent(user_id, &client.client_id).await?;
            // What an earlier client of the same name was allowed is not this one's.
            let given = before.as_ref().map(|before| before.given.clone().extended(client.created_at, terms));
            let given = given.unwrap_or_else(|| terms.clone().into());
            let next = Consent { user_id, client_id: client.client_id.clone(), given };
            if store.put_consent(before.as_ref(), &next).await? {
                self.audit_consent(user_id, &client.client_id, AuditAction::ConsentGiven, ctx);
                return Ok(());
            }
        }
    }

    /// What a user has allowed.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn allowed(&self, user_id: UserId) -> Result<Vec<Allowed>, ProviderError> {
        let mut allowed = Vec::new();
        for consent in self.ports.store.list_consents(user_id).await? {
            let client = self.ports.store.find_client(&consent.client_id).await?;
            allowed.push(Allowed { client, consent });
        }
        allowed.sort_by(|a, b| a.consent.client_id.cmp(&b.consent.client_id));
        Ok(allowed)
    }

    /// Takes a consent back, and ends every session of the client that rests on it.
    ///
    /// # Errors
    /// Those of the store. Repeated, it ends the rest.
    pub async fn revoke_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        // Before the consent itself: while it is there, its user sees it, and this can be repeated.
        self.end_sessions_at(user_id, client_id, ctx).await?;
        let was_there = self.ports.store.remove_consent(user_id, client_id).await?;
        // And after it, for what began in between: a code that is redeemed from now on finds it gone.
        self.end_sessions_at(user_id, client_id, ctx).await?;
        if was_there {
            self.audit_consent(user_id, client_id, AuditAction::ConsentRevoked, ctx);
        }
        Ok(())
    }

    fn audit_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
        action: AuditAction,
        ctx: &RequestContext<'_>,
    ) {
        self.ports.audit.record(AuditEvent {
            user_id: Some(user_id),
            client_id: Some(client_id.clone()),
            ..ctx.event(action, Outcome::Success)
        });
    }

    async fn end_sessions_at(
        &self,
        user_id: UserId,
        client_id: &ClientId,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        for session in self.ports.store.list_sessions(user_id).await? {
            if session.client_id == client_id.as_str() && session.client_grant().is_some() {
                self.end_client_session(&session, ctx).await?;
            }
        }
        Ok(())
    }
}
