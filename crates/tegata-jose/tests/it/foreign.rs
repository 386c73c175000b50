//! Access tokens of other issuers, in the forms that Amazon Cognito and Auth0 document.

use tegata_jose::{
    Algorithm, ClaimValue, ForeignAccessToken, JoseError, NumericDate, Profile, VerifiedTokens,
    unverified_issuer, verify,
};

use crate::forge::{base64url, kid, object, sign};
use crate::support::{CLIENT, NOW, RESOURCE, access_claims, access_profile, id_claims, key, verifying};

const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example";
const AUTH0: &str = "https://tenant.eu.auth0.com/";

type Claims = Vec<(&'static str, String)>;

fn cognito_profile() -> Profile<ForeignAccessToken> {
    Profile::cognito_access_token(POOL, CLIENT, verifying(&[key(Algorithm::Es256)]))
}

fn auth0_profile() -> Profile<ForeignAccessToken> {
    Profile::foreign_access_token(AUTH0, RESOURCE, verifying(&[key(Algorithm::Es256)]))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn cognito_claims() -> Claims {
    vec![
        ("sub", quoted("6f1c0a3e-0000-4000-8000-000000000001")),
        ("cognito:groups", "[\"staff\"]".into()),
        ("iss", quoted(POOL)),
        ("version", "2".into()),
        ("client_id", quoted(CLIENT)),
        ("token_use", quoted("access")),
        ("scope", quoted("openid orders/read")),
        ("auth_time", NOW.as_secs().to_string()),
        ("exp", (NOW.as_secs() + 3600).to_string()),
        ("iat", NOW.as_secs().to_string()),
        ("jti", quoted("jti_1")),
        ("username", quoted("hanako")),
    ]
}

fn auth0_claims() -> Claims {
    vec![
        ("iss", quoted(AUTH0)),
        ("sub", quoted("auth0|6f1c0a3e")),
        ("aud", format!("[\"{RESOURCE}\",\"{AUTH0}userinfo\"]")),
        ("iat", NOW.as_secs().to_string()),
        ("exp", (NOW.as_secs() + 86400).to_string()),
        ("azp", quoted(CLIENT)),
        ("scope", quoted("openid profile")),
        ("gty", quoted("password")),
        ("permissions", "[\"orders:read\",\"orders write\",\"\"]".into()),
    ]
}

fn with(mut claims: Claims, name: &'static str, value: impl Into<String>) -> Claims {
    claims.retain(|(known, _)| *known != name);
    claims.push((name, value.into()));
    claims
}

fn without(mut claims: Claims, name: &str) -> Claims {
    claims.retain(|(known, _)| *known != name);
    claims
}

/// Cognito writes no `typ`.
fn cognito(claims: &Claims) -> String {
    sign(format!(r#"{{"kid":"{}","alg":"ES256"}}"#, kid()), object(claims))
}

fn auth0(claims: &Claims) -> String {
    sign(format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{}"}}"#, kid()), object(claims))
}

fn refused(profile: &Profile<ForeignAccessToken>, token: &str) -> JoseError {
    verify(profile, token, NOW).unwrap_err()
}

#[test]
fn a_cognito_access_token_is_read() {
    let token = verify(&cognito_profile(), &cognito(&cognito_claims()), NOW).unwrap();
    assert_eq!(token.issuer(), POOL);
    assert_eq!(token.client_id(), Some(CLIENT));
    assert_eq!(token.username(), Some("hanako"));
    assert_eq!(token.scope(), "openid orders/read");
    assert_eq!(token.session_id(), None);
    assert_eq!(token.words("cognito:groups"), ["staff"]);
    assert_eq!(token.claim("version"), Some(ClaimValue::Number("2")));
    assert_eq!(token.expires_at(), NOW.saturating_add(3600));
}

#[test]
fn an_auth0_access_token_is_read() {
    let token = verify(&auth0_profile(), &auth0(&auth0_claims()), NOW).unwrap();
    assert_eq!(token.subject(), "auth0|6f1c0a3e");
    assert_eq!(token.client_id(), Some(CLIENT), "from `azp`");
    assert_eq!(token.words("scope"), ["openid", "profile"]);
    assert_eq!(token.words("permissions"), ["orders:read"], "what has a space is no word");
    assert_eq!(token.words("absent"), [""; 0]);
    assert_eq!(token.issued_at(), NOW);
}

#[test]
fn typ_is_jwt_or_at_jwt_or_absent() {
    for typ in ["JWT", "jwt", "at+jwt", "at+JWT", "application/at+jwt"] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"{}"}}"#, kid());
        assert!(verify(&auth0_profile(), &sign(header, object(&auth0_claims())), NOW).is_ok(), "{typ}");
    }
    for typ in ["", "logout+jwt", "dpop+jwt", "id+jwt", "secevent+jwt", "JOSE", "at+jwt; v=1"] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"{}"}}"#, kid());
        let token = sign(header, object(&auth0_claims()));
        assert_eq!(refused(&auth0_profile(), &token), JoseError::WrongTyp, "{typ}");
    }
}

#[test]
fn r16_a_cognito_id_token_is_no_access_token() {
    let mut claims = without(with(cognito_claims(), "token_use", quoted("id")), "client_id");
    claims.push(("aud", quoted(CLIENT)));
    assert_eq!(refused(&cognito_profile(), &cognito(&claims)), JoseError::AudienceMismatch);
    // Also where the application's audience has been set to the client by mistake.
    let careless = cognito_profile().with_audience(CLIENT);
    assert_eq!(refused(&careless, &cognito(&claims)), JoseError::WrongTokenUse);
    let careless = Profile::foreign_access_token(POOL, CLIENT, verifying(&[key(Algorithm::Es256)]));
    assert_eq!(refused(&careless, &cognito(&claims)), JoseError::WrongTokenUse);
}

#[test]
fn r16_an_id_token_is_no_access_token_even_for_a_careless_audience() {
    let careless = Profile::foreign_access_token(AUTH0, CLIENT, verifying(&[key(Algorithm::Es256)]));
    let id_token = with(auth0_claims(), "aud", quoted(CLIENT));
    for mark in ["nonce", "at_hash"] {
        let token = auth0(&with(id_token.clone(), mark, quoted("n-0S6_WzA2Mj")));
        assert_eq!(refused(&careless, &token), JoseError::WrongTokenUse, "{mark}");
    }
}

#[test]
fn r16_token_use_must_be_access_and_be_there() {
    for (token_use, error) in [
        (quoted("id"), JoseError::WrongTokenUse),
        (quoted("refresh"), JoseError::WrongTokenUse),
        (quoted("Access"), JoseError::WrongTokenUse),
        (quoted(""), JoseError::WrongTokenUse),
        ("[\"access\"]".into(), JoseError::InvalidClaim { claim: "token_use" }),
        ("null".into(), JoseError::InvalidClaim { claim: "token_use" }),
    ] {
        let token = cognito(&with(cognito_claims(), "token_use", token_use.clone()));
        assert_eq!(refused(&cognito_profile(), &token), error, "{token_use}");
    }
    let token = cognito(&without(cognito_claims(), "token_use"));
    assert_eq!(refused(&cognito_profile(), &token), JoseError::MissingClaim { claim: "token_use" });
}

#[test]
fn r20_a_cognito_token_of_another_client_is_refused() {
    for client_id in ["other", "Web", "web ", "we", "webb"] {
        let token = cognito(&with(cognito_claims(), "client_id", quoted(client_id)));
        assert_eq!(refused(&cognito_profile(), &token), JoseError::ClientMismatch, "{client_id}");
    }
    let token = cognito(&with(cognito_claims(), "client_id", "[\"web\"]"));
    assert_eq!(refused(&cognito_profile(), &token), JoseError::InvalidClaim { claim: "client_id" });
    let token = cognito(&without(cognito_claims(), "client_id"));
    assert_eq!(refused(&cognito_profile(), &token), JoseError::MissingClaim { claim: "client_id" });
    let token = cognito(&with(cognito_claims(), "client_id", quoted("mobile")));
    assert!(verify(&cognito_profile().with_client_id("mobile"), &token, NOW).is_ok());
}

#[test]
fn r20_an_aud_is_never_ignored() {
    let bound = cognito(&with(cognito_claims(), "aud", quoted(RESOURCE)));
    assert_eq!(refused(&cognito_profile(), &bound), JoseError::AudienceMismatch);
    let profile = cognito_profile().with_audience(RESOURCE);
    assert!(verify(&profile, &bound, NOW).is_ok());
    let elsewhere = cognito(&with(cognito_claims(), "aud", quoted("https://other.example")));
    assert_eq!(refused(&profile, &elsewhere), JoseError::AudienceMismatch);
    let unbound = cognito(&cognito_claims());
    assert_eq!(refused(&profile, &unbound), JoseError::MissingClaim { claim: "aud" });
    for aud in ["[]", "null", "7", "{}", "[7]"] {
        let token = cognito(&with(cognito_claims(), "aud", aud));
        assert!(verify(&cognito_profile(), &token, NOW).is_err(), "{aud}");
    }
}

#[test]
fn r20_aud_and_iss_are_compared_to_the_letter() {
    for aud in ["https://api.example/", "https://API.example", "http://api.example", "", CLIENT] {
        let token = auth0(&with(auth0_claims(), "aud", quoted(aud)));
        assert_eq!(refused(&auth0_profile(), &token), JoseError::AudienceMismatch, "{aud}");
    }
    let token = auth0(&without(auth0_claims(), "aud"));
    assert_eq!(refused(&auth0_profile(), &token), JoseError::MissingClaim { claim: "aud" });
    for issuer in ["https://tenant.eu.auth0.com", "https://TENANT.eu.auth0.com/", POOL] {
        let token = auth0(&with(auth0_claims(), "iss", quoted(issuer)));
        assert_eq!(refused(&auth0_profile(), &token), JoseError::IssuerMismatch, "{issuer}");
    }
}

#[test]
fn v54_times_are_as_strict_as_those_of_our_own_tokens() {
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in ["\"1900000000\"", "1800000000.5", "18e8", "null", "true", "[1800000000]"] {
            let token = cognito(&with(cognito_claims(), name, value));
            assert_eq!(
                refused(&cognito_profile(), &token),
                JoseError::InvalidClaim { claim: name },
                "{name} {value}"
            );
        }
    }
    for name in ["exp", "iat"] {
        let token = auth0(&without(auth0_claims(), name));
        assert_eq!(refused(&auth0_profile(), &token), JoseError::MissingClaim { claim: name });
    }
    let token = auth0(&with(auth0_claims(), "exp", NOW.as_secs().to_string()));
    assert_eq!(refused(&auth0_profile(), &token), JoseError::Expired);
    let token = auth0(&with(auth0_claims(), "nbf", (NOW.as_secs() + 1).to_string()));
    assert_eq!(refused(&auth0_profile(), &token), JoseError::NotYetValid);
    let token = auth0(&with(auth0_claims(), "iat", (NOW.as_secs() + 31).to_string()));
    assert_eq!(refused(&auth0_profile(), &token), JoseError::IssuedInFuture);
    assert_eq!(auth0_profile().with_leeway(31).unwrap_err(), JoseError::LeewayTooLong);
}

#[test]
fn r14_r15_the_algorithm_is_the_keys_and_on_the_list() {
    let rs256_only = auth0_profile().with_algorithms(&[Algorithm::Rs256]);
    assert_eq!(refused(&rs256_only, &auth0(&auth0_claims())), JoseError::AlgorithmNotAllowed);
    for (alg, error) in [
        ("none", JoseError::UnsupportedAlgorithm),
        ("HS256", JoseError::AlgorithmMismatch),
        ("RS256", JoseError::AlgorithmMismatch),
    ] {
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{}"}}"#, kid());
        assert_eq!(refused(&auth0_profile(), &sign(header, object(&auth0_claims()))), error, "{alg}");
    }
}

#[test]
fn r32_a_binding_is_seen_or_the_token_is_refused() {
    const JKT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    let bound = auth0(&with(auth0_claims(), "cnf", format!(r#"{{"jkt":"{JKT}"}}"#)));
    assert_eq!(verify(&auth0_profile(), &bound, NOW).unwrap().confirmation(), Some(JKT));
    assert_eq!(verify(&auth0_profile(), &auth0(&auth0_claims()), NOW).unwrap().confirmation(), None);
    for cnf in
        ["null", "{}", r#"{"jkt":"x"}"#, r#"{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}"#]
    {
        let token = auth0(&with(auth0_claims(), "cnf", cnf));
        assert_eq!(refused(&auth0_profile(), &token), JoseError::InvalidClaim { claim: "cnf" }, "{cnf}");
    }
}

#[test]
fn r16_the_kinds_do_not_stand_in_for_each_other() {
    let own = key(Algorithm::Es256).sign_access_token(&access_claims()).unwrap();
    assert_eq!(refused(&cognito_profile(), &own), JoseError::AudienceMismatch);
    assert_eq!(verify(&access_profile(), &auth0(&auth0_claims()), NOW).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&access_profile(), &cognito(&cognito_claims()), NOW).unwrap_err(), JoseError::WrongTyp);
    let id_token = key(Algorithm::Es256).sign_id_token(&id_claims()).unwrap();
    let same_names =
        Profile::foreign_access_token(crate::support::ISSUER, CLIENT, verifying(&[key(Algorithm::Es256)]));
    assert_eq!(refused(&same_names, &id_token), JoseError::WrongTokenUse);
}

#[test]
fn the_header_that_needs_no_parsing_is_checked_like_any_other() {
    let key = key(Algorithm::Es256);
    let token = key.sign("JWT", object(&auth0_claims()).as_bytes()).unwrap();
    assert!(verify(&auth0_profile(), &token, NOW).is_ok());
    let fewer = auth0_profile().with_algorithms(&[Algorithm::EdDsa]);
    assert_eq!(refused(&fewer, &token), JoseError::AlgorithmNotAllowed);
    let token = key.sign("at+jwt", object(&auth0_claims()).as_bytes()).unwrap();
    assert!(verify(&auth0_profile(), &token, NOW).is_ok());
}

#[test]
fn a_remembered_token_is_remembered_for_its_clients_only() {
    let (cache, token) = (VerifiedTokens::new(64), cognito(&cognito_claims()));
    assert!(cache.verify(&cognito_profile(), &token, NOW).is_ok());
    let other = Profile::cognito_access_token(POOL, "other", verifying(&[key(Algorithm::Es256)]));
    assert_eq!(cache.verify(&other, &token, NOW).unwrap_err(), JoseError::ClientMismatch);
    let expired = NumericDate::new(NOW.as_secs() + 3600);
    let profile = cognito_profile();
    assert!(cache.verify(&profile, &token, NOW).is_ok());
    assert_eq!(cache.verify(&profile, &token, expired).unwrap_err(), JoseError::Expired);
}

#[test]
fn an_unverified_issuer_is_read_strictly() {
    assert_eq!(unverified_issuer(&cognito(&cognito_claims())).unwrap(), POOL);
    let payload = |text: &str| format!("{}.{}.{}", base64url("{}"), base64url(text), base64url("x"));
    for (text, error) in [
        ("{}", JoseError::MissingClaim { claim: "iss" }),
        (r#"{"iss":["https://a"]}"#, JoseError::InvalidClaim { claim: "iss" }),
        (r#"{"iss":"https://a","iss":"https://b"}"#, JoseError::InvalidPayload),
        (r#"{"iss":"https://a","\u0069ss":"https://b"}"#, JoseError::InvalidPayload),
        (r#"["iss"]"#, JoseError::InvalidPayload),
        ("", JoseError::InvalidPayload),
    ] {
        assert_eq!(unverified_issuer(&payload(text)).unwrap_err(), error, "{text}");
    }
    assert_eq!(unverified_issuer("a.b").unwrap_err(), JoseError::MalformedToken);
    assert_eq!(unverified_issuer(&"a".repeat(9000)).unwrap_err(), JoseError::TokenTooLarge);
}
