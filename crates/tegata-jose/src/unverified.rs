use crate::JoseError;
use crate::json::Object;
use crate::jws::Jws;

/// What a token says in `iss`, believed by nobody: its only use is to pick the [`Profile`](crate::Profile) that the token is
/// verified against, by exact comparison and before anything is fetched. The profile then checks `iss` again.
///
/// # Errors
/// [`JoseError::TokenTooLarge`], [`JoseError::MalformedToken`], [`JoseError::InvalidPayload`],
/// [`JoseError::MissingClaim`] or [`JoseError::InvalidClaim`].
pub fn unverified_issuer(token: &str) -> Result<String, JoseError> {
    unverified_string(token, "iss")
}

/// What a client assertion says in `sub`, believed by nobody: its only use is to find the client whose keys
/// [`verify_client_assertion`](crate::verify_client_assertion) then takes (RFC 7521 §4.2). That checks `sub` again.
///
/// # Errors
/// As [`unverified_issuer`].
pub fn unverified_subject(assertion: &str) -> Result<String, JoseError> {
    unverified_string(assertion, "sub")
}

fn unverified_string(token: &str, claim: &'static str) -> Result<String, JoseError> {
    let payload = Jws::split(token)?.decode_payload()?;
    let mut found = None;
    let mut object = Object::open(&payload)?;
    while let Some((name, value)) = object.next_member()? {
        if name.decode() == claim {
            let text = value.as_text().ok_or(JoseError::InvalidClaim { claim })?;
            found = Some(text.decode().into_owned());
        }
    }
    found.ok_or(JoseError::MissingClaim { claim })
}
