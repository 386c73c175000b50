use std::borrow::Cow;

use super::DpopNonce;
use crate::entropy::EntropyError;
use crate::error::ProviderError;
use crate::key_set::KeyError;
use crate::store::StoreError;

/// Why a request of a client was not granted.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// It was refused.
    #[error("{}: {description}", code.as_str())]
    Refused {
        /// The code, for programs.
        code: ErrorCode,
        /// A sentence of ours for the client's developer. It tells nothing that a thief could use, and repeats nothing that
        /// the client has sent.
        description: Cow<'static, str>,
    },
    /// Its DPoP proof lacks a nonce that is good now: the same again with this one (RFC 9449 §8, §9).
    #[error("use_dpop_nonce")]
    UseDpopNonce(DpopNonce),
    /// It could not be answered, which says nothing about the request.
    #[error(transparent)]
    Failed(#[from] ProviderError),
}

impl OAuthError {
    /// A refusal.
    pub fn refused(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        debug_assert!(is_description(&description), "{description:?} is no error_description");
        Self::Refused { code, description }
    }

    /// The code and the sentence of a refusal, or the failure that this is.
    ///
    /// # Errors
    /// The failure.
    pub fn refusal(&self) -> Result<(ErrorCode, &str), &ProviderError> {
        match self {
            Self::Refused { code, description } => Ok((*code, description)),
            Self::UseDpopNonce(_) => {
                let description = "The DPoP proof has to carry the nonce of this answer's DPoP-Nonce header.";
                Ok((ErrorCode::UseDpopNonce, description))
            }
            Self::Failed(failure) => Err(failure),
        }
    }

    /// `invalid_request`
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(ErrorCode::InvalidRequest, description)
    }

    /// `invalid_client`: one sentence for every cause, so that nobody learns which clients there are.
    pub fn invalid_client() -> Self {
        Self::refused(
            ErrorCode::InvalidClient,
            "The client is not known, is not active, or did not prove who it is in the way it is registered for.",
        )
    }

    /// `invalid_grant`
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(ErrorCode::InvalidGrant, description)
    }
}

/// Whether a text is of the characters that an `error_description` may have (RFC 6749 §4.1.2.1, §5.2).
fn is_description(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<EntropyError> for OAuthError {
    fn from(error: EntropyError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<KeyError> for OAuthError {
    fn from(error: KeyError) -> Self {
        Self::Failed(error.into())
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The codes of errors, each with the specification that it comes from.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// The code as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 §4.1.2.1, §5.2
    InvalidRequest = "invalid_request",
    /// RFC 6749 §5.2
    InvalidClient = "invalid_client",
    /// RFC 6749 §5.2
    InvalidGrant = "invalid_grant",
    /// RFC 6749 §4.1.2.1, §5.2
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 §5.2
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 §4.1.2.1
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749 §4.1.2.1, §5.2
    InvalidScope = "invalid_scope",
    /// RFC 6749 §4.1.2.1
    AccessDenied = "access_denied",
    /// RFC 6749 §4.1.2.1
    ServerError = "server_error",
    /// RFC 6749 §4.1.2.1
    TemporarilyUnavailable = "temporarily_unavailable",
    /// RFC 6750 §3.1
    InvalidToken = "invalid_token",
    /// RFC 6750 §3.1
    InsufficientScope = "insufficient_scope",
    /// RFC 8707 §2
    InvalidTarget = "invalid_target",
    /// OIDC Core §3.1.2.6
    LoginRequired = "login_required",
    /// OIDC Core §3.1.2.6
    ConsentRequired = "consent_required",
    /// OIDC Core §3.1.2.6
    InteractionRequired = "interaction_required",
    /// OIDC Core §3.1.2.6
    AccountSelectionRequired = "account_selection_required",
    /// OIDC Core §3.1.2.6; RFC 9101 §6.2
    InvalidRequestObject = "invalid_request_object",
    /// OIDC Core §3.1.2.6
    RequestUriNotSupported = "request_uri_not_supported",
    /// OIDC Core §3.1.2.6; RFC 9101 §6.2
    InvalidRequestUri = "invalid_request_uri",
    /// OIDC Core §3.1.2.6
    RegistrationNotSupported = "registration_not_supported",
    /// OpenID Connect Unmet Authentication Requirements 1.0 §2
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// RFC 8628 §3.5
    AuthorizationPending = "authorization_pending",
    /// RFC 8628 §3.5
    SlowDown = "slow_down",
    /// RFC 8628 §3.5
    ExpiredToken = "expired_token",
    /// RFC 9449 §12.2
    InvalidDpopProof = "invalid_dpop_proof",
    /// RFC 9449 §12.2
    UseDpopNonce = "use_dpop_nonce",
    /// RFC 7591 §3.2.2
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 §3.2.2
    InvalidClientMetadata = "invalid_client_metadata",
    /// RFC 7009 §2.2.1
    UnsupportedTokenType = "unsupported_token_type",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "is no error_description")]
    fn r12_a_description_has_no_quotes_and_nothing_but_ascii() {
        assert!(is_description("There is no more; see [1] ^ ~ `x`."));
        for bad in ["say \"x\"", "a\\b", "a\nb", "section §5", "\u{7f}"] {
            assert!(!is_description(bad), "{bad:?}");
        }
        let _ = OAuthError::invalid_request("see §5");
    }
}
