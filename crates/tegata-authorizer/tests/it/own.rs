//! Tegata's own tokens.

use serde_json::{Value, json};
use tegata_jose::{AccessTokenClaims, Algorithm, IdTokenClaims, SigningKey};

use crate::forge::{base64url, sign, sign_json, with};
use crate::runtime_api::Posted;
use crate::support::{
    AUDIENCE, ISSUER, STAGE, bearer, now, own_claims, own_key, own_token, start_own, token_event,
    unauthorized,
};

/// The thumbprint of a holder's key (RFC 7638 §3.1).
const JKT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

#[test]
fn a_good_token_opens_the_whole_api() {
    let function = start_own(&[]);
    let posted = function.invoke(&token_event(&bearer(&own_token())));
    let expires_at = own_claims().expires_at.as_secs();
    let mut answer = posted.answer();
    let exp: i64 = answer["context"]["exp"].take().as_str().unwrap().parse().unwrap();
    assert!((expires_at - 5..=expires_at).contains(&exp));
    assert_eq!(
        answer,
        json!({
            "principalId": "usr_1",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": [format!("{STAGE}*")],
                }],
            },
            "context": {
                "sub": "usr_1",
                "username": "hanako",
                "client_id": "web",
                "scope": "orders:read orders:write",
                "sid": "ses_1",
                "iss": ISSUER,
                "exp": null,
            },
        })
    );
}

#[test]
fn what_a_token_does_not_say_is_left_out_of_the_context() {
    let claims = AccessTokenClaims { session_id: None, username: None, scope: "", ..own_claims() };
    let token = own_key().sign_access_token(&claims).unwrap();
    let answer = start_own(&[]).invoke(&token_event(&bearer(&token))).answer();
    let names: Vec<_> = answer["context"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["client_id", "exp", "iss", "sub"]);
}

#[test]
fn a_context_that_is_too_large_opens_nothing() {
    let scope = "a".repeat(4096);
    let token = own_key().sign_access_token(&AccessTokenClaims { scope: &scope, ..own_claims() }).unwrap();
    let answer = start_own(&[]).invoke(&token_event(&bearer(&token))).answer();
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Deny");
    assert_eq!(answer["context"], json!({}));
}

fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "ES256", "kid": own_key().kid() })
}

fn payload() -> Value {
    json!({
        "iss": ISSUER, "sub": "usr_1", "aud": AUDIENCE, "client_id": "web", "scope": "orders:read",
        "iat": now().as_secs(), "exp": now().as_secs() + 900, "jti": "jti_1",
    })
}

/// Every one is wrong in one way, and signed with the right key unless that is the way.
#[expect(clippy::too_many_lines, reason = "it is a list")]
fn hostile_tokens() -> Vec<(&'static str, String)> {
    let key = own_key();
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let stranger_jwk: Value = serde_json::from_str(&stranger.public_jwk().to_json()).unwrap();
    let claims = |changes: Value| sign_json(key, &header(), &with(payload(), changes));
    let headers = |changes: Value| sign_json(key, &with(header(), changes), &payload());
    let good = sign_json(key, &header(), &payload());
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let id_token = IdTokenClaims {
        issuer: ISSUER,
        subject: "usr_1",
        audience: AUDIENCE,
        issued_at: now(),
        expires_at: now().saturating_add(900),
        auth_time: Some(now()),
        nonce: None,
        acr: None,
        amr: &[],
        access_token_hash: None,
        session_id: None,
        preferred_username: None,
        authorized_party: None,
        additional: &[],
    };
    vec![
        (
            "r15 alg none, unsigned",
            format!(
                "{}.{}.",
                base64url(r#"{"typ":"at+jwt","alg":"none"}"#),
                base64url(payload().to_string())
            ),
        ),
        ("r15 alg none, signed", headers(json!({ "alg": "none" }))),
        ("r15 v12 alg HS256", headers(json!({ "alg": "HS256" }))),
        ("r15 alg of another key type", headers(json!({ "alg": "RS256" }))),
        ("r15 alg in lower case", headers(json!({ "alg": "es256" }))),
        ("r16 typ JWT", headers(json!({ "typ": "JWT" }))),
        ("r16 no typ", headers(json!({ "typ": null }))),
        ("r16 id token", key.sign_id_token(&id_token).unwrap()),
        ("r16 logout token", headers(json!({ "typ": "logout+jwt" }))),
        ("r14 unknown kid", headers(json!({ "kid": "other" }))),
        ("r14 kid that is a path", headers(json!({ "kid": "../../dev/null" }))),
        ("r14 kid that is a number", headers(json!({ "kid": 1 }))),
        (
            "r17 v55 embedded jwk",
            sign_json(&stranger, &with(header(), json!({ "jwk": stranger_jwk })), &payload()),
        ),
        (
            "r17 jku",
            sign_json(&stranger, &with(header(), json!({ "jku": "https://evil.example/" })), &payload()),
        ),
        ("r14 signed by a stranger", sign_json(&stranger, &header(), &payload())),
        ("r18 v55 unknown crit", headers(json!({ "crit": ["exp"], "exp": 1 }))),
        ("r18 b64", headers(json!({ "b64": false }))),
        (
            "r18 repeated header",
            sign(
                key,
                format!(r#"{{"typ":"at+jwt","alg":"none","alg":"ES256","kid":"{}"}}"#, key.kid()),
                payload().to_string(),
            ),
        ),
        (
            "r18 repeated claim",
            sign(key, header().to_string(), payload().to_string().replacen('{', r#"{"sub":"admin","#, 1)),
        ),
        (
            "r18 repeated claim with an escape",
            sign(
                key,
                header().to_string(),
                payload().to_string().replacen('{', r#"{"s\u0075b":"admin","#, 1),
            ),
        ),
        ("r19 expired", claims(json!({ "exp": now().as_secs() - 1 }))),
        ("r19 expired long ago", claims(json!({ "exp": 0 }))),
        ("r19 not yet valid", claims(json!({ "nbf": now().as_secs() + 60 }))),
        ("r19 issued in the future", claims(json!({ "iat": now().as_secs() + 120 }))),
        ("r19 v54 exp is a string", claims(json!({ "exp": "9999999999" }))),
        ("r19 v54 exp is a fraction", claims(json!({ "exp": 9_999_999_999.5 }))),
        ("r19 v54 exp is a list", claims(json!({ "exp": [9_999_999_999_i64] }))),
        ("r19 no exp", claims(json!({ "exp": null }))),
        ("r19 v54 nbf is a string", claims(json!({ "nbf": "0" }))),
        ("r19 no iat", claims(json!({ "iat": null }))),
        ("r20 another issuer", claims(json!({ "iss": "https://evil.example" }))),
        ("r20 issuer with a slash", claims(json!({ "iss": format!("{ISSUER}/") }))),
        ("r20 issuer in a list", claims(json!({ "iss": [ISSUER] }))),
        ("r20 another audience", claims(json!({ "aud": "https://other.example" }))),
        ("r20 audience in other case", claims(json!({ "aud": "https://API.example" }))),
        ("r20 empty list of audiences", claims(json!({ "aud": [] }))),
        ("r20 no audience", claims(json!({ "aud": null }))),
        ("r13 no subject", claims(json!({ "sub": null }))),
        ("r13 subject is a number", claims(json!({ "sub": 1 }))),
        ("r13 empty subject", claims(json!({ "sub": "" }))),
        ("r13 no client", claims(json!({ "client_id": null }))),
        ("r13 no jti", claims(json!({ "jti": null }))),
        ("r32 bound to a key", claims(json!({ "cnf": { "jkt": JKT } }))),
        ("r32 bound to a certificate", claims(json!({ "cnf": { "x5t#S256": JKT } }))),
        ("r32 v54 bound to nothing", claims(json!({ "cnf": {} }))),
        ("scope is a list", claims(json!({ "scope": ["admin"] }))),
        ("payload is a list", sign(key, header().to_string(), "[]")),
        ("payload is not JSON", sign(key, header().to_string(), "{")),
        ("payload nests deeply", sign(key, header().to_string(), "[".repeat(2000))),
        ("payload is not UTF-8", sign(key, header().to_string(), [b'{', 0xff, b'}'])),
        ("no signature", format!("{unsigned}.")),
        ("signature of zeros", format!("{unsigned}.{}", "A".repeat(86))),
        ("signature with padding", format!("{good}==")),
        ("signature that is cut", format!("{unsigned}.{}", &signature[..80])),
        ("two segments", unsigned.to_owned()),
        ("four segments", format!("{good}.{signature}")),
        ("five segments", format!("{unsigned}...{signature}")),
        (
            "another payload",
            format!(
                "{}.{}.{signature}",
                base64url(header().to_string()),
                base64url(with(payload(), json!({ "sub": "admin" })).to_string())
            ),
        ),
        ("r18 v56 nine kilobytes", claims(json!({ "pad": "a".repeat(9000) }))),
        ("a line break inside", good.replacen('.', ".\n", 1)),
        ("a NUL inside", good.replacen('.', ".\0", 1)),
        ("two tokens", format!("{good}, {good}")),
        ("a token of letters", "a.b.c".to_owned()),
        ("an empty token", String::new()),
    ]
}

#[test]
fn r14_every_hostile_token_makes_a_401() {
    let function = start_own(&[]);
    for (name, token) in hostile_tokens() {
        assert_eq!(function.invoke(&token_event(&bearer(&token))), unauthorized(), "{name}");
    }
    function.invoke(&token_event(&bearer(&own_token()))).answer();
}

#[test]
fn r32_a_token_that_is_bound_to_a_key_is_no_bearer_token() {
    let function = start_own(&[]);
    let bound = AccessTokenClaims { confirmation: Some(JKT), ..own_claims() };
    let token = own_key().sign_access_token(&bound).unwrap();
    // Twice: the second time it is remembered.
    for _ in 0..2 {
        assert_eq!(function.invoke(&token_event(&bearer(&token))), unauthorized());
        assert_eq!(function.invoke(&token_event(&format!("DPoP {token}"))), unauthorized());
    }
    function.invoke(&token_event(&bearer(&own_token()))).answer();
}

#[test]
fn other_credentials_make_a_401() {
    let function = start_own(&[]);
    let token = own_token();
    for authorization in [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        &token,
        &format!("DPoP {token}"),
        &format!("Bearer\u{a0}{token}"),
        &format!("Bearer:{token}"),
        &format!("Bearer {token} {token}"),
        &format!("Bearer {token},Bearer {token}"),
        &format!(" Bearer {token}"),
        &format!("Token Bearer {token}"),
    ] {
        assert_eq!(function.invoke(&token_event(authorization)), unauthorized(), "{authorization:?}");
    }
}

#[test]
fn r69_a_token_of_a_megabyte_is_refused_quickly() {
    let function = start_own(&[]);
    let event = token_event(&bearer(&"a".repeat(1024 * 1024)));
    function.invoke(&token_event("Bearer a.b.c"));
    let before = now();
    for _ in 0..20 {
        assert_eq!(function.invoke(&event), unauthorized());
    }
    assert!(now().as_secs() - before.as_secs() <= 5);
}

#[test]
fn a_refusal_does_not_end_the_function() {
    let function = start_own(&[]);
    for _ in 0..3 {
        assert!(matches!(function.invoke("{}"), Posted::Error(_)));
        function.invoke(&token_event(&bearer(&own_token()))).answer();
    }
}
