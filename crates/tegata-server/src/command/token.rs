//! `tegata token`: looking into tokens, and verifying them.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use tegata_core::error::ProviderError;
use tegata_core::timestamp::Timestamp;
use tegata_http::{Clock as _, SystemClock};
use tegata_jose::{
    JoseError, JwkSet, MAX_JWKS_LEN, MAX_TOKEN_LEN, Profile, VerifyingKeys, verify as verify_token,
};

use super::{print, printable, read_line};
use crate::cli;
use crate::failure::{Chain, Failure};
use crate::installation::{Installation, block_on};
use crate::settings::Settings;

/// Decodes a token and explains what it says, without believing any of it.
pub(super) fn inspect(token: &str) -> Result<(), Failure> {
    let token = read_token(token)?;
    if token.starts_with("tgr_") {
        return Err(Failure::new("this is a refresh token: it holds nothing to read")
            .advise("inspect an access or ID token"));
    }
    let no_jws = |problem: &str| Failure::new(format_args!("this is no signed JWT: {problem}"));
    if token.len() > MAX_TOKEN_LEN {
        return Err(no_jws("it is longer than 8 KiB"));
    }
    let segments: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = segments[..] else {
        return Err(no_jws("it has not three parts with dots between"));
    };
    let header = decode(header).ok_or_else(|| no_jws("its header is no JSON object in base64url"))?;
    let payload = decode(payload).ok_or_else(|| no_jws("its payload is no JSON object in base64url"))?;
    let mut text = String::from(
        "NOT VERIFIED: anyone can write a token that says this. `tegata token verify` checks it.\n\nheader\n",
    );
    describe(&mut text, &header, &HEADER);
    text += "\nclaims\n";
    describe(&mut text, &payload, &CLAIMS);
    let state = if signature.is_empty() { "absent" } else { "present, not checked" };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nsignature  {state}");
    print(&text)
}

/// Verifies an access token as a resource server would.
pub(super) fn verify(settings: &Settings, what: &cli::Verify) -> Result<(), Failure> {
    let token = read_token(&what.token)?;
    let own = settings.core(settings.issuer(settings.server.listen));
    let issuer = what.issuer.clone().unwrap_or_else(|| own.issuer.clone());
    let audience = match (&what.audience, &what.issuer) {
        (Some(audience), _) => audience.clone(),
        (None, Some(issuer)) => issuer.clone(),
        (None, None) => own.tokens.audience,
    };
    let keys = match &what.jwks {
        Some(file) => read_jwks(file)?,
        None => own_keys(settings)?,
    };
    let profile = Profile::access_token(&issuer, &audience, Arc::new(VerifyingKeys::from_jwks(&keys)));
    let now = SystemClock.now();
    let token = verify_token(&profile, &token, now.numeric_date()).map_err(|error| {
        let failure = Failure::check_failed(format_args!("the token is NOT valid: {error}"));
        match error {
            JoseError::IssuerMismatch => {
                failure.advise(format_args!("expected {issuer}; name another with --issuer"))
            }
            JoseError::AudienceMismatch => {
                failure.advise(format_args!("expected {audience}; name others with --issuer and --audience"))
            }
            JoseError::WrongTyp => {
                failure.advise("only access tokens (typ at+jwt) are verified here, no ID tokens")
            }
            JoseError::UnknownKey => failure.advise("the issuer may have newer keys, or be another one"),
            _ => failure,
        }
    })?;
    let expires_in = Timestamp::from_secs(token.expires_at().as_secs()).since(now);
    print(&format!(
        "valid\n  issuer    {}\n  subject   {}\n  username  {}\n  client    {}\n  audience  {}\n  scope     {}\n  session   {}\n  \
         expires   in {}\n",
        printable(token.issuer()),
        printable(token.subject()),
        printable(token.username().unwrap_or("-")),
        printable(token.client_id()),
        printable(&token.audiences().join(", ")),
        printable(token.scope()),
        printable(token.session_id().unwrap_or("-")),
        humantime::format_duration(std::time::Duration::from_secs(expires_in.as_secs())),
    ))
}

fn read_token(argument: &str) -> Result<String, Failure> {
    let token = if argument == "-" { read_line("the token")? } else { argument.to_owned() };
    Ok(token.trim().trim_start_matches("Bearer ").to_owned())
}

fn read_jwks(file: &std::path::Path) -> Result<JwkSet, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the key set {} cannot be read: {error}", file.display()))
    };
    let length = fs::metadata(file).map_err(|error| failed(&error))?.len();
    if length > MAX_JWKS_LEN as u64 {
        return Err(failed(&"it is larger than 64 KiB"));
    }
    JwkSet::parse(&fs::read(file).map_err(|error| failed(&error))?).map_err(|error| failed(&error))
}

fn own_keys(settings: &Settings) -> Result<JwkSet, Failure> {
    let installation = Installation::of_command(settings)?;
    let key_set = block_on(installation.store().find_key_set()).map_err(ProviderError::from)?;
    let key_set =
        key_set.ok_or_else(|| Failure::new("there are no keys yet").advise("name a key set with --jwks"))?;
    let keys = key_set.public_keys().map_err(|error| Failure::new(Chain(&error)))?;
    JwkSet::new(keys).map_err(|error| Failure::new(Chain(&error)))
}

fn decode(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).ok()?).ok()
}

/// A member and what it means.
type Meaning = (&'static str, &'static str);

const HEADER: [Meaning; 6] = [
    ("alg", "the signature algorithm it claims; verifiers go by the key's own"),
    ("kid", "the key it claims to be signed with"),
    ("typ", "the kind of token: at+jwt is an access token, JWT an ID token"),
    ("jwk", "a key that the token brings along; never to be trusted"),
    ("jku", "where the token says its keys are; never to be fetched"),
    ("crit", "extensions that a verifier must know or refuse"),
];

const CLAIMS: [Meaning; 21] = [
    ("iss", "the issuer: who made it"),
    ("sub", "the subject: the user's id, for ever"),
    ("aud", "the audience: who may accept it"),
    ("client_id", "the client it was issued to"),
    ("azp", "the client it was issued to"),
    ("scope", "what it allows"),
    ("exp", "it expires"),
    ("nbf", "it is not valid before"),
    ("iat", "it was issued"),
    ("auth_time", "the user proved who they are"),
    ("jti", "the name of this one token"),
    ("sid", "the session it belongs to"),
    ("username", "the user's name"),
    ("preferred_username", "the user's name"),
    ("name", "the name to show"),
    ("email", "the user's e-mail address"),
    ("email_verified", "whether its owner has proved it"),
    ("nonce", "what the client sent along when it asked"),
    ("amr", "how the user proved who they are (RFC 8176)"),
    ("acr", "how strong that proof was"),
    ("at_hash", "binds the ID token to its access token"),
];

/// The members, one a line, with their meaning.
fn describe(text: &mut String, members: &Map<String, Value>, meanings: &[Meaning]) {
    for (name, value) in members {
        let meaning =
            meanings.iter().find(|(known, _)| known == name).map_or("no meaning of its own here", |(_, m)| m);
        let is_time = matches!(name.as_str(), "exp" | "nbf" | "iat" | "auth_time");
        let time = value.as_i64().filter(|_| is_time).map(in_words).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "  {:<18} {}  ({meaning}{time})", printable(name), printable(&value.to_string()));
    }
}

fn in_words(secs: i64) -> String {
    let (at, now) = (Timestamp::from_secs(secs), SystemClock.now());
    let whole = |from: Timestamp, to: Timestamp| {
        humantime::format_duration(std::time::Duration::from_secs(to.since(from).as_secs())).to_string()
    };
    let distance =
        if at > now { format!("in {}", whole(now, at)) } else { format!("{} ago", whole(at, now)) };
    format!(" {}, {distance}", at.to_rfc3339())
}
