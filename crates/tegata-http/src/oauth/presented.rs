//! What a client proves itself with, and the proof of its key.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tegata_core::oauth::{DpopNonce, OAuthError, Parameters};
use tegata_core::provider::oauth::{AuthenticatedClient, PresentedClient, PresentedProof, VerifiedProof};
use tegata_core::timestamp::Timestamp;
use zeroize::Zeroizing;

use super::error::OAuthReject;
use crate::extract::Client;
use crate::state::AppState;

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Finds out which client asks.
///
/// # Errors
/// `invalid_client`, with a challenge where the `Authorization` header was tried.
pub(crate) async fn authenticate(
    app: &AppState,
    headers: &HeaderMap,
    parameters: &Parameters,
    client: &Client,
) -> Result<AuthenticatedClient, OAuthReject> {
    let has_header = headers.contains_key(AUTHORIZATION);
    let challenge = |error| if has_header { OAuthReject::Basic(error) } else { OAuthReject::OAuth(error) };
    let basic = basic(headers).map_err(challenge)?;
    let presented = PresentedClient::read(parameters, basic).map_err(challenge)?;
    app.provider().authenticate_client(presented, &client.context()).await.map_err(challenge)
}

/// The name and the secret of `Authorization: Basic`, each of them form-encoded (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, Zeroizing<String>)>, OAuthError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let read = || {
        let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let bytes = Zeroizing::new(STANDARD.decode(encoded.trim_matches(' ')).ok()?);
        let (name, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some((decode(name)?, Zeroizing::new(decode(secret)?)))
    };
    read().map(Some).ok_or_else(OAuthError::invalid_client)
}

/// One value of a form: `=` and `&` stand in it as they are, since some clients encode nothing.
fn decode(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return Some(text.to_owned());
    }
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    let parameters = Parameters::parse(format!("v={escaped}").as_bytes()).ok()?;
    Some(parameters.get("v").ok()?.unwrap_or_default().to_owned())
}

/// The proof of a request, if it has one (RFC 9449 §4.1).
///
/// # Errors
/// `invalid_request` for more than one.
pub(crate) fn proof<'a>(
    headers: &'a HeaderMap,
    method: &'a str,
    path: &'a str,
) -> Result<Option<PresentedProof<'a>>, OAuthError> {
    let mut proofs = headers.get_all(DPOP).iter();
    let invalid = || OAuthError::invalid_request("There has to be one DPoP header, of ASCII text.");
    match (proofs.next(), proofs.next()) {
        (None, _) => Ok(None),
        (Some(proof), None) => {
            let proof = proof.to_str().map_err(|_| invalid())?;
            Ok(Some(PresentedProof { proof, method, path }))
        }
        (Some(_), Some(_)) => Err(invalid()),
    }
}

/// Verifies the proof of what a client posts, if it has one. That comes before the client itself: whoever is told a nonce
/// tries again (RFC 9449 §8), some with the assertion that they have signed for the first try, which is good once.
///
/// # Errors
/// `invalid_request`, `invalid_dpop_proof`, `use_dpop_nonce`
pub(super) fn verified_proof(
    app: &AppState,
    headers: &HeaderMap,
    path: &str,
    now: Timestamp,
) -> Result<Option<VerifiedProof>, OAuthError> {
    let presented = proof(headers, "POST", path)?;
    presented.map(|presented| app.provider().verify_proof(presented, None, now)).transpose()
}

/// Tells a client the nonce of its next proof (RFC 9449 §8.1).
pub(crate) fn write_nonce(nonce: &DpopNonce, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::try_from(nonce.as_str()) {
        headers.insert(DPOP_NONCE, value);
    }
}

/// An answer, with the nonce of the next proof if that is another one (RFC 9449 §8.2).
pub(crate) fn with_nonce(mut response: Response, nonce: Option<&DpopNonce>) -> Response {
    if let Some(nonce) = nonce {
        write_nonce(nonce, response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, format!("Basic {}", STANDARD.encode(text)).parse().unwrap())])
    }

    #[test]
    fn r9_name_and_secret_are_form_encoded_on_their_own() {
        let (name, secret) = basic(&header("a%3Ab+c:x%2By=&z")).unwrap().unwrap();
        assert_eq!((name.as_str(), secret.as_str()), ("a:b c", "x+y=&z"));
    }

    #[test]
    fn v48_a_malformed_header_is_refused_and_nothing_else() {
        for bad in ["Basic", "Basic !", "Bearer x", "Basic Og", ""] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, bad.parse().unwrap())]);
            let found = basic(&headers);
            assert!(found.is_err() || found.unwrap().is_some_and(|(name, _)| name.is_empty()), "{bad:?}");
        }
        assert!(basic(&HeaderMap::new()).unwrap().is_none());
    }
}
