//! Scopes (RFC 6749 §3.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A set of scope tokens, each once, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

/// A text that is no scope (RFC 6749 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid scope")]
pub struct ParseScopeError;

/// The longest scope that is read, in bytes: a scope travels in every access token.
const MAX_LENGTH: usize = 1024;

impl Scope {
    /// The scope as it stands in a token: tokens with one space between.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this scope token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.tokens().any(|each| each == token)
    }

    /// Its scope tokens.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether `other` has all tokens of this scope.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.tokens().all(|token| other.contains(token))
    }

    /// This scope and the tokens of `other` that it lacks.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for token in other.tokens() {
            all.push(token);
        }
        all
    }

    /// This scope without the tokens of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.filtered(|token| !other.contains(token))
    }

    /// The tokens of this scope that `other` has, too.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.filtered(|token| other.contains(token))
    }

    /// The tokens of this scope that are to stay.
    #[must_use]
    pub fn filtered(&self, stays: impl Fn(&str) -> bool) -> Self {
        let mut rest = String::with_capacity(self.0.len());
        for token in self.tokens().filter(|token| stays(token)) {
            if !rest.is_empty() {
                rest.push(' ');
            }
            rest.push_str(token);
        }
        Self(rest)
    }

    fn push(&mut self, token: &str) {
        if self.contains(token) {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(token);
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    /// Reads `scope-token *( SP scope-token )`; the empty text is the empty scope, which is what a user has who was
    /// granted nothing.
    fn from_str(text: &str) -> Result<Self, ParseScopeError> {
        let mut scope = Self::default();
        if text.is_empty() {
            return Ok(scope);
        }
        if text.len() > MAX_LENGTH {
            return Err(ParseScopeError);
        }
        for token in text.split(' ') {
            let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if token.is_empty() || !token.bytes().all(allowed) {
                return Err(ParseScopeError);
            }
            scope.push(token);
        }
        Ok(scope)
    }
}

impl TryFrom<String> for Scope {
    type Error = ParseScopeError;

    fn try_from(text: String) -> Result<Self, ParseScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_token_stands_once() {
        let scope: Scope = "openid profile openid".parse().unwrap();
        assert_eq!(scope.as_str(), "openid profile");
    }

    #[test]
    fn a_part_of_a_scope_token_is_not_the_token() {
        let scope: Scope = "users:read".parse().unwrap();
        assert!(scope.contains("users:read") && !scope.contains("users") && !scope.contains(""));
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for bad in [" a", "a ", "a  b", "a\"b", "a\\b", "a\nb", "é"] {
            assert_eq!(bad.parse::<Scope>(), Err(ParseScopeError), "{bad:?}");
        }
    }

    #[test]
    fn union_and_difference_are_those_of_sets() {
        let (a, b): (Scope, Scope) = ("x y".parse().unwrap(), "y z".parse().unwrap());
        assert_eq!(a.union(&b).as_str(), "x y z");
        assert_eq!(a.union(&b).difference(&b).as_str(), "x");
        assert!(a.is_subset(&a.union(&b)) && !a.is_subset(&b) && Scope::default().is_subset(&a));
    }
}
