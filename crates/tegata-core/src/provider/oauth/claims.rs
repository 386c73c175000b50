//! What is said of a user (OIDC Core §5.1, §5.4, §5.5).

use serde_json::{Map, Value, json};

use super::in_force::InForce;
use crate::attributes::{Address, TextClaim};
use crate::claims::{ClaimTarget, MappedClaim, STANDARD_CLAIMS, standard_scope};
use crate::client::Client;
use crate::oauth::{ClaimsRequest, OAuthError};
use crate::provider::Provider;
use crate::session::Session;
use crate::user::{User, UserStatus};

/// Facts about a login and a token, which a request may name and which nobody is asked about.
const FACTS: [&str; 5] = ["acr", "auth_time", "amr", "sub", "sid"];

impl Provider {
    /// The claims about users that there are here, beside what the protocol says of a token.
    pub fn user_claims(&self) -> impl Iterator<Item = &str> {
        let standard = STANDARD_CLAIMS.iter().map(|(claim, _)| *claim);
        standard.chain(self.settings.oauth.claims.iter().map(|mapped| mapped.claim.as_str()))
    }

    /// The user of the ID token that a session gets, if it gets one which tells more than the session itself knows.
    ///
    /// # Errors
    /// What `gone` says, where there is no such user or their account is closed; those of the store.
    pub(super) async fn user_of_id_token(
        &self,
        session: &Session,
        in_force: &InForce<'_>,
        gone: impl FnOnce() -> OAuthError,
    ) -> Result<Option<User>, OAuthError> {
        if !in_force.scope().contains("openid") || !self.id_token_needs_user(session, in_force) {
            return Ok(None);
        }
        let user = self.ports.store.find_user(session.user_id).await?;
        user.filter(|user| user.status == UserStatus::Active).ok_or_else(gone).map(Some)
    }

    /// Whether an ID token tells more of its user than the session itself knows.
    fn id_token_needs_user(&self, session: &Session, in_force: &InForce<'_>) -> bool {
        let request = requested(session);
        let is_named = |name: &str| request.of_id_token().any(|asked| asked == name);
        let mut mapped =
            self.settings.oauth.claims.iter().filter(|mapped| mapped.is_in(ClaimTarget::IdToken));
        request.of_id_token().any(|claim| standard_scope(claim).is_some() && claim != "preferred_username")
            || mapped.any(|m| in_force.scope().contains(m.scope()) || is_named(m.claim.as_str()))
    }

    /// The claims of a user in a session, for one place.
    pub(super) fn claims_of(
        &self,
        user: &User,
        session: &Session,
        in_force: &InForce<'_>,
        target: ClaimTarget,
    ) -> Map<String, Value> {
        let request = requested(session);
        let by_name: Vec<&str> = match target {
            ClaimTarget::IdToken => request.of_id_token().collect(),
            ClaimTarget::UserInfo => request.of_userinfo().collect(),
        };
        let is_named = |name: &str, scope: &str| by_name.contains(&name) && in_force.gives_by_name(scope);
        let mut claims = known_claims(user);
        claims.retain(|name, _| {
            // An ID token is fetched with an access token, so it only has what was asked for by name (OIDC Core §5.4), and the
            // name to greet somebody by.
            let is_sent = target == ClaimTarget::UserInfo || name == "preferred_username";
            standard_scope(name)
                .is_some_and(|scope| is_named(name, scope) || (is_sent && in_force.scope().contains(scope)))
        });
        for mapped in self.settings.oauth.claims.iter().filter(|mapped| mapped.is_in(target)) {
            let (name, scope) = (mapped.claim.as_str(), mapped.scope());
            if let Some(value) = user.attributes.own(&mapped.attribute)
                && (in_force.scope().contains(scope) || is_named(name, scope))
            {
                claims.insert(name.to_owned(), value.to_value());
            }
        }
        claims
    }

    /// What of the claims that a request names (OIDC Core §5.5) this client can have: what is known here, what goes to that place,
    /// and what the scope that it is registered for would give. Anything else is left out, as if it were not known of the user (OIDC Core §5.5.1).
    pub(super) fn allowed_claims(&self, client: &Client, mut asked: ClaimsRequest) -> ClaimsRequest {
        let mapped = &self.settings.oauth.claims;
        asked.retain(|target, claim| {
            let is_it = |mapped: &&MappedClaim| mapped.claim.as_str() == claim && mapped.is_in(target);
            let of_map = || mapped.iter().find(is_it).map(MappedClaim::scope);
            let scope = standard_scope(claim).or_else(of_map);
            FACTS.contains(&claim) || scope.is_some_and(|scope| client.metadata.scope.contains(scope))
        });
        asked
    }
}

/// Whether a claim is a fact about a login, and none about its user.
pub(super) fn is_fact(claim: &str) -> bool {
    FACTS.contains(&claim)
}

/// The claims that were asked for by name.
fn requested(session: &Session) -> ClaimsRequest {
    let claims = session.client_grant().and_then(|grant| grant.claims.as_ref());
    claims.and_then(ClaimsRequest::read).unwrap_or_default()
}

/// What a session knows of its user by itself, for an ID token.
pub(super) fn claims_of_session(session: &Session, in_force: &InForce<'_>) -> Map<String, Value> {
    let is_sent = in_force.scope().contains("profile")
        || (in_force.gives_by_name("profile")
            && requested(session).of_id_token().any(|claim| claim == "preferred_username"));
    let name = is_sent.then(|| ("preferred_username".to_owned(), json!(session.username.as_str())));
    name.into_iter().collect()
}

/// Everything that OpenID Connect has a claim for. What is not known is left out (OIDC Core §5.3.2).
fn known_claims(user: &User) -> Map<String, Value> {
    let attributes = &user.attributes;
    let updated_at = attributes.updated_at().unwrap_or(user.created_at);
    let mut claims = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    put("preferred_username", Some(json!(user.username.as_str())));
    put("name", user.name.as_ref().map(|name| json!(name)));
    put("locale", user.locale.as_ref().map(|locale| json!(locale)));
    put("email", user.email.as_ref().map(|email| json!(email.address.as_str())));
    put("email_verified", user.email.as_ref().map(|email| json!(email.verified)));
    for claim in TextClaim::ALL {
        put(claim.as_str(), attributes.text(claim).map(|text| json!(text)));
    }
    put("phone_number_verified", attributes.phone_number_verified().map(|verified| json!(verified)));
    put("address", attributes.address().map(address));
    put("updated_at", Some(json!(updated_at.as_secs())));
    claims
}

/// OIDC Core §5.1.1
fn address(address: &Address) -> Value {
    let members = address.members().map(|(member, text)| (member.as_str().to_owned(), json!(text)));
    Value::Object(members.collect())
}
