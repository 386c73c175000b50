//! `TEGATA_ISSUERS`: a JSON array, one object for each issuer.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tegata_jose::{Algorithm, ForeignAccessToken, Profile};
use tegata_outbound::check_url;

use super::is_issuer;

/// An issuer whose keys are fetched.
#[derive(Debug)]
pub(crate) struct ForeignIssuer {
    /// Without keys yet.
    pub(crate) profile: Profile<ForeignAccessToken>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) jwks_uri: String,
    pub(crate) scope_claim: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: Kind,
    issuer: String,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    client_ids: Vec<String>,
    algorithms: Option<Vec<String>>,
    jwks_uri: Option<String>,
    scope_claim: Option<String>,
    #[serde(default)]
    leeway: u32,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Cognito,
    Auth0,
    Oidc,
}

/// Reads the array.
///
/// # Errors
/// Every problem, as one line each.
pub(super) fn parse(json: &str) -> Result<Vec<ForeignIssuer>, Vec<String>> {
    let entries: Vec<Value> =
        serde_json::from_str(json).map_err(|_| vec!["it is not a JSON array".to_owned()])?;
    let (mut issuers, mut problems) = (Vec::<ForeignIssuer>::new(), Vec::new());
    for (index, entry) in entries.into_iter().enumerate() {
        match serde_json::from_value::<Entry>(entry) {
            Ok(entry) => match entry.into_issuer() {
                Ok(issuer) => issuers.push(issuer),
                Err(more) => problems.extend(more.into_iter().map(|problem| format!("[{index}]: {problem}"))),
            },
            Err(error) => problems.push(format!("[{index}]: {error}")),
        }
    }
    for (index, issuer) in issuers.iter().enumerate() {
        let name = issuer.profile.issuer();
        if issuers.iter().take(index).any(|earlier| earlier.profile.issuer() == name) {
            problems.push(format!("`{name}` is there twice"));
        }
    }
    if problems.is_empty() { Ok(issuers) } else { Err(problems) }
}

impl Entry {
    fn into_issuer(self) -> Result<ForeignIssuer, Vec<String>> {
        let mut problems = Vec::new();
        self.check_names(&mut problems);
        let algorithms = self.algorithms(&mut problems);
        let jwks_uri = self.jwks_uri(&mut problems);
        let profile = self.profile(&algorithms, &mut problems);
        match (profile, jwks_uri) {
            (Some(profile), Some(jwks_uri)) if problems.is_empty() => {
                let scope_claim = self.scope_claim.unwrap_or_else(|| "scope".to_owned());
                Ok(ForeignIssuer { profile, algorithms, jwks_uri, scope_claim })
            }
            _ => Err(problems),
        }
    }

    fn check_names(&self, problems: &mut Vec<String>) {
        if !is_issuer(&self.issuer) {
            problems.push("`issuer` is not an https URL".to_owned());
        }
        // `iss` is compared to the letter, and these two are mistaken most often.
        match self.kind {
            Kind::Auth0 if !self.issuer.ends_with('/') => {
                problems.push("`issuer` of Auth0 ends with a slash".to_owned());
            }
            Kind::Cognito if self.issuer.ends_with('/') => {
                problems.push("`issuer` of Cognito has no slash at its end".to_owned());
            }
            _ => {}
        }
        if self.audiences.iter().chain(&self.client_ids).any(String::is_empty) {
            problems.push("an empty name is in `audiences` or `client_ids`".to_owned());
        }
        if self.scope_claim.as_deref() == Some("") {
            problems.push("`scope_claim` is empty".to_owned());
        }
        match self.kind {
            Kind::Cognito if self.client_ids.is_empty() => {
                problems.push("`client_ids` is missing: Cognito's access tokens name a client".to_owned());
            }
            Kind::Auth0 | Kind::Oidc if self.audiences.is_empty() => {
                problems.push("`audiences` is missing".to_owned());
            }
            Kind::Auth0 | Kind::Oidc if !self.client_ids.is_empty() => {
                problems.push("`client_ids` is for Cognito; here `audiences` decides".to_owned());
            }
            _ => {}
        }
    }

    fn algorithms(&self, problems: &mut Vec<String>) -> Vec<Algorithm> {
        let Some(names) = &self.algorithms else { return vec![Algorithm::Rs256] };
        let mut algorithms = Vec::new();
        for name in names {
            match name.parse() {
                // A secret that we shared with the issuer would let us sign its tokens.
                Ok(Algorithm::Hs256) | Err(_) => {
                    problems.push(format!("`algorithms`: `{name}` is not one of public keys that we verify"));
                }
                Ok(algorithm) => algorithms.push(algorithm),
            }
        }
        if names.is_empty() {
            problems.push("`algorithms` is empty".to_owned());
        }
        algorithms
    }

    /// Where keys come from is in the settings and nowhere else: no discovery document can send us somewhere.
    fn jwks_uri(&self, problems: &mut Vec<String>) -> Option<String> {
        let text = match (&self.jwks_uri, self.kind) {
            (Some(uri), _) => uri.clone(),
            (None, Kind::Cognito) => format!("{}/.well-known/jwks.json", self.issuer),
            (None, Kind::Auth0) => format!("{}.well-known/jwks.json", self.issuer),
            (None, Kind::Oidc) => {
                problems.push("`jwks_uri` is missing; the issuer's openid-configuration has it".to_owned());
                return None;
            }
        };
        // Plain http is for tests on this machine.
        if check_url(&text, true).is_err() {
            problems.push("`jwks_uri` is not an https URL of a public host".to_owned());
            return None;
        }
        Some(text)
    }

    fn profile(
        &self,
        algorithms: &[Algorithm],
        problems: &mut Vec<String>,
    ) -> Option<Profile<ForeignAccessToken>> {
        let (mut audiences, mut client_ids) = (self.audiences.iter(), self.client_ids.iter());
        let keys = Arc::default();
        let profile = if self.kind == Kind::Cognito {
            Profile::cognito_access_token(&self.issuer, client_ids.next()?, keys)
        } else {
            Profile::foreign_access_token(&self.issuer, audiences.next()?, keys)
        };
        let profile = audiences.fold(profile, Profile::with_audience);
        let profile = client_ids.fold(profile, Profile::with_client_id);
        match profile.with_algorithms(algorithms).with_leeway(self.leeway) {
            Ok(profile) => Some(profile),
            Err(error) => {
                problems.push(format!("`leeway`: {error}"));
                None
            }
        }
    }
}
