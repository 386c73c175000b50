use lambda_runtime::Diagnostic;
use tegata_jose::JoseError;
use thiserror::Error;

/// What API Gateway is told when there is no answer. Nothing else ever leaves the handler as an error.
///
/// It is an enum and never a boxed error: API Gateway makes a 401 of the message `Unauthorized` to the letter, and a 500
/// of any other, so one added word of context would turn every 401 into an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AuthorizerError {
    /// No token, or none that is valid: 401.
    #[error("no valid access token")]
    Unauthorized,
    /// Our own fault: 500, so that clients keep their session and try again.
    #[error("the authorizer could not decide")]
    Internal,
}

impl From<AuthorizerError> for Diagnostic {
    fn from(error: AuthorizerError) -> Self {
        let text = match error {
            AuthorizerError::Unauthorized => "Unauthorized",
            AuthorizerError::Internal => "Internal",
        };
        Self { error_type: text.to_owned(), error_message: text.to_owned() }
    }
}

/// Why a request got no answer: for the log, by class only, and never for the caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// The request carries no credentials.
    #[error("no token")]
    NoToken,
    /// More than one header value, or more than one kind of header: it would be chance which of them is meant.
    #[error("more than one token")]
    SeveralTokens,
    /// Credentials that are no bearer token (RFC 6750 §2.1).
    #[error("not a bearer token")]
    NotBearer,
    /// `iss` is none of the issuers in the settings.
    #[error("issuer is not known")]
    UnknownIssuer,
    /// The token itself.
    #[error("{0}")]
    Token(JoseError),
    /// The token is good only beside a proof of its holder's key (RFC 9449 §7.1), and API Gateway shows us no method and no
    /// address that a proof could be for.
    #[error("token is bound to a key")]
    BoundToKey,
    /// There are no keys to check the token with, and that is not the token's fault.
    #[error("no keys")]
    NoKeys,
    /// The event is none that API Gateway sends.
    #[error("event is not valid")]
    InvalidEvent,
    /// What API Gateway calls itself in the event is longer than the start-up check assumed.
    #[error("policy is too large")]
    PolicyTooLarge,
}

impl Refusal {
    /// What API Gateway is told about it.
    pub(crate) fn error(&self) -> AuthorizerError {
        match self {
            Self::NoToken
            | Self::SeveralTokens
            | Self::NotBearer
            | Self::UnknownIssuer
            | Self::Token(_)
            | Self::BoundToKey => AuthorizerError::Unauthorized,
            Self::NoKeys | Self::InvalidEvent | Self::PolicyTooLarge => AuthorizerError::Internal,
        }
    }
}

impl From<JoseError> for Refusal {
    fn from(error: JoseError) -> Self {
        Self::Token(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_that_makes_a_401_is_exact() {
        let diagnostic = Diagnostic::from(AuthorizerError::Unauthorized);
        let json = serde_json::to_string(&diagnostic).unwrap();
        assert_eq!(json, r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#);
    }

    #[test]
    fn our_own_fault_is_no_401() {
        let json = serde_json::to_string(&Diagnostic::from(AuthorizerError::Internal)).unwrap();
        assert_eq!(json, r#"{"errorType":"Internal","errorMessage":"Internal"}"#);
    }
}
