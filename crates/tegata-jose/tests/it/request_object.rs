//! Request objects (RFC 9101, OIDC Core §6.1): signed, unsigned, and what only looks like one.

use tegata_jose::{
    AccessTokenClaims, Algorithm, AssertionAudience, CLIENT_ALGORITHMS, ClaimValue,
    ClientAssertionExpectation, DpopExpectation, IdTokenClaims, JoseError, JwkSet, LogoutTokenClaims,
    RequestObjectExpectation, SigningKey, is_unsigned_request_object, read_unsigned_request_object, verify,
    verify_client_assertion, verify_dpop_proof, verify_id_token_hint, verify_request_object,
    verify_signature,
};

use crate::forge::{base64url, kid, object, sign, sign_segments_with};
use crate::support::{
    CLIENT, ISSUER, NOW, access_claims, access_profile, id_claims, id_profile, key, verifying,
};

type Members = Vec<(&'static str, String)>;

fn good() -> Members {
    let now = NOW.as_secs();
    vec![
        ("iss", format!("\"{CLIENT}\"")),
        ("aud", format!("\"{ISSUER}\"")),
        ("exp", (now + 60).to_string()),
        ("client_id", format!("\"{CLIENT}\"")),
        ("response_type", "\"code\"".into()),
        ("max_age", "300".into()),
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

const fn expected() -> RequestObjectExpectation<'static> {
    RequestObjectExpectation { client_id: CLIENT, issuer: ISSUER, now: NOW, leeway_secs: 0 }
}

fn set(keys: &[&SigningKey]) -> JwkSet {
    JwkSet::new(keys.iter().map(|key| key.public_jwk()).collect()).unwrap()
}

fn check_with(object: &str, keys: &JwkSet, algorithms: &[Algorithm]) -> Result<(), JoseError> {
    verify_request_object(object, keys, algorithms, &expected()).map(drop)
}

fn check(object: &str) -> Result<(), JoseError> {
    check_with(object, &set(&[key(Algorithm::Es256)]), &CLIENT_ALGORITHMS)
}

fn signed(members: &[(&str, String)]) -> String {
    sign(format!(r#"{{"alg":"ES256","kid":"{}"}}"#, kid()), object(members))
}

fn unsigned(members: &[(&str, String)]) -> String {
    format!("{}.{}.", base64url(r#"{"alg":"none"}"#), base64url(object(members)))
}

fn read(object: &str) -> Result<(), JoseError> {
    read_unsigned_request_object(object, &expected()).map(drop)
}

#[test]
fn r31_a_signed_request_object_gives_its_claims_as_they_are() {
    let keys = set(&[key(Algorithm::Es256)]);
    let members = with("claims", r#"{"userinfo":{"name":null}}"#);
    let verified = verify_request_object(&signed(&members), &keys, &CLIENT_ALGORITHMS, &expected()).unwrap();
    let claims = verified.claims();
    assert_eq!(claims.len(), 7);
    assert_eq!(claims[4], ("response_type".into(), ClaimValue::String("code".into())));
    assert_eq!(claims[5], ("max_age".into(), ClaimValue::Number("300")));
    assert_eq!(claims[6], ("claims".into(), ClaimValue::Object(r#"{"userinfo":{"name":null}}"#)));
    for typ in ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "OAuth-Authz-Req+JWT"] {
        let object = key(Algorithm::Es256).sign(typ, object(&good()).as_bytes()).unwrap();
        assert_eq!(check(&object), Ok(()), "{typ}");
    }
    for algorithm in [Algorithm::EdDsa, Algorithm::Rs256] {
        let object = key(algorithm).sign("JWT", object(&good()).as_bytes()).unwrap();
        assert_eq!(check_with(&object, &set(&[key(algorithm)]), &CLIENT_ALGORITHMS), Ok(()), "{algorithm}");
    }
}

#[test]
fn v12_r31_the_algorithm_is_one_that_the_client_may_use() {
    let keys = set(&[key(Algorithm::Es256)]);
    let object_of = |alg: &str| sign(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, kid()), object(&good()));
    for alg in ["HS256", "ES384", "RS512"] {
        assert_eq!(check(&object_of(alg)), Err(JoseError::AlgorithmNotAllowed), "{alg}");
    }
    for alg in ["none", "None", ""] {
        assert_eq!(check(&object_of(alg)), Err(JoseError::UnsupportedAlgorithm), "{alg}");
    }
    assert_eq!(check(&object_of("RS256")), Err(JoseError::AlgorithmMismatch));
    let named = check_with(&signed(&good()), &keys, &[Algorithm::Rs256]);
    assert_eq!(named, Err(JoseError::AlgorithmNotAllowed), "another was registered");
}

#[test]
fn r17_r31_an_object_of_anothers_key_is_refused() {
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let foreign = stranger.sign("JWT", object(&good()).as_bytes()).unwrap();
    assert_eq!(check(&foreign), Err(JoseError::UnknownKey));
    for more in ["", r#","jku":"https://evil.example/jwks""#] {
        let header = base64url(format!(r#"{{"alg":"ES256","kid":"{}"{more}}}"#, kid()));
        let forged = sign_segments_with(&stranger, &header, &base64url(object(&good())));
        assert_eq!(check(&forged), Err(JoseError::InvalidSignature));
    }
    let token = signed(&good());
    let (input, signature) = token.rsplit_once('.').unwrap();
    let header = input.split_once('.').unwrap().0;
    let tampered = format!("{header}.{}.{signature}", base64url(object(&with("max_age", "0"))));
    assert_eq!(check(&tampered), Err(JoseError::InvalidSignature));
    let critical = sign(format!(r#"{{"alg":"ES256","kid":"{}","crit":["x"]}}"#, kid()), object(&good()));
    assert_eq!(check(&critical), Err(JoseError::CriticalExtension));
}

#[test]
fn r31_a_signed_object_says_whose_it_is_for_whom_and_until_when() {
    for claim in ["iss", "aud", "exp", "client_id"] {
        assert_eq!(check(&signed(&with(claim, ""))), Err(JoseError::MissingClaim { claim }));
    }
    for aud in [r#""https://auth.example/""#, r#""https://auth.example/oauth2/authorize""#, "[]", "\"\""] {
        assert_eq!(check(&signed(&with("aud", aud))), Err(JoseError::AudienceMismatch), "{aud}");
    }
    let several = with("aud", r#"["https://other.example","https://auth.example"]"#);
    assert_eq!(check(&signed(&several)), Ok(()));
    for (claim, secs, error) in [
        ("exp", 0, JoseError::Expired),
        ("exp", 3601, JoseError::LifetimeTooLong),
        ("nbf", 1, JoseError::NotYetValid),
        ("iat", 31, JoseError::IssuedInFuture),
    ] {
        assert_eq!(check(&signed(&with(claim, (NOW.as_secs() + secs).to_string()))), Err(error), "{claim}");
    }
    assert_eq!(check(&signed(&with("exp", (NOW.as_secs() + 3600).to_string()))), Ok(()));
    assert_eq!(check(&signed(&with("exp", "1.8e9"))), Err(JoseError::InvalidClaim { claim: "exp" }));
    let keys = set(&[key(Algorithm::Es256)]);
    let lenient = RequestObjectExpectation { leeway_secs: 31, ..expected() };
    let result = verify_request_object(&signed(&good()), &keys, &CLIENT_ALGORITHMS, &lenient);
    assert_eq!(result.unwrap_err(), JoseError::LeewayTooLong);
}

#[test]
fn r31_what_no_request_object_may_say_is_refused_in_both_kinds() {
    let late = (NOW.as_secs() - 1).to_string();
    for (claim, value, error) in [
        ("iss", "\"other\"", JoseError::IssuerMismatch),
        ("client_id", "\"other\"", JoseError::ClientMismatch),
        ("client_id", "7", JoseError::InvalidClaim { claim: "client_id" }),
        ("aud", "\"https://other.example\"", JoseError::AudienceMismatch),
        ("exp", late.as_str(), JoseError::Expired),
        ("request", "\"a.b.c\"", JoseError::InvalidClaim { claim: "request" }),
        ("request_uri", "\"urn:x\"", JoseError::InvalidClaim { claim: "request_uri" }),
        ("sub", "\"web\"", JoseError::WrongTokenUse),
        ("sub", "\"somebody\"", JoseError::WrongTokenUse),
        ("at_hash", "\"x\"", JoseError::WrongTokenUse),
        ("token_use", "\"id\"", JoseError::WrongTokenUse),
        ("events", "{}", JoseError::WrongTokenUse),
    ] {
        let members = with(claim, value);
        assert_eq!(check(&signed(&members)), Err(error.clone()), "{claim} {value}");
        assert_eq!(read(&unsigned(&members)), Err(error), "{claim} {value}");
    }
    let mut twice = good();
    twice.push(("max_age", "0".into()));
    assert_eq!(check(&signed(&twice)), Err(JoseError::InvalidPayload));
    assert_eq!(read(&unsigned(&twice)), Err(JoseError::InvalidPayload));
    let long = with("state", format!("\"{}\"", "x".repeat(8 * 1024)));
    assert_eq!(check(&signed(&long)), Err(JoseError::TokenTooLarge));
    assert_eq!(read(&unsigned(&long)), Err(JoseError::TokenTooLarge));
}

#[test]
fn r16_r31_no_other_kind_of_token_is_a_request_object() {
    let (issuer, audience, key) = (CLIENT, ISSUER, key(Algorithm::Es256));
    let access = AccessTokenClaims { issuer, audience: &[ISSUER], ..access_claims() };
    let logout = LogoutTokenClaims {
        issuer,
        audience,
        issued_at: NOW,
        expires_at: NOW.saturating_add(120),
        jwt_id: "jti_1",
        subject: Some(CLIENT),
        session_id: None,
    };
    for token in [key.sign_access_token(&access), key.sign_logout_token(&logout)] {
        assert_eq!(check(&token.unwrap()), Err(JoseError::WrongTyp));
    }
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt", "id+jwt", "jwt+x", ""] {
        let token = key.sign(typ, object(&good()).as_bytes()).unwrap();
        assert_eq!(check(&token), Err(JoseError::WrongTyp), "{typ}");
        let header = base64url(format!(r#"{{"alg":"none","typ":"{typ}"}}"#));
        let token = format!("{header}.{}.", base64url(object(&good())));
        assert_eq!(read(&token), Err(JoseError::WrongTyp), "{typ}");
    }
    // What says nothing of its kind has no `client_id`, or has a `sub`.
    let id = IdTokenClaims { issuer, audience, ..id_claims() };
    assert_eq!(check(&key.sign_id_token(&id).unwrap()), Err(JoseError::MissingClaim { claim: "client_id" }));
    let assertion = [
        ("iss", format!("\"{CLIENT}\"")),
        ("sub", format!("\"{CLIENT}\"")),
        ("aud", format!("\"{ISSUER}\"")),
        ("exp", (NOW.as_secs() + 60).to_string()),
        ("jti", "\"1\"".into()),
    ];
    assert_eq!(check(&signed(&assertion)), Err(JoseError::MissingClaim { claim: "client_id" }));
    let mut helpful = assertion.to_vec();
    helpful.push(("client_id", format!("\"{CLIENT}\"")));
    assert_eq!(check(&signed(&helpful)), Err(JoseError::WrongTokenUse));
}

#[test]
fn r16_r31_a_request_object_is_nothing_else() {
    let keys = set(&[key(Algorithm::Es256)]);
    let assertion = ClientAssertionExpectation {
        client_id: CLIENT,
        keys: &keys,
        algorithms: &CLIENT_ALGORITHMS,
        audience: AssertionAudience::Issuer(ISSUER),
        now: NOW,
        leeway_secs: 0,
    };
    let result = verify_client_assertion(&signed(&good()), &assertion);
    assert_eq!(result.unwrap_err(), JoseError::MissingClaim { claim: "sub" });
    let named = key(Algorithm::Es256).sign("oauth-authz-req+jwt", object(&good()).as_bytes()).unwrap();
    assert_eq!(verify_client_assertion(&named, &assertion).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&access_profile(), &named, NOW).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&id_profile(), &named, NOW).unwrap_err(), JoseError::WrongTyp);
}

#[test]
fn an_unsigned_request_object_is_read_where_it_may_be() {
    assert_eq!(read(&unsigned(&good())), Ok(()));
    let header = base64url(r#"{"alg":"none","typ":"oauth-authz-req+jwt","kid":"x"}"#);
    assert_eq!(read(&format!("{header}.{}.", base64url(object(&good())))), Ok(()));
    let read = read_unsigned_request_object(&unsigned(&[("state", "\"s\"".into())]), &expected()).unwrap();
    assert_eq!(
        read.claims(),
        [("state".into(), ClaimValue::String("s".into()))],
        "nothing else must be there"
    );
    let object = signed(&good());
    assert!(is_unsigned_request_object(&unsigned(&good())) && !is_unsigned_request_object(&object));
}

#[test]
fn v12_r31_only_none_is_read_without_a_signature() {
    let payload = base64url(object(&good()));
    for (header, error) in [
        (r#"{"alg":"ES256"}"#, JoseError::UnsupportedAlgorithm),
        (r#"{"alg":"HS256"}"#, JoseError::UnsupportedAlgorithm),
        (r#"{"alg":"NONE"}"#, JoseError::UnsupportedAlgorithm),
        (r#"{"alg":""}"#, JoseError::UnsupportedAlgorithm),
        (r#"{"alg":null}"#, JoseError::InvalidHeader),
        ("{}", JoseError::InvalidHeader),
        (r#"{"alg":"none","alg":"none"}"#, JoseError::InvalidHeader),
        (r#"{"alg":"none","crit":["x"]}"#, JoseError::CriticalExtension),
        (r#"{"alg":"none","b64":false}"#, JoseError::CriticalExtension),
    ] {
        assert_eq!(read(&format!("{}.{payload}.", base64url(header))), Err(error), "{header}");
    }
    let none = base64url(r#"{"alg":"none"}"#);
    for bad in ["", ".", "..", "...", &format!("{none}.{payload}"), &format!("{none}.{payload}.AA")] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert_eq!(read(&format!("{none}.{payload}..")), Err(JoseError::MalformedToken));
    assert_eq!(read(&format!("{none}.{payload}=.")), Err(JoseError::MalformedToken));
    assert!(read(&signed(&good())).is_err(), "nor is a signature looked away from");
}

/// What may be unsigned is a request object and nothing else: the same JWT, with what the others need, passes nowhere.
#[test]
fn v12_r31_an_unsigned_jwt_of_any_other_kind_stays_refused() {
    let now = NOW.as_secs();
    let everything = [
        ("iss", format!("\"{CLIENT}\"")),
        ("sub", format!("\"{CLIENT}\"")),
        ("aud", format!("\"{ISSUER}\"")),
        ("exp", (now + 60).to_string()),
        ("iat", now.to_string()),
        ("jti", "\"1\"".into()),
        ("client_id", format!("\"{CLIENT}\"")),
        ("htm", "\"POST\"".into()),
        ("htu", "\"https://auth.example/oauth2/token\"".into()),
    ];
    let keys = set(&[key(Algorithm::Es256)]);
    let all = verifying(&[key(Algorithm::Es256)]);
    let jwk = key(Algorithm::Es256).public_jwk().to_json();
    let assertion = ClientAssertionExpectation {
        client_id: CLIENT,
        keys: &keys,
        algorithms: &CLIENT_ALGORITHMS,
        audience: AssertionAudience::Issuer(ISSUER),
        now: NOW,
        leeway_secs: 0,
    };
    let proof = DpopExpectation {
        method: "POST",
        uri: "https://auth.example/oauth2/token",
        access_token: None,
        nonce: tegata_jose::ExpectedNonce::Any,
        now: NOW,
        max_age_secs: 60,
        leeway_secs: 0,
    };
    for typ in ["JWT", "at+jwt", "dpop+jwt", "logout+jwt", "client-authentication+jwt", "oauth-authz-req+jwt"]
    {
        let header = base64url(format!(r#"{{"alg":"none","typ":"{typ}","jwk":{jwk}}}"#));
        for (signature, error) in [("", JoseError::MalformedToken), ("AA", JoseError::UnsupportedAlgorithm)] {
            let token = format!("{header}.{}.{signature}", base64url(object(&everything)));
            let refusals = [
                verify(&access_profile(), &token, NOW).map(drop),
                verify(&id_profile(), &token, NOW).map(drop),
                verify_id_token_hint(CLIENT, &all, &token, NOW).map(drop),
                verify_client_assertion(&token, &assertion).map(drop),
                verify_dpop_proof(&token, &proof).map(drop),
                verify_request_object(&token, &keys, &CLIENT_ALGORITHMS, &expected()).map(drop),
                verify_signature(&all, &token).map(drop),
            ];
            for refused in refusals {
                let refused = refused.unwrap_err();
                assert!(refused == error || refused == JoseError::WrongTyp, "{typ} {signature}: {refused}");
            }
        }
    }
}
