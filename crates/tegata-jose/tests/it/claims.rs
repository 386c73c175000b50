//! The optional claims: what binds a token to a key, who acts for whom, and what is said of the user.

use tegata_jose::{
    AccessTokenClaims, Actor, Algorithm, ClaimValue, IdTokenClaims, JoseError, NumericDate, verify,
};

use crate::forge::{payload_with, sign_payload};
use crate::support::{CLIENT, NOW, RESOURCE, access_claims, access_profile, id_claims, id_profile, key};

/// The thumbprint of RFC 7638 §3.1.
const JKT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

const fn invalid(claim: &'static str) -> JoseError {
    JoseError::InvalidClaim { claim }
}

#[test]
fn an_access_token_says_how_it_is_bound_and_who_acts() {
    let claims = AccessTokenClaims {
        audience: &[RESOURCE, "https://other.example"],
        auth_time: Some(NOW.saturating_add(-60)),
        acr: Some("urn:example:acr"),
        confirmation: Some(JKT),
        actor: Some(Actor { subject: "service \"a\"", prior: Some(r#"{"sub":"b","act":{"sub":"c"}}"#) }),
        ..access_claims()
    };
    let token = key(Algorithm::Es256).sign_access_token(&claims).unwrap();
    let verified = verify(&access_profile(), &token, NOW).unwrap();
    assert_eq!(verified.audiences(), claims.audience);
    assert_eq!(verified.auth_time(), claims.auth_time);
    assert_eq!(verified.acr(), claims.acr);
    assert_eq!(verified.confirmation(), Some(JKT));
    assert_eq!(verified.actor_json(), Some(r#"{"sub":"service \"a\"","act":{"sub":"b","act":{"sub":"c"}}}"#));
}

#[test]
fn an_access_token_without_the_optional_claims_says_nothing_of_them() {
    let token = key(Algorithm::Es256).sign_access_token(&access_claims()).unwrap();
    let verified = verify(&access_profile(), &token, NOW).unwrap();
    assert_eq!((verified.confirmation(), verified.actor_json()), (None, None));
    assert_eq!((verified.auth_time(), verified.acr()), (None, None));
    assert!(matches!(verified.claim("aud"), Some(ClaimValue::String(aud)) if aud == RESOURCE));
}

#[test]
fn r32_v54_a_malformed_confirmation_is_not_an_absent_one() {
    for cnf in [
        "null",
        "true",
        "\"\"",
        "[]",
        "{}",
        r#"{"jkt":null}"#,
        r#"{"jkt":""}"#,
        r#"{"jkt":["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"]}"#,
        r#"{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X"}"#,
        r#"{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs="}"#,
        r#"{"JKT":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}"#,
        // A certificate (RFC 8705 §3.1) is a binding too, and one that is not checked here.
        r#"{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}"#,
    ] {
        let token = sign_payload(payload_with("cnf", cnf));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("cnf"), "{cnf}");
    }
    let token = sign_payload(payload_with("cnf", format!(r#"{{"jk\u0074":"{JKT}","x":1}}"#)));
    assert_eq!(verify(&access_profile(), &token, NOW).unwrap().confirmation(), Some(JKT));
}

#[test]
fn v54_an_actor_that_is_no_object_is_refused() {
    for act in ["null", "\"service\"", "[]", "1"] {
        let token = sign_payload(payload_with("act", act));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("act"), "{act}");
    }
}

#[test]
fn v54_a_wrong_typed_auth_time_is_refused_in_an_access_token() {
    for auth_time in ["null", "\"1800000000\"", "1.5", "[]"] {
        let token = sign_payload(payload_with("auth_time", auth_time));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("auth_time"), "{auth_time}");
    }
}

#[test]
fn an_access_token_that_no_verifier_takes_is_not_issued() {
    let sign = |claims| key(Algorithm::Es256).sign_access_token(&claims).unwrap_err();
    let none = AccessTokenClaims { audience: &[], ..access_claims() };
    assert_eq!(sign(none), JoseError::MissingClaim { claim: "aud" });
    let unbound = AccessTokenClaims { confirmation: Some("key"), ..access_claims() };
    assert_eq!(sign(unbound), invalid("cnf"));
    let deep = format!("{}{}", r#"{"act":"#.repeat(7), "{}".to_owned() + &"}".repeat(7));
    for prior in ["", "null", "[]", "{}{}", r#"{"a":1,"a":2}"#, r#"{},"sub":"admin""#, " {}", &deep] {
        let claims =
            AccessTokenClaims { actor: Some(Actor { subject: "a", prior: Some(prior) }), ..access_claims() };
        assert_eq!(sign(claims), invalid("act"), "{prior}");
    }
}

#[test]
fn the_longest_chain_of_actors_that_is_issued_is_read() {
    let mut prior = "{\"sub\":\"first\"}".to_owned();
    loop {
        let actor = Actor { subject: "next", prior: Some(&prior) };
        let claims = AccessTokenClaims { actor: Some(actor), ..access_claims() };
        let Ok(token) = key(Algorithm::Es256).sign_access_token(&claims) else { break };
        let verified = verify(&access_profile(), &token, NOW).unwrap();
        prior = verified.actor_json().unwrap().to_owned();
    }
    assert_eq!(prior.matches("sub").count(), 7);
}

#[test]
fn an_id_token_says_what_its_scopes_ask_for() {
    let claims = IdTokenClaims {
        auth_time: None,
        preferred_username: None,
        authorized_party: Some(CLIENT),
        additional: &[
            ("name", "\"花子\""),
            ("email_verified", "true"),
            ("address", r#"{"country":"JP"}"#),
            ("preferred_username", "\"hanako\""),
            ("https://example.com/\"quoted\"", "[1,null]"),
        ],
        ..id_claims()
    };
    let token = key(Algorithm::Es256).sign_id_token(&claims).unwrap();
    let verified = verify(&id_profile(), &token, NOW).unwrap();
    assert_eq!(verified.auth_time(), None);
    assert_eq!(verified.authorized_party(), Some(CLIENT));
    assert_eq!(verified.preferred_username(), Some("hanako"));
    assert_eq!(verified.claim("name"), Some(ClaimValue::String("花子".into())));
    assert_eq!(verified.claim("email_verified"), Some(ClaimValue::Bool(true)));
    assert_eq!(verified.claim("address"), Some(ClaimValue::Object(r#"{"country":"JP"}"#)));
    assert_eq!(verified.claim("https://example.com/\"quoted\""), Some(ClaimValue::Array("[1,null]")));
}

#[test]
fn r16_what_is_said_of_the_user_does_not_reach_the_claims_of_the_protocol() {
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "azp",
        "at_hash",
        "c_hash",
        "s_hash",
        "sid",
        "events",
        "cnf",
        "act",
        "client_id",
        "scope",
        "token_use",
    ] {
        let claims = IdTokenClaims { additional: &[("name", "\"a\""), (name, "\"b\"")], ..id_claims() };
        let result = key(Algorithm::Es256).sign_id_token(&claims);
        assert_eq!(result.unwrap_err(), JoseError::ReservedClaim, "{name}");
    }
}

#[test]
fn an_additional_claim_is_one_value_under_a_name_of_its_own() {
    for additional in [
        &[("name", "\"a\""), ("name", "\"b\"")][..],
        &[("preferred_username", "\"admin\"")],
        &[("name", "")],
        &[("name", "a")],
        &[("name", "1,\"sub\":\"admin\"")],
        &[("name", "\"a\"}")],
        &[("name", r#"{"a":1,"a":2}"#)],
        &[("name", "[[[[[[[[1]]]]]]]]")],
        &[("x", "1"); 97],
    ] {
        let result = key(Algorithm::Es256).sign_id_token(&IdTokenClaims { additional, ..id_claims() });
        assert_eq!(result.unwrap_err(), JoseError::InvalidPayload, "{additional:?}");
    }
}

#[test]
fn an_id_token_with_the_most_additional_claims_is_read() {
    let names: Vec<_> = (0..96).map(|index| format!("claim_{index}")).collect();
    let additional: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let claims = IdTokenClaims { additional: &additional, authorized_party: Some(CLIENT), ..id_claims() };
    let token = key(Algorithm::Es256).sign_id_token(&claims).unwrap();
    let verified = verify(&id_profile(), &token, NOW).unwrap();
    assert_eq!(verified.claim("claim_95"), Some(ClaimValue::Number("1")));
    assert_eq!(verified.auth_time(), Some(NumericDate::new(1_800_000_000)));
}
