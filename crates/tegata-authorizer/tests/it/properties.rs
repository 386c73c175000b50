//! What holds for every event.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tegata_authorizer::{Answer, Authorizer, AuthorizerError, NoFetch, Reach, Settings};
use tegata_jose::NumericDate;

use crate::support::{AUDIENCE, ISSUER, bearer, fixture, jwks, now, own_key, own_token};

const FIXTURES: [&str; 5] = [
    include_str!("../fixtures/rest-token.json"),
    include_str!("../fixtures/rest-request.json"),
    include_str!("../fixtures/http-1.0.json"),
    include_str!("../fixtures/http-2.0.json"),
    include_str!("../fixtures/websocket-connect.json"),
];

fn authorizer() -> Authorizer<NoFetch> {
    let variables = [
        ("AWS_LAMBDA_LOG_LEVEL", "FATAL".to_owned()),
        ("TEGATA_ISSUER", ISSUER.to_owned()),
        ("TEGATA_AUDIENCE", AUDIENCE.to_owned()),
        ("TEGATA_JWKS", jwks(&[own_key()])),
        (
            "TEGATA_ROUTES",
            r#"{"GET /orders/{id}":["orders:read"],"ANY /admin/{proxy+}":["admin"]}"#.to_owned(),
        ),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    Authorizer::new(Settings::parse(variables, Reach::Own).unwrap(), None)
}

/// Own tokens need no network, so the answer is there at once.
fn decide(event: &str, now: NumericDate) -> Result<Answer, AuthorizerError> {
    let authorizer = authorizer();
    let answer = pin!(authorizer.authorize(event, now));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits"),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::String),
        Just(json!("TOKEN")),
        Just(json!("REQUEST")),
        Just(json!("2.0")),
        Just(json!("Bearer a.b.c")),
        Just(json!("arn:aws:execute-api:eu-west-1:1:a/b/GET/")),
    ];
    let name = prop_oneof![
        Just("type".to_owned()),
        Just("version".to_owned()),
        Just("headers".to_owned()),
        Just("multiValueHeaders".to_owned()),
        Just("authorization".to_owned()),
        Just("Sec-WebSocket-Protocol".to_owned()),
        Just("authorizationToken".to_owned()),
        Just("methodArn".to_owned()),
        Just("routeArn".to_owned()),
        Just("requestContext".to_owned()),
        Just("connectionId".to_owned()),
        ".{0,8}",
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic_or_lets_anybody_in(event in ".{0,200}") {
        prop_assert!(decide(&event, now()).is_err());
    }

    #[test]
    fn no_json_makes_it_panic_or_lets_anybody_in(event in any_json()) {
        prop_assert!(decide(&event.to_string(), now()).is_err());
    }

    #[test]
    fn no_authorization_but_a_token_lets_anybody_in(event in 0..FIXTURES.len(), authorization in ".{0,200}") {
        prop_assert!(decide(&fixture(FIXTURES[event], &authorization), now()).is_err());
    }

    #[test]
    fn a_token_changed_anywhere_lets_nobody_in(event in 0..4usize, at in any::<prop::sample::Index>(), byte in 0x21u8..0x7f) {
        let token = own_token();
        let at = at.index(token.len());
        let changed = format!("{}{}{}", &token[..at], char::from(byte), &token[at + 1..]);
        let answer = decide(&fixture(FIXTURES[event], &bearer(&changed)), now());
        prop_assert_eq!(answer.is_ok(), changed == token);
    }

    #[test]
    fn a_fixture_cut_anywhere_is_no_event(event in 0..4usize, at in any::<prop::sample::Index>()) {
        let event = fixture(FIXTURES[event], &bearer(&own_token()));
        let end = event.trim_end().len();
        prop_assert_eq!(decide(&event[..at.index(end)], now()).unwrap_err(), AuthorizerError::Internal);
    }

    #[test]
    fn any_time_is_borne(secs in any::<i64>()) {
        let _ = decide(&fixture(FIXTURES[0], &bearer(&own_token())), NumericDate::new(secs));
    }
}
