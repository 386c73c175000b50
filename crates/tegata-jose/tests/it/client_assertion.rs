//! Assertions with which clients authenticate (RFC 7523 §3), good and forged.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use tegata_jose::{
    AccessTokenClaims, Algorithm, AssertionAudience, CLIENT_ALGORITHMS, ClientAssertionExpectation,
    IdTokenClaims, JoseError, Jwk, JwkSet, LogoutTokenClaims, SigningKey, VerifiedClientAssertion,
    unverified_issuer, unverified_subject, verify_client_assertion,
};

use crate::forge::{base64url, kid, object, sign, sign_segments_with};
use crate::support::{CLIENT, ISSUER, NOW, access_claims, id_claims, key};

const TOKEN_ENDPOINT: &str = "https://auth.example/oauth2/token";
const EITHER: AssertionAudience<'static> = AssertionAudience::OneOf(&[ISSUER, TOKEN_ENDPOINT]);
const STRICT: AssertionAudience<'static> = AssertionAudience::Issuer(ISSUER);

type Members = Vec<(&'static str, String)>;

fn good() -> Members {
    let now = NOW.as_secs();
    vec![
        ("iss", format!("\"{CLIENT}\"")),
        ("sub", format!("\"{CLIENT}\"")),
        ("aud", format!("\"{ISSUER}\"")),
        ("iat", now.to_string()),
        ("exp", (now + 60).to_string()),
        ("jti", "\"jti_1\"".into()),
    ]
}

/// The good claims with one replaced or added, or, if the value is empty, removed.
fn with(name: &'static str, value: impl Into<String>) -> Members {
    let (mut members, value) = (good(), value.into());
    members.retain(|(known, _)| *known != name);
    if !value.is_empty() {
        members.push((name, value));
    }
    members
}

fn header(typ: &str) -> String {
    format!(r#"{{{typ}"alg":"ES256","kid":"{}"}}"#, kid())
}

fn assertion(members: &[(&str, String)]) -> String {
    sign(header(""), object(members))
}

fn set(keys: &[&SigningKey]) -> JwkSet {
    JwkSet::new(keys.iter().map(|key| key.public_jwk()).collect()).unwrap()
}

fn check_as(
    assertion: &str,
    keys: &JwkSet,
    audience: AssertionAudience<'_>,
    leeway_secs: u32,
) -> Result<VerifiedClientAssertion, JoseError> {
    let algorithms = &CLIENT_ALGORITHMS;
    let expected =
        ClientAssertionExpectation { client_id: CLIENT, keys, algorithms, audience, now: NOW, leeway_secs };
    verify_client_assertion(assertion, &expected)
}

fn check(assertion: &str) -> Result<VerifiedClientAssertion, JoseError> {
    check_as(assertion, &set(&[key(Algorithm::Es256)]), EITHER, 0)
}

fn refusal(members: &[(&str, String)]) -> JoseError {
    check(&assertion(members)).unwrap_err()
}

fn rsa_assertion(alg: &str, encoding: &'static dyn RsaEncoding) -> String {
    let pair = RsaKeyPair::from_pkcs8(&key(Algorithm::Rs256).to_pkcs8().unwrap()).unwrap();
    let message = format!("{}.{}", base64url(format!(r#"{{"alg":"{alg}"}}"#)), base64url(object(&good())));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", base64url(signature))
}

#[test]
fn r35_a_good_assertion_gives_its_jti_and_expiry() {
    for typ in ["", r#""typ":"JWT","#, r#""typ":"jwt","#, r#""typ":"client-authentication+jwt","#] {
        let verified = check(&sign(header(typ), object(&good()))).unwrap();
        assert_eq!((verified.jwt_id.as_str(), verified.expires_at), ("jti_1", NOW.saturating_add(60)));
    }
    assert!(check(&assertion(&with("iat", ""))).is_ok(), "RFC 7523 §3 lets it be absent");
}

#[test]
fn r35_an_assertion_is_signed_with_any_of_four_algorithms() {
    let eddsa = key(Algorithm::EdDsa);
    let token = eddsa.sign("JWT", object(&good()).as_bytes()).unwrap();
    assert!(check_as(&token, &set(&[eddsa]), EITHER, 0).is_ok());
    let rsa = set(&[key(Algorithm::Rs256)]);
    assert!(check_as(&rsa_assertion("RS256", &RSA_PKCS1_SHA256), &rsa, EITHER, 0).is_ok());
    let ps256 = key(Algorithm::Rs256).public_jwk().to_json().replace("RS256", "PS256");
    let ps256 = JwkSet::new(vec![Jwk::parse(ps256.as_bytes()).unwrap()]).unwrap();
    assert!(check_as(&rsa_assertion("PS256", &RSA_PSS_SHA256), &ps256, EITHER, 0).is_ok());
    let unnamed = key(Algorithm::Rs256).public_jwk().to_json().replace(r#","alg":"RS256""#, "");
    let unnamed = JwkSet::new(vec![Jwk::parse(unnamed.as_bytes()).unwrap()]).unwrap();
    assert!(check_as(&rsa_assertion("RS256", &RSA_PKCS1_SHA256), &unnamed, EITHER, 0).is_ok());
    assert!(check_as(&rsa_assertion("PS256", &RSA_PSS_SHA256), &unnamed, EITHER, 0).is_ok());
}

#[test]
fn v12_r35_the_alg_of_an_assertion_is_the_one_of_the_key() {
    let rsa = set(&[key(Algorithm::Rs256)]);
    // Without `kid` no key of that algorithm is there at all.
    let token = rsa_assertion("PS256", &RSA_PSS_SHA256);
    assert_eq!(check_as(&token, &rsa, EITHER, 0).unwrap_err(), JoseError::UnknownKey);
    let token = rsa_assertion("RS256", &RSA_PSS_SHA256);
    assert_eq!(check_as(&token, &rsa, EITHER, 0).unwrap_err(), JoseError::InvalidSignature);
    for alg in ["RS256", "PS256", "EdDSA"] {
        let token = sign(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, kid()), object(&good()));
        assert_eq!(check(&token).unwrap_err(), JoseError::AlgorithmMismatch, "{alg}");
    }
    for alg in ["HS256", "ES384", "RS512", "PS512"] {
        let token = sign(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, kid()), object(&good()));
        assert_eq!(check(&token).unwrap_err(), JoseError::AlgorithmNotAllowed, "{alg}");
    }
    let keys = set(&[key(Algorithm::Es256)]);
    let expected = ClientAssertionExpectation {
        client_id: CLIENT,
        keys: &keys,
        algorithms: &[Algorithm::EdDsa],
        audience: EITHER,
        now: NOW,
        leeway_secs: 0,
    };
    let result = verify_client_assertion(&assertion(&good()), &expected);
    assert_eq!(result.unwrap_err(), JoseError::AlgorithmNotAllowed);
}

#[test]
fn v12_r35_hs256_under_a_public_key_is_no_assertion() {
    let message = format!(
        "{}.{}",
        base64url(format!(r#"{{"alg":"HS256","kid":"{}"}}"#, kid())),
        base64url(object(&good()))
    );
    let public = key(Algorithm::Es256).public_jwk().to_json();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message.as_bytes());
    let token = format!("{message}.{}", base64url(tag));
    assert_eq!(check(&token).unwrap_err(), JoseError::AlgorithmNotAllowed);
    // A set that lists the secret itself holds what must not be public, and is refused before.
    let set = br#"{"keys":[{"kty":"oct","kid":"s","k":"AAAA"}]}"#;
    assert_eq!(JwkSet::parse(set).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn v12_r35_an_assertion_without_a_signature_is_refused() {
    for (header, signature, error) in [
        (r#"{"alg":"none"}"#, "", JoseError::MalformedToken),
        (r#"{"alg":"none"}"#, "AA", JoseError::UnsupportedAlgorithm),
        (r#"{"alg":"ES256"}"#, "AA", JoseError::InvalidSignature),
    ] {
        let token = format!("{}.{}.{signature}", base64url(header), base64url(object(&good())));
        assert_eq!(check(&token).unwrap_err(), error, "{header}");
    }
}

#[test]
fn r17_v55_a_key_that_an_assertion_brings_along_is_not_the_clients() {
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let jwk = stranger.public_jwk().to_json();
    for more in [
        format!(r#","jwk":{jwk},"kid":"{}""#, kid()),
        format!(r#","jwk":{jwk}"#),
        r#","jku":"https://evil.example/jwks""#.to_owned(),
        r#","x5u":"https://evil.example/cert""#.to_owned(),
    ] {
        let header = base64url(format!(r#"{{"alg":"ES256"{more}}}"#));
        let token = sign_segments_with(&stranger, &header, &base64url(object(&good())));
        assert_eq!(check(&token).unwrap_err(), JoseError::InvalidSignature, "{more}");
    }
    let token = stranger.sign("JWT", object(&good()).as_bytes()).unwrap();
    assert_eq!(check(&token).unwrap_err(), JoseError::UnknownKey);
    let crit = sign(format!(r#"{{"alg":"ES256","kid":"{}","crit":["x"],"x":1}}"#, kid()), object(&good()));
    assert_eq!(check(&crit).unwrap_err(), JoseError::CriticalExtension);
}

#[test]
fn r35_without_kid_the_only_key_of_the_algorithm_is_taken() {
    let token = sign(r#"{"alg":"ES256"}"#, object(&good()));
    let others = set(&[key(Algorithm::Rs256), key(Algorithm::Es256), key(Algorithm::EdDsa)]);
    assert!(check_as(&token, &others, EITHER, 0).is_ok());
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let two = set(&[key(Algorithm::Es256), &stranger]);
    assert_eq!(check_as(&token, &two, EITHER, 0).unwrap_err(), JoseError::UnknownKey);
    assert_eq!(check_as(&token, &JwkSet::default(), EITHER, 0).unwrap_err(), JoseError::UnknownKey);
    let enc = key(Algorithm::Es256).public_jwk().to_json().replace("\"sig\"", "\"enc\"");
    let enc = JwkSet::parse(format!(r#"{{"keys":[{enc},{{"kty":"new"}}]}}"#).as_bytes()).unwrap();
    assert_eq!(check_as(&token, &enc, EITHER, 0).unwrap_err(), JoseError::UnknownKey);
    assert_eq!(check_as(&assertion(&good()), &enc, EITHER, 0).unwrap_err(), JoseError::KeyUse);
}

#[test]
fn r35_issuer_and_subject_are_the_client() {
    for claim in ["iss", "sub"] {
        for value in ["\"other\"", "\"WEB\"", "\"web \"", "\"https://auth.example\""] {
            assert_eq!(refusal(&with(claim, value)), JoseError::ClientMismatch, "{claim} {value}");
        }
        assert_eq!(refusal(&with(claim, "\"\"")), JoseError::InvalidClaim { claim });
        assert_eq!(refusal(&with(claim, "[\"web\"]")), JoseError::InvalidClaim { claim });
        assert_eq!(refusal(&with(claim, "")), JoseError::MissingClaim { claim });
    }
}

#[test]
fn r35_the_audience_is_one_of_ours_and_nobody_else() {
    let keys = set(&[key(Algorithm::Es256)]);
    let check = |aud: &str, audience| check_as(&assertion(&with("aud", aud)), &keys, audience, 0).map(drop);
    for aud in
        [r#""https://auth.example""#, r#""https://auth.example/oauth2/token""#, r#"["https://auth.example"]"#]
    {
        assert_eq!(check(aud, EITHER), Ok(()), "{aud}");
    }
    assert_eq!(check(r#""https://auth.example""#, STRICT), Ok(()));
    for aud in [r#""https://auth.example/oauth2/token""#, r#"["https://auth.example"]"#] {
        assert_eq!(check(aud, STRICT), Err(JoseError::AudienceMismatch), "{aud}");
    }
    for aud in [
        r#""https://auth.example/""#,
        r#""https://AUTH.example""#,
        r#""https://auth.example/oauth2/token?x""#,
        r#""https://evil.example""#,
        "\"\"",
        "[]",
        r#"["https://auth.example","https://evil.example"]"#,
        r#"["https://evil.example","https://auth.example"]"#,
        r#"["https://auth.example","https://auth.example/oauth2/token"]"#,
        r#"["https://auth.example","https://auth.example"]"#,
    ] {
        for audience in [EITHER, STRICT] {
            assert_eq!(check(aud, audience), Err(JoseError::AudienceMismatch), "{aud}");
        }
    }
    for aud in ["null", "1", "{}", r#"["https://auth.example",1]"#, r#"[["https://auth.example"]]"#] {
        assert_eq!(check(aud, EITHER), Err(JoseError::InvalidClaim { claim: "aud" }), "{aud}");
    }
    assert_eq!(check("", EITHER), Err(JoseError::MissingClaim { claim: "aud" }));
}

#[test]
fn r35_an_assertion_lives_five_minutes_at_most() {
    let keys = set(&[key(Algorithm::Es256)]);
    let check = |exp: i64, leeway| {
        let token = assertion(&with("exp", (NOW.as_secs() + exp).to_string()));
        check_as(&token, &keys, EITHER, leeway).map(drop)
    };
    assert_eq!(check(300, 0), Ok(()));
    assert_eq!(check(301, 0), Err(JoseError::LifetimeTooLong));
    assert_eq!(check(330, 30), Ok(()));
    assert_eq!(check(331, 30), Err(JoseError::LifetimeTooLong));
    assert_eq!(check(0, 0), Err(JoseError::Expired));
    assert_eq!(check(-29, 30), Ok(()));
    assert_eq!(check(-30, 30), Err(JoseError::Expired));
    assert_eq!(check(60, 31), Err(JoseError::LeewayTooLong));
    assert_eq!(refusal(&with("exp", "9007199254740991")), JoseError::LifetimeTooLong);
    assert_eq!(refusal(&with("exp", "")), JoseError::MissingClaim { claim: "exp" });
}

#[test]
fn v54_r35_the_times_of_an_assertion_have_the_right_type() {
    for claim in ["exp", "iat", "nbf"] {
        for value in ["null", "\"1800000060\"", "1800000060.5", "1.8e9", "[]", "true"] {
            assert_eq!(refusal(&with(claim, value)), JoseError::InvalidClaim { claim }, "{claim} {value}");
        }
    }
    let later = (NOW.as_secs() + 31).to_string();
    assert_eq!(refusal(&with("nbf", later.clone())), JoseError::NotYetValid);
    assert_eq!(refusal(&with("iat", later)), JoseError::IssuedInFuture);
}

#[test]
fn v28_an_assertion_that_cannot_be_told_from_another_is_refused() {
    assert_eq!(refusal(&with("jti", "")), JoseError::MissingClaim { claim: "jti" });
    for jti in ["\"\"".to_owned(), "1".to_owned(), "null".to_owned(), format!("\"{}\"", "x".repeat(256))] {
        assert_eq!(refusal(&with("jti", jti)), JoseError::InvalidClaim { claim: "jti" });
    }
    assert!(check(&assertion(&with("jti", format!("\"{}\"", "x".repeat(255))))).is_ok());
    let mut twice = good();
    twice.push(("jti", "\"jti_2\"".into()));
    assert_eq!(refusal(&twice), JoseError::InvalidPayload);
}

#[test]
fn r16_r35_no_other_kind_of_token_is_an_assertion() {
    let (issuer, audience) = (CLIENT, ISSUER);
    let key = key(Algorithm::Es256);
    let access = AccessTokenClaims { issuer, subject: CLIENT, audience: &[ISSUER], ..access_claims() };
    let logout = LogoutTokenClaims {
        issuer,
        audience,
        issued_at: NOW,
        expires_at: NOW.saturating_add(120),
        jwt_id: "jti_1",
        subject: Some(CLIENT),
        session_id: None,
    };
    let access = key.sign_access_token(&access).unwrap();
    let logout = key.sign_logout_token(&logout).unwrap();
    for token in [&access, &logout] {
        assert_eq!(check(token).unwrap_err(), JoseError::WrongTyp);
    }
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "id+jwt", ""] {
        let token = key.sign(typ, object(&good()).as_bytes()).unwrap();
        assert_eq!(check(&token).unwrap_err(), JoseError::WrongTyp, "{typ}");
    }
    let id = IdTokenClaims { issuer, subject: CLIENT, audience, ..id_claims() };
    assert_eq!(check(&key.sign_id_token(&id).unwrap()).unwrap_err(), JoseError::WrongTokenUse);
    for (name, value) in [("nonce", "\"n\""), ("at_hash", "\"h\""), ("token_use", "\"id\""), ("events", "{}")]
    {
        assert_eq!(refusal(&with(name, value)), JoseError::WrongTokenUse);
    }
}

#[test]
fn an_assertion_says_whose_it_is_before_anything_is_believed() {
    let token = assertion(&with("sub", "\"somebody\""));
    assert_eq!(unverified_subject(&token).unwrap(), "somebody");
    assert_eq!(unverified_issuer(&token).unwrap(), CLIENT);
    let absent = unverified_subject(&assertion(&with("sub", ""))).unwrap_err();
    assert_eq!(absent, JoseError::MissingClaim { claim: "sub" });
    let wrong = unverified_subject(&assertion(&with("sub", "7"))).unwrap_err();
    assert_eq!(wrong, JoseError::InvalidClaim { claim: "sub" });
}
