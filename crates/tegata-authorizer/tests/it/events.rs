//! The forms of event, as AWS documents them.

use serde_json::{Value, json};
use tegata_jose::AccessTokenClaims;

use crate::runtime_api::{Function, Posted};
use crate::support::{
    STAGE, bearer, fixture, internal, own_claims, own_key, own_token, start_own, token_event, unauthorized,
};

const REST_REQUEST: &str = include_str!("../fixtures/rest-request.json");
const HTTP_2: &str = include_str!("../fixtures/http-2.0.json");
const HTTP_1: &str = include_str!("../fixtures/http-1.0.json");
const WEBSOCKET: &str = include_str!("../fixtures/websocket-connect.json");

fn good(event: &str) -> String {
    fixture(event, &bearer(&own_token()))
}

fn allows_everything(posted: &Posted) {
    let answer = posted.answer();
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Effect"], "Allow");
    assert_eq!(statements[0]["Resource"], json!([format!("{STAGE}*")]));
}

/// An event with members replaced, by JSON pointer.
fn change(event: &str, pointer: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    *event.pointer_mut(pointer).unwrap() = value;
    event.to_string()
}

#[test]
fn every_form_of_event_is_answered() {
    let function = start_own(&[]);
    allows_everything(&function.invoke(&token_event(&bearer(&own_token()))));
    for event in [REST_REQUEST, HTTP_1, HTTP_2] {
        allows_everything(&function.invoke(&good(event)));
    }
    allows_everything(&function.invoke(&fixture(WEBSOCKET, &format!("bearer, {}", own_token()))));
}

#[test]
fn every_form_of_event_is_refused_without_a_valid_token() {
    let function = start_own(&[]);
    for event in [REST_REQUEST, HTTP_1, HTTP_2] {
        for authorization in ["", "Bearer", "Bearer a.b.c", "Basic YTpi", &format!("Bearer {}=", own_token())]
        {
            assert_eq!(function.invoke(&fixture(event, authorization)), unauthorized(), "{authorization}");
        }
    }
    for protocols in ["", "bearer", "bearer, a.b.c", "chat", &own_token(), &bearer(&own_token())] {
        assert_eq!(function.invoke(&fixture(WEBSOCKET, protocols)), unauthorized(), "{protocols}");
    }
}

#[test]
fn no_headers_at_all_make_a_401() {
    let function = start_own(&[]);
    for (event, pointer) in [(HTTP_1, "/headers"), (HTTP_2, "/headers")] {
        for headers in [Value::Null, json!({}), json!({ "host": "a" })] {
            assert_eq!(function.invoke(&change(&good(event), pointer, headers)), unauthorized());
        }
    }
    let without = change(&good(REST_REQUEST), "/headers", Value::Null);
    assert_eq!(function.invoke(&change(&without, "/multiValueHeaders", Value::Null)), unauthorized());
    allows_everything(&function.invoke(&without));
}

#[test]
fn a_header_name_comes_in_any_letter_case() {
    let function = start_own(&[]);
    for name in ["authorization", "Authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"] {
        for event in [HTTP_1, HTTP_2] {
            let headers = json!({ name: bearer(&own_token()) });
            allows_everything(&function.invoke(&change(&good(event), "/headers", headers)));
        }
    }
    let headers = json!({ "X-Authorization": bearer(&own_token()) });
    assert_eq!(function.invoke(&change(&good(HTTP_2), "/headers", headers)), unauthorized());
}

#[test]
fn more_than_one_authorization_is_refused_even_if_all_are_good() {
    let function = start_own(&[]);
    let value = bearer(&own_token());
    let twice = json!({ "Authorization": value, "authorization": value });
    assert_eq!(function.invoke(&change(&good(HTTP_1), "/headers", twice.clone())), unauthorized());
    assert_eq!(function.invoke(&change(&good(HTTP_2), "/headers", twice)), unauthorized());
    let joined = json!({ "authorization": format!("{value},{value}") });
    assert_eq!(function.invoke(&change(&good(HTTP_2), "/headers", joined)), unauthorized());
    for lists in [
        json!({ "Authorization": [value, value] }),
        json!({ "Authorization": [value], "authorization": [value] }),
        json!({ "Authorization": ["Bearer a.b.c", value] }),
        json!({ "Authorization": ["Bearer a.b.c"] }),
    ] {
        let event = change(&good(REST_REQUEST), "/multiValueHeaders", lists.clone());
        assert_eq!(function.invoke(&event), unauthorized(), "{lists}");
    }
}

#[test]
fn a_protocol_is_a_token_in_a_websocket_handshake_only() {
    let function = start_own(&[]);
    let protocols = format!("bearer, {}", own_token());
    let headers = json!({ "Sec-WebSocket-Protocol": protocols });
    for event in [HTTP_1, HTTP_2] {
        assert_eq!(function.invoke(&change(&good(event), "/headers", headers.clone())), unauthorized());
    }
    let both = json!({ "Authorization": bearer(&own_token()), "Sec-WebSocket-Protocol": protocols });
    let event = change(&fixture(WEBSOCKET, &protocols), "/headers", both);
    assert_eq!(function.invoke(&event), unauthorized(), "one of each kind");
    let event = fixture(WEBSOCKET, &protocols);
    let headers = json!({ "Authorization": bearer(&own_token()) });
    let event = change(&change(&event, "/headers", headers), "/multiValueHeaders", Value::Null);
    allows_everything(&function.invoke(&event));
}

#[test]
fn a_token_in_the_query_is_not_read() {
    let function = start_own(&[]);
    for event in [REST_REQUEST, HTTP_2] {
        let event = good(event).replace("never.read.here", &own_token());
        let event = change(&event, "/headers", json!({}));
        let event = if event.contains("multiValueHeaders") {
            change(&event, "/multiValueHeaders", json!({}))
        } else {
            event
        };
        assert_eq!(function.invoke(&event), unauthorized());
    }
}

#[test]
fn an_event_of_something_else_is_our_own_fault() {
    let function = start_own(&[]);
    let token = token_event(&bearer(&own_token()));
    for event in [
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\"TOKEN\"".to_owned(),
        change(&token, "/type", json!("token")),
        change(&token, "/type", json!(1)),
        change(&token, "/methodArn", json!("*")),
        change(&token, "/methodArn", json!("arn:aws:execute-api:eu-west-1:1:*/prod/GET/")),
        change(&token, "/methodArn", json!(null)),
        change(&token, "/methodArn", json!(["arn"])),
        change(&token, "/authorizationToken", json!(null)),
        change(&token, "/authorizationToken", json!(["Bearer a"])),
        change(&good(HTTP_2), "/routeArn", json!("")),
        change(&good(HTTP_2), "/headers", json!("authorization: Bearer a")),
        change(&good(HTTP_2), "/headers/authorization", json!(7)),
        change(&good(HTTP_2), "/version", json!("3.0")),
        change(&good(REST_REQUEST), "/multiValueHeaders/aUTHORIZATION", json!([7])),
        token.replacen('{', "{\"authorizationToken\":\"Bearer a.b.c\",", 1),
    ] {
        assert_eq!(function.invoke(&event), internal(), "{event}");
    }
}

#[test]
fn a_simple_response_is_for_http_apis_that_ask_for_it() {
    let function = start_own(&[("TEGATA_RESPONSE", "simple")]);
    let answer = function.invoke(&good(HTTP_2)).answer();
    assert_eq!(answer["isAuthorized"], true);
    assert_eq!(answer["context"]["sub"], "usr_1");
    assert!(answer.get("policyDocument").is_none() && answer.get("principalId").is_none());
    allows_everything(&function.invoke(&good(REST_REQUEST)));
    assert_eq!(function.invoke(&fixture(HTTP_2, "Bearer a.b.c")), unauthorized());
}

const MANIFEST: &str = r#"{
    "GET /orders/{id}": ["orders:read"],
    "POST /orders": ["orders:read", "orders:write"],
    "ANY /admin/{proxy+}": ["admin"],
    "$connect": ["chat"]
}"#;

fn with_scope(event: &str, scope: &str) -> String {
    let token = own_key().sign_access_token(&AccessTokenClaims { scope, ..own_claims() }).unwrap();
    fixture(event, &bearer(&token))
}

/// What a policy says about a request, as API Gateway matches it.
fn may(function: &Function, scope: &str, request: &str) -> bool {
    let answer = function.invoke(&with_scope(include_str!("../fixtures/rest-token.json"), scope)).answer();
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap().clone();
    let matches = |effect: &str| {
        statements.iter().filter(|statement| statement["Effect"] == effect).any(|statement| {
            let mut resources = statement["Resource"].as_array().unwrap().iter();
            resources.any(|resource| glob(resource.as_str().unwrap(), &format!("{STAGE}{request}")))
        })
    };
    matches("Allow") && !matches("Deny")
}

/// `*` stands for anything, slashes too.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))
        }),
    }
}

#[test]
fn a_route_is_denied_to_a_token_without_its_scopes() {
    let function = start_own(&[("TEGATA_ROUTES", MANIFEST)]);
    let everything = "orders:read orders:write admin chat";
    for (scope, request, allowed) in [
        ("orders:read", "GET/orders/42", true),
        ("orders:write", "GET/orders/42", false),
        ("", "GET/orders/42", false),
        ("orders:reads", "GET/orders/42", false),
        ("ORDERS:READ", "GET/orders/42", false),
        ("orders:read orders:write", "POST/orders", true),
        ("orders:write", "POST/orders", false),
        ("orders:write", "GET/orders", true),
        ("orders:read", "GET/admin/users", false),
        ("orders:read", "DELETE/admin/users/1", false),
        ("admin", "DELETE/admin/users/1", true),
        ("", "GET/", true),
        ("", "GET/profile", true),
        ("", "$connect", false),
        ("chat", "$connect", true),
        (everything, "POST/orders", true),
    ] {
        assert_eq!(may(&function, scope, request), allowed, "`{scope}` {request}");
    }
}

#[test]
fn v21_another_spelling_of_a_denied_path_is_denied_too() {
    let function = start_own(&[("TEGATA_ROUTES", MANIFEST)]);
    for request in [
        "POST/orders/",
        "POST//orders",
        "POST/./orders",
        "POST/x/../orders",
        "POST/%6Frders",
        "POST/o%72ders",
        "POST/ORDERS/../orders",
        "GET/admin%2Fusers",
        "GET/admin%2fusers",
        "GET/%61dmin/users",
        "GET/x/%2e%2e/admin/users",
        "GET/admin/",
    ] {
        assert!(!may(&function, "", request), "{request}");
    }
    for request in ["GET/files/a%20b", "GET/users/hanako%40example.com", "GET/files/%E6%97%A5", "GET/a.b/c"] {
        assert!(may(&function, "", request), "{request}");
    }
    assert!(may(&function, "orders:read orders:write admin chat", "GET/files/%61"));
}

#[test]
fn the_first_route_asked_for_makes_no_difference() {
    let function = start_own(&[("TEGATA_ROUTES", MANIFEST)]);
    let policy = |arn: &str| {
        let event = with_scope(include_str!("../fixtures/rest-token.json"), "orders:read");
        let event = change(&event, "/methodArn", json!(format!("{STAGE}{arn}")));
        function.invoke(&event).answer()["policyDocument"].clone()
    };
    let first = policy("GET/orders/42");
    for arn in ["POST/orders", "DELETE/admin/users/1", "GET/", "$connect"] {
        assert_eq!(policy(arn), first, "{arn}");
    }
}

#[test]
fn a_simple_response_decides_for_the_route_asked_for() {
    let function = start_own(&[("TEGATA_RESPONSE", "simple"), ("TEGATA_ROUTES", MANIFEST)]);
    let decide = |route_key: Value, scope: &str| {
        let event = change(&with_scope(HTTP_2, scope), "/routeKey", route_key);
        function.invoke(&event).answer()
    };
    for (route_key, scope, authorized) in [
        ("GET /orders/{id}", "orders:read", true),
        ("GET /orders/{id}", "orders:write", false),
        ("GET /orders/{order_id}", "", false),
        ("GET /orders/{order_id}", "orders:read", true),
        ("GET /admin/{proxy+}", "", false),
        ("ANY /admin/users", "orders:read", false),
        ("GET /profile", "", true),
        ("$default", "orders:read", false),
        ("$default", "orders:read orders:write admin", true),
        ("ANY /{proxy+}", "admin", false),
        ("no route", "admin", false),
    ] {
        let answer = decide(json!(route_key), scope);
        assert_eq!(answer["isAuthorized"], authorized, "{route_key} `{scope}`");
        assert_eq!(answer["context"].get("sub").is_some(), authorized);
    }
    assert_eq!(decide(json!(null), "orders:read orders:write admin chat")["isAuthorized"], false);
}
