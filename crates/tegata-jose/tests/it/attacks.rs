//! Tokens made to fool a verifier. Unless a case says otherwise the signature is the right one, so that only the rule in
//! question stands between the token and a success.

use aws_lc_rs::hmac;
use tegata_jose::{Algorithm, JoseError, NumericDate, Profile, SigningKey, VerifyingKey, verify};

use crate::forge::{
    base64url, good_claims, good_payload, header_with, kid, object, payload_with, payload_without, sign,
    sign_header, sign_payload, sign_segments, sign_segments_with,
};
use crate::support::{CLIENT, ISSUER, NOW, RESOURCE, access_profile, id_profile, key, verifying};

/// Each case: a name, a token, and why it is refused.
macro_rules! refused {
    ($($name:ident: $token:expr => $error:expr;)+) => {
        $(#[test]
        fn $name() {
            let token: &str = &$token;
            assert_eq!(verify(&access_profile(), token, NOW).unwrap_err(), $error);
        })+
    };
}

const fn invalid(claim: &'static str) -> JoseError {
    JoseError::InvalidClaim { claim }
}

const fn missing(claim: &'static str) -> JoseError {
    JoseError::MissingClaim { claim }
}

#[test]
fn the_token_that_all_cases_change_is_good() {
    let token = sign(header_with(""), good_payload());
    assert_eq!(verify(&access_profile(), &token, NOW).unwrap().subject(), "usr_1");
}

// The algorithm comes from the key (RFC 8725 §3.1, §3.2).

refused! {
    r15_alg_none_without_a_signature_is_refused:
        format!("{}.{}.", base64url(r#"{"typ":"at+jwt","alg":"none"}"#), base64url(good_payload()))
        => JoseError::MalformedToken;
    r15_alg_none_with_a_signature_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"none","kid":"{}"}}"#, kid())) => JoseError::UnsupportedAlgorithm;
    alg_none_in_other_cases_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"nOnE","kid":"{}"}}"#, kid())) => JoseError::UnsupportedAlgorithm;
    alg_in_lower_case_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"es256","kid":"{}"}}"#, kid())) => JoseError::UnsupportedAlgorithm;
    an_empty_alg_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"","kid":"{}"}}"#, kid())) => JoseError::UnsupportedAlgorithm;
    an_absent_alg_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","kid":"{}"}}"#, kid())) => JoseError::InvalidHeader;
    an_alg_that_is_a_list_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":["ES256"],"kid":"{}"}}"#, kid())) => JoseError::InvalidHeader;
    the_alg_of_another_key_type_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"RS256","kid":"{}"}}"#, kid())) => JoseError::AlgorithmMismatch;
    the_alg_of_another_curve_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"ES384","kid":"{}"}}"#, kid())) => JoseError::AlgorithmMismatch;
    r15_v12_hs256_under_a_public_key_is_refused:
        hs256_signed_with_the_public_key() => JoseError::AlgorithmMismatch;
    a_jwe_algorithm_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"RSA-OAEP","enc":"A128GCM","kid":"{}"}}"#, kid()))
        => JoseError::UnsupportedAlgorithm;
}

/// The published key as the secret of an HMAC (RFC 8725 §2.1).
fn hs256_signed_with_the_public_key() -> String {
    let header = format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{}"}}"#, kid());
    let signing_input = format!("{}.{}", base64url(header), base64url(good_payload()));
    let jwk = key(Algorithm::Es256).public_jwk().to_json();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, jwk.as_bytes()), signing_input.as_bytes());
    format!("{signing_input}.{}", base64url(tag))
}

// The key comes from the configuration (RFC 8725 §3.10).

refused! {
    an_unknown_kid_is_refused:
        sign_header(r#"{"typ":"at+jwt","alg":"ES256","kid":"other"}"#) => JoseError::UnknownKey;
    a_kid_with_another_case_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"}}"#, swap_case(kid()))) => JoseError::UnknownKey;
    a_kid_that_is_a_path_is_refused:
        sign_header(r#"{"typ":"at+jwt","alg":"ES256","kid":"../../dev/null"}"#) => JoseError::UnknownKey;
    a_kid_that_is_a_query_is_refused:
        sign_header(r#"{"typ":"at+jwt","alg":"ES256","kid":"' UNION SELECT 'a"}"#) => JoseError::UnknownKey;
    a_kid_that_is_no_string_is_refused:
        sign_header(r#"{"typ":"at+jwt","alg":"ES256","kid":1}"#) => JoseError::InvalidHeader;
    a_kid_that_is_null_is_refused:
        sign_header(r#"{"typ":"at+jwt","alg":"ES256","kid":null}"#) => JoseError::InvalidHeader;
    r17_v55_an_embedded_jwk_is_not_the_key:
        signed_by_a_stranger(&format!(r#""jwk":{}"#, stranger().public_jwk().to_json())) => JoseError::InvalidSignature;
    r17_a_jku_is_not_followed:
        signed_by_a_stranger(r#""jku":"https://evil.example/jwks.json""#) => JoseError::InvalidSignature;
    r17_an_x5u_is_not_followed:
        signed_by_a_stranger(r#""x5u":"https://evil.example/cert.pem""#) => JoseError::InvalidSignature;
    r17_an_x5c_is_not_the_key:
        signed_by_a_stranger(r#""x5c":["MIIB"]"#) => JoseError::InvalidSignature;
    a_signature_by_another_key_is_refused: signed_by_a_stranger("") => JoseError::InvalidSignature;
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect()
}

fn stranger() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

fn signed_by_a_stranger(more: &str) -> String {
    sign_segments_with(&stranger(), &base64url(header_with(more)), &base64url(good_payload()))
}

#[test]
fn a_token_without_kid_is_not_tried_with_one_key_after_the_other() {
    let token = sign_header(r#"{"typ":"at+jwt","alg":"ES256"}"#);
    assert!(verify(&access_profile(), &token, NOW).is_ok(), "one key, so there is no choice");
    let two = verifying(&[key(Algorithm::Es256), key(Algorithm::EdDsa)]);
    assert_eq!(verify(&access_profile().with_keys(two), &token, NOW).unwrap_err(), JoseError::UnknownKey);
}

#[test]
fn r14_an_algorithm_outside_the_profile_is_refused() {
    let eddsa = key(Algorithm::EdDsa);
    let profile = Profile::access_token(ISSUER, RESOURCE, verifying(&[eddsa]));
    let token = eddsa.sign_access_token(&crate::support::access_claims()).unwrap();
    assert!(verify(&profile, &token, NOW).is_ok());
    let profile = profile.with_algorithms(&[Algorithm::Es256]);
    assert_eq!(verify(&profile, &token, NOW).unwrap_err(), JoseError::AlgorithmNotAllowed);
}

#[test]
fn a_shared_secret_is_only_used_by_a_profile_that_allows_hs256() {
    let secret = [7; 32];
    let keys =
        tegata_jose::VerifyingKeys::new(vec![VerifyingKey::hs256(Some("s"), &secret).unwrap()]).unwrap();
    let profile = Profile::access_token(ISSUER, RESOURCE, keys.into());
    let signing_input =
        format!("{}.{}", base64url(r#"{"typ":"at+jwt","alg":"HS256","kid":"s"}"#), base64url(good_payload()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signing_input.as_bytes());
    let token = format!("{signing_input}.{}", base64url(tag));
    assert_eq!(verify(&profile, &token, NOW).unwrap_err(), JoseError::AlgorithmNotAllowed);
    assert!(verify(&profile.with_algorithms(&[Algorithm::Hs256]), &token, NOW).is_ok());
}

// The kind comes from the profile (RFC 8725 §3.11, RFC 9068 §4).

refused! {
    r16_a_plain_jwt_is_no_access_token:
        sign_header(format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::WrongTyp;
    an_absent_typ_is_no_access_token:
        sign_header(format!(r#"{{"alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::WrongTyp;
    a_typ_with_a_parameter_is_refused:
        sign_header(format!(r#"{{"typ":"at+jwt; v=1","alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::WrongTyp;
    a_typ_that_is_no_string_is_refused:
        sign_header(format!(r#"{{"typ":["at+jwt"],"alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::InvalidHeader;
    a_logout_token_is_no_access_token:
        sign_header(format!(r#"{{"typ":"logout+jwt","alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::WrongTyp;
    a_dpop_proof_is_no_access_token:
        sign_header(format!(r#"{{"typ":"dpop+jwt","alg":"ES256","kid":"{}"}}"#, kid())) => JoseError::WrongTyp;
}

#[test]
fn the_forms_of_typ_are_those_of_a_media_type() {
    for typ in ["at+jwt", "at+JWT", "AT+JWT", "application/at+jwt", "application/at+JWT"] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"{}"}}"#, kid());
        assert!(verify(&access_profile(), &sign_header(header), NOW).is_ok(), "{typ}");
    }
}

#[test]
fn r16_an_access_token_for_the_client_is_no_id_token() {
    let payload = payload_with("aud", format!("\"{CLIENT}\""));
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "logout+jwt", "id+jwt", ""] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"{}"}}"#, kid());
        assert_eq!(
            verify(&id_profile(), &sign(header, &payload), NOW).unwrap_err(),
            JoseError::WrongTyp,
            "{typ}"
        );
    }
    for header in [r#"{"typ":"JWT","alg":"ES256"}"#, r#"{"typ":"jwt","alg":"ES256"}"#, r#"{"alg":"ES256"}"#] {
        assert!(verify(&id_profile(), &sign(header, &payload), NOW).is_ok());
    }
}

#[test]
fn an_id_token_is_for_one_client_only() {
    let check = |aud: &str, azp: Option<&str>| {
        let mut claims = good_claims();
        claims.retain(|(name, _)| *name != "aud");
        claims.push(("aud", aud.to_owned()));
        claims.extend(azp.map(|azp| ("azp", azp.to_owned())));
        verify(&id_profile(), &sign(r#"{"typ":"JWT","alg":"ES256"}"#, object(&claims)), NOW).map(|_| ())
    };
    assert_eq!(check(r#"["web"]"#, None), Ok(()));
    assert_eq!(check(r#""web""#, Some(r#""web""#)), Ok(()));
    assert_eq!(check(r#"["web","other"]"#, None), Err(JoseError::AudienceMismatch));
    assert_eq!(check(r#""web""#, Some(r#""other""#)), Err(JoseError::AudienceMismatch));
    assert_eq!(check(r#""web""#, Some("null")), Err(invalid("azp")));
}

// The header is one we understand whole (RFC 7515 §4.1.11, RFC 7797).

refused! {
    r18_v55_an_unknown_crit_is_refused: sign_header(header_with(r#""crit":["x"],"x":1"#)) => JoseError::CriticalExtension;
    a_crit_of_a_known_member_is_refused: sign_header(header_with(r#""crit":["kid"]"#)) => JoseError::CriticalExtension;
    an_empty_crit_is_refused: sign_header(header_with(r#""crit":[]"#)) => JoseError::CriticalExtension;
    a_crit_that_is_null_is_refused: sign_header(header_with(r#""crit":null"#)) => JoseError::CriticalExtension;
    a_crit_with_an_escaped_name_is_refused: sign_header(header_with(r#""cri\u0074":["x"]"#)) => JoseError::CriticalExtension;
    a_payload_that_is_not_encoded_is_refused:
        sign_segments(&base64url(header_with(r#""b64":false,"crit":["b64"]"#)), "x") => JoseError::CriticalExtension;
    b64_without_crit_is_refused: sign_header(header_with(r#""b64":false"#)) => JoseError::CriticalExtension;
    r18_a_repeated_alg_is_refused: sign_header(header_with(r#""alg":"ES256""#)) => JoseError::InvalidHeader;
    a_repeated_kid_with_an_escape_is_refused: sign_header(header_with(r#""k\u0069d":"other""#)) => JoseError::InvalidHeader;
    a_repeated_member_inside_a_member_is_refused:
        sign_header(header_with(r#""jwk":{"kty":"EC","kty":"oct"}"#)) => JoseError::InvalidHeader;
    v56_a_deep_header_is_refused:
        sign_header(header_with(&format!(r#""x":{}{}"#, "[".repeat(1000), "]".repeat(1000)))) => JoseError::InvalidHeader;
    v56_a_header_with_very_many_members_is_refused:
        sign_header(header_with(&(0..200).map(|i| format!("\"m{i}\":0")).collect::<Vec<_>>().join(",")))
        => JoseError::InvalidHeader;
    a_header_that_is_no_object_is_refused: sign_header("[]") => JoseError::InvalidHeader;
    a_header_with_a_byte_order_mark_is_refused:
        sign_header(format!("\u{feff}{}", header_with(""))) => JoseError::InvalidHeader;
    a_header_with_trailing_bytes_is_refused: sign_header(format!("{}x", header_with(""))) => JoseError::InvalidHeader;
    a_header_that_is_not_utf8_is_refused:
        sign_header([header_with("").trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat())
        => JoseError::InvalidHeader;
    a_header_with_a_lone_surrogate_is_refused: sign_header(header_with(r#""x":"\ud800""#)) => JoseError::InvalidHeader;
}

// One token has one spelling (RFC 7515 §2, RFC 4648 §3.5).

refused! {
    an_empty_token_is_refused: "" => JoseError::MalformedToken;
    one_segment_is_refused: "a" => JoseError::MalformedToken;
    two_segments_are_refused: "a.b" => JoseError::MalformedToken;
    dots_alone_are_refused: ".." => JoseError::MalformedToken;
    four_segments_are_refused: format!("{}.x", sign_payload(good_payload())) => JoseError::MalformedToken;
    the_five_segments_of_a_jwe_are_refused: "e30.e30.e30.e30.e30" => JoseError::MalformedToken;
    an_empty_header_is_refused: sign_segments("", &base64url(good_payload())) => JoseError::MalformedToken;
    an_empty_payload_is_refused: sign_segments(&base64url(header_with("")), "") => JoseError::InvalidPayload;
    a_removed_signature_is_refused: without_signature() => JoseError::MalformedToken;
    the_json_serialization_is_refused:
        format!(r#"{{"payload":"{}","signatures":[]}}"#, base64url(good_payload())) => JoseError::MalformedToken;
    v56_a_token_over_8_kib_is_refused:
        sign_payload(payload_with("x", format!("\"{}\"", "x".repeat(8 * 1024)))) => JoseError::TokenTooLarge;
    padding_in_the_signature_is_refused: format!("{}==", sign_payload(good_payload())) => JoseError::MalformedToken;
    padding_in_the_payload_is_refused:
        sign_segments(&base64url(header_with("")), &format!("{}=", base64url(good_payload()))) => JoseError::MalformedToken;
    white_space_before_is_refused: format!(" {}", sign_payload(good_payload())) => JoseError::MalformedToken;
    a_line_break_behind_is_refused: format!("{}\n", sign_payload(good_payload())) => JoseError::MalformedToken;
    white_space_in_the_payload_is_refused:
        sign_segments(&base64url(header_with("")), &format!("{}\n", base64url(good_payload()))) => JoseError::MalformedToken;
    the_alphabet_of_plain_base64_is_refused:
        sign_segments(&base64url(header_with("")), &base64url(payload_with("x", "\"???>>>\"")).replace('_', "/"))
        => JoseError::MalformedToken;
    trailing_bits_in_the_signature_are_refused: with_other_trailing_bits() => JoseError::MalformedToken;
    a_truncated_signature_is_refused: aligned_signature() => JoseError::InvalidSignature;
    a_longer_signature_is_refused: format!("{}AAAA", aligned_signature()) => JoseError::InvalidSignature;
    a_signature_longer_than_any_is_refused:
        format!("{}.{}", unsigned(), "A".repeat(1000)) => JoseError::MalformedToken;
    a_signature_of_zeros_is_refused: format!("{}.{}", unsigned(), base64url([0; 64])) => JoseError::InvalidSignature;
    a_der_signature_is_refused:
        format!("{}.{}", unsigned(), base64url([&[0x30, 0x44, 2, 32][..], &[1; 32], &[2, 32], &[1; 32]].concat()))
        => JoseError::InvalidSignature;
    a_signature_of_another_payload_is_refused: {
        let signature = sign_payload(payload_with("sub", "\"usr_2\"")).rsplit_once('.').unwrap().1.to_owned();
        format!("{}.{signature}", unsigned())
    } => JoseError::InvalidSignature;
}

fn unsigned() -> String {
    format!("{}.{}", base64url(header_with("")), base64url(good_payload()))
}

fn without_signature() -> String {
    format!("{}.", unsigned())
}

/// 64 bytes end with four unused bits; any but zeros spell the same signature differently.
fn with_other_trailing_bits() -> String {
    let mut token = sign_payload(good_payload());
    let last = token.pop().unwrap();
    token.push(char::from(u8::try_from(last).unwrap() + 1));
    token
}

/// A signature cut to 63 bytes, so that whole groups can follow.
fn aligned_signature() -> String {
    let mut token = sign_payload(good_payload());
    token.truncate(token.len() - 2);
    token
}

// The payload is one plain JSON object.

refused! {
    a_payload_that_is_no_json_is_refused: sign_payload("hello") => JoseError::InvalidPayload;
    a_payload_that_is_a_list_is_refused: sign_payload("[]") => JoseError::InvalidPayload;
    a_nested_token_is_refused: sign_payload(sign_payload(good_payload())) => JoseError::InvalidPayload;
    a_payload_that_is_not_utf8_is_refused:
        sign_payload([good_payload().trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat())
        => JoseError::InvalidPayload;
    an_overlong_utf8_form_is_refused:
        sign_payload([good_payload().trim_end_matches('}').as_bytes(), b",\"x\":\"\xc0\xaf\"}"].concat())
        => JoseError::InvalidPayload;
    r18_a_repeated_claim_is_refused: {
        let mut claims = good_claims();
        claims.push(("sub", "\"admin\"".into()));
        sign_payload(object(&claims))
    } => JoseError::InvalidPayload;
    a_repeated_claim_with_an_escape_is_refused: {
        let mut claims = good_claims();
        claims.push(("s\\u0075b", "\"admin\"".into()));
        sign_payload(object(&claims))
    } => JoseError::InvalidPayload;
    a_repeated_unknown_claim_is_refused: {
        let mut claims = good_claims();
        claims.extend([("roles", "1".into()), ("roles", "2".into())]);
        sign_payload(object(&claims))
    } => JoseError::InvalidPayload;
    a_repeated_member_inside_a_claim_is_refused:
        sign_payload(payload_with("cnf", r#"{"jkt":"a","jkt":"b"}"#)) => JoseError::InvalidPayload;
    a_deep_claim_is_refused:
        sign_payload(payload_with("x", format!("{}{}", "[".repeat(8), "]".repeat(8)))) => JoseError::InvalidPayload;
    a_second_document_behind_the_claims_is_refused:
        sign_payload(format!("{}{}", good_payload(), good_payload())) => JoseError::InvalidPayload;
    a_control_character_in_a_claim_is_refused:
        sign_payload(payload_with("x", "\"a\nb\"")) => JoseError::InvalidPayload;
    a_lone_surrogate_in_a_claim_is_refused: sign_payload(payload_with("x", r#""\udfff""#)) => JoseError::InvalidPayload;
    a_trailing_comma_is_refused:
        sign_payload(good_payload().replace('}', ",}")) => JoseError::InvalidPayload;
}

// Claims have the right types, and are there (RFC 7519 §4.1, RFC 9068 §2.2).

#[test]
fn v54_a_wrong_typed_exp_is_refused() {
    for value in wrong_dates() {
        let token = sign_payload(payload_with("exp", value));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("exp"), "{value}");
    }
}

#[test]
fn v54_a_wrong_typed_nbf_is_refused() {
    for value in wrong_dates() {
        let token = sign_payload(payload_with("nbf", value));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("nbf"), "{value}");
    }
}

#[test]
fn v54_a_wrong_typed_iat_is_refused() {
    for value in wrong_dates() {
        let token = sign_payload(payload_with("iat", value));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("iat"), "{value}");
    }
}

fn wrong_dates() -> [&'static str; 14] {
    [
        "\"1800000900\"",
        "null",
        "true",
        "[1800000900]",
        "{}",
        "\"\"",
        "1800000900.0",
        "1800000900.5",
        "1.8e9",
        "18000009e2",
        "9007199254740992",
        "99999999999999999999999999",
        "-0",
        "\"2099-01-01T00:00:00Z\"",
    ]
}

#[test]
fn r13_an_access_token_has_every_claim_of_rfc_9068() {
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        let token = sign_payload(payload_without(claim));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), missing(claim));
    }
    let verified = verify(&access_profile(), &sign_payload(payload_without("scope")), NOW).unwrap();
    assert_eq!(verified.scope(), "", "the only optional one of those we write");
    assert!(!verified.has_scope(""));
}

#[test]
fn r36_an_id_token_has_every_claim_of_oidc_core() {
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = good_claims();
        claims.retain(|(known, _)| *known != "aud");
        claims.push(("aud", "\"web\"".into()));
        claims.retain(|(known, _)| *known != claim);
        let token = sign(r#"{"typ":"JWT","alg":"ES256"}"#, object(&claims));
        assert_eq!(verify(&id_profile(), &token, NOW).unwrap_err(), missing(claim));
    }
}

#[test]
fn a_claim_that_must_be_a_string_is_one() {
    for claim in
        ["iss", "sub", "client_id", "jti", "scope", "sid", "username", "nonce", "acr", "at_hash", "azp"]
    {
        for value in ["1", "null", "true", "[\"a\"]", "{\"a\":\"b\"}"] {
            let token = sign_payload(payload_with(claim, value));
            assert_eq!(
                verify(&access_profile(), &token, NOW).unwrap_err(),
                invalid(claim),
                "{claim}: {value}"
            );
        }
    }
}

#[test]
fn an_identifier_is_not_empty() {
    for claim in ["iss", "sub", "client_id", "jti"] {
        let token = sign_payload(payload_with(claim, "\"\""));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid(claim));
    }
}

#[test]
fn r20_the_issuer_is_compared_exactly() {
    for issuer in [
        "https://auth.example/",
        "https://AUTH.example",
        "http://auth.example",
        "https://auth.example.evil.example",
        "https://auth.example:443",
        "https://auth.exampl\u{435}",
        " https://auth.example",
        "https://auth.example\u{0}",
    ] {
        let token = sign_payload(payload_with("iss", serde_json::to_string(issuer).unwrap()));
        assert_eq!(
            verify(&access_profile(), &token, NOW).unwrap_err(),
            JoseError::IssuerMismatch,
            "{issuer}"
        );
    }
    let escaped = ISSUER.replace('/', "\\/");
    let token = sign_payload(payload_with("iss", format!("\"{escaped}\"")));
    assert_eq!(
        verify(&access_profile(), &token, NOW).unwrap().issuer(),
        ISSUER,
        "an escape is no difference"
    );
}

#[test]
fn a4_9_1_a4_10_2_r20_the_audience_is_compared_exactly() {
    for aud in [
        r#""https://api.example/""#,
        r#""https://api.example.evil.example""#,
        r#""https://API.example""#,
        r#""https://api""#,
        r#""""#,
        "[]",
        r#"["https://other.example"]"#,
        r#"["https://api.example https://other.example"]"#,
        r#""https://other.example https://api.example""#,
    ] {
        let token = sign_payload(payload_with("aud", aud));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), JoseError::AudienceMismatch, "{aud}");
    }
    for aud in [
        "null",
        "1",
        "true",
        r#"{"https://api.example":1}"#,
        r#"["https://api.example",1]"#,
        r#"[["https://api.example"]]"#,
        r#"["https://api.example",null]"#,
    ] {
        let token = sign_payload(payload_with("aud", aud));
        assert_eq!(verify(&access_profile(), &token, NOW).unwrap_err(), invalid("aud"), "{aud}");
    }
    for aud in [
        r#"["https://api.example"]"#,
        r#"["https://api.example","https://other.example"]"#,
        r#"["https://other.example","https:\/\/api.example"]"#,
    ] {
        assert!(verify(&access_profile(), &sign_payload(payload_with("aud", aud)), NOW).is_ok(), "{aud}");
    }
    let second = access_profile().with_audience("https://other.example");
    let token = sign_payload(payload_with("aud", r#""https://other.example""#));
    assert!(verify(&second, &token, NOW).is_ok());
}

// Times (RFC 7519 §4.1.4–4.1.6).

fn at(now: NumericDate, leeway: u32, payload: &str) -> Result<(), JoseError> {
    verify(&access_profile().with_leeway(leeway).unwrap(), &sign_payload(payload), now).map(|_| ())
}

#[test]
fn r19_a_token_ends_in_the_second_of_its_exp() {
    let exp = NOW.saturating_add(900);
    let payload = good_payload();
    assert_eq!(at(exp.saturating_add(-1), 0, &payload), Ok(()));
    assert_eq!(at(exp, 0, &payload), Err(JoseError::Expired));
    assert_eq!(at(exp.saturating_add(9), 10, &payload), Ok(()));
    assert_eq!(at(exp.saturating_add(10), 10, &payload), Err(JoseError::Expired));
}

#[test]
fn r19_a_token_begins_in_the_second_of_its_nbf() {
    let payload = payload_with("nbf", (NOW.as_secs() + 60).to_string());
    assert_eq!(at(NOW.saturating_add(59), 0, &payload), Err(JoseError::NotYetValid));
    assert_eq!(at(NOW.saturating_add(60), 0, &payload), Ok(()));
    assert_eq!(at(NOW.saturating_add(49), 10, &payload), Err(JoseError::NotYetValid));
    assert_eq!(at(NOW.saturating_add(50), 10, &payload), Ok(()));
}

#[test]
fn a_token_from_the_future_is_refused() {
    let payload = good_payload();
    assert_eq!(at(NOW.saturating_add(-30), 0, &payload), Ok(()), "clocks differ");
    for leeway in [0, 30] {
        assert_eq!(at(NOW.saturating_add(-31), leeway, &payload), Err(JoseError::IssuedInFuture));
    }
}

#[test]
fn r19_the_leeway_is_30_seconds_at_most() {
    assert!(access_profile().with_leeway(30).is_ok());
    assert_eq!(access_profile().with_leeway(31).unwrap_err(), JoseError::LeewayTooLong);
    assert_eq!(access_profile().with_leeway(u32::MAX).unwrap_err(), JoseError::LeewayTooLong);
}

#[test]
fn extreme_times_do_not_overflow() {
    let far = payload_with("exp", "9007199254740991");
    assert_eq!(at(NOW, 30, &far), Ok(()));
    assert_eq!(at(NumericDate::new(i64::MAX), 30, &far), Err(JoseError::Expired));
    assert_eq!(at(NumericDate::new(i64::MIN), 30, &far), Err(JoseError::IssuedInFuture));
    assert_eq!(at(NOW, 30, &payload_with("exp", "-9007199254740991")), Err(JoseError::Expired));
}

#[test]
fn members_that_only_a_verifier_could_misuse_do_no_harm() {
    let more = r#""jku":"https://auth.example/jwks","x5t":"AA","cty":"json","zip":"DEF","x":{"y":[1,2]}"#;
    assert!(verify(&access_profile(), &sign_header(header_with(more)), NOW).is_ok());
}

#[test]
fn no_error_shows_any_part_of_the_token() {
    let token = sign_payload(payload_with("sub", "[\"geheim\"]"));
    let error = verify(&access_profile(), &token, NOW).unwrap_err();
    assert_eq!(error.to_string(), "claim `sub` is not valid");
    assert!(!format!("{error:?}").contains("geheim"));
}
