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
    pub given: Given,
}

/// What was asked, or consented to at one time: this scope at these resources, and at no others (RFC 8707 §2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentTerms {
    /// What the client may ask for.
    pub scope: Scope,
    /// At which resources (RFC 8707); at the default one if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The claims that were asked for by name (OIDC Core §5.5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// When the user last said so.
    pub given_at: Timestamp,
}

/// All that a user has consented to, for each set of resources apart: what may be done at one is not what may be done at
/// another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Given(Vec<ConsentTerms>);

/// The most sets of resources that are remembered; after that the oldest is asked about again.
const MOST: usize = 32;

/// It was written as one once.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<ConsentTerms>),
    One(ConsentTerms),
}

impl From<OneOrMany> for Given {
    fn from(read: OneOrMany) -> Self {
        match read {
            OneOrMany::Many(many) => Self(many),
            OneOrMany::One(one) => one.into(),
        }
    }
}

impl From<ConsentTerms> for Given {
    fn from(terms: ConsentTerms) -> Self {
        Self(vec![terms])
    }
}

impl Given {
    /// Whether what a client asks for, which was registered at `client_since`, stays within this. What is older was given to
    /// an earlier client of the same name.
    pub fn covers(&self, client_since: Timestamp, asked: &ConsentTerms) -> bool {
        let own = || self.0.iter().filter(|terms| terms.given_at >= client_since);
        let is_allowed_at = |is_there: &dyn Fn(&ConsentTerms) -> bool| {
            let there = || own().filter(|terms| is_there(terms));
            there().next().is_some()
                && asked.scope.tokens().all(|token| there().any(|terms| terms.scope.contains(token)))
        };
        let is_in_scope = if asked.resources.is_empty() {
            is_allowed_at(&|terms| terms.resources.is_empty())
        } else {
            asked.resources.iter().all(|resource| is_allowed_at(&|terms| terms.resources.contains(resource)))
        };
        is_in_scope && asked.claims.iter().all(|claim| own().any(|terms| terms.claims.contains(claim)))
    }

    /// This with what was given now added to it, for a client that was registered at `client_since`.
    #[must_use]
    pub fn extended(mut self, client_since: Timestamp, asked: &ConsentTerms) -> Self {
        self.0.retain(|terms| terms.given_at >= client_since);
        match self.0.iter_mut().find(|terms| is_same_set(&terms.resources, &asked.resources)) {
            Some(terms) => terms.add(asked),
            None => self.0.push(asked.clone()),
        }
        self.0.sort_by_key(|terms| std::cmp::Reverse(terms.given_at));
        self.0.truncate(MOST);
        self
    }

    /// All of it in one, to be shown.
    pub fn summary(&self) -> ConsentTerms {
        self.0.iter().fold(ConsentTerms::default(), |mut all, terms| {
            all.add(terms);
            all
        })
    }
}

impl ConsentTerms {
    fn add(&mut self, more: &Self) {
        self.scope = self.scope.union(&more.scope);
        add_new(&mut self.resources, &more.resources);
        add_new(&mut self.claims, &more.claims);
        self.given_at = self.given_at.max(more.given_at);
    }
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|each| other.contains(each))
}

fn add_new(own: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !own.contains(one) {
            own.push(one.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LATER: Timestamp = Timestamp::from_secs(2_000);

    fn terms(scope: &str, resources: &[&str]) -> ConsentTerms {
        ConsentTerms {
            scope: scope.parse().unwrap(),
            resources: resources.iter().map(|resource| (*resource).to_owned()).collect(),
            claims: Vec::new(),
            given_at: NOW,
        }
    }

    #[test]
    fn v22_what_is_allowed_at_one_resource_is_allowed_at_no_other() {
        let given = Given::from(terms("write", &["orders"])).extended(NOW, &terms("read", &["billing"]));
        let covers = |scope, resources: &[&str]| given.covers(NOW, &terms(scope, resources));
        assert!(covers("write", &["orders"]) && covers("read", &["billing"]));
        assert!(covers("", &["billing", "orders"]));
        assert!(!covers("write", &["billing"]) && !covers("read", &["orders"]));
        assert!(!covers("write", &["orders", "billing"]));
        assert!(!covers("write", &[]) && !covers("", &[]), "nor at the default one");
        let both = given.clone().extended(NOW, &terms("write", &["orders", "billing"]));
        assert!(both.covers(NOW, &terms("read write", &["billing"])));
        assert!(!given.covers(LATER, &terms("write", &["orders"])), "that was another client");
    }

    #[test]
    fn what_was_given_grows_by_what_was_asked_and_is_bounded() {
        let mut given = Given::from(terms("a", &["x", "y"]));
        given = given.extended(NOW, &ConsentTerms { given_at: LATER, ..terms("b", &["y", "x"]) });
        let one = ConsentTerms { given_at: LATER, ..terms("a b", &["x", "y"]) };
        assert_eq!(given.0, std::slice::from_ref(&one));
        for n in 0..MOST {
            given = given.extended(NOW, &terms("c", &[&n.to_string()]));
        }
        assert_eq!(given.0.len(), MOST);
        assert!(given.covers(NOW, &terms("a", &["x"])), "it was said last");
        assert_eq!(given.summary().scope.as_str(), "a b c");
        assert_eq!(Given::from(one).extended(LATER, &terms("c", &[])).0.len(), 2);
    }

    #[test]
    fn what_was_written_as_one_is_read() {
        let one = serde_json::to_string(&terms("a", &["x"])).unwrap();
        let given = Given::from(terms("a", &["x"]));
        assert_eq!(serde_json::from_str::<Given>(&one).unwrap(), given);
        assert_eq!(serde_json::from_str::<Given>(&format!("[{one}]")).unwrap(), given);
        assert_eq!(serde_json::to_string(&given).unwrap(), format!("[{one}]"));
    }
}
