//! Settings, and what the function says.

use crate::runtime_api::{Function, Posted, refuse_to_start};
use crate::support::{AUTHORIZER, ISSUER, jwks, own_key, own_token, start_own, token_event};

/// What it says that does not start; every setting here is wrong on its own.
fn problems(environment: &[(&str, &str)]) -> String {
    refuse_to_start(AUTHORIZER, environment)
}

#[test]
fn r72_every_problem_is_told_at_once_and_none_repeats_a_value() {
    let told = problems(&[
        ("TEGATA_ISSUER", "http://auth.example"),
        ("TEGATA_JWKS", r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#),
        ("TEGATA_RESPONSE", "maybe"),
        ("TEGATA_ROUTES", r#"{"GET orders":["a"],"GET /orders":"a"}"#),
        ("TEGATA_ROUTE", "{}"),
    ]);
    for part in [
        "TEGATA_ISSUER: it is not an https URL",
        "TEGATA_JWKS: public key holds private members",
        "TEGATA_RESPONSE: it is neither",
        "TEGATA_ROUTES: `GET orders`:",
        "TEGATA_ROUTES: `GET /orders`:",
        "TEGATA_ROUTE: there is no such setting",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    assert_eq!(told.lines().count(), 6);
    assert!(!told.contains("c2VjcmV0") && !told.contains("maybe"));
}

#[test]
fn without_an_issuer_it_does_not_start() {
    assert!(problems(&[]).contains("there is no issuer"));
    assert!(problems(&[("TEGATA_AUDIENCE", "a")]).contains("TEGATA_AUDIENCE: it needs TEGATA_ISSUER"));
    assert!(problems(&[("TEGATA_ISSUER", ISSUER)]).contains("TEGATA_JWKS: it is missing"));
}

#[test]
fn before_the_first_keys_are_made_it_is_our_own_outage() {
    let function =
        Function::start(AUTHORIZER, &[("TEGATA_ISSUER", ISSUER), ("TEGATA_JWKS", r#"{"keys":[]}"#)]);
    let posted = function.invoke(&token_event(&format!("Bearer {}", own_token())));
    let internal = r#"{"errorType":"Internal","errorMessage":"Internal"}"#;
    assert_eq!(posted, Posted::Error(internal.to_owned()));
    assert_eq!(function.stop(), "{\"level\":\"ERROR\",\"message\":\"no answer\",\"reason\":\"no keys\"}\n");
}

#[test]
fn the_audience_is_the_issuer_unless_told_otherwise() {
    let jwks = jwks(&[own_key()]);
    let function = Function::start(AUTHORIZER, &[("TEGATA_ISSUER", ISSUER), ("TEGATA_JWKS", &jwks)]);
    let sign = |audience| {
        let claims = tegata_jose::AccessTokenClaims { audience, ..crate::support::own_claims() };
        token_event(&format!("Bearer {}", own_key().sign_access_token(&claims).unwrap()))
    };
    function.invoke(&sign(ISSUER)).answer();
    assert!(matches!(function.invoke(&sign("https://api.example")), Posted::Error(_)));
}

#[test]
fn r68_nothing_of_a_request_is_logged() {
    let token = own_token();
    for level in ["INFO", "DEBUG", "TRACE"] {
        let function = start_own(&[("AWS_LAMBDA_LOG_LEVEL", level)]);
        function.invoke(&token_event(&format!("Bearer {token}")));
        function.invoke(&token_event(&format!("Bearer {token}=")));
        function.invoke(&token_event("Basic c2VjcmV0"));
        function.invoke(r#"{"type":"TOKEN","methodArn":7,"authorizationToken":"secret"}"#);
        function.invoke(r#"{"secret"#);
        let told = function.stop();
        let refused = "{\"level\":\"DEBUG\",\"message\":\"refused\",\"reason\":\"token is not a compact JWS\"}\n\
             {\"level\":\"DEBUG\",\"message\":\"refused\",\"reason\":\"not a bearer token\"}\n";
        let failed = "{\"level\":\"ERROR\",\"message\":\"no answer\",\"reason\":\"event is not valid\"}\n";
        let expected = if level == "INFO" { failed.to_owned() } else { format!("{refused}{failed}") };
        assert_eq!(told, expected, "{level}");
    }
}
