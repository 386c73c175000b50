use crate::json::Object;
use crate::jws::Jws;
use crate::{JoseError, base64url};

/// What a token says in `iss`, believed by nobody: its only use is to pick the [`Profile`](crate::Profile) that the token is
/// verified against, by exact comparison and before anything is fetched. The profile then checks `iss` again.
///
/// # Errors
/// [`JoseError::TokenTooLarge`], [`JoseError::MalformedToken`], [`JoseError::InvalidPayload`],
/// [`JoseError::MissingClaim`] or [`JoseError::InvalidClaim`].
pub fn unverified_issuer(token: &str) -> Result<String, JoseError> {
    const CLAIM: &str = "iss";
    let payload = base64url::decode(Jws::split(token)?.payload).map_err(|_| JoseError::MalformedToken)?;
    let payload = String::from_utf8(payload).map_err(|_| JoseError::InvalidPayload)?;
    let mut issuer = None;
    let mut object = Object::open(&payload)?;
    while let Some((name, value)) = object.next_member()? {
        if name.decode() == CLAIM {
            let text = value.as_text().ok_or(JoseError::InvalidClaim { claim: CLAIM })?;
            issuer = Some(text.decode().into_owned());
        }
    }
    issuer.ok_or(JoseError::MissingClaim { claim: CLAIM })
}
