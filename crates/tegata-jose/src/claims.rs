//! The claims set of a token (RFC 7519 §4), read once and kept with its text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::confirmation::Confirmation;
use crate::json::{Array, Malformed, Object, Text, Value};
use crate::{JoseError, MAX_LEEWAY_SECS, NumericDate};

/// A claim that Tegata has no accessor for, as [`claim`](crate::VerifiedAccessToken::claim) finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimValue<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(&'a str),
    /// A string.
    String(Cow<'a, str>),
    /// An array, as JSON.
    Array(&'a str),
    /// An object, as JSON.
    Object(&'a str),
}

/// The claims that are strings.
#[derive(Clone, Copy)]
pub(crate) enum StringClaim {
    Acr,
    AtHash,
    Azp,
    ClientId,
    Iss,
    Jti,
    Nonce,
    PreferredUsername,
    Scope,
    Sid,
    Sub,
    TokenUse,
    Username,
}

const STRING_CLAIMS: usize = StringClaim::Username as usize + 1;

impl StringClaim {
    const fn name(self) -> &'static str {
        match self {
            Self::Acr => "acr",
            Self::AtHash => "at_hash",
            Self::Azp => "azp",
            Self::ClientId => "client_id",
            Self::Iss => "iss",
            Self::Jti => "jti",
            Self::Nonce => "nonce",
            Self::PreferredUsername => "preferred_username",
            Self::Scope => "scope",
            Self::Sid => "sid",
            Self::Sub => "sub",
            Self::TokenUse => "token_use",
            Self::Username => "username",
        }
    }
}

/// A part of the text. Tokens are short, so two bytes are enough for each end.
#[derive(Clone, Copy)]
struct Span {
    start: u16,
    end: u16,
}

impl Span {
    fn new(range: Range<usize>) -> Option<Self> {
        Some(Self { start: u16::try_from(range.start).ok()?, end: u16::try_from(range.end).ok()? })
    }

    fn of(self, text: &str) -> &str {
        text.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

/// Claims with the right types, and nothing else checked yet.
#[derive(Clone)]
pub struct Claims {
    /// The payload, and behind it the strings that had escapes, without them.
    text: String,
    payload_len: usize,
    strings: [Option<Span>; STRING_CLAIMS],
    pub(crate) exp: Option<NumericDate>,
    pub(crate) iat: Option<NumericDate>,
    pub(crate) nbf: Option<NumericDate>,
    pub(crate) auth_time: Option<NumericDate>,
    pub(crate) confirmation: Confirmation,
}

/// What `aud` must say.
#[derive(Clone, Copy)]
pub(crate) struct ExpectedAudience<'p> {
    /// At least one of these must be named; `None`: anybody.
    pub(crate) trusted: Option<&'p [String]>,
    /// Nobody else may be named.
    pub(crate) exclusive: bool,
    /// `aud` may be absent.
    pub(crate) optional: bool,
}

impl Claims {
    /// Reads a payload whose signature has been checked.
    ///
    /// # Errors
    /// [`JoseError::InvalidPayload`]; [`JoseError::InvalidClaim`] for a known claim of a wrong type, which never counts as
    /// absent; what is wrong with `aud`.
    pub(crate) fn read(payload: String, audience: ExpectedAudience<'_>) -> Result<Self, JoseError> {
        let mut claims = Self {
            text: String::new(),
            payload_len: payload.len(),
            strings: [None; STRING_CLAIMS],
            exp: None,
            iat: None,
            nbf: None,
            auth_time: None,
            confirmation: Confirmation::Absent,
        };
        let mut escaped = Vec::new();
        let mut aud = None;
        let mut object = Object::open(&payload)?;
        while let Some((name, value)) = object.next_member()? {
            use StringClaim as S;
            let claim = match &*name.decode() {
                "iss" => S::Iss,
                "sub" => S::Sub,
                "client_id" => S::ClientId,
                "scope" => S::Scope,
                "jti" => S::Jti,
                "sid" => S::Sid,
                "username" => S::Username,
                "aud" => {
                    aud = Some(value);
                    continue;
                }
                "exp" => {
                    claims.exp = Some(date("exp", value)?);
                    continue;
                }
                "iat" => {
                    claims.iat = Some(date("iat", value)?);
                    continue;
                }
                "nbf" => {
                    claims.nbf = Some(date("nbf", value)?);
                    continue;
                }
                "auth_time" => {
                    claims.auth_time = Some(date("auth_time", value)?);
                    continue;
                }
                "cnf" => {
                    claims.confirmation = Confirmation::read(value)?;
                    continue;
                }
                "act" if !matches!(value, Value::Object(_)) => {
                    return Err(JoseError::InvalidClaim { claim: "act" });
                }
                "nonce" => S::Nonce,
                "acr" => S::Acr,
                "at_hash" => S::AtHash,
                "azp" => S::Azp,
                "preferred_username" => S::PreferredUsername,
                "token_use" => S::TokenUse,
                _ => continue,
            };
            let text = value.as_text().ok_or(JoseError::InvalidClaim { claim: claim.name() })?;
            match text.literal_range() {
                Some(range) => claims.put(claim, range)?,
                None => escaped.push((claim, text)),
            }
        }
        check_audience(aud, audience)?;
        let unescaped: Vec<_> =
            escaped.into_iter().map(|(claim, text)| (claim, text.decode().into_owned())).collect();
        claims.text = payload;
        for (claim, text) in unescaped {
            let start = claims.text.len();
            claims.text.push_str(&text);
            claims.put(claim, start..claims.text.len())?;
        }
        Ok(claims)
    }

    fn put(&mut self, claim: StringClaim, range: Range<usize>) -> Result<(), JoseError> {
        let span = Span::new(range).ok_or(JoseError::TokenTooLarge)?;
        if let Some(slot) = self.strings.get_mut(claim as usize) {
            *slot = Some(span);
        }
        Ok(())
    }

    pub(crate) fn string(&self, claim: StringClaim) -> Option<&str> {
        self.strings.get(claim as usize).copied().flatten().map(|span| span.of(&self.text))
    }

    /// A string that [`require_string`](Self::require_string) has found before.
    pub(crate) fn required(&self, claim: StringClaim) -> &str {
        self.string(claim).unwrap_or_default()
    }

    pub(crate) fn require_string(&self, claim: StringClaim) -> Result<&str, JoseError> {
        match self.string(claim) {
            None => Err(JoseError::MissingClaim { claim: claim.name() }),
            Some("") => Err(JoseError::InvalidClaim { claim: claim.name() }),
            Some(text) => Ok(text),
        }
    }

    /// Checks `exp` and `nbf` against `now`, each with `leeway` seconds in the token's favour.
    ///
    /// `iat` bounds nothing (RFC 7519 §4.1.6), so it always has the largest leeway: a token is good on a machine whose
    /// clock is a second behind the one that issued it. Further ahead, it was not issued by a sound clock.
    pub(crate) fn check_times(&self, now: NumericDate, leeway: i64) -> Result<(), JoseError> {
        let expires_at = self.exp.ok_or(JoseError::MissingClaim { claim: "exp" })?;
        let issued_at = self.iat.ok_or(JoseError::MissingClaim { claim: "iat" })?;
        check_expiry(expires_at, now, leeway)?;
        self.check_not_before(now, leeway)?;
        check_issue(issued_at, now)
    }

    /// [`check_times`](Self::check_times) of those that are there.
    pub(crate) fn check_optional_times(&self, now: NumericDate, leeway: i64) -> Result<(), JoseError> {
        self.check_validity(now, leeway)?;
        self.iat.map_or(Ok(()), |issued_at| check_issue(issued_at, now))
    }

    /// The same of `exp` and `nbf` alone, for a token whose `iat` is held against something else.
    pub(crate) fn check_validity(&self, now: NumericDate, leeway: i64) -> Result<(), JoseError> {
        if let Some(expires_at) = self.exp {
            check_expiry(expires_at, now, leeway)?;
        }
        self.check_not_before(now, leeway)
    }

    /// [`check_times`](Self::check_times) but for `exp`, which must be there all the same.
    pub(crate) fn check_times_but_expiry(&self, now: NumericDate) -> Result<(), JoseError> {
        self.exp.ok_or(JoseError::MissingClaim { claim: "exp" })?;
        let issued_at = self.iat.ok_or(JoseError::MissingClaim { claim: "iat" })?;
        self.check_not_before(now, 0)?;
        check_issue(issued_at, now)
    }

    fn check_not_before(&self, now: NumericDate, leeway: i64) -> Result<(), JoseError> {
        let latest_start = now.saturating_add(leeway);
        if self.nbf.is_some_and(|not_before| not_before > latest_start) {
            return Err(JoseError::NotYetValid);
        }
        Ok(())
    }

    /// Any claim by its name; reads the payload again.
    pub(crate) fn find(&self, wanted: &str) -> Option<ClaimValue<'_>> {
        let mut object = Object::open(self.text.get(..self.payload_len)?).ok()?;
        while let Ok(Some((name, value))) = object.next_member() {
            if name.decode() == wanted {
                return Some(value.into());
            }
        }
        None
    }

    /// All claims, in order; reads the payload again.
    pub(crate) fn members(&self) -> Vec<(Cow<'_, str>, ClaimValue<'_>)> {
        let mut members = Vec::new();
        let payload = self.text.get(..self.payload_len).unwrap_or_default();
        // What has been read once is read again.
        if let Ok(mut object) = Object::open(payload) {
            while let Ok(Some((name, value))) = object.next_member() {
                members.push((name.decode(), value.into()));
            }
        }
        members
    }

    /// The strings of a claim that is a string or an array of strings.
    pub(crate) fn list(&self, name: &str) -> Vec<Cow<'_, str>> {
        let mut list = Vec::new();
        match self.find(name) {
            Some(ClaimValue::String(text)) => list.push(text),
            Some(ClaimValue::Array(json)) => {
                if let Ok(mut array) = Array::open(json) {
                    while let Ok(Some(element)) = array.next_element() {
                        list.extend(element.as_text().map(Text::decode));
                    }
                }
            }
            _ => {}
        }
        list
    }
}

impl fmt::Debug for Claims {
    /// Names nobody: what a log shows of a token must not be about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("iat", &self.iat).field("exp", &self.exp).finish_non_exhaustive()
    }
}

impl From<Malformed> for JoseError {
    fn from(_: Malformed) -> Self {
        Self::InvalidPayload
    }
}

impl<'a> From<Value<'a>> for ClaimValue<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(digits) => Self::Number(digits),
            Value::String(text) => Self::String(text.decode()),
            Value::Array(json) => Self::Array(json),
            Value::Object(json) => Self::Object(json),
        }
    }
}

/// RFC 7519 §2 allows fractions and exponents. We refuse them: no issuer we know writes them, and readers round them
/// differently.
fn date(claim: &'static str, value: Value<'_>) -> Result<NumericDate, JoseError> {
    value.as_integer().map(NumericDate::new).ok_or(JoseError::InvalidClaim { claim })
}

fn check_expiry(expires_at: NumericDate, now: NumericDate, leeway: i64) -> Result<(), JoseError> {
    if now >= expires_at.saturating_add(leeway) { Err(JoseError::Expired) } else { Ok(()) }
}

fn check_issue(issued_at: NumericDate, now: NumericDate) -> Result<(), JoseError> {
    let latest_issue = now.saturating_add(i64::from(MAX_LEEWAY_SECS));
    if issued_at > latest_issue { Err(JoseError::IssuedInFuture) } else { Ok(()) }
}

/// `aud` is a string or an array of strings (RFC 7519 §4.1.3), compared byte by byte.
fn check_audience(aud: Option<Value<'_>>, expected: ExpectedAudience<'_>) -> Result<(), JoseError> {
    const INVALID: JoseError = JoseError::InvalidClaim { claim: "aud" };
    let is_trusted = |text: Text<'_>| {
        let audience = text.decode();
        expected.trusted.is_none_or(|trusted| trusted.iter().any(|trusted| *trusted == audience))
    };
    let (mut named, mut others) = (false, false);
    let aud = match aud {
        Some(aud) => aud,
        None if expected.optional => return Ok(()),
        None => return Err(JoseError::MissingClaim { claim: "aud" }),
    };
    match aud {
        Value::String(text) => named = is_trusted(text),
        Value::Array(json) => {
            let mut array = Array::open(json)?;
            while let Some(element) = array.next_element()? {
                let trusted = is_trusted(element.as_text().ok_or(INVALID)?);
                named |= trusted;
                others |= !trusted;
            }
        }
        _ => return Err(INVALID),
    }
    if named && !(others && expected.exclusive) { Ok(()) } else { Err(JoseError::AudienceMismatch) }
}
