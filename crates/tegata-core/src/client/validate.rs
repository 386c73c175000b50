//! What metadata a client may have, whoever registers it.

use std::collections::BTreeSet;

use tegata_jose::{Algorithm, JoseError, JwkSet};

use super::request_uri::{MAX_REQUEST_URI, without_fragment};
use super::{
    ApplicationType, AuthMethod, ClientMetadata, GrantType, RedirectUri, RequestObjectAlg, SubjectType,
};
use crate::oauth::ErrorCode;
use crate::outbound::check_url;
use crate::scope::Scope;
use crate::steering::is_steering;

/// What the installation has to say to it.
#[derive(Clone, Debug)]
pub struct MetadataRules<'a> {
    /// Whether addresses of this very machine are allowed: where the issuer is one.
    pub allow_loopback: bool,
    /// All of the scope that there is.
    pub known_scope: &'a Scope,
    /// With what ID tokens can be signed.
    pub id_token_algs: &'a [Algorithm],
    /// The resources that there are.
    pub resources: &'a [String],
}

/// What is wrong with metadata (RFC 7591 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataProblem {
    /// `invalid_redirect_uri` or `invalid_client_metadata`.
    pub code: ErrorCode,
    /// A sentence for the client's developer.
    pub description: String,
}

/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The most addresses of a kind.
const MAX_URIS: usize = 50;
/// The most texts of a kind.
const MAX_TEXTS: usize = 10;
/// The longest JWK set, in bytes.
const MAX_JWKS: usize = 16 * 1024;

impl ClientMetadata {
    /// Everything that is wrong with it.
    pub fn problems(&self, rules: &MetadataRules<'_>) -> Vec<MetadataProblem> {
        let mut found = Problems(Vec::new());
        self.check_redirect_uris(rules, &mut found);
        self.check_grants(&mut found);
        self.check_keys(&mut found);
        self.check_addresses(rules, &mut found);
        self.check_names(rules, &mut found);
        self.check_tokens(rules, &mut found);
        found.0
    }

    fn check_redirect_uris(&self, rules: &MetadataRules<'_>, found: &mut Problems) {
        let needs_uri = self.grant_types.contains(&GrantType::AuthorizationCode);
        if needs_uri && self.redirect_uris.is_empty() {
            found.redirect_uri("The grant authorization_code needs a redirect URI.".to_owned());
        }
        if self.redirect_uris.len() > MAX_URIS || self.post_logout_redirect_uris.len() > MAX_URIS {
            found.redirect_uri(format!("There may be {MAX_URIS} redirect URIs at most."));
        }
        for uri in self.redirect_uris.iter().chain(&self.post_logout_redirect_uris) {
            // OIDC Registration §2: a web site is at an address of the web. For development both are on one machine.
            // A program on a device may have one of the web, too, which its system opens it for (RFC 8252 §7.2).
            let is_on_device = uri.is_native() && !(rules.allow_loopback && uri.is_loopback());
            if self.application_type == ApplicationType::Web && is_on_device {
                found.redirect_uri(
                    "One of the addresses is that of a program on a device: register the client with application_type \
                     native."
                        .to_owned(),
                );
                break;
            }
        }
    }

    fn check_grants(&self, found: &mut Problems) {
        let is_public = self.token_endpoint_auth_method == AuthMethod::None;
        let own_name = [GrantType::ClientCredentials, GrantType::TokenExchange];
        if is_public && self.grant_types.iter().any(|grant| own_name.contains(grant)) {
            found
                .metadata("A public client cannot act in its own name: it has nothing to prove itself with.");
        }
        if is_public && !self.require_pkce {
            found.metadata("Only a client that proves who it is can do without PKCE.");
        }
        if self.grant_types.is_empty() {
            found.metadata("There has to be a grant type.");
        }
    }

    fn check_keys(&self, found: &mut Problems) {
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            found.metadata("There can be jwks or jwks_uri, not both (RFC 7591, section 2).");
        }
        let has_keys = self.jwks.is_some() || self.jwks_uri.is_some();
        if self.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && !has_keys {
            found.metadata("The method private_key_jwt needs jwks or jwks_uri.");
        }
        if let Some(jwks) = &self.jwks {
            let text = jwks.to_string();
            match JwkSet::parse(text.as_bytes()) {
                Err(JoseError::PrivateKey) => found.metadata(
                    "jwks has a private key in it: whoever has seen it can be this client. Make a new one.",
                ),
                Ok(keys) if text.len() <= MAX_JWKS && !keys.keys().is_empty() => {}
                _ => found.metadata("jwks is no JWK set with a public key that is understood here."),
            }
        }
        if let Some(algorithm) = self.token_endpoint_auth_signing_alg
            && !tegata_jose::CLIENT_ALGORITHMS.contains(&algorithm)
        {
            found.metadata("The algorithm of token_endpoint_auth_signing_alg is not accepted.");
        }
        let signs_requests = self.require_signed_request_object
            || matches!(self.request_object_signing_alg, Some(RequestObjectAlg::Signed(_)));
        if signs_requests && !has_keys {
            found.metadata("A client that signs its request objects needs jwks or jwks_uri.");
        }
        if self.require_signed_request_object
            && self.request_object_signing_alg == Some(RequestObjectAlg::Unsigned)
        {
            found.metadata("With the request_object_signing_alg none, no request object would be signed.");
        }
    }

    /// Those that we ask, or tell something.
    fn check_addresses(&self, rules: &MetadataRules<'_>, found: &mut Problems) {
        let addresses = [
            ("jwks_uri", &self.jwks_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("sector_identifier_uri", &self.sector_identifier_uri),
        ];
        for (name, uri) in addresses {
            if uri.as_ref().is_some_and(|uri| check_url(uri, rules.allow_loopback).is_err()) {
                found.metadata(&format!("{name} has to be an https address on the public internet."));
            }
        }
        if self.request_uris.len() > MAX_URIS {
            found.metadata(&format!("There may be {MAX_URIS} request_uris at most."));
        }
        let is_wrong = |uri: &String| {
            uri.len() > MAX_REQUEST_URI || check_url(without_fragment(uri), rules.allow_loopback).is_err()
        };
        if self.request_uris.iter().any(is_wrong) {
            found.metadata(&format!(
                "request_uris have to be https addresses on the public internet, with {MAX_REQUEST_URI} characters at most.",
            ));
        }
    }

    fn check_names(&self, rules: &MetadataRules<'_>, found: &mut Problems) {
        if self.client_name.as_ref().is_some_and(|name| !is_name(name)) {
            found.metadata(
                "client_name has to have 1 to 100 characters, without those that control a line or its direction.",
            );
        }
        let pages = [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
        ];
        // Only browsers go there, so it may be in a network of one's own.
        let is_page = |uri: &RedirectUri| !uri.is_native() || (rules.allow_loopback && uri.is_loopback());
        for (name, uri) in pages {
            let is_wrong = |uri: &String| !uri.parse().is_ok_and(|uri| is_page(&uri));
            if uri.as_ref().is_some_and(is_wrong) {
                found.metadata(&format!("{name} has to be an https address without a fragment."));
            }
        }
        let lists = [("contacts", &self.contacts), ("default_acr_values", &self.default_acr_values)];
        for (name, list) in lists {
            if list.len() > MAX_TEXTS || list.iter().any(|text| !is_name(text)) {
                found.metadata(&format!("{name} may have {MAX_TEXTS} short texts at most."));
            }
        }
        for (name, text) in [("software_id", &self.software_id), ("software_version", &self.software_version)]
        {
            if text.as_ref().is_some_and(|text| !is_name(text)) {
                found.metadata(&format!("{name} has to be a short text."));
            }
        }
    }

    fn check_tokens(&self, rules: &MetadataRules<'_>, found: &mut Problems) {
        if self.id_token_signed_response_alg.is_some_and(|alg| !rules.id_token_algs.contains(&alg)) {
            found.metadata("The algorithm of id_token_signed_response_alg is not offered here.");
        }
        if !self.scope.is_subset(rules.known_scope) {
            found.metadata("There is no such scope here; the metadata of this server lists what there is.");
        }
        if self.resources.iter().any(|resource| !rules.resources.contains(resource)) {
            found.metadata("There is no such resource here.");
        }
        let hosts: BTreeSet<_> = self.redirect_uris.iter().map(RedirectUri::web_host).collect();
        if self.subject_type == SubjectType::Pairwise
            && hosts.len() > 1
            && self.sector_identifier_uri.is_none()
        {
            found.metadata(
                "With redirect URIs on several hosts, pairwise subjects need a sector_identifier_uri (OIDC Core, section 8.1).",
            );
        }
    }
}

struct Problems(Vec<MetadataProblem>);

impl Problems {
    fn redirect_uri(&mut self, description: String) {
        self.0.push(MetadataProblem { code: ErrorCode::InvalidRedirectUri, description });
    }

    fn metadata(&mut self, description: &str) {
        let description = description.to_owned();
        self.0.push(MetadataProblem { code: ErrorCode::InvalidClientMetadata, description });
    }
}

/// Text that stands in a sentence of ours: nothing in it may turn the sentence around or hide a part of it. The name of a
/// program, which could be made to look like another's, does without the joiners that people spell theirs with.
fn is_name(text: &str) -> bool {
    let steers = |c: char| is_steering(c) || matches!(c, '\u{200c}' | '\u{200d}');
    (1..=MAX_NAME).contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(steers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(allow_loopback: bool, change: impl FnOnce(&mut ClientMetadata)) -> Vec<MetadataProblem> {
        let mut metadata = ClientMetadata {
            redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
            scope: "openid".parse().unwrap(),
            ..ClientMetadata::default()
        };
        change(&mut metadata);
        metadata.problems(&MetadataRules {
            allow_loopback,
            known_scope: &"openid email".parse().unwrap(),
            id_token_algs: &[Algorithm::Rs256],
            resources: &["https://api.example/".to_owned()],
        })
    }

    #[test]
    fn the_defaults_are_good_metadata() {
        assert_eq!(problems(false, |_| {}), []);
    }

    #[test]
    fn r8_r43_what_a_client_may_not_have_is_refused_and_all_of_it_is_named() {
        let found = problems(false, |metadata| {
            metadata.redirect_uris = vec!["http://127.0.0.1/cb".parse().unwrap()];
            metadata.token_endpoint_auth_method = AuthMethod::None;
            metadata.grant_types = GrantType::ALL.to_vec();
            metadata.require_pkce = false;
            metadata.scope = "admin".parse().unwrap();
            metadata.resources = vec!["https://other.example/".to_owned()];
            metadata.client_name = Some("Good\u{202e}live".to_owned());
            metadata.jwks_uri = Some("http://169.254.169.254/latest".to_owned());
            metadata.logo_uri = Some("javascript:alert(1)".to_owned());
            metadata.id_token_signed_response_alg = Some(Algorithm::EdDsa);
        });
        assert_eq!(found.len(), 9, "{found:#?}");
    }

    #[test]
    fn v46_request_objects_are_at_few_addresses_of_the_web() {
        let with = |uris: &[&str]| {
            problems(false, |metadata| {
                metadata.request_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
            })
        };
        assert_eq!(with(&["https://app.example/r.jwt", "https://app.example/r.jwt#any/thing?"]), []);
        let long = format!("https://app.example/r.jwt#{}", "x".repeat(MAX_REQUEST_URI));
        for bad in
            ["http://app.example/r.jwt", "https://10.0.0.1/r.jwt", "https://a@app.example/", "urn:x", &long]
        {
            assert_eq!(with(&[bad]).len(), 1, "{bad}");
        }
        assert_eq!(with(&vec!["https://app.example/r.jwt"; MAX_URIS + 1]).len(), 1);
    }

    #[test]
    fn a_program_on_a_device_says_that_it_is_one() {
        let loopback = |metadata: &mut ClientMetadata| {
            metadata.redirect_uris = vec!["http://127.0.0.1/cb".parse().unwrap()];
        };
        assert_eq!(problems(false, loopback)[0].code, ErrorCode::InvalidRedirectUri);
        assert_eq!(problems(true, loopback), [], "both on one machine, for development");
        let native = problems(false, |metadata| {
            metadata.application_type = ApplicationType::Native;
            metadata.redirect_uris =
                vec!["com.example.app:/cb".parse().unwrap(), "https://app.example/cb".parse().unwrap()];
        });
        assert_eq!(native, []);
    }

    #[test]
    fn r43_no_name_of_a_client_steers_a_line_or_hides_a_part_of_itself() {
        for c in
            ['\u{61c}', '\u{200b}', '\u{200d}', '\u{200f}', '\u{2028}', '\u{202e}', '\u{2060}', '\u{feff}']
        {
            let found = problems(false, |metadata| metadata.client_name = Some(format!("Go{c}od")));
            assert_eq!(found.len(), 1, "{c:?}");
        }
    }

    #[test]
    fn what_stands_on_pages_is_short_and_leads_to_the_web() {
        let found = problems(false, |metadata| {
            metadata.client_uri = Some("https://intranet/wiki".to_owned());
            metadata.logo_uri = Some("http://app.example/logo.png".to_owned());
            metadata.policy_uri = Some("com.example.app://host/x".to_owned());
            metadata.software_id = Some("x".repeat(MAX_NAME + 1));
            metadata.default_acr_values = vec!["a".to_owned(); MAX_TEXTS + 1];
            metadata.contacts = vec![String::new()];
        });
        assert_eq!(found.len(), 5, "{found:#?}");
        let scheme = problems(true, |metadata| {
            metadata.redirect_uris = vec!["com.example.app://host/x".parse().unwrap()];
        });
        assert_eq!(scheme[0].code, ErrorCode::InvalidRedirectUri, "no web site, on no machine");
    }

    #[test]
    fn r39_clients_on_several_hosts_need_a_sector() {
        let found = problems(false, |metadata| {
            metadata.subject_type = SubjectType::Pairwise;
            metadata.redirect_uris.push("https://other.example/cb".parse().unwrap());
        });
        assert!(found[0].description.contains("sector_identifier_uri"));
        // What a program on a device says of itself does not make it a part of the web site.
        let found = problems(false, |metadata| {
            metadata.subject_type = SubjectType::Pairwise;
            metadata.application_type = ApplicationType::Native;
            metadata.redirect_uris.push("com.evil.app://app.example/cb".parse().unwrap());
        });
        assert!(found[0].description.contains("sector_identifier_uri"));
    }

    #[test]
    fn r31_a_client_that_signs_its_requests_has_keys_and_signs_them() {
        let signed = Some(RequestObjectAlg::Signed(Algorithm::Es256));
        let uri = || Some("https://app.example/jwks.json".to_owned());
        for (alg, required, jwks_uri, wrong) in [
            (signed, false, uri(), 0),
            (signed, true, uri(), 0),
            (None, true, uri(), 0),
            (Some(RequestObjectAlg::Unsigned), false, None, 0),
            (signed, false, None, 1),
            (None, true, None, 1),
            (Some(RequestObjectAlg::Unsigned), true, uri(), 1),
        ] {
            let found = problems(false, |metadata| {
                metadata.request_object_signing_alg = alg;
                metadata.require_signed_request_object = required;
                metadata.jwks_uri = jwks_uri;
            });
            assert_eq!(found.len(), wrong, "{alg:?} {required}: {found:#?}");
        }
    }

    #[test]
    fn r68_a_private_key_is_never_taken() {
        let found = problems(false, |metadata| {
            metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            metadata.jwks = Some(serde_json::json!({"keys": [{"kty": "EC", "crv": "P-256", "d": "x"}]}));
        });
        assert!(found[0].description.contains("private key"));
        let found = problems(false, |metadata| {
            metadata.jwks = Some(serde_json::json!({"keys": [{"kty": "oct", "k": "AAAA"}]}));
        });
        assert_eq!(found.len(), 1);
    }
}
