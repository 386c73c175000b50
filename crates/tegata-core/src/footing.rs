//! What the session of a client rests on.

use crate::client::ClientId;
use crate::consent::{Consent, ConsentTerms};
use crate::identifier::SessionId;
use crate::session::Session;
use crate::timestamp::Timestamp;

/// What there has to be when a session of a client begins, beside its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footing {
    /// The consent, unless the client needs none.
    pub consent: Option<NeededConsent>,
    /// The browser session that it hangs on, unless it outlives that.
    pub browser_session: Option<SessionId>,
    /// As of when.
    pub now: Timestamp,
}

/// The consent that there has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededConsent {
    /// To whom it was given; with the session's user the key of the record.
    pub client_id: ClientId,
    /// When the client was registered.
    pub client_since: Timestamp,
    /// What it has to cover.
    pub terms: ConsentTerms,
}

impl Footing {
    /// Whether what was found is enough. The one place of the rule: stores find the two records and ask it.
    pub fn holds(&self, consent: Option<&Consent>, browser_session: Option<&Session>) -> bool {
        let is_allowed = self.consent.as_ref().is_none_or(|needed| {
            consent.is_some_and(|consent| consent.given.covers(needed.client_since, &needed.terms))
        });
        let is_logged_in = self.browser_session.is_none()
            || browser_session.is_some_and(|browser_session| browser_session.is_live(self.now));
        is_allowed && is_logged_in
    }
}
