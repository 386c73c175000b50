//! The claim map: which of an installation's own attributes become which claims, for which scope, and where.

use std::fmt;
use std::str::FromStr;

use super::{is_reserved, standard_scope};
use crate::attributes::AttributeName;
use crate::scope::Scope;

/// The longest name of a claim, in bytes.
const MAX_NAME: usize = 128;

/// Where claims go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimTarget {
    /// An ID token (OIDC Core §2).
    IdToken,
    /// The user info (OIDC Core §5.3).
    UserInfo,
}

impl ClaimTarget {
    /// Its name in the settings, and in the `claims` parameter (OIDC Core §5.5).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::UserInfo => "userinfo",
        }
    }
}

/// The name of a claim that an installation adds: 1–128 visible ASCII characters, such as `department` or
/// `https://example.org/department` (RFC 7519 §4.2).
///
/// It is neither a standard claim nor one that the protocol of a token gives a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimName(String);

impl ClaimName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClaimName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b',' | b'"' | b'\\');
        if !(1..=MAX_NAME).contains(&text.len()) || !text.bytes().all(is_allowed) {
            return Err(
                "has a claim that is no name of 1 to 128 visible ASCII characters without commas and quotes",
            );
        }
        if is_reserved(text) {
            return Err(
                "has a claim whose name has a meaning in the protocol: nothing about a user may stand there",
            );
        }
        if standard_scope(text).is_some() {
            return Err("has a claim that OpenID Connect itself defines: `tegata user set-claims` sets it");
        }
        Ok(Self(text.to_owned()))
    }
}

/// A claim that is made from an attribute of the installation.
///
/// It is written `claim=NAME attribute=NAME scope=TOKEN in=userinfo+id_token`; the attribute has the claim's name unless said
/// otherwise, and it is in the user info alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedClaim {
    /// The claim.
    pub claim: ClaimName,
    /// What it is made from.
    pub attribute: AttributeName,
    /// The scope token that gives it.
    scope: Scope,
    targets: Vec<ClaimTarget>,
}

impl MappedClaim {
    /// The scope token that gives it.
    pub fn scope(&self) -> &str {
        self.scope.as_str()
    }

    /// Whether it goes there.
    pub fn is_in(&self, target: ClaimTarget) -> bool {
        self.targets.contains(&target)
    }
}

impl FromStr for MappedClaim {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (mut claim, mut attribute, mut scope, mut targets) = (None, None, None, None);
        for part in text.split_ascii_whitespace() {
            let (name, value) = part.split_once('=').ok_or(FORM)?;
            let place = match name {
                "claim" => &mut claim,
                "attribute" => &mut attribute,
                "scope" => &mut scope,
                "in" => &mut targets,
                _ => return Err(FORM),
            };
            if place.replace(value).is_some() {
                return Err("says the same thing twice");
            }
        }
        let claim = claim.ok_or(FORM)?;
        Ok(Self {
            claim: claim.parse()?,
            attribute: attribute.unwrap_or(claim).parse().map_err(|_| "has no name of an attribute")?,
            scope: read_scope(scope.ok_or(FORM)?)?,
            targets: read_targets(targets.unwrap_or(ClaimTarget::UserInfo.as_str()))?,
        })
    }
}

/// How it is written.
const FORM: &str =
    "must be written like `claim=department attribute=department scope=profile in=userinfo+id_token`";

fn read_scope(text: &str) -> Result<Scope, &'static str> {
    match text {
        "" => Err(FORM),
        // Of these no user is asked what a client learns of them.
        "openid" | "offline_access" => Err("has a scope that tells users nothing of the claim"),
        _ => text.parse().map_err(|_| "has a scope that is no scope token"),
    }
}

fn read_targets(text: &str) -> Result<Vec<ClaimTarget>, &'static str> {
    let target = |text| {
        let all = [ClaimTarget::UserInfo, ClaimTarget::IdToken];
        all.into_iter().find(|target| target.as_str() == text).ok_or("goes into userinfo, id_token or both")
    };
    text.split('+').map(target).collect()
}

impl fmt::Display for MappedClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets: Vec<_> = self.targets.iter().map(|target| target.as_str()).collect();
        let (claim, attribute, scope) = (self.claim.as_str(), &self.attribute, &self.scope);
        write!(f, "claim={claim} attribute={attribute} scope={scope} in={}", targets.join("+"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_claim_is_read_back_as_it_is_shown() {
        let full = "claim=https://example.org/unit attribute=department scope=directory in=userinfo+id_token";
        assert_eq!(full.parse::<MappedClaim>().unwrap().to_string(), full);
        let short: MappedClaim = "scope=profile claim=groups".parse().unwrap();
        assert_eq!(short.to_string(), "claim=groups attribute=groups scope=profile in=userinfo");
        assert!(short.is_in(ClaimTarget::UserInfo) && !short.is_in(ClaimTarget::IdToken));
    }

    #[test]
    fn r16_r72_no_claim_of_the_protocol_and_no_standard_one_is_mapped() {
        for reserved in
            ["sub", "iss", "aud", "exp", "nonce", "acr", "azp", "sid", "cnf", "act", "jti", "events"]
        {
            assert!(reserved.parse::<ClaimName>().is_err(), "{reserved}");
        }
        for reserved in ["at_hash", "scope", "client_id", "may_act", "_claim_sources", "email", "updated_at"]
        {
            assert!(format!("claim={reserved} attribute=x scope=profile").parse::<MappedClaim>().is_err());
        }
    }

    #[test]
    fn r72_what_is_no_map_is_refused() {
        for bad in [
            "",
            "department",
            "claim=department",
            "claim=department scope=",
            "claim=a\"b attribute=a scope=profile",
            "claim=department scope=openid",
            "claim=department scope=offline_access",
            "claim=department scope=profile in=access_token",
            "claim=department scope=profile in=",
            "claim=department scope=profile scope=email",
            "claim=department attribute=email scope=profile",
            "claim=department scope=profile to=userinfo",
        ] {
            assert!(bad.parse::<MappedClaim>().is_err(), "{bad}");
        }
    }
}
