//! Settings, and what the function says.

use crate::runtime_api::{Function, Posted, refuse_to_start};
use crate::support::{AUTHORIZER, ISSUER, internal, jwks, own_key, own_token, start_own, token_event};

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
    assert_eq!(posted, internal());
    assert_eq!(function.stop(), "{\"level\":\"ERROR\",\"message\":\"no answer\",\"reason\":\"no keys\"}\n");
}

#[test]
fn the_audience_is_the_issuer_unless_told_otherwise() {
    let jwks = jwks(&[own_key()]);
    let function = Function::start(AUTHORIZER, &[("TEGATA_ISSUER", ISSUER), ("TEGATA_JWKS", &jwks)]);
    let sign = |audience| {
        let claims = tegata_jose::AccessTokenClaims { audience: &[audience], ..crate::support::own_claims() };
        token_event(&format!("Bearer {}", own_key().sign_access_token(&claims).unwrap()))
    };
    function.invoke(&sign(ISSUER)).answer();
    assert!(matches!(function.invoke(&sign("https://api.example")), Posted::Error(_)));
}

#[test]
fn r68_nothing_of_a_request_is_logged() {
    let token = own_token();
    for level in ["FATAL", "ERROR", "INFO", "DEBUG", "TRACE"] {
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
        let expected = match level {
            "FATAL" => String::new(),
            "ERROR" | "INFO" => failed.to_owned(),
            _ => format!("{refused}{failed}"),
        };
        assert_eq!(told, expected, "{level}");
    }
}

/// What is wrong with a manifest.
fn manifest_problems(routes: &serde_json::Value, response: &str) -> String {
    problems(&[
        ("TEGATA_ISSUER", ISSUER),
        ("TEGATA_JWKS", r#"{"keys":[]}"#),
        ("TEGATA_RESPONSE", response),
        ("TEGATA_ROUTES", &routes.to_string()),
    ])
}

#[test]
fn a_manifest_that_no_policy_can_hold_is_refused() {
    let many: serde_json::Map<_, _> =
        (0..60).map(|index| (format!("GET /route-{index}"), serde_json::json!(["a"]))).collect();
    let told = manifest_problems(&many.into(), "iam");
    assert!(told.contains("a policy that denies all of its 60 routes could take"), "{told}");
    let long = serde_json::json!({ format!("GET /{}", "a".repeat(450)): ["a"] });
    assert!(manifest_problems(&long, "iam").contains("is too long for a resource of 512 characters"));
    let default = serde_json::json!({ "$default": ["a"] });
    assert!(manifest_problems(&default, "iam").contains("it needs TEGATA_RESPONSE=simple"));
}

#[test]
fn a_manifest_says_what_the_policy_will_do() {
    let overlapping = serde_json::json!({
        "GET /users/{id}": ["users:read"],
        "GET /users/me": [],
        "GET /users/{id}/items": ["items:read"],
    });
    let told = manifest_problems(&overlapping, "iam");
    for route in ["GET /users/me", "GET /users/{id}/items"] {
        let problem = format!(
            "`{route}` must ask for `users:read` too: a policy that denies `GET /users/{{id}}` denies both"
        );
        assert!(told.contains(&problem), "{told}");
    }
    assert_eq!(told.lines().count(), 2, "{told}");
    let agreeing =
        r#"{"GET /users/{id}":["users:read"],"GET /users/{id}/items":["items:read","users:read"]}"#;
    let function = start_own(&[("TEGATA_ROUTES", agreeing)]);
    function.invoke(&token_event(&format!("Bearer {}", own_token()))).answer();
    let function = start_own(&[("TEGATA_RESPONSE", "simple"), ("TEGATA_ROUTES", &overlapping.to_string())]);
    function.invoke(&token_event(&format!("Bearer {}", own_token()))).answer();
}

#[test]
fn a_manifest_is_an_object_of_routes_and_scopes() {
    for (routes, problem) in [
        (serde_json::json!([]), "it is not a JSON object"),
        (serde_json::json!({ "GET /a": ["a b"] }), "`GET /a`: its value is not a list of scopes"),
        (serde_json::json!({ "GET /a": [1] }), "`GET /a`: its value is not a list of scopes"),
        (serde_json::json!({ "GET /a": null }), "`GET /a`: its value is not a list of scopes"),
        (serde_json::json!({ "FETCH /a": [] }), "`FETCH /a`: the method is none of"),
        (serde_json::json!({ "GET /{a}": [], "GET /{b}": [] }), "are the same route"),
    ] {
        let told = manifest_problems(&routes, "iam");
        assert!(told.contains(problem), "{problem} is missing in {told}");
    }
    let twice = problems(&[
        ("TEGATA_ISSUER", ISSUER),
        ("TEGATA_JWKS", r#"{"keys":[]}"#),
        ("TEGATA_ROUTES", r#"{"GET /a":["a"],"GET /a":[]}"#),
    ]);
    assert!(twice.contains("it is not a JSON object of distinct routes"), "{twice}");
}
