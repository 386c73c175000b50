//! Bad input to every endpoint: each kind of it against each operation that `openapi.json` knows.

use axum::body::{Body, Bytes};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::schema::{OPENAPI, resolve};
use crate::world::{World, body_of};

/// A kind of bad body, and what it gets where a body is expected.
struct Bad {
    name: &'static str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    expected: (u16, &'static str),
}

const JSON: Option<&str> = Some("application/json");

fn bad_bodies() -> Vec<Bad> {
    let malformed = (400, "malformed_request");
    let invalid = (400, "validation_failed");
    let wrong_media_type = (415, "unsupported_media_type");
    let deep = |open: &str, close: &str| [open.repeat(2000), close.repeat(2000)].concat();
    let many: Vec<_> = (0..40).map(|i| format!("\"m{i}\":1")).collect();
    let bad =
        |name, content_type, body: &[u8], expected| Bad { name, content_type, body: body.to_vec(), expected };
    vec![
        bad("text", JSON, b"hello", malformed),
        bad("half an object", JSON, b"{\"username\": \"al", malformed),
        bad("two objects", JSON, b"{} {}", malformed),
        bad("a trailing comma", JSON, b"{\"a\": \"b\",}", malformed),
        bad("an array", JSON, b"[]", malformed),
        bad("a string", JSON, b"\"x\"", malformed),
        bad("a number", JSON, b"1", malformed),
        bad("null", JSON, b"null", malformed),
        bad("spaces", JSON, b"   ", malformed),
        bad("NUL", JSON, b"\0", malformed),
        bad("NUL in a string", JSON, b"{\"a\": \"\0\"}", malformed),
        bad("invalid UTF-8", JSON, b"{\"a\": \"\xff\xfe\"}", malformed),
        bad("invalid UTF-8 as a name", JSON, b"{\"\xff\": \"a\"}", malformed),
        bad("a lone surrogate", JSON, b"{\"a\": \"\\ud800\"}", malformed),
        bad("UTF-16", JSON, b"\xff\xfe{\0}\0", malformed),
        bad("a byte order mark", JSON, b"\xef\xbb\xbf{}", malformed),
        bad("deep arrays", JSON, deep("[", "]").as_bytes(), malformed),
        bad("deep objects", JSON, deep("{\"a\":", "}").as_bytes(), malformed),
        bad("a deep member", JSON, format!("{{\"a\": {}}}", deep("[", "]")).as_bytes(), invalid),
        bad("many members", JSON, format!("{{{}}}", many.join(",")).as_bytes(), malformed),
        bad("an unknown member", JSON, b"{\"no_such_member\": 1}", invalid),
        bad("a member twice", JSON, b"{\"password\": \"a\", \"password\": \"b\"}", invalid),
        bad("an empty name", JSON, b"{\"\": \"a\"}", invalid),
        bad("a prototype", JSON, b"{\"__proto__\": {\"a\": 1}}", invalid),
        bad("too much", JSON, &vec![b' '; 16 * 1024 + 1], (413, "content_too_large")),
        bad("no content type", None, b"{}", wrong_media_type),
        bad("a form", Some("application/x-www-form-urlencoded"), b"username=a&password=b", wrong_media_type),
        bad("plain text", Some("text/plain"), b"{}", wrong_media_type),
        bad("JSON in Latin-1", Some("application/json; charset=iso-8859-1"), b"{}", wrong_media_type),
        bad("almost JSON", Some("application/jsonx"), b"{}", wrong_media_type),
        bad("a content type of bytes", Some("\u{ff}"), b"{}", wrong_media_type),
    ]
}

/// Every documented operation: method, path, whether it takes a body and whether one must be there.
fn operations() -> Vec<(String, String, Option<bool>)> {
    let mut operations = Vec::new();
    for (path, methods) in OPENAPI["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let body = operation
                .get("requestBody")
                .filter(|body| body.pointer("/content/application~1json").is_some())
                .map(|body| body["required"] == true);
            // One that takes no member but reads what is there.
            let body = body.or_else(|| operation["responses"].get("415").map(|_| false));
            let body = body.filter(|_| !is_of_oauth(operation));
            operations.push((method.to_uppercase(), path.replace("{session_id}", "x"), body));
        }
    }
    assert!(operations.len() >= 19);
    operations
}

/// What OAuth defines is read, and refused, in OAuth's own ways, and has tests of its own.
fn is_of_oauth(operation: &Value) -> bool {
    operation["tags"] == json!(["oauth"])
}

#[tokio::test]
async fn r73_bad_bodies_get_a_clear_problem_from_every_endpoint() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for (method, path, takes_body) in operations() {
        for bad in bad_bodies() {
            let mut call = world.call(&method, &path).bearer(&access).raw(bad.body.clone());
            if let Some(content_type) = bad.content_type {
                call = call.header("content-type", content_type);
            }
            let answer = call.send().await;
            let place = format!("{} to {method} {path}: {}", bad.name, answer.body);
            if takes_body.is_some() {
                assert_eq!((answer.status, answer.code()), bad.expected, "{place}");
            } else {
                // What is not asked for is not read.
                assert!(answer.status < 500, "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_missing_body_is_said_to_be_missing() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for (method, path, takes_body) in operations() {
        if takes_body == Some(true) {
            let answer = world.call(&method, &path).bearer(&access).send().await;
            answer.is_problem(400, "malformed_request");
            let empty =
                world.call(&method, &path).bearer(&access).json(&json!({})).raw(Body::empty()).send().await;
            empty.is_problem(400, "malformed_request");
        }
    }
}

#[tokio::test]
async fn every_member_of_every_body_has_its_type_and_no_other() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for (path, methods) in OPENAPI["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = operation.pointer("/requestBody/content/application~1json/schema");
            let Some(schema) = schema.filter(|_| !is_of_oauth(operation)) else { continue };
            let members = resolve(schema)["properties"].as_object().unwrap();
            for (member, schema) in members {
                let is_object = schema["properties"].is_object();
                for value in [
                    json!(1),
                    json!(-1.5),
                    json!(true),
                    json!([]),
                    json!(["a"]),
                    json!({}),
                    json!({"a": "b"}),
                ] {
                    let is_wrong = !(is_object && value.is_object());
                    let body = json!({member: value});
                    let call = world.call(&method.to_uppercase(), path).bearer(&access).json(&body);
                    let answer = call.send().await;
                    answer.is_problem(400, "validation_failed");
                    let is_named = answer.fields().contains(&(member.clone(), "wrong_type".to_owned()));
                    assert_eq!(is_named, is_wrong, "{path} {body}");
                }
                // The longest that fits, NUL, and signs of every sort: refused or taken, never a fault.
                for text in [
                    "\0",
                    "\u{202e}\u{0}",
                    "' OR 1=1 --",
                    "${jndi:ldap://x}",
                    "\u{10ffff}",
                    &"あ".repeat(5000),
                ] {
                    let body = json!({member: text});
                    let call = world.call(&method.to_uppercase(), path).bearer(&access).json(&body);
                    let answer = call.send().await;
                    assert!((200..500).contains(&answer.status), "{path} {member}: {}", answer.body);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_fault_of_ours() {
    let world = World::new().await;
    let call = world.call("POST", "/auth/login").header("content-type", "application/json");
    let chunks = [Ok(Bytes::from_static(b"{")), Err("gone")];
    let answer = call.raw(body_of(chunks.into_iter())).send().await;
    answer.is_problem(400, "malformed_request");
}

#[tokio::test]
async fn strange_content_types_of_json_are_json() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let body = json!({"username": "alice", "password": crate::world::PASSWORD}).to_string();
    for content_type in
        ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=\"UTF-8\""]
    {
        let call = world.call("POST", "/auth/login").header("content-type", content_type).raw(body.clone());
        assert_eq!(call.send().await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn escapes_and_plain_text_are_the_same_string() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let escaped = r#"{"user\u006eame": "\u0061lice", "password": "correct\u0020horse battery staple"}"#;
    let call = world.call("POST", "/auth/login").header("content-type", "application/json").raw(escaped);
    assert_eq!(call.send().await.status, 200);
    let twice = r#"{"username": "alice", "user\u006eame": "bobby", "password": "x"}"#;
    let call = world.call("POST", "/auth/login").header("content-type", "application/json").raw(twice);
    assert_eq!(call.send().await.fields(), [("username".to_owned(), "invalid".to_owned())]);
}

#[tokio::test]
async fn a_long_unknown_name_is_not_told_back_whole() {
    let world = World::new().await;
    let name = "n".repeat(1000);
    let answer =
        world.post("/auth/login", &json!({"username": "a", "password": "b", name: Value::Null})).send().await;
    assert_eq!(answer.fields(), [("n".repeat(64), "unknown_member".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn r73_no_bytes_in_a_body_or_a_header_are_a_fault(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}\":,a-z0-9\\\\u ]{0,80}".prop_map(String::into_bytes),
            "(username|password|refresh_token|name|email)".prop_flat_map(|name| {
                ".{0,40}".prop_map(move |value| json!({&name: value, "password": "x"}).to_string().into_bytes())
            }),
        ],
        value in prop::collection::vec(0x20_u8..=0xff, 0..60),
        query in "[ -~]{0,40}",
    ) {
        let value: Vec<u8> = value.into_iter().filter(|b| *b != 0x7f).collect();
        let query: String = query.chars().filter(|c| !"#<>\\\"^`{|} ".contains(*c)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let access = world.join("alice").await.access;
            for (method, path, _) in operations() {
                for header in ["cookie", "authorization", "x-csrf-token", "origin", "sec-fetch-site", "x-forwarded-for"] {
                    let call = world.call(&method, &format!("{path}?{query}")).header(header, &value);
                    let call = if header == "authorization" { call } else { call.bearer(&access) };
                    let answer = call.header("content-type", "application/json").raw(body.clone()).send().await;
                    assert!(answer.status < 500, "{method} {path}: {}", answer.body);
                }
            }
        });
    }
}
