//! Logout tokens (OIDC Back-Channel Logout §2.4).

use tegata_jose::{Algorithm, JoseError, LogoutToken, LogoutTokenClaims, Profile, verify};

use crate::forge::{kid, object, sign};
use crate::support::{
    CLIENT, ISSUER, NOW, access_claims, access_profile, id_claims, id_profile, key, verifying,
};

fn profile() -> Profile<LogoutToken> {
    Profile::logout_token(ISSUER, CLIENT, verifying(&[key(Algorithm::Es256)]))
}

fn claims() -> LogoutTokenClaims<'static> {
    LogoutTokenClaims {
        issuer: ISSUER,
        audience: CLIENT,
        issued_at: NOW,
        expires_at: NOW.saturating_add(120),
        jwt_id: "jti_1",
        subject: Some("usr_1"),
        session_id: Some("ses_1"),
    }
}

/// The members of a good logout token, with one replaced, added or, if the value is empty, removed.
fn forged(name: &'static str, value: &str) -> String {
    let now = NOW.as_secs();
    let mut members = vec![
        ("iss", format!("\"{ISSUER}\"")),
        ("sub", "\"usr_1\"".into()),
        ("aud", format!("\"{CLIENT}\"")),
        ("iat", now.to_string()),
        ("exp", (now + 120).to_string()),
        ("jti", "\"jti_1\"".into()),
        ("events", r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#.into()),
    ];
    members.retain(|(known, _)| *known != name);
    if !value.is_empty() {
        members.push((name, value.to_owned()));
    }
    sign(format!(r#"{{"typ":"logout+jwt","alg":"ES256","kid":"{}"}}"#, kid()), object(&members))
}

fn refusal(token: &str) -> JoseError {
    verify(&profile(), token, NOW).unwrap_err()
}

#[test]
fn r41_a_logout_token_says_what_it_was_issued_with() {
    let token = key(Algorithm::Es256).sign_logout_token(&claims()).unwrap();
    let verified = verify(&profile(), &token, NOW).unwrap();
    assert_eq!(verified.issuer(), ISSUER);
    assert_eq!((verified.subject(), verified.session_id()), (Some("usr_1"), Some("ses_1")));
    assert_eq!(verified.jwt_id(), "jti_1");
    assert_eq!((verified.issued_at(), verified.expires_at()), (NOW, NOW.saturating_add(120)));
    assert_eq!(verify(&profile(), &token, NOW.saturating_add(120)).unwrap_err(), JoseError::Expired);
}

#[test]
fn r41_a_logout_token_names_a_user_or_a_session() {
    let sign = |claims| key(Algorithm::Es256).sign_logout_token(&claims);
    for claims in
        [LogoutTokenClaims { subject: None, ..claims() }, LogoutTokenClaims { session_id: None, ..claims() }]
    {
        assert!(verify(&profile(), &sign(claims).unwrap(), NOW).is_ok());
    }
    let nobody = LogoutTokenClaims { subject: None, session_id: None, ..claims() };
    assert_eq!(sign(nobody).unwrap_err(), JoseError::MissingClaim { claim: "sub" });
    assert_eq!(refusal(&forged("sub", "")), JoseError::MissingClaim { claim: "sub" });
}

#[test]
fn r41_a_logout_token_has_every_claim_of_the_specification() {
    assert!(verify(&profile(), &forged("x", "1"), NOW).is_ok());
    for claim in ["iss", "aud", "iat", "exp", "jti", "events"] {
        assert_eq!(refusal(&forged(claim, "")), JoseError::MissingClaim { claim });
    }
}

#[test]
fn r41_v54_events_has_the_logout_as_an_object() {
    for events in [
        "null",
        "[]",
        "{}",
        "\"http://schemas.openid.net/event/backchannel-logout\"",
        r#"{"http://schemas.openid.net/event/backchannel-logout":null}"#,
        r#"{"http://schemas.openid.net/event/backchannel-logout":"{}"}"#,
        r#"{"https://schemas.openid.net/event/backchannel-logout":{}}"#,
        r#"{"x":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#,
    ] {
        assert_eq!(
            refusal(&forged("events", events)),
            JoseError::InvalidClaim { claim: "events" },
            "{events}"
        );
    }
}

#[test]
fn r41_a_logout_token_with_a_nonce_is_refused() {
    assert_eq!(refusal(&forged("nonce", "\"n\"")), JoseError::WrongTokenUse);
}

#[test]
fn a_logout_token_is_for_one_client_only() {
    for aud in ["\"other\"", r#"["web","other"]"#, "[]"] {
        assert_eq!(refusal(&forged("aud", aud)), JoseError::AudienceMismatch);
    }
}

#[test]
fn r16_r41_logout_tokens_and_other_tokens_do_not_stand_in_for_each_other() {
    let key = key(Algorithm::Es256);
    let logout = key.sign_logout_token(&claims()).unwrap();
    assert_eq!(verify(&id_profile(), &logout, NOW).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&access_profile(), &logout, NOW).unwrap_err(), JoseError::WrongTyp);
    let foreign = Profile::foreign_access_token(ISSUER, CLIENT, verifying(&[key]));
    assert_eq!(verify(&foreign, &logout, NOW).unwrap_err(), JoseError::WrongTyp);
    for token in [
        key.sign_id_token(&id_claims()).unwrap(),
        key.sign_access_token(&tegata_jose::AccessTokenClaims { audience: &[CLIENT], ..access_claims() })
            .unwrap(),
    ] {
        assert_eq!(refusal(&token), JoseError::WrongTyp);
    }
}
