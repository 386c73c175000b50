//! Settings come from the function's environment, once. Everything that is wrong with them is said at the same time.

mod foreign;

use std::collections::BTreeMap;

use http::Uri;
use tegata_jose::{JwkSet, VerifyingKeys};

use crate::log::Log;
use crate::manifest::{Manifest, ResponseForm};
pub(crate) use foreign::ForeignIssuer;

const ISSUER: &str = "TEGATA_ISSUER";
const AUDIENCE: &str = "TEGATA_AUDIENCE";
const JWKS: &str = "TEGATA_JWKS";
const ISSUERS: &str = "TEGATA_ISSUERS";
const ROUTES: &str = "TEGATA_ROUTES";
const RESPONSE: &str = "TEGATA_RESPONSE";

/// What the function is set to do.
#[derive(Debug)]
pub struct Settings {
    pub(crate) own: Option<OwnIssuer>,
    pub(crate) foreign: Vec<ForeignIssuer>,
    pub(crate) manifest: Manifest,
    pub(crate) form: ResponseForm,
    pub(crate) log: Log,
}

/// Whose tokens a binary can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the Tegata whose keys are in the environment.
    Own,
    /// Also those of issuers whose keys have to be fetched.
    Federated,
}

/// The Tegata whose keys are in the environment.
#[derive(Debug)]
pub(crate) struct OwnIssuer {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) keys: VerifyingKeys,
}

impl Settings {
    /// Reads the variables that begin with `TEGATA_`, and the function's log level.
    ///
    /// An unknown one is an error: a manifest under a misspelled name would open the routes it is meant to close.
    ///
    /// # Errors
    /// Every problem, as one line each.
    pub fn parse(
        variables: impl IntoIterator<Item = (String, String)>,
        reach: Reach,
    ) -> Result<Self, Vec<String>> {
        let mut log = Log::default();
        let mut values = BTreeMap::new();
        for (name, value) in variables {
            if name == "AWS_LAMBDA_LOG_LEVEL" {
                log = Log::at_level(&value);
            } else if name.starts_with("TEGATA_") && !value.is_empty() {
                values.insert(name, value);
            }
        }
        let mut variables = Variables { values, problems: Vec::new() };
        let names_issuer = variables.values.keys().any(|name| name == ISSUER || name == ISSUERS);
        if !names_issuer {
            variables.problem(ISSUER, "there is no issuer whose tokens to accept");
        }
        let own = variables.own_issuer();
        let foreign = variables.foreign_issuers(reach, own.as_ref());
        let form = variables.response_form();
        let manifest = variables.manifest(form);
        variables.finish(Self { own, foreign, manifest, form, log })
    }
}

struct Variables {
    values: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Variables {
    fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    fn problem(&mut self, name: &str, problem: impl std::fmt::Display) {
        self.problems.push(format!("{name}: {problem}"));
    }

    fn own_issuer(&mut self) -> Option<OwnIssuer> {
        let (issuer, audience, jwks) = (self.take(ISSUER), self.take(AUDIENCE), self.take(JWKS));
        let Some(issuer) = issuer else {
            for (name, value) in [(AUDIENCE, &audience), (JWKS, &jwks)] {
                if value.is_some() {
                    self.problem(name, format_args!("it needs {ISSUER}"));
                }
            }
            return None;
        };
        if !is_issuer(&issuer) || issuer.ends_with('/') {
            self.problem(ISSUER, "it is not an https URL without a slash at its end");
        }
        let keys = match jwks.as_deref().map(|jwks| JwkSet::parse(jwks.as_bytes())) {
            None => {
                self.problem(JWKS, "it is missing; before the first keys are made it is {\"keys\":[]}");
                VerifyingKeys::default()
            }
            Some(Err(error)) => {
                self.problem(JWKS, error);
                VerifyingKeys::default()
            }
            Some(Ok(jwks)) => VerifyingKeys::from_jwks(&jwks),
        };
        Some(OwnIssuer { audience: audience.unwrap_or_else(|| issuer.clone()), issuer, keys })
    }

    fn foreign_issuers(&mut self, reach: Reach, own: Option<&OwnIssuer>) -> Vec<ForeignIssuer> {
        let Some(issuers) = self.take(ISSUERS) else { return Vec::new() };
        if reach == Reach::Own {
            self.problem(ISSUERS, "this is the function without a client; take authorizer-federated");
            return Vec::new();
        }
        let issuers = foreign::parse(&issuers).unwrap_or_else(|problems| {
            for problem in problems {
                self.problem(ISSUERS, problem);
            }
            Vec::new()
        });
        if issuers.iter().any(|foreign| own.is_some_and(|own| own.issuer == foreign.profile.issuer())) {
            self.problem(ISSUERS, format_args!("one of them is {ISSUER} again"));
        }
        issuers
    }

    fn response_form(&mut self) -> ResponseForm {
        match self.take(RESPONSE).as_deref() {
            None | Some("iam") => ResponseForm::Iam,
            Some("simple") => ResponseForm::Simple,
            Some(_) => {
                self.problem(RESPONSE, "it is neither simple nor iam");
                ResponseForm::default()
            }
        }
    }

    fn manifest(&mut self, form: ResponseForm) -> Manifest {
        let Some(routes) = self.take(ROUTES) else { return Manifest::default() };
        match Manifest::parse(&routes, form) {
            Ok(manifest) => manifest,
            Err(problems) => {
                for problem in problems {
                    self.problem(ROUTES, problem);
                }
                Manifest::default()
            }
        }
    }

    /// What nobody has taken is unknown.
    fn finish(mut self, settings: Settings) -> Result<Settings, Vec<String>> {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.problem(&name, "there is no such setting");
        }
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems) }
    }
}

/// An https URL without query and fragment (OIDC Discovery §3). Plain http is for tests on this machine.
fn is_issuer(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    is_secure(&uri) && uri.query().is_none() && !text.contains('#')
}

/// Whether what comes from there is what its owner sent.
fn is_secure(uri: &Uri) -> bool {
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => is_loopback(host),
        _ => false,
    }
}

/// Whether a host, as a URI writes it, is this machine whatever a resolver says.
fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}
