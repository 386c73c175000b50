//! The examples of the RFCs.

use tegata_jose::{
    Algorithm, JoseError, Jwk, NumericDate, Profile, VerifyingKey, VerifyingKeys, at_hash, verify,
    verify_signature,
};

use crate::forge::{base64url, sign_segments};
use crate::support::{key, verifying};

const CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

fn only(key: Result<VerifyingKey, JoseError>) -> VerifyingKeys {
    VerifyingKeys::new(vec![key.unwrap()]).unwrap()
}

fn only_jwk(json: &str, algorithm: Algorithm) -> VerifyingKeys {
    only(VerifyingKey::from_jwk_as(&Jwk::parse(json.as_bytes()).unwrap(), algorithm))
}

/// The example is accepted, and no longer so with its last payload byte changed.
fn assert_example(keys: &VerifyingKeys, token: &str, payload: &str) {
    assert_eq!(verify_signature(keys, token).unwrap(), payload.as_bytes());
    let mut segments: Vec<_> = token.split('.').collect();
    let other = base64url(format!("{payload} "));
    segments[1] = &other;
    assert_eq!(verify_signature(keys, &segments.join(".")).unwrap_err(), JoseError::InvalidSignature);
}

#[test]
fn rfc_7515_a_1_hs256() {
    let secret = [
        3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230, 240, 84,
        201, 40, 169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195,
        119, 98, 61, 34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163,
    ];
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_example(&only(VerifyingKey::hs256(None, &secret)), token, CLAIMS);
}

#[test]
fn rfc_7515_a_2_rs256() {
    let jwk = r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;
    let token = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    assert_example(&only_jwk(jwk, Algorithm::Rs256), token, CLAIMS);
}

#[test]
fn rfc_7515_a_3_es256() {
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let token = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert_example(&only_jwk(jwk, Algorithm::Es256), token, CLAIMS);
}

#[test]
fn rfc_7515_a_4_es512() {
    let jwk = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\
        AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_example(&only_jwk(jwk, Algorithm::Es512), token, "Payload");
}

#[test]
fn rfc_7515_a_5_unsecured_is_refused() {
    let token = "eyJhbGciOiJub25lIn0.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    let keys = verifying(&[key(Algorithm::Es256)]);
    assert_eq!(verify_signature(&keys, token).unwrap_err(), JoseError::MalformedToken);
    assert_eq!(
        verify_signature(&keys, &format!("{token}AAAA")).unwrap_err(),
        JoseError::UnsupportedAlgorithm
    );
}

#[test]
fn rfc_7515_e_negative_test_case_is_refused() {
    let token =
        sign_segments(&base64url(r#"{"alg":"ES256","crit":["http://example.invalid/UNDEFINED"]}"#), "RkFJTA");
    let keys = verifying(&[key(Algorithm::Es256)]);
    assert_eq!(verify_signature(&keys, &token).unwrap_err(), JoseError::CriticalExtension);
}

#[test]
fn rfc_7638_3_1_thumbprint() {
    let jwk = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    let jwk = Jwk::parse(jwk.as_bytes()).unwrap();
    assert_eq!(jwk.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

#[test]
fn rfc_8037_a_2_the_private_key_is_refused_where_public_ones_belong() {
    let private = ED25519.replace('}', r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#);
    assert_eq!(Jwk::parse(private.as_bytes()).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn rfc_8037_a_3_thumbprint() {
    let jwk = Jwk::parse(ED25519.as_bytes()).unwrap();
    assert_eq!(jwk.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn rfc_8037_a_5_ed25519() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_example(&only_jwk(ED25519, Algorithm::EdDsa), token, "Example of Ed25519 signing");
}

/// Header and claims of RFC 9068 §3, figures 2 and 3, but for the algorithm and the key.
#[test]
fn rfc_9068_3_example() {
    let header = r#"{"typ":"at+JWT","alg":"ES256","kid":"KID"}"#.replace("KID", key(Algorithm::Es256).kid());
    let claims = r#"{
       "iss": "https://authorization-server.example.com/",
       "sub": "5ba552d67",
       "aud":   "https://rs.example.com/",
       "exp": 1639528912,
       "iat": 1618354090,
       "jti" : "dbe39bf3a3ba4238a513f51d6e1691c4",
       "client_id": "s6BhdRkqt3",
       "scope": "openid profile reademail"
    }"#;
    let token = sign_segments(&base64url(header), &base64url(claims));
    let profile = Profile::access_token(
        "https://authorization-server.example.com/",
        "https://rs.example.com/",
        verifying(&[key(Algorithm::Es256)]),
    );
    let verified = verify(&profile, &token, NumericDate::new(1_618_354_090)).unwrap();
    assert_eq!(verified.subject(), "5ba552d67");
    assert_eq!(verified.client_id(), "s6BhdRkqt3");
    assert_eq!(verified.jwt_id(), "dbe39bf3a3ba4238a513f51d6e1691c4");
    assert!(verified.has_scope("reademail"));
    assert_eq!(verify(&profile, &token, NumericDate::new(1_639_528_912)).unwrap_err(), JoseError::Expired);
}

/// The access token and the `at_hash` of the examples of OIDC Core A.3 and A.4.
#[test]
fn oidc_core_a_3_at_hash() {
    assert_eq!(
        at_hash(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
    assert_eq!(at_hash(Algorithm::EdDsa, "x").len(), 43, "the left half of SHA-512");
}
