//! Which route needs which scopes.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::policy::{MAX_POLICY_LEN, MAX_RESOURCE_LEN, POLICY_FRAME_LEN};
use crate::route::Route;

/// Room for what comes before the route in a resource, `arn:aws-us-gov:execute-api:…/api-id/stage/`, if the stage's name
/// has no more than 29 characters.
const ARN_LEN: usize = 96;

/// The routes that need scopes. A route that is not in it needs a valid token only.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    rules: Vec<Rule>,
    /// Other spellings of paths that a token without all scopes is denied (see [`spellings`]).
    spellings: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    route: Route,
    scopes: Vec<String>,
    resources: Vec<String>,
}

/// How the answer will be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseForm {
    /// A policy for the whole API; what an HTTP API expects unless told otherwise.
    #[default]
    Iam,
    /// Yes or no for one route of an HTTP API.
    Simple,
}

impl Manifest {
    /// Reads `{ "GET /orders": ["orders:read"], … }`.
    ///
    /// # Errors
    /// Every problem, as one line each.
    pub(crate) fn parse(json: &str, form: ResponseForm) -> Result<Self, Vec<String>> {
        let Members(members) = serde_json::from_str(json)
            .map_err(|_| vec!["it is not a JSON object of distinct routes".to_owned()])?;
        let mut problems = Vec::new();
        let mut rules = Vec::new();
        for (name, scopes) in &members {
            match Rule::parse(name, scopes) {
                Ok(rule) => rules.push(rule),
                Err(problem) => problems.push(format!("`{name}`: {problem}")),
            }
        }
        let spellings = spellings(rules.iter().flat_map(|rule: &Rule| rule.route.literals()));
        let manifest = Self { rules, spellings };
        manifest.find_repeated(&mut problems);
        if form == ResponseForm::Iam {
            manifest.find_undeniable(&mut problems);
            manifest.find_overlapping(&mut problems);
            manifest.check_size(&mut problems);
        }
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }

    /// Whether a token may use a route of an HTTP API, by the route's key.
    ///
    /// The rule for exactly this route decides; without one, every rule that could be meant must be met.
    pub(crate) fn allows(&self, route_key: Option<&str>, has_scope: impl Fn(&str) -> bool) -> bool {
        if self.rules.is_empty() {
            return true;
        }
        let Some(asked) = route_key.and_then(|key| key.parse::<Route>().ok()) else {
            return false;
        };
        let met = |rule: &Rule| rule.is_met(&has_scope);
        match self.rules.iter().find(|rule| rule.route.is_same_as(&asked)) {
            Some(rule) => met(rule),
            None => self.rules.iter().filter(|rule| rule.route.overlaps(&asked)).all(met),
        }
    }

    /// What a policy must deny to a token, as ends of resources.
    pub(crate) fn denied(&self, has_scope: impl Fn(&str) -> bool) -> Vec<&str> {
        let unmet = self.rules.iter().filter(|rule| !rule.is_met(&has_scope));
        let mut denied: Vec<&str> = unmet.flat_map(|rule| &rule.resources).map(String::as_str).collect();
        if !denied.is_empty() {
            denied.extend(self.spellings.iter().map(String::as_str));
        }
        denied
    }

    fn find_repeated(&self, problems: &mut Vec<String>) {
        for (index, rule) in self.rules.iter().enumerate() {
            if let Some(earlier) = self.rules.iter().take(index).find(|r| r.route.is_same_as(&rule.route)) {
                problems.push(format!("`{}` and `{}` are the same route", earlier.route, rule.route));
            }
        }
    }

    fn find_undeniable(&self, problems: &mut Vec<String>) {
        for rule in self.rules.iter().filter(|rule| !rule.route.has_resource()) {
            problems.push(format!(
                "`{}`: no policy can name this route; it needs TEGATA_RESPONSE=simple",
                rule.route
            ));
        }
    }

    /// Who lacks a scope of a route is also denied what else its resource covers. The manifest has to say the same as the
    /// policy will do, or somebody will look for the mistake elsewhere.
    fn find_overlapping(&self, problems: &mut Vec<String>) {
        for rule in &self.rules {
            for other in self.rules.iter().filter(|other| !other.route.is_same_as(&rule.route)) {
                let missing = rule.scopes.iter().find(|scope| !other.scopes.contains(scope));
                if let Some(scope) = missing
                    && rule.route.covers_some_of(&other.route)
                {
                    problems.push(format!(
                        "`{}` must ask for `{scope}` too: a policy that denies `{}` denies both",
                        other.route, rule.route
                    ));
                }
            }
        }
    }

    fn check_size(&self, problems: &mut Vec<String>) {
        let denied = self.denied(|_| false);
        if let Some(long) = denied.iter().find(|resource| ARN_LEN + resource.len() > MAX_RESOURCE_LEN) {
            problems.push(format!("`{long}` is too long for a resource of {MAX_RESOURCE_LEN} characters"));
        }
        // Quotes and a comma around each.
        let len: usize = denied.iter().map(|resource| ARN_LEN + resource.len() + 3).sum();
        if POLICY_FRAME_LEN + len > MAX_POLICY_LEN {
            problems.push(format!(
                "a policy that denies all of its {} routes could take {} bytes, of {MAX_POLICY_LEN}",
                self.rules.len(),
                POLICY_FRAME_LEN + len,
            ));
        }
    }
}

impl Rule {
    fn parse(name: &str, scopes: &Value) -> Result<Self, String> {
        const SCOPES: &str = "its value is not a list of scopes (RFC 6749 §3.3)";
        let route: Route = name.parse().map_err(|error: crate::route::InvalidRoute| error.to_string())?;
        let scopes = scopes.as_array().ok_or(SCOPES)?.iter();
        let scopes = scopes.map(|scope| scope.as_str().filter(|scope| is_scope(scope)).map(str::to_owned));
        let scopes = scopes.collect::<Option<Vec<_>>>().ok_or(SCOPES)?;
        let resource = route.resource();
        // Some API Gateway types route `/orders/` as `/orders`.
        let mut resources = Vec::with_capacity(2);
        if !resource.ends_with(['*', '/']) && !resource.starts_with('$') {
            resources.push(format!("{resource}/"));
        }
        resources.push(resource);
        Ok(Self { route, scopes, resources })
    }

    fn is_met(&self, has_scope: impl Fn(&str) -> bool) -> bool {
        self.scopes.iter().all(|scope| has_scope(scope))
    }
}

/// The members of an object, in order, and none of them twice: of two rules for one route the wrong one might be meant.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom("a member is repeated"));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A scope is of printable ASCII without space, quote and backslash (RFC 6749 §3.3).
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Ends of resources that match a path which a gateway might read as another one: doubled slashes, dot segments, and the
/// percent-encoding of a character that needs none.
///
/// A policy is matched with the path as text. Were a gateway to route by what the path means and to match by how it is
/// spelled, `/%61dmin` would not be denied with `/admin`. No honest client encodes letters, so denying such spellings costs
/// nothing; `%20`, `%40` or an encoded Japanese word stay allowed.
fn spellings(literals: impl Iterator<Item = u8>) -> Vec<String> {
    let mut spellings: Vec<String> =
        ["*//*", "*/./*", "*/.", "*/..*", "*%2E*", "*%2e*", "*%2F*", "*%2f*"].map(str::to_owned).to_vec();
    for byte in literals {
        let patterns = match byte {
            // The letters share two first digits with nothing but braces, the bar and the back quote.
            b'a'..=b'z' | b'~' => vec![format!("*%{:X}*", byte >> 4)],
            _ => vec![format!("*%{byte:02X}*"), format!("*%{byte:02x}*")],
        };
        for pattern in patterns {
            if !spellings.contains(&pattern) {
                spellings.push(pattern);
            }
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(routes: usize) -> Result<Manifest, Vec<String>> {
        let members: Vec<_> =
            (0..routes).map(|index| format!(r#""PATCH /resources-{index:02}":["a"]"#)).collect();
        Manifest::parse(&format!("{{{}}}", members.join(",")), ResponseForm::Iam)
    }

    #[test]
    fn twenty_routes_fit_into_a_policy() {
        assert!(manifest(20).is_ok());
        assert!(manifest(40).is_err());
    }

    #[test]
    fn without_a_lacking_scope_nothing_is_denied() {
        let manifest = manifest(2).unwrap();
        assert!(manifest.denied(|_| true).is_empty());
        let denied = manifest.denied(|_| false);
        assert!(denied.contains(&"PATCH/resources-01") && denied.contains(&"PATCH/resources-01/"));
        assert!(denied.contains(&"*//*") && denied.contains(&"*%6*"));
    }
}
