//! Reading what a client says of itself (RFC 7591 §2), where nobody vouches for it.

use serde_json::{Map, Value};

use crate::client::{
    ApplicationType, Client, ClientMetadata, GrantType, InvalidRedirectUri, MetadataProblem, RedirectUri,
};
use crate::oauth::ErrorCode;
use crate::scope::Scope;

/// What only an operator decides, and what a client must not be able to say.
pub(super) const OPERATORS: [&str; 3] = ["skip_consent", "require_pkce", "resources"];
/// What a client can say of itself, but for its `scope`, which is narrowed.
const MEMBERS: [&str; 32] = [
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "redirect_uris",
    "post_logout_redirect_uris",
    "application_type",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "grant_types",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "initiate_login_uri",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "require_pushed_authorization_requests",
    "request_object_signing_alg",
    "request_uris",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "software_id",
    "software_version",
    "response_types",
    "scope",
];

/// Reads it; `everyones` is the scope that a client may have which nobody vouches for. Members that are not known here are left
/// out, as are those that are `null` (RFC 7591 §2). Of the scope and the grants that it asks for, one that is `registered` gets
/// what an operator has left it, and all of that where it does not ask.
///
/// # Errors
/// Everything that is wrong with single members; what does not go together is found by [`ClientMetadata::problems`].
pub(super) fn read_metadata(
    request: &Value,
    registered: Option<&Client>,
    everyones: &Scope,
) -> Result<ClientMetadata, Vec<MetadataProblem>> {
    let object =
        request.as_object().ok_or_else(|| vec![metadata("The metadata has to be a JSON object.")])?;
    let mut problems = Vec::new();
    let limit = registered.and_then(|client| client.scope_limit.as_ref()).unwrap_or(everyones);
    let grants = registered.and_then(|client| client.grant_limit.as_ref());
    let mut scope = everyones.intersection(limit);
    let mut members = Map::new();
    for name in MEMBERS {
        let Some(value) = object.get(name).filter(|value| !value.is_null()) else { continue };
        let value = &match name {
            "redirect_uris" | "post_logout_redirect_uris" => without_unusable_schemes(value),
            _ => value.clone(),
        };
        let checked = match name {
            "scope" => read_scope(value, limit).map(|asked| scope = asked),
            "response_types" => check_response_types(value),
            "redirect_uris" | "post_logout_redirect_uris" => check_redirect_uris(name, value),
            "grant_types" if grants.is_none() => check_grant_types(value),
            _ => check_alone(name, value),
        };
        match checked {
            Ok(()) if ["scope", "response_types"].contains(&name) => {}
            Ok(()) => drop(members.insert(name.to_owned(), value.clone())),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let says = |name: &str| members.contains_key(name);
    let (says_type, says_grants) = (says("application_type"), says("grant_types"));
    let own: ClientMetadata = serde_json::from_value(Value::Object(members))
        .map_err(|_| vec![metadata("The metadata cannot be used.")])?;
    let mut read = ClientMetadata { scope, ..own };
    match grants {
        Some(limit) if says_grants => read.grant_types.retain(|grant| limit.contains(grant)),
        Some(limit) => read.grant_types.clone_from(limit),
        None => {}
    }
    // RFC 7591 knows no application_type, so a program on a device that knows only that says nothing of it; what OIDC
    // Registration §2 takes it for then, a web site, has no such addresses.
    if !says_type && read.redirect_uris.iter().any(RedirectUri::is_native) {
        read.application_type = ApplicationType::Native;
    }
    Ok(read)
}

/// A sentence of ours about a member: what it held is not repeated.
fn check_alone(name: &'static str, value: &Value) -> Result<(), MetadataProblem> {
    let alone = Map::from_iter([(name.to_owned(), value.clone())]);
    match serde_json::from_value::<ClientMetadata>(Value::Object(alone)) {
        Ok(_) => Ok(()),
        Err(_) => Err(metadata(&format!("The member {name} has a value that is not supported."))),
    }
}

fn read_scope(value: &Value, limit: &Scope) -> Result<Scope, MetadataProblem> {
    let asked = value.as_str().and_then(|text| text.parse::<Scope>().ok());
    let asked = asked.ok_or_else(|| metadata("The member scope is no list of scope tokens."))?;
    Ok(asked.intersection(limit))
}

fn check_response_types(value: &Value) -> Result<(), MetadataProblem> {
    let is_code = value.as_array().is_some_and(|types| types.iter().all(|one| one == "code"));
    if is_code { Ok(()) } else { Err(metadata("The only response type is code.")) }
}

/// The list without the private schemes that we do not take (RFC 8252 §7.1), as long as something is left.
///
/// Programs on a device name all the addresses that some server may like, and `cursor:` beside a loopback address. A server may
/// leave out what it does not take (RFC 7591 §2), and its answer says what is registered (§3.2.1). Whoever uses what was left out is
/// sent nowhere. Everything else that is wrong with an address is a mistake, and refused.
fn without_unusable_schemes(uris: &Value) -> Value {
    let is_unusable = |uri: &&Value| {
        uri.as_str().is_some_and(|uri| uri.parse::<RedirectUri>() == Err(InvalidRedirectUri::PrivateScheme))
    };
    let rest: Vec<_> =
        uris.as_array().into_iter().flatten().filter(|uri| !is_unusable(uri)).cloned().collect();
    if rest.is_empty() { uris.clone() } else { Value::Array(rest) }
}

/// These have an error of their own (RFC 7591 §3.2.2).
fn check_redirect_uris(name: &'static str, value: &Value) -> Result<(), MetadataProblem> {
    let problem = |description: String| MetadataProblem { code: ErrorCode::InvalidRedirectUri, description };
    let uris = value.as_array().ok_or_else(|| problem(format!("The member {name} is no list.")))?;
    for uri in uris {
        match uri.as_str().map(str::parse::<RedirectUri>) {
            Some(Ok(_)) => {}
            Some(Err(why)) => return Err(problem(format!("One of {name} cannot be used: it {why}."))),
            None => return Err(problem(format!("One of {name} is no text."))),
        }
    }
    Ok(())
}

fn check_grant_types(value: &Value) -> Result<(), MetadataProblem> {
    let own_name = [GrantType::ClientCredentials, GrantType::TokenExchange].map(GrantType::as_str);
    if value.as_array().into_iter().flatten().any(|grant| own_name.iter().any(|own| grant == own)) {
        return Err(metadata("Only the operator gives a client a grant in its own name."));
    }
    check_alone("grant_types", value)
}

pub(super) fn metadata(description: &str) -> MetadataProblem {
    MetadataProblem { code: ErrorCode::InvalidClientMetadata, description: description.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::{AuthMethod, RequestObjectAlg};

    fn everyones() -> Scope {
        crate::settings::OPENID_SCOPE.join(" ").parse().unwrap()
    }

    #[test]
    fn every_member_is_a_clients_or_an_operators() {
        let text = || Some(String::from("x"));
        let all = ClientMetadata {
            client_name: text(),
            client_uri: text(),
            logo_uri: text(),
            policy_uri: text(),
            tos_uri: text(),
            contacts: vec![String::new()],
            redirect_uris: vec!["https://a.example/".parse().unwrap()],
            post_logout_redirect_uris: vec!["https://a.example/".parse().unwrap()],
            token_endpoint_auth_signing_alg: Some(tegata_jose::Algorithm::Es256),
            request_object_signing_alg: Some(RequestObjectAlg::Unsigned),
            request_uris: vec![String::new()],
            resources: vec![String::new()],
            jwks: Some(Value::Null),
            jwks_uri: text(),
            sector_identifier_uri: text(),
            default_max_age: Some(0),
            default_acr_values: vec![String::new()],
            initiate_login_uri: text(),
            backchannel_logout_uri: text(),
            software_id: text(),
            software_version: text(),
            ..ClientMetadata::default()
        };
        let written = serde_json::to_value(&all).unwrap();
        let mut names: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
        names.push("response_types");
        let mut known: Vec<_> = MEMBERS.into_iter().chain(OPERATORS).collect();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn v43_a_client_has_no_word_in_what_an_operator_decides() {
        let read = read_metadata(&json!({
            "redirect_uris": ["https://a.example/cb"],
            "skip_consent": true, "require_pkce": false, "resources": ["https://api.example/"],
            "scope": "openid email users:read", "token_endpoint_auth_method": "none", "client_name": null, "x": [1],
        }), None, &everyones())
        .unwrap();
        assert_eq!(
            read,
            ClientMetadata {
                redirect_uris: vec!["https://a.example/cb".parse().unwrap()],
                scope: "openid email".parse().unwrap(),
                token_endpoint_auth_method: AuthMethod::None,
                ..ClientMetadata::default()
            }
        );
    }

    #[test]
    fn everything_that_is_wrong_is_said_in_words_of_ours() {
        let problems = read_metadata(&json!({
            "redirect_uris": ["https://a.example/#\u{7f}"], "response_types": ["token"], "contacts": "\u{1b}[2J",
            "grant_types": ["authorization_code", "client_credentials"], "scope": 1, "application_type": "\"x\"\n",
        }), None, &everyones())
        .unwrap_err();
        let said: Vec<_> = problems.iter().map(|problem| problem.description.as_str()).collect();
        assert_eq!(said.len(), 6, "{said:#?}");
        assert!(said.iter().all(|text| text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"')));
        assert!(read_metadata(&json!([]), None, &everyones()).is_err());
    }

    #[test]
    fn private_schemes_that_nobody_owns_are_left_out_where_another_address_is_good() {
        let read = |uris: Value| read_metadata(&json!({ "redirect_uris": uris }), None, &everyones());
        let read_all =
            read(json!(["cursor://anysphere.cursor-mcp/oauth", "http://127.0.0.1/cb", "https://a.example/"]));
        let kept = read_all.unwrap().redirect_uris;
        assert_eq!(kept, ["http://127.0.0.1/cb", "https://a.example/"].map(|uri| uri.parse().unwrap()));
        for refused in [
            json!(["cursor://anysphere.cursor-mcp/oauth"]),
            json!(["https://a.example/", "https://b.example/#x"]),
            json!(["https://a.example/", "http://b.example/"]),
            json!(["https://a.example/", 1]),
        ] {
            assert_eq!(
                read(refused.clone()).unwrap_err()[0].code,
                ErrorCode::InvalidRedirectUri,
                "{refused}"
            );
        }
    }

    #[test]
    fn a_program_that_does_not_say_so_is_known_by_its_addresses() {
        let of = |value: Value| read_metadata(&value, None, &everyones()).unwrap().application_type;
        let uris = json!(["http://127.0.0.1/cb"]);
        assert_eq!(of(json!({"redirect_uris": uris})), ApplicationType::Native);
        assert_eq!(of(json!({"redirect_uris": uris, "application_type": "web"})), ApplicationType::Web);
        assert_eq!(of(json!({"redirect_uris": ["https://a.example/"]})), ApplicationType::Web);
    }
}
