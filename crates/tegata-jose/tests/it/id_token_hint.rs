//! ID tokens that come back as hints (OIDC Core §3.1.2.1, OIDC RP-Initiated Logout §2).

use aws_lc_rs::hmac;
use tegata_jose::{
    AccessTokenClaims, Algorithm, IdTokenClaims, JoseError, LogoutTokenClaims, NumericDate, SigningKey,
    VerifiedIdTokenHint, VerifyingKey, VerifyingKeys, verify_id_token_hint,
};

use crate::forge::{base64url, good_claims, good_payload, object, payload_without, sign};
use crate::support::{CLIENT, ISSUER, NOW, access_claims, id_claims, key, verifying};

const YEAR: i64 = 365 * 24 * 3600;

fn check_at(token: &str, now: NumericDate) -> Result<VerifiedIdTokenHint, JoseError> {
    verify_id_token_hint(ISSUER, &verifying(&[key(Algorithm::Es256)]), token, now)
}

fn check(token: &str) -> Result<VerifiedIdTokenHint, JoseError> {
    check_at(token, NOW)
}

fn refusal(token: &str) -> JoseError {
    check(token).unwrap_err()
}

#[test]
fn r40_an_id_token_is_a_hint_whatever_its_age() {
    let claims = IdTokenClaims { authorized_party: Some(CLIENT), ..id_claims() };
    let token = key(Algorithm::Es256).sign_id_token(&claims).unwrap();
    for age in [0, 900, YEAR] {
        let hint = check_at(&token, NOW.saturating_add(age)).unwrap();
        assert_eq!((hint.subject(), hint.session_id()), (claims.subject, claims.session_id));
        assert_eq!(hint.audiences(), [CLIENT]);
        assert_eq!(hint.authorized_party(), Some(CLIENT));
        assert_eq!(hint.auth_time(), claims.auth_time);
        assert_eq!((hint.issued_at(), hint.expires_at()), (claims.issued_at, claims.expires_at));
        assert!(hint.is_for(CLIENT) && !hint.is_for("other") && !hint.is_for(""));
    }
    assert_eq!(check_at(&token, NOW.saturating_add(-31)).unwrap_err(), JoseError::IssuedInFuture);
}

#[test]
fn r40_a_hint_is_for_its_client_by_audience_and_authorized_party() {
    let hint = |aud: &str, azp: Option<&str>| {
        let mut claims = good_claims();
        claims.retain(|(name, _)| *name != "aud");
        claims.push(("aud", aud.to_owned()));
        claims.extend(azp.map(|azp| ("azp", azp.to_owned())));
        check(&sign(r#"{"typ":"JWT","alg":"ES256"}"#, object(&claims)))
    };
    assert!(hint(r#"["a","b"]"#, None).unwrap().is_for("b"));
    let of_a = hint(r#"["a","b"]"#, Some("\"a\"")).unwrap();
    assert!(of_a.is_for("a") && !of_a.is_for("b"));
    assert!(!hint("\"a\"", Some("\"b\"")).unwrap().is_for("b"));
    assert_eq!(hint("[]", None).unwrap_err(), JoseError::AudienceMismatch);
    assert_eq!(hint("null", None).unwrap_err(), JoseError::InvalidClaim { claim: "aud" });
}

#[test]
fn r40_a_hint_has_every_claim_of_an_id_token() {
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        let token = sign(r#"{"typ":"JWT","alg":"ES256"}"#, payload_without(claim));
        assert_eq!(refusal(&token), JoseError::MissingClaim { claim });
    }
}

#[test]
fn r16_r40_no_other_kind_of_token_is_a_hint() {
    let key = key(Algorithm::Es256);
    let access = AccessTokenClaims { audience: &[CLIENT], ..access_claims() };
    assert_eq!(refusal(&key.sign_access_token(&access).unwrap()), JoseError::WrongTyp);
    let logout = LogoutTokenClaims {
        issuer: ISSUER,
        audience: CLIENT,
        issued_at: NOW,
        expires_at: NOW.saturating_add(120),
        jwt_id: "jti_1",
        subject: Some("usr_1"),
        session_id: None,
    };
    assert_eq!(refusal(&key.sign_logout_token(&logout).unwrap()), JoseError::WrongTyp);
    for typ in ["dpop+jwt", "client-authentication+jwt", "oauth-authz-req+jwt", ""] {
        assert_eq!(refusal(&key.sign(typ, good_payload().as_bytes()).unwrap()), JoseError::WrongTyp);
    }
}

#[test]
fn r40_a_hint_of_another_issuer_or_key_is_refused() {
    let other = IdTokenClaims { issuer: "https://auth.example/", ..id_claims() };
    let token = key(Algorithm::Es256).sign_id_token(&other).unwrap();
    assert_eq!(refusal(&token), JoseError::IssuerMismatch);
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    assert_eq!(refusal(&stranger.sign_id_token(&id_claims()).unwrap()), JoseError::UnknownKey);
    let token = key(Algorithm::Es256).sign_id_token(&id_claims()).unwrap();
    assert_eq!(refusal(&token[..token.len() - 2]), JoseError::InvalidSignature);
}

#[test]
fn r15_v12_a_hint_without_an_asymmetric_signature_is_refused() {
    let segments = |header: &str| format!("{}.{}", base64url(header), base64url(good_payload()));
    assert_eq!(refusal(&format!("{}.", segments(r#"{"alg":"none"}"#))), JoseError::MalformedToken);
    assert_eq!(refusal(&format!("{}.AA", segments(r#"{"alg":"none"}"#))), JoseError::UnsupportedAlgorithm);
    let hs256 = |secret: &[u8]| {
        let input = segments(r#"{"typ":"JWT","alg":"HS256"}"#);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", base64url(tag))
    };
    let public = key(Algorithm::Es256).public_jwk().to_json();
    assert_eq!(refusal(&hs256(public.as_bytes())), JoseError::AlgorithmMismatch);
    let secret = [7; 32];
    let keys = VerifyingKeys::new(vec![VerifyingKey::hs256(None, &secret).unwrap()]).unwrap();
    let result = verify_id_token_hint(ISSUER, &keys, &hs256(&secret), NOW);
    assert_eq!(result.unwrap_err(), JoseError::AlgorithmNotAllowed);
}
