//! Authorization requests in a request object (RFC 9101, OIDC Core §6).
//!
//! What is in an object becomes parameters, once and here. From there on it is a request as any other: nothing after this
//! reads a JWT, and what a visitor takes along through the login is those parameters.

use std::borrow::Cow;

use tegata_jose::{
    CLIENT_ALGORITHMS, ClaimValue, JoseError, RequestObjectExpectation, is_unsigned_request_object,
    read_unsigned_request_object, verify_request_object,
};

use super::authorization_request::{AuthorizationRequest, RequestOrigin};
use super::authorize::AuthorizationError;
use super::client_keys::LEEWAY;
use super::response_target::ResponseTarget;
use crate::client::{Client, RequestObjectAlg};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};

/// Claims of the object itself (RFC 7519 §4.1). `sub`, which no parameter is called either, is refused before.
const NO_PARAMETERS: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// What a request object stands for.
#[derive(Clone, Debug)]
pub struct OpenedRequest {
    /// The parameters of the request.
    pub parameters: Parameters,
    /// Whether their client has signed them.
    pub is_signed: bool,
}

/// Where a request object came in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// At the authorization endpoint.
    Authorization,
    /// At that for pushed requests.
    Push,
}

impl Provider {
    /// The request of a visitor who comes with a request object.
    ///
    /// # Errors
    /// [`AuthorizationError`]. As long as not all of an object has been found right, nothing in it is believed: what is wrong
    /// with it is told where the parameters beside it lead, or on a page.
    pub(super) async fn request_in_object(
        &self,
        outer: &Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<AuthorizationRequest, AuthorizationError> {
        let client = self.requesting_client(outer, ctx.now).await.map_err(AuthorizationError::Page)?;
        let opened = async {
            let object = self.request_object(&client, outer, ctx).await?;
            self.open_request_object(&client, &object, outer, Entrance::Authorization, ctx).await
        };
        match opened.await {
            Ok(opened) => {
                let origin = RequestOrigin { request_uri: None, is_signed: opened.is_signed };
                let request = self.read_request_of(client, &opened.parameters, origin)?;
                Ok(AuthorizationRequest { opened: Some(opened), ..request })
            }
            Err(error) => Err(match ResponseTarget::of(&client, outer) {
                Ok(target) => AuthorizationError::Client { target, error },
                Err(_) => AuthorizationError::Page(error),
            }),
        }
    }

    /// The request object of a visitor: among the parameters, or where they say that it is.
    async fn request_object<'a>(
        &self,
        client: &Client,
        outer: &'a Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<Cow<'a, str>, OAuthError> {
        let Some(uri) = outer.get("request_uri")? else {
            return outer.required("request").map(Cow::Borrowed);
        };
        if outer.has("request") {
            return Err(OAuthError::invalid_request(
                "The parameters request and request_uri do not go together (RFC 9101, section 5).",
            ));
        }
        let object = self.request_object_at(client, uri, ctx.now).await?;
        Ok(Cow::Owned(object.as_ref().clone()))
    }

    /// Opens the request object of a client, with the parameters beside it.
    ///
    /// In the place of one that is signed, nothing beside it counts (RFC 9101 §6.3); nor does anything at the endpoint for
    /// pushed requests (RFC 9126 §3). One that is not signed is of OIDC Core §6.1: what it does not say can stand beside it.
    ///
    /// # Errors
    /// `invalid_request_object`; `invalid_request` for parameters beside it that are missing.
    pub(super) async fn open_request_object(
        &self,
        client: &Client,
        object: &str,
        outer: &Parameters,
        entrance: Entrance,
        ctx: &RequestContext<'_>,
    ) -> Result<OpenedRequest, OAuthError> {
        let expected = RequestObjectExpectation {
            client_id: client.client_id.as_str(),
            issuer: &self.settings.issuer,
            now: ctx.now.numeric_date(),
            leeway_secs: u32::try_from(LEEWAY.as_secs()).unwrap_or(0),
        };
        let is_signed = !is_unsigned_request_object(object);
        let inner = if is_signed {
            let algorithms = match client.metadata.request_object_signing_alg.as_ref() {
                None => &CLIENT_ALGORITHMS[..],
                Some(RequestObjectAlg::Signed(algorithm)) => std::slice::from_ref(algorithm),
                Some(RequestObjectAlg::Unsigned) => &[],
            };
            let verified = self
                .check_with_client_keys(client, ctx, |keys| {
                    verify_request_object(object, keys, algorithms, &expected)
                })
                .await?
                .unwrap_or(Err(JoseError::UnknownKey));
            parameters_of(verified.map_err(|error| refused(&error))?.claims())?
        } else {
            if !may_be_unsigned(client) {
                return Err(invalid("This client has to sign its request objects."));
            }
            let read = read_unsigned_request_object(object, &expected);
            parameters_of(read.map_err(|error| refused(&error))?.claims())?
        };
        check_response_type(&inner, outer, is_signed, entrance)?;
        let parameters = match (is_signed, entrance) {
            (false, Entrance::Authorization) => completed(&inner, outer)?,
            _ => inner,
        };
        Ok(OpenedRequest { parameters, is_signed })
    }
}

/// An unsigned object is worth what a query is worth, so a client may send one unless it has said that it signs.
fn may_be_unsigned(client: &Client) -> bool {
    let metadata = &client.metadata;
    !metadata.require_signed_request_object
        && !matches!(metadata.request_object_signing_alg, Some(RequestObjectAlg::Signed(_)))
}

/// OIDC Core §6.1 wants `response_type` beside its objects, which makes a request of OAuth of them; RFC 9101 §5 does not. Wherever
/// it stands twice it is the same.
fn check_response_type(
    inner: &Parameters,
    outer: &Parameters,
    is_signed: bool,
    entrance: Entrance,
) -> Result<(), OAuthError> {
    let beside = match (is_signed, entrance) {
        (false, Entrance::Authorization) => Some(outer.required("response_type")?),
        _ => outer.get("response_type")?,
    };
    match (inner.get("response_type")?, beside) {
        (Some(inner), Some(beside)) if inner != beside => {
            Err(invalid("The response_type of the request object is not the one beside it."))
        }
        _ => Ok(()),
    }
}

/// The parameters of an object, and those beside it that it does not have.
fn completed(inner: &Parameters, outer: &Parameters) -> Result<Parameters, OAuthError> {
    let has = |name: &str| {
        ["request", "request_uri"].contains(&name) || inner.pairs().any(|(known, _)| known == name)
    };
    let more: Vec<_> = outer.pairs().filter(|(name, _)| !has(name)).collect();
    let pairs = inner.pairs().chain(more);
    Parameters::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// The claims of an object as parameters (RFC 9101 §4): texts as they are, numbers and objects as JSON writes them.
fn parameters_of(claims: Vec<(Cow<'_, str>, ClaimValue<'_>)>) -> Result<Parameters, OAuthError> {
    let mut pairs = Vec::with_capacity(claims.len());
    for (name, value) in claims {
        if NO_PARAMETERS.contains(&&*name) {
            continue;
        }
        let name = name.into_owned();
        match value {
            ClaimValue::String(text) => pairs.push((name, text.into_owned())),
            ClaimValue::Bool(value) => pairs.push((name, value.to_string())),
            // The one parameter that may be given several times (RFC 8707 §2).
            ClaimValue::Array(json) if name == "resource" => {
                let resources: Vec<String> = serde_json::from_str(json)
                    .map_err(|_| invalid("The resource of the request object is no list of texts."))?;
                pairs.extend(resources.into_iter().map(|resource| (name.clone(), resource)));
            }
            ClaimValue::Number(json) | ClaimValue::Array(json) | ClaimValue::Object(json) => {
                pairs.push((name, json.to_owned()));
            }
            ClaimValue::Null => return Err(invalid("A parameter in the request object is null.")),
        }
    }
    Parameters::new(pairs)
}

fn refused(error: &JoseError) -> OAuthError {
    invalid(match error {
        JoseError::TokenTooLarge => "The request object is longer than 8 KiB.",
        JoseError::WrongTyp | JoseError::WrongTokenUse => {
            "The request is a JWT of another kind than a request object (RFC 9101, section 10.8)."
        }
        JoseError::UnknownKey
        | JoseError::InvalidSignature
        | JoseError::AlgorithmMismatch
        | JoseError::AlgorithmNotAllowed
        | JoseError::UnsupportedAlgorithm
        | JoseError::KeyUse => {
            "The request object is not signed with a key of this client, and an algorithm that it may use."
        }
        JoseError::MissingClaim { .. } => "A signed request object has to have iss, aud, exp and client_id.",
        JoseError::IssuerMismatch | JoseError::ClientMismatch => {
            "The iss and the client_id of the request object are not the client_id of the request."
        }
        JoseError::AudienceMismatch => "The aud of the request object does not name this issuer.",
        JoseError::Expired
        | JoseError::NotYetValid
        | JoseError::IssuedInFuture
        | JoseError::LifetimeTooLong => {
            "The request object is not valid now, or valid for more than an hour."
        }
        JoseError::InvalidClaim { claim: "request" | "request_uri" } => {
            "A request object cannot have request or request_uri in it (RFC 9101, section 4)."
        }
        _ => "The request object cannot be read.",
    })
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidRequestObject, description)
}
