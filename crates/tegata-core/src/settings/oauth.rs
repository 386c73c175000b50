use std::str::FromStr;
use std::time::Duration;

use tegata_jose::Algorithm;

use super::RegistrationToken;
use crate::attributes::AttributeName;
use crate::claims::MappedClaim;
use crate::scope::Scope;

/// The settings of the OpenID Provider.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, with its name there")]
pub struct OAuthSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// What clients may have their ID tokens signed with. RS256 has to be among them (OIDC Core §15.1).
    pub id_token_algs: Vec<Algorithm>,
    /// What clients may ask for beyond OpenID Connect's own scope.
    pub scope: Scope,
    /// The attributes of users that this installation has beyond OpenID Connect's own. Only an operator sets them.
    pub attributes: Vec<AttributeName>,
    /// Which of them become claims.
    pub claims: Vec<MappedClaim>,
    /// The resources that clients may ask tokens for (RFC 8707 §2), beside the default one: absolute URIs.
    pub resources: Vec<String>,
    /// The life of an authorization code; at most 60 seconds.
    pub code_ttl: Duration,
    /// The life of a pushed authorization request; at most 90 seconds.
    pub pushed_request_ttl: Duration,
    /// Whether every authorization request has to be pushed (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// Whether request objects are fetched from where clients have registered them (OIDC Core §6.2).
    pub request_uris: bool,
    /// The life of a device authorization; at most 10 minutes.
    pub device_code_ttl: Duration,
    /// How long a browser stays logged in at the provider.
    pub browser_session_ttl: Duration,
    /// Whether DPoP proofs carry nonces of ours (RFC 9449 §8).
    pub dpop_nonces: DpopNonces,
    /// Who may register clients over HTTP (RFC 7591 §3).
    pub registration: RegistrationMode,
    /// What clients that nobody vouches for may have beyond OpenID Connect's own scope: some of [`Self::scope`].
    pub registration_scope: Scope,
    /// What has to be shown to register where [`RegistrationMode::Token`] asks for it.
    pub registration_token: Option<RegistrationToken>,
    /// Whether the name of a client may be the address of its metadata (Client ID Metadata Documents).
    pub metadata_documents: bool,
}

/// Who may register clients over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Nobody.
    Off,
    /// Whoever has the initial access token (RFC 7591 §3).
    Token,
    /// Anyone, at a limited rate.
    Open,
}

impl FromStr for RegistrationMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => Ok(Self::Off),
            "token" => Ok(Self::Token),
            "open" => Ok(Self::Open),
            _ => Err("must be one of off, token, open"),
        }
    }
}

/// Whether DPoP proofs carry nonces of ours (RFC 9449 §8, §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DpopNonces {
    /// They need not, and we look at none.
    Off,
    /// They may. A client whose clock differs from ours is given one, and who uses them is given the next.
    Offered,
    /// They have to.
    Required,
}

impl FromStr for DpopNonces {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => Ok(Self::Off),
            "offered" => Ok(Self::Offered),
            "required" => Ok(Self::Required),
            _ => Err("must be one of off, offered, required"),
        }
    }
}

impl Default for OAuthSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            id_token_algs: vec![Algorithm::Rs256, Algorithm::Es256],
            scope: Scope::default(),
            attributes: Vec::new(),
            claims: Vec::new(),
            resources: Vec::new(),
            code_ttl: Duration::from_mins(1),
            pushed_request_ttl: Duration::from_mins(1),
            require_pushed_requests: false,
            request_uris: false,
            device_code_ttl: Duration::from_mins(10),
            browser_session_ttl: Duration::from_hours(7 * 24),
            dpop_nonces: DpopNonces::Offered,
            registration: RegistrationMode::Off,
            registration_scope: Scope::default(),
            registration_token: None,
            metadata_documents: false,
        }
    }
}

/// The most attributes of its own, and the most claims, that an installation may have.
const MAX_OWN: usize = 32;

impl OAuthSettings {
    /// Whether the claim map speaks of what there is; `known` is all of the scope that there is.
    pub(super) fn find_claim_problems(
        &self,
        known: &Scope,
        require: &mut impl FnMut(bool, &'static str, &str),
    ) {
        let key = "oauth.claims";
        for (i, mapped) in self.claims.iter().enumerate() {
            let (claim, attribute, scope) = (mapped.claim.as_str(), &mapped.attribute, mapped.scope());
            let is_first = self.claims[..i].iter().all(|other| other.claim != mapped.claim);
            require(is_first, key, &format!("has the claim `{claim}` twice"));
            require(
                self.attributes.contains(attribute),
                key,
                &format!(
                    "makes `{claim}` from the attribute `{attribute}`, which is not one of oauth.attributes"
                ),
            );
            require(
                known.contains(scope),
                key,
                &format!(
                    "gives `{claim}` for the scope `{scope}`, which is neither in oauth.scope nor one of OpenID Connect's"
                ),
            );
        }
        for (key, length) in [("oauth.attributes", self.attributes.len()), (key, self.claims.len())] {
            require(length <= MAX_OWN, key, "may have 32 entries at most");
        }
    }

    pub(super) fn find_problems(&self, require: &mut impl FnMut(bool, &'static str, &str)) {
        let second = Duration::from_secs(1);
        let hour = Duration::from_hours(1);
        require(
            !self.enabled || self.id_token_algs.contains(&Algorithm::Rs256),
            "oauth.id_token_algs",
            "must have RS256 among them: every OpenID Connect client may rely on it (OIDC Core §15.1)",
        );
        require(
            self.id_token_algs.iter().all(|algorithm| algorithm.can_sign()),
            "oauth.id_token_algs",
            "must be some of ES256, RS256, EdDSA",
        );
        require(
            (second..=Duration::from_mins(1)).contains(&self.code_ttl),
            "oauth.code_ttl",
            "must be between 1s and 60s: whoever got hold of a code must be too late with it",
        );
        require(
            (second..=Duration::from_secs(90)).contains(&self.pushed_request_ttl),
            "oauth.pushed_request_ttl",
            "must be between 1s and 90s",
        );
        require(
            (Duration::from_mins(1)..=Duration::from_mins(10)).contains(&self.device_code_ttl),
            "oauth.device_code_ttl",
            "must be between 1m and 10m: a short code can be guessed in time",
        );
        require(
            (second..=30 * 24 * hour).contains(&self.browser_session_ttl),
            "oauth.browser_session_ttl",
            "must be between 1s and 30d",
        );
        require(
            self.registration != RegistrationMode::Token || self.registration_token.is_some(),
            "oauth.registration_token",
            "must be set, to 32 characters or more, where oauth.registration is token",
        );
        for token in self.registration_scope.tokens().filter(|token| !self.scope.contains(token)) {
            let problem = format!("has `{token}`, which is not in oauth.scope");
            require(false, "oauth.registration_scope", &problem);
        }
    }
}
