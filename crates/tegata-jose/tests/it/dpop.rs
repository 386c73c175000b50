//! DPoP proofs (RFC 9449 §4.3), good and forged.

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use tegata_jose::{
    Algorithm, DpopExpectation, ExpectedNonce, JoseError, NumericDate, SigningKey, VerifiedDpopProof, verify,
    verify_dpop_proof,
};

use crate::forge::{base64url, good_payload, object, sign, sign_segments_with};
use crate::support::{NOW, access_claims, access_profile, id_claims, id_profile, key};

const URI: &str = "https://api.example/orders";
const NO_NONCE: JoseError = JoseError::MissingClaim { claim: "nonce" };

type Members = Vec<(&'static str, String)>;

fn good() -> Members {
    vec![
        ("jti", "\"jti_1\"".into()),
        ("htm", "\"POST\"".into()),
        ("htu", format!("\"{URI}\"")),
        ("iat", NOW.as_secs().to_string()),
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

/// The public key as a client puts it into the header.
fn jwk(key: &SigningKey) -> String {
    key.public_jwk().to_json()
}

fn header(alg: &str, jwk: &str) -> String {
    format!(r#"{{"typ":"dpop+jwt","alg":"{alg}","jwk":{jwk}}}"#)
}

fn proof_under(header: impl AsRef<[u8]>) -> String {
    sign(header, object(&good()))
}

fn proof(members: &[(&str, String)]) -> String {
    sign(header("ES256", &jwk(key(Algorithm::Es256))), object(members))
}

fn expected() -> DpopExpectation<'static> {
    DpopExpectation {
        method: "POST",
        uri: URI,
        access_token: None,
        nonce: ExpectedNonce::Any,
        now: NOW,
        max_age_secs: 60,
        leeway_secs: 5,
    }
}

fn expecting(nonce: ExpectedNonce<'_>) -> DpopExpectation<'_> {
    DpopExpectation { nonce, ..expected() }
}

fn check(proof: &str) -> Result<VerifiedDpopProof, JoseError> {
    verify_dpop_proof(proof, &expected())
}

fn refusal(members: &[(&str, String)]) -> JoseError {
    check(&proof(members)).unwrap_err()
}

fn mismatch(claim: &'static str) -> JoseError {
    JoseError::ClaimMismatch { claim }
}

/// A proof by the RSA key of the tests.
fn rsa_proof(alg: &str, jwk: &str, encoding: &'static dyn RsaEncoding) -> String {
    let pair = RsaKeyPair::from_pkcs8(&key(Algorithm::Rs256).to_pkcs8().unwrap()).unwrap();
    let message = format!("{}.{}", base64url(header(alg, jwk)), base64url(object(&good())));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", base64url(signature))
}

#[test]
fn r32_a_good_proof_gives_the_thumbprint_of_its_key() {
    let verified = check(&proof(&with("nonce", "\"n\""))).unwrap();
    assert_eq!(verified.thumbprint, key(Algorithm::Es256).public_jwk().thumbprint());
    assert_eq!(verified.jwt_id, "jti_1");
    assert_eq!(verified.issued_at, NOW);
    assert_eq!(verified.nonce.as_deref(), Some("n"));
    assert_eq!(check(&proof(&good())).unwrap().nonce, None);
}

#[test]
fn r32_the_proofs_of_rfc_9449_are_accepted() {
    // RFC 9449 §4.1 and §7.1.
    let header = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUkl\
                  DUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUw\
                  Q2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    let at_token_endpoint = format!(
        "{header}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rv\
         a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37x\
         RZT3Lg"
    );
    let verified = verify_dpop_proof(
        &at_token_endpoint,
        &DpopExpectation {
            uri: "https://server.example.com/token",
            now: NumericDate::new(1_562_262_616),
            ..expected()
        },
    )
    .unwrap();
    assert_eq!(verified.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(verified.jwt_id, "-BwC3ESc6acc2lTc");
}

#[test]
fn r32_a_proof_is_signed_with_any_of_four_algorithms() {
    let rsa = key(Algorithm::Rs256);
    let rs256 = check(&rsa_proof("RS256", &jwk(rsa), &RSA_PKCS1_SHA256)).unwrap();
    assert_eq!(rs256.thumbprint, rsa.public_jwk().thumbprint());
    let unnamed = jwk(rsa).replace(r#","alg":"RS256""#, "");
    assert!(check(&rsa_proof("PS256", &unnamed, &RSA_PSS_SHA256)).is_ok());
    let eddsa = key(Algorithm::EdDsa);
    let pair = Ed25519KeyPair::from_pkcs8(&eddsa.to_pkcs8().unwrap()).unwrap();
    let message = format!("{}.{}", base64url(header("EdDSA", &jwk(eddsa))), base64url(object(&good())));
    let proof = format!("{message}.{}", base64url(pair.sign(message.as_bytes())));
    assert_eq!(check(&proof).unwrap().thumbprint, eddsa.public_jwk().thumbprint());
}

#[test]
fn v12_r32_the_alg_of_a_proof_is_asymmetric_and_fits_the_key() {
    let public = jwk(key(Algorithm::Es256));
    for (alg, error) in [
        ("none", JoseError::UnsupportedAlgorithm),
        ("NONE", JoseError::UnsupportedAlgorithm),
        ("HS256", JoseError::AlgorithmNotAllowed),
        ("ES384", JoseError::AlgorithmNotAllowed),
        ("PS512", JoseError::AlgorithmNotAllowed),
        ("RS256", JoseError::AlgorithmMismatch),
        ("EdDSA", JoseError::AlgorithmMismatch),
    ] {
        assert_eq!(check(&proof_under(header(alg, &public))).unwrap_err(), error, "{alg}");
    }
    let unnamed = public.replace(r#","alg":"ES256""#, "");
    assert!(matches!(
        check(&proof_under(header("RS256", &unnamed))).unwrap_err(),
        JoseError::InvalidKey { .. }
    ));
    let rsa = jwk(key(Algorithm::Rs256)).replace(r#","alg":"RS256""#, "");
    assert_eq!(check(&rsa_proof("PS256", &rsa, &RSA_PKCS1_SHA256)).unwrap_err(), JoseError::InvalidSignature);
}

#[test]
fn v12_r32_hs256_under_the_public_key_of_the_header_is_no_proof() {
    let public = jwk(key(Algorithm::Es256));
    for jwk in [&public, r#"{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#] {
        let message = format!("{}.{}", base64url(header("HS256", jwk)), base64url(object(&good())));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message.as_bytes());
        let proof = format!("{message}.{}", base64url(tag));
        assert_eq!(check(&proof).unwrap_err(), JoseError::AlgorithmNotAllowed);
    }
    let symmetric = header("ES256", r#"{"kty":"oct","k":"AAAA"}"#);
    assert_eq!(check(&proof_under(symmetric)).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn r32_a_proof_with_a_private_key_in_it_is_refused() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in ["\"AAAA\"", "null", "[]"] {
            let leaked = jwk(key(Algorithm::Es256)).replace('}', &format!(r#","{member}":{value}}}"#));
            let error = check(&proof_under(header("ES256", &leaked))).unwrap_err();
            assert_eq!(error, JoseError::PrivateKey, "{member} {value}");
        }
    }
    let escaped = jwk(key(Algorithm::Es256)).replace('}', r#","\u0064":"AAAA"}"#);
    assert_eq!(check(&proof_under(header("ES256", &escaped))).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn r32_a_proof_is_verified_with_the_key_that_it_brings_and_no_other() {
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let forged = proof_under(header("ES256", &jwk(&stranger)));
    assert_eq!(check(&forged).unwrap_err(), JoseError::InvalidSignature);
    let payload = base64url(object(&good()));
    let own = sign_segments_with(&stranger, &base64url(header("ES256", &jwk(&stranger))), &payload);
    assert_eq!(check(&own).unwrap().thumbprint, stranger.public_jwk().thumbprint());
    for header in [
        r#"{"typ":"dpop+jwt","alg":"ES256"}"#.to_owned(),
        format!(r#"{{"typ":"dpop+jwt","alg":"ES256","kid":"{}"}}"#, key(Algorithm::Es256).kid()),
        r#"{"typ":"dpop+jwt","alg":"ES256","jku":"https://evil.example/jwks"}"#.to_owned(),
        header("ES256", "null"),
        header("ES256", "\"key\""),
        header("ES256", "[]"),
    ] {
        assert_eq!(check(&proof_under(&header)).unwrap_err(), JoseError::InvalidHeader, "{header}");
    }
    for unsound in ["{}", r#"{"kty":"EC","crv":"P-256"}"#, r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#] {
        let error = check(&proof_under(header("ES256", unsound))).unwrap_err();
        assert!(matches!(error, JoseError::InvalidKey { .. }), "{unsound}");
    }
    let enc = jwk(key(Algorithm::Es256)).replace("\"sig\"", "\"enc\"");
    assert_eq!(check(&proof_under(header("ES256", &enc))).unwrap_err(), JoseError::KeyUse);
}

#[test]
fn v55_r32_a_header_that_says_two_things_is_refused() {
    let public = jwk(key(Algorithm::Es256));
    let stranger = jwk(&SigningKey::generate(Algorithm::Es256).unwrap());
    for (more, error) in [
        (format!(r#","jwk":{stranger}"#), JoseError::InvalidHeader),
        (format!(r#","jw\u006b":{stranger}"#), JoseError::InvalidHeader),
        (r#","alg":"ES256""#.to_owned(), JoseError::InvalidHeader),
        (r#","crit":["x"],"x":1"#.to_owned(), JoseError::CriticalExtension),
        (r#","b64":false"#.to_owned(), JoseError::CriticalExtension),
    ] {
        let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{public}{more}}}"#);
        assert_eq!(check(&proof_under(header)).unwrap_err(), error, "{more}");
    }
    let twice = public.replace('}', r#","kty":"EC"}"#);
    assert_eq!(check(&proof_under(header("ES256", &twice))).unwrap_err(), JoseError::InvalidHeader);
    for name in ["jti", "htm", "htu", "iat"] {
        let mut members = good();
        members.extend(good().into_iter().filter(|(known, _)| *known == name));
        assert_eq!(refusal(&members), JoseError::InvalidPayload, "{name}");
    }
}

#[test]
fn r32_v54_a_proof_has_every_claim_with_the_right_type() {
    for claim in ["jti", "htm", "htu", "iat"] {
        assert_eq!(refusal(&with(claim, "")), JoseError::MissingClaim { claim });
        for value in ["null", "true", "[]", "{}"] {
            assert_eq!(refusal(&with(claim, value)), JoseError::InvalidClaim { claim }, "{claim} {value}");
        }
    }
    for iat in ["\"1800000000\"", "1800000000.0", "1.8e9", "-0"] {
        assert_eq!(refusal(&with("iat", iat)), JoseError::InvalidClaim { claim: "iat" });
    }
    for claim in ["jti", "htm", "htu"] {
        assert_eq!(refusal(&with(claim, "1")), JoseError::InvalidClaim { claim });
    }
}

#[test]
fn v28_a_proof_that_cannot_be_told_from_another_is_refused() {
    let long = |len| format!("\"{}\"", "x".repeat(len));
    assert!(check(&proof(&with("jti", long(255)))).is_ok());
    for jti in ["\"\"".to_owned(), long(256)] {
        assert_eq!(refusal(&with("jti", jti)), JoseError::InvalidClaim { claim: "jti" });
    }
}

#[test]
fn r32_a_proof_is_for_one_method() {
    for method in ["GET", "post", "Post", "POST ", "", "PO"] {
        assert_eq!(refusal(&with("htm", format!("\"{method}\""))), mismatch("htm"), "{method}");
    }
}

#[test]
fn r32_a_proof_is_for_one_uri() {
    for uri in [
        "https://api.example/orders",
        "https://api.example/orders?id=1#top",
        "HTTPS://API.Example:443/orders",
        "https:\\/\\/api.example\\/orders",
    ] {
        assert!(check(&proof(&with("htu", format!("\"{uri}\"")))).is_ok(), "{uri}");
    }
    for uri in [
        "https://api.example/orders/",
        "https://api.example/Orders",
        "https://api.example/",
        "https://api.example",
        "http://api.example/orders",
        "https://api.example:8443/orders",
        "https://api.example.evil.example/orders",
        "https://api.example@evil.example/orders",
        "https://evil.example/orders?https://api.example/orders",
        "https://api.example/x/../orders",
        "https://api.example/%6frders",
        "/orders",
        "orders",
        "",
    ] {
        assert_eq!(refusal(&with("htu", format!("\"{uri}\""))), mismatch("htu"), "{uri}");
    }
    let unreadable = DpopExpectation { uri: "orders", ..expected() };
    let same = proof(&with("htu", "\"orders\""));
    assert_eq!(
        verify_dpop_proof(&same, &unreadable).unwrap_err(),
        mismatch("htu"),
        "two of none are not one"
    );
}

#[test]
fn r32_ath_is_there_exactly_if_an_access_token_is() {
    let hash = |token: &str| format!("\"{}\"", base64url(digest::digest(&digest::SHA256, token.as_bytes())));
    let check = |members: &[(&str, String)], access_token| {
        verify_dpop_proof(&proof(members), &DpopExpectation { access_token, ..expected() }).map(drop)
    };
    assert_eq!(check(&with("ath", hash("token")), Some("token")), Ok(()));
    assert_eq!(check(&with("ath", hash("token")), Some("other")), Err(mismatch("ath")));
    assert_eq!(check(&with("ath", "\"\""), Some("token")), Err(mismatch("ath")));
    assert_eq!(check(&with("ath", "\"token\""), Some("token")), Err(mismatch("ath")));
    assert_eq!(check(&with("ath", "null"), Some("token")), Err(JoseError::InvalidClaim { claim: "ath" }));
    assert_eq!(check(&good(), Some("token")), Err(JoseError::MissingClaim { claim: "ath" }));
    for ath in [hash("token"), "null".to_owned()] {
        assert_eq!(check(&with("ath", ath), None), Err(mismatch("ath")));
    }
}

#[test]
fn r32_a_proof_has_the_nonce_that_was_asked_for() {
    let nonce = ExpectedNonce::Required(&["n_2", "n_1"]);
    let check = |members: &[(&str, String)]| verify_dpop_proof(&proof(members), &expecting(nonce)).map(drop);
    assert_eq!(check(&with("nonce", "\"n_2\"")), Ok(()));
    assert_eq!(check(&with("nonce", "\"n_1\"")), Ok(()));
    for other in ["n_0", "n_", "n_1 ", "N_1", ""] {
        assert_eq!(check(&with("nonce", format!("\"{other}\""))), Err(mismatch("nonce")), "{other:?}");
    }
    assert_eq!(check(&good()), Err(NO_NONCE));
    for nonce in ["null", "1", "[\"n_1\"]"] {
        assert_eq!(check(&with("nonce", nonce)), Err(JoseError::InvalidClaim { claim: "nonce" }));
    }
}

#[test]
fn r32_a_nonce_that_is_offered_can_be_left_out_and_not_be_another() {
    let nonce = ExpectedNonce::Offered(&["n_1"]);
    let check = |members: &[(&str, String)]| verify_dpop_proof(&proof(members), &expecting(nonce)).map(drop);
    assert_eq!(check(&good()), Ok(()));
    assert_eq!(check(&with("nonce", "\"n_1\"")), Ok(()));
    assert_eq!(check(&with("nonce", "\"n_0\"")), Err(mismatch("nonce")));
    for iat in [NOW.as_secs() - 3600, NOW.as_secs() + 3600] {
        assert_eq!(check(&with("iat", iat.to_string())), Err(NO_NONCE), "a nonce would mend it");
    }
}

#[test]
fn r32_with_a_nonce_the_clock_of_the_client_is_not_asked() {
    for nonce in [ExpectedNonce::Required(&["n_1"]), ExpectedNonce::Offered(&["n_1"])] {
        let check = |name, value: String| {
            let mut members = with(name, value);
            members.push(("nonce", "\"n_1\"".into()));
            verify_dpop_proof(&proof(&members), &expecting(nonce)).map(drop)
        };
        for iat in [0, NOW.as_secs() - 3600, NOW.as_secs() + 3600] {
            assert_eq!(check("iat", iat.to_string()), Ok(()), "{iat}");
        }
        assert_eq!(check("iat", String::new()), Err(JoseError::MissingClaim { claim: "iat" }));
        assert_eq!(check("exp", (NOW.as_secs() - 60).to_string()), Err(JoseError::Expired));
        assert_eq!(check("nbf", (NOW.as_secs() + 60).to_string()), Err(JoseError::NotYetValid));
    }
}

#[test]
fn r32_what_a_newer_nonce_would_not_mend_is_told_first() {
    let nonce = ExpectedNonce::Required(&["n_1"]);
    for (claim, value) in [("htm", "\"GET\""), ("htu", "\"https://other.example/\""), ("ath", "\"a\"")] {
        let refused = verify_dpop_proof(&proof(&with(claim, value)), &expecting(nonce));
        assert_eq!(refused.unwrap_err(), mismatch(claim));
    }
}

#[test]
fn r32_a_proof_is_of_now() {
    let at = |age: i64| refusal_at(&with("iat", (NOW.as_secs() - age).to_string()));
    assert_eq!(at(65), None);
    assert_eq!(at(66), Some(JoseError::Expired));
    assert_eq!(at(-5), None);
    assert_eq!(at(-6), Some(JoseError::IssuedInFuture));
    assert_eq!(refusal_at(&with("iat", "-9007199254740991")), Some(JoseError::Expired));
    assert_eq!(refusal_at(&with("iat", "9007199254740991")), Some(JoseError::IssuedInFuture));
    let past = (NOW.as_secs() - 5).to_string();
    assert_eq!(refusal_at(&with("exp", past)), Some(JoseError::Expired));
    let far = DpopExpectation { leeway_secs: 31, ..expected() };
    assert_eq!(verify_dpop_proof(&proof(&good()), &far).unwrap_err(), JoseError::LeewayTooLong);
    let greatest = DpopExpectation { max_age_secs: u32::MAX, now: NumericDate::new(i64::MAX), ..expected() };
    assert_eq!(verify_dpop_proof(&proof(&good()), &greatest).unwrap_err(), JoseError::Expired);
}

fn refusal_at(members: &[(&str, String)]) -> Option<JoseError> {
    check(&proof(members)).err()
}

#[test]
fn r16_r32_no_other_kind_of_token_is_a_proof() {
    let public = jwk(key(Algorithm::Es256));
    for typ in ["JWT", "at+jwt", "logout+jwt", "client-authentication+jwt", "dpop", "dpop+jwt; v=1", ""] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","jwk":{public}}}"#);
        assert_eq!(check(&proof_under(header)).unwrap_err(), JoseError::WrongTyp, "{typ}");
    }
    let untyped = format!(r#"{{"alg":"ES256","jwk":{public}}}"#);
    assert_eq!(check(&proof_under(untyped)).unwrap_err(), JoseError::WrongTyp);
    for typ in ["DPOP+JWT", "application/dpop+jwt"] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","jwk":{public}}}"#);
        assert!(check(&proof_under(header)).is_ok(), "{typ}");
    }
    let key = key(Algorithm::Es256);
    let access = key.sign_access_token(&access_claims()).unwrap();
    let id = key.sign_id_token(&id_claims()).unwrap();
    for token in [access, id] {
        assert_eq!(check(&token).unwrap_err(), JoseError::WrongTyp);
    }
}

#[test]
fn r17_v55_only_in_a_proof_is_the_key_of_the_header_believed() {
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let header = base64url(header("ES256", &jwk(&stranger)));
    let token = sign_segments_with(&stranger, &header, &base64url(good_payload()));
    assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&id_profile(), &token, NOW).unwrap_err(), JoseError::WrongTyp);
    for typ in ["at+jwt", "JWT"] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","jwk":{}}}"#, jwk(&stranger));
        let token = sign_segments_with(&stranger, &base64url(header), &base64url(good_payload()));
        assert!(verify(&access_profile(), &token, NOW).is_err());
        assert!(verify(&id_profile(), &token, NOW).is_err());
    }
}
