//! What the metadata says of the OpenID Provider (RFC 8414 §2, OIDC Discovery §3).

use serde::Serialize;
use tegata_core::client::{AuthMethod, GrantType, RequestObjectAlg};
use tegata_core::provider::Provider;
use tegata_core::settings::RegistrationMode;

use super::{
    AUTHORIZE_PATH, DEVICE_AUTHORIZATION_PATH, INTROSPECTION_PATH, LOGOUT_PATH, PUSH_PATH, REGISTRATION_PATH,
    REVOCATION_PATH, TOKEN_PATH, USERINFO_PATH,
};

/// With what clients sign to prove themselves, and the possession of a key.
pub(super) const CLIENT_ALGS: [&str; 4] = ["ES256", "EdDSA", "RS256", "PS256"];

#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the members of RFC 8414, each with its name there"
)]
pub(crate) struct OAuthMetadata<'a> {
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    pushed_authorization_request_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    device_authorization_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    end_session_endpoint: String,
    require_pushed_authorization_requests: bool,
    response_types_supported: [&'a str; 1],
    response_modes_supported: [&'a str; 2],
    grant_types_supported: Vec<&'a str>,
    token_endpoint_auth_methods_supported: Vec<&'a str>,
    introspection_endpoint_auth_methods_supported: Vec<&'a str>,
    revocation_endpoint_auth_methods_supported: Vec<&'a str>,
    token_endpoint_auth_signing_alg_values_supported: [&'a str; 4],
    code_challenge_methods_supported: [&'a str; 1],
    dpop_signing_alg_values_supported: [&'a str; 4],
    acr_values_supported: [&'a str; 1],
    prompt_values_supported: Vec<&'a str>,
    display_values_supported: [&'a str; 1],
    claim_types_supported: [&'a str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    request_object_signing_alg_values_supported: Vec<&'a str>,
    require_signed_request_object: bool,
    authorization_response_iss_parameter_supported: bool,
    client_id_metadata_document_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl OAuthMetadata<'_> {
    pub(crate) fn new(provider: &Provider) -> Self {
        let settings = provider.settings();
        let at = |path: &str| format!("{}{path}", settings.issuer);
        let mut prompts = vec!["none", "login", "consent", "select_account"];
        if settings.signup_enabled {
            prompts.push("create");
        }
        let methods = AuthMethod::ALL.map(AuthMethod::as_str).to_vec();
        let may_register = settings.oauth.registration != RegistrationMode::Off;
        Self {
            authorization_endpoint: at(AUTHORIZE_PATH),
            token_endpoint: at(TOKEN_PATH),
            userinfo_endpoint: at(USERINFO_PATH),
            pushed_authorization_request_endpoint: at(PUSH_PATH),
            introspection_endpoint: at(INTROSPECTION_PATH),
            revocation_endpoint: at(REVOCATION_PATH),
            device_authorization_endpoint: at(DEVICE_AUTHORIZATION_PATH),
            registration_endpoint: may_register.then(|| at(REGISTRATION_PATH)),
            introspection_endpoint_auth_methods_supported: methods[1..].to_vec(),
            revocation_endpoint_auth_methods_supported: methods.clone(),
            end_session_endpoint: at(LOGOUT_PATH),
            require_pushed_authorization_requests: settings.oauth.require_pushed_requests,
            response_types_supported: ["code"],
            response_modes_supported: ["query", "form_post"],
            grant_types_supported: GrantType::ALL.map(GrantType::as_str).to_vec(),
            token_endpoint_auth_methods_supported: methods,
            token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGS,
            code_challenge_methods_supported: ["S256"],
            dpop_signing_alg_values_supported: CLIENT_ALGS,
            acr_values_supported: [tegata_core::provider::ACR],
            prompt_values_supported: prompts,
            display_values_supported: ["page"],
            claim_types_supported: ["normal"],
            claims_parameter_supported: true,
            request_parameter_supported: true,
            // Those of pushed requests do not count (RFC 9126 §5).
            request_uri_parameter_supported: settings.oauth.request_uris,
            require_request_uri_registration: settings.oauth.request_uris,
            request_object_signing_alg_values_supported: RequestObjectAlg::all()
                .map(RequestObjectAlg::as_str)
                .collect(),
            // A client may bind itself to it.
            require_signed_request_object: false,
            authorization_response_iss_parameter_supported: true,
            client_id_metadata_document_supported: settings.oauth.metadata_documents,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }
}
