//! What a user has allowed a client (OIDC Core §3.1.2.4).

use serde::{Deserialize, Serialize};

use crate::client::ClientId;
use crate::identifier::UserId;
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// A user's consent, as a store keeps it: one for each user and client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who consented; with [`Consent::client_id`] the key of the record.
    pub user_id: UserId,
    /// To whose requests.
    pub client_id: ClientId,
    /// To what.
    pub terms: ConsentTerms,
}

/// What was consented to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentTerms {
    /// What the client may ask for.
    pub scope: Scope,
    /// At which resources (RFC 8707); the default one needs no name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The claims that were asked for by name (OIDC Core §5.5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// When the user last said so.
    pub given_at: Timestamp,
}

impl Consent {
    /// Whether what a client asks for, which was registered at `client_since`, stays within what was consented to. A consent
    /// that is older was given to an earlier client of the same name.
    pub fn covers(&self, client_since: Timestamp, asked: &ConsentTerms) -> bool {
        let all = |asked: &[String], given: &[String]| asked.iter().all(|one| given.contains(one));
        self.terms.given_at >= client_since
            && asked.scope.is_subset(&self.terms.scope)
            && all(&asked.resources, &self.terms.resources)
            && all(&asked.claims, &self.terms.claims)
    }

    /// The consent with this added to it.
    #[must_use]
    pub fn extended(mut self, asked: &ConsentTerms) -> Self {
        let add = |own: &mut Vec<String>, more: &[String]| {
            for one in more {
                if !own.contains(one) {
                    own.push(one.clone());
                }
            }
        };
        self.terms.scope = self.terms.scope.union(&asked.scope);
        add(&mut self.terms.resources, &asked.resources);
        add(&mut self.terms.claims, &asked.claims);
        self.terms.given_at = asked.given_at;
        self
    }
}
