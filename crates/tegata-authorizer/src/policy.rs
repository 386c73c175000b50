//! The answers that API Gateway understands.

use serde::Serialize;
use tegata_jose::{NumericDate, VerifiedAccessToken, VerifiedForeignAccessToken};

use crate::error::Refusal;

/// The longest resource of a policy (API Gateway: output of a Lambda authorizer).
pub(crate) const MAX_RESOURCE_LEN: usize = 512;
/// The most bytes of a policy. AWS names no number for it; this is the least of those that are told of.
pub(crate) const MAX_POLICY_LEN: usize = 8 * 1024;
/// Room for everything in a policy but the denied resources.
pub(crate) const POLICY_FRAME_LEN: usize = 512;
/// The most bytes of a context.
const MAX_CONTEXT_LEN: usize = 4 * 1024;

/// What a token says, as far as somebody behind the authorizer may care.
pub(crate) struct Facts<'t> {
    pub(crate) issuer: &'t str,
    pub(crate) subject: &'t str,
    pub(crate) username: Option<&'t str>,
    pub(crate) client_id: Option<&'t str>,
    pub(crate) scope: &'t str,
    pub(crate) session_id: Option<&'t str>,
    pub(crate) expires_at: NumericDate,
}

impl<'t> Facts<'t> {
    pub(crate) fn of_own(token: &'t VerifiedAccessToken) -> Self {
        Self {
            issuer: token.issuer(),
            subject: token.subject(),
            username: token.username(),
            client_id: Some(token.client_id()),
            scope: token.scope(),
            session_id: token.session_id(),
            expires_at: token.expires_at(),
        }
    }

    /// Issuers differ in where they put scopes, so those are handed in.
    pub(crate) fn of_foreign(token: &'t VerifiedForeignAccessToken, scope: &'t str) -> Self {
        Self {
            issuer: token.issuer(),
            subject: token.subject(),
            username: token.username(),
            client_id: token.client_id(),
            scope,
            session_id: token.session_id(),
            expires_at: token.expires_at(),
        }
    }

    pub(crate) fn has_scope(&self, wanted: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == wanted)
    }
}

/// An answer, in the form the API expects.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// For REST and WebSocket APIs, and for HTTP APIs without simple responses.
    #[serde(rename_all = "camelCase")]
    Policy {
        /// Who calls.
        principal_id: String,
        /// What they may call.
        policy_document: Policy,
        /// What the API is told of them.
        context: Context,
    },
    /// For HTTP APIs with simple responses.
    #[serde(rename_all = "camelCase")]
    Simple {
        /// Whether they may call the one route that was asked for.
        is_authorized: bool,
        /// What the API is told of them.
        context: Context,
    },
}

/// A policy for the whole API: what a token may call does not depend on what it is used for first, so a remembered answer
/// is right for every route.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: Vec<String>,
}

/// Flat strings: API Gateway takes nothing else. What a token does not say is left out. The token is never in it.
#[derive(Debug, Default, Serialize)]
pub struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<String>,
}

impl Answer {
    /// A policy that allows the API but for `denied`. A context that is too large for API Gateway denies everything, for the
    /// API could not tell a shortened one from a poor one.
    pub(crate) fn policy(stage: &Stage<'_>, facts: &Facts<'_>, denied: &[&str]) -> Result<Self, Refusal> {
        let everything = || vec![stage.resource("*")];
        let (statement, context) = match Context::of(facts) {
            Some(context) if denied.is_empty() => (vec![Statement::new("Allow", everything())], context),
            Some(context) => {
                let denied = stage.resources(denied)?;
                let statements = vec![Statement::new("Allow", everything()), Statement::new("Deny", denied)];
                (statements, context)
            }
            None => (vec![Statement::new("Deny", everything())], Context::default()),
        };
        let policy_document = Policy { version: "2012-10-17", statement };
        Ok(Self::Policy { principal_id: facts.subject.to_owned(), policy_document, context })
    }

    /// Yes or no for one route.
    pub(crate) fn simple(facts: &Facts<'_>, is_authorized: bool) -> Self {
        match Context::of(facts) {
            Some(context) if is_authorized => Self::Simple { is_authorized, context },
            _ => Self::Simple { is_authorized: false, context: Context::default() },
        }
    }
}

impl Statement {
    fn new(effect: &'static str, resource: Vec<String>) -> Self {
        Self { action: "execute-api:Invoke", effect, resource }
    }
}

impl Context {
    fn of(facts: &Facts<'_>) -> Option<Self> {
        let expires_at = facts.expires_at.as_secs().to_string();
        let scope = Some(facts.scope).filter(|scope| !scope.is_empty());
        let values = [
            Some(facts.subject),
            facts.username,
            facts.client_id,
            scope,
            facts.session_id,
            Some(facts.issuer),
            Some(&*expires_at),
        ];
        let len: usize = values.iter().flatten().map(|value| value.len()).sum();
        // The names, and what JSON puts around them.
        if len + 80 > MAX_CONTEXT_LEN {
            return None;
        }
        Some(Self {
            sub: Some(facts.subject.to_owned()),
            username: facts.username.map(str::to_owned),
            client_id: facts.client_id.map(str::to_owned),
            scope: scope.map(str::to_owned),
            sid: facts.session_id.map(str::to_owned),
            iss: Some(facts.issuer.to_owned()),
            exp: Some(expires_at),
        })
    }
}

/// The stage of an API, as the beginning of an ARN: `arn:…:execute-api:region:account:api-id/stage/`.
pub(crate) struct Stage<'e>(&'e str);

impl<'e> Stage<'e> {
    /// The stage of what was asked for.
    ///
    /// # Errors
    /// [`Refusal::InvalidEvent`] if that is no ARN of an API, or has a wildcard where API Gateway never puts one.
    pub(crate) fn of(arn: &'e str) -> Result<Self, Refusal> {
        let mut slashes = arn.match_indices('/').map(|(at, _)| at);
        let (api, stage) = slashes.next().zip(slashes.next()).ok_or(Refusal::InvalidEvent)?;
        let prefix = arn.get(..=stage).ok_or(Refusal::InvalidEvent)?;
        let is_api =
            prefix.starts_with("arn:") && prefix.get(..api).is_some_and(|api| api.contains(":execute-api:"));
        let is_plain = stage > api + 1 && !prefix.contains(['*', '?']);
        if is_api && is_plain { Ok(Self(prefix)) } else { Err(Refusal::InvalidEvent) }
    }

    fn resource(&self, end: &str) -> String {
        [self.0, end].concat()
    }

    fn resources(&self, ends: &[&str]) -> Result<Vec<String>, Refusal> {
        let longest = ends.iter().map(|end| end.len()).max().unwrap_or(0);
        let len: usize = ends.iter().map(|end| self.0.len() + end.len() + 3).sum();
        if self.0.len() + longest > MAX_RESOURCE_LEN || POLICY_FRAME_LEN + len > MAX_POLICY_LEN {
            return Err(Refusal::PolicyTooLarge);
        }
        Ok(ends.iter().map(|end| self.resource(end)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_the_beginning_of_an_arn() {
        let stage = |arn: &str| Stage::of(arn).map(|stage| stage.0.to_owned());
        let api = "arn:aws:execute-api:eu-west-1:123456789012:abcdef";
        assert_eq!(stage(&format!("{api}/prod/GET/orders/1")), Ok(format!("{api}/prod/")));
        assert_eq!(stage(&format!("{api}/$default/GET/")), Ok(format!("{api}/$default/")));
        assert_eq!(stage(&format!("{api}/prod/$connect")), Ok(format!("{api}/prod/")));
        for arn in [
            "",
            "*",
            api,
            &format!("{api}/prod"),
            &format!("{api}//GET/"),
            &format!("{api}/*/GET/"),
            "arn:aws:execute-api:*:*:*/prod/GET/",
            "arn:aws:s3:::bucket/prod/GET/",
            "execute-api:/prod/GET/",
        ] {
            assert_eq!(stage(arn), Err(Refusal::InvalidEvent), "{arn}");
        }
    }
}
