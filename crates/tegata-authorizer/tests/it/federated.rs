//! Tokens of other issuers: their shapes, their keys, and what fetching them may not do.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tegata_jose::{Algorithm, SigningKey};

use crate::forge::{auth0_header, cognito_header, sign_json, with};
use crate::issuer::{Endpoint, Issuer};
use crate::runtime_api::{Function, Posted, refuse_to_start};
use crate::support::{
    AUTHORIZER, FEDERATED, ISSUER, bearer, internal, jwks, now, own_key, own_token, token_event, unauthorized,
};

const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example";
const AUTH0: &str = "https://tenant.eu.auth0.com/";
const OIDC: &str = "https://id.example/realms/main";
const API: &str = "https://api.example";

/// The thumbprint of a holder's key (RFC 7638 §3.1).
const JKT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

/// RSA keys take long to make.
fn rsa_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).unwrap())
}

fn auth0_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).unwrap())
}

fn oidc_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Es256).unwrap())
}

fn cognito_payload() -> Value {
    json!({
        "sub": "6f1c0a3e-0000-4000-8000-000000000001",
        "cognito:groups": ["staff"],
        "iss": POOL,
        "version": 2,
        "client_id": "1example23456789",
        "origin_jti": "00000000-0000-4000-8000-000000000000",
        "token_use": "access",
        "scope": "openid orders/read",
        "auth_time": now().as_secs(),
        "exp": now().as_secs() + 3600,
        "iat": now().as_secs(),
        "jti": "00000000-0000-4000-8000-000000000001",
        "username": "hanako",
    })
}

fn auth0_payload() -> Value {
    json!({
        "iss": AUTH0,
        "sub": "auth0|6f1c0a3e",
        "aud": [API, "https://tenant.eu.auth0.com/userinfo"],
        "azp": "AbCdEf",
        "iat": now().as_secs(),
        "exp": now().as_secs() + 86400,
        "scope": "openid profile",
        "gty": "password",
        "permissions": ["orders:read", "orders:write"],
    })
}

fn oidc_payload() -> Value {
    json!({
        "iss": OIDC, "sub": "user-1", "aud": API, "client_id": "web", "jti": "1",
        "iat": now().as_secs(), "exp": now().as_secs() + 300, "scope": "orders:read",
    })
}

fn cognito(changes: Value) -> String {
    sign_json(rsa_key(), &cognito_header(rsa_key()), &with(cognito_payload(), changes))
}

fn auth0(changes: Value) -> String {
    sign_json(auth0_key(), &auth0_header(auth0_key()), &with(auth0_payload(), changes))
}

fn oidc(changes: Value) -> String {
    let header = with(auth0_header(oidc_key()), json!({ "typ": "at+jwt" }));
    sign_json(oidc_key(), &header, &with(oidc_payload(), changes))
}

/// Tegata, a user pool, a tenant and an OIDC issuer at once.
fn start(issuer: &Issuer, more: &[(&str, &str)]) -> Function {
    let issuers = json!([
        {
            "kind": "cognito", "issuer": POOL, "client_ids": ["1example23456789"],
            "jwks_uri": issuer.set("/cognito", Endpoint::Ok(jwks(&[rsa_key()]))),
        },
        {
            "kind": "auth0", "issuer": AUTH0, "audiences": [API], "scope_claim": "permissions",
            "jwks_uri": issuer.set("/auth0", Endpoint::Ok(jwks(&[auth0_key()]))),
        },
        {
            "kind": "oidc", "issuer": OIDC, "audiences": [API], "algorithms": ["ES256"], "leeway": 10,
            "jwks_uri": issuer.set("/oidc", Endpoint::Ok(jwks(&[oidc_key()]))),
        },
    ]);
    let (issuers, own) = (issuers.to_string(), jwks(&[own_key()]));
    let mut environment = vec![
        ("TEGATA_ISSUER", ISSUER),
        ("TEGATA_AUDIENCE", API),
        ("TEGATA_JWKS", own.as_str()),
        ("TEGATA_ISSUERS", issuers.as_str()),
    ];
    environment.extend(more);
    Function::start(FEDERATED, &environment)
}

fn invoke(function: &Function, token: &str) -> Posted {
    function.invoke(&token_event(&bearer(token)))
}

#[test]
fn tokens_of_all_issuers_are_let_in() {
    let issuer = Issuer::start();
    let function = start(&issuer, &[]);
    for _ in 0..3 {
        let answer = invoke(&function, &cognito(json!({}))).answer();
        let exp = answer["context"]["exp"].clone();
        assert_eq!(answer["principalId"], "6f1c0a3e-0000-4000-8000-000000000001");
        assert_eq!(
            answer["context"],
            json!({
                "sub": "6f1c0a3e-0000-4000-8000-000000000001", "username": "hanako",
                "client_id": "1example23456789", "scope": "openid orders/read", "iss": POOL, "exp": exp,
            })
        );
        let answer = invoke(&function, &auth0(json!({}))).answer();
        let exp = answer["context"]["exp"].clone();
        assert_eq!(
            answer["context"],
            json!({
                "sub": "auth0|6f1c0a3e", "client_id": "AbCdEf", "scope": "orders:read orders:write",
                "iss": AUTH0, "exp": exp,
            })
        );
        assert_eq!(invoke(&function, &oidc(json!({}))).answer()["context"]["sub"], "user-1");
        assert_eq!(invoke(&function, &own_token()).answer()["context"]["sub"], "usr_1");
    }
    for path in ["/cognito", "/auth0", "/oidc"] {
        assert_eq!(issuer.hits(path), 1, "{path}");
    }
}

#[test]
fn every_hostile_token_of_another_issuer_makes_a_401() {
    let issuer = Issuer::start();
    let function = start(&issuer, &[]);
    let (key, header) = (rsa_key(), cognito_header(rsa_key()));
    let headers = |changes: Value| sign_json(key, &with(header.clone(), changes), &cognito_payload());
    let soon = now().as_secs() + 3600;
    for (name, token) in [
        (
            "r16 Cognito's ID token",
            cognito(json!({ "token_use": "id", "client_id": null, "aud": "1example23456789" })),
        ),
        ("r16 token_use id", cognito(json!({ "token_use": "id" }))),
        ("r16 token_use refresh", cognito(json!({ "token_use": "refresh" }))),
        ("r16 token_use in a list", cognito(json!({ "token_use": ["access"] }))),
        ("r16 no token_use", cognito(json!({ "token_use": null }))),
        ("r20 another client", cognito(json!({ "client_id": "other" }))),
        ("r20 clients in a list", cognito(json!({ "client_id": ["1example23456789"] }))),
        ("r20 no client", cognito(json!({ "client_id": null }))),
        ("r20 a client as azp", cognito(json!({ "client_id": null, "azp": "1example23456789" }))),
        ("r20 an audience nobody named", cognito(json!({ "aud": API }))),
        ("r20 a client as audience", cognito(json!({ "aud": "1example23456789" }))),
        (
            "r20 another pool",
            cognito(json!({ "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other" })),
        ),
        ("r20 another region", cognito(json!({ "iss": POOL.replace("eu-west-1.", "us-east-1.") }))),
        ("r20 a pool with a slash", cognito(json!({ "iss": format!("{POOL}/") }))),
        ("r20 two issuers", cognito(json!({ "iss": [POOL, AUTH0] }))),
        ("r20 no issuer", cognito(json!({ "iss": null }))),
        ("r19 expired", cognito(json!({ "exp": now().as_secs() - 1 }))),
        ("r19 v54 exp as text", cognito(json!({ "exp": soon.to_string() }))),
        ("r19 v54 auth_time as text", cognito(json!({ "auth_time": "now" }))),
        ("r19 not yet", cognito(json!({ "nbf": soon }))),
        ("r15 none", headers(json!({ "alg": "none" }))),
        ("r15 v12 HS256", headers(json!({ "alg": "HS256" }))),
        ("r15 RS512", headers(json!({ "alg": "RS512" }))),
        ("r15 PS256", headers(json!({ "alg": "PS256" }))),
        ("r16 typ of a logout token", headers(json!({ "typ": "logout+jwt" }))),
        ("r18 crit", headers(json!({ "crit": ["b64"], "b64": false }))),
        (
            "r17 jku",
            sign_json(
                auth0_key(),
                &with(header.clone(), json!({ "jku": "https://evil.example/" })),
                &cognito_payload(),
            ),
        ),
        (
            "a kid of Auth0 in Cognito's token",
            sign_json(auth0_key(), &cognito_header(auth0_key()), &cognito_payload()),
        ),
        (
            "a kid of Tegata in Cognito's token",
            sign_json(own_key(), &cognito_header(own_key()), &cognito_payload()),
        ),
        (
            "a kid of Cognito in Tegata's token",
            sign_json(
                key,
                &with(header.clone(), json!({ "typ": "at+jwt" })),
                &with(cognito_payload(), json!({ "iss": ISSUER, "aud": API })),
            ),
        ),
        ("Tegata's issuer in a token of Auth0's kind", auth0(json!({ "iss": ISSUER }))),
        ("r20 Auth0 without its slash", auth0(json!({ "iss": "https://tenant.eu.auth0.com" }))),
        ("r20 Auth0 in capitals", auth0(json!({ "iss": "https://TENANT.eu.auth0.com/" }))),
        ("r20 only userinfo", auth0(json!({ "aud": "https://tenant.eu.auth0.com/userinfo" }))),
        ("r20 the client", auth0(json!({ "aud": "AbCdEf" }))),
        ("r20 no audience", auth0(json!({ "aud": null }))),
        ("r16 Auth0's ID token", auth0(json!({ "aud": "AbCdEf", "nonce": "n" }))),
        ("r16 a nonce", auth0(json!({ "nonce": "n" }))),
        ("r16 an at_hash", auth0(json!({ "at_hash": "h" }))),
        ("r19 no iat", auth0(json!({ "iat": null }))),
        ("r32 bound to a key", auth0(json!({ "cnf": { "jkt": JKT } }))),
        ("r32 bound to a certificate", auth0(json!({ "cnf": { "x5t#S256": JKT } }))),
        ("no subject", auth0(json!({ "sub": null }))),
        ("scope in a list", auth0(json!({ "scope": ["openid"] }))),
        ("r14 RS256 where the list has ES256", sign_json(key, &auth0_header(key), &oidc_payload())),
        ("r19 past the leeway", oidc(json!({ "exp": now().as_secs() - 11 }))),
        ("a stranger's issuer", auth0(json!({ "iss": "https://evil.example/" }))),
        ("an issuer that begins the same", auth0(json!({ "iss": "https://tenant.eu.auth0.com/evil" }))),
        (
            "Tegata's token with another issuer's name",
            sign_json(own_key(), &auth0_header(own_key()), &auth0_payload()),
        ),
        (
            "Tegata's typ",
            sign_json(own_key(), &auth0_header(own_key()), &with(oidc_payload(), json!({ "iss": ISSUER }))),
        ),
    ] {
        assert_eq!(invoke(&function, &token), unauthorized(), "{name}");
    }
    for path in ["/cognito", "/auth0", "/oidc"] {
        assert_eq!(issuer.hits(path), 1, "{path}: unknown kids do not make us ask again at once");
    }
    for token in
        [cognito(json!({})), auth0(json!({})), oidc(json!({ "exp": now().as_secs() - 3 })), own_token()]
    {
        invoke(&function, &token).answer();
    }
}

#[test]
fn an_unknown_issuer_fetches_nothing() {
    let issuer = Issuer::start();
    let function = start(&issuer, &[]);
    for iss in ["https://evil.example/", "", "http://169.254.169.254/", "https://tenant.eu.auth0.com"] {
        assert_eq!(invoke(&function, &auth0(json!({ "iss": iss }))), unauthorized());
    }
    assert_eq!(issuer.hits("/cognito") + issuer.hits("/auth0") + issuer.hits("/oidc"), 0);
}

#[test]
fn two_issuers_with_one_kid_do_not_mix() {
    let issuer = Issuer::start();
    let (one, other) = (oidc_key(), SigningKey::generate(Algorithm::Es256).unwrap());
    // The same `kid` in both sets, over different keys.
    let renamed = jwks(&[&other]).replace(other.kid(), one.kid());
    let issuers = json!([
        { "kind": "oidc", "issuer": "https://one.example", "audiences": [API], "algorithms": ["ES256"],
          "jwks_uri": issuer.set("/one", Endpoint::Ok(jwks(&[one]))) },
        { "kind": "oidc", "issuer": "https://two.example", "audiences": [API], "algorithms": ["ES256"],
          "jwks_uri": issuer.set("/two", Endpoint::Ok(renamed)) },
    ]);
    let function = Function::start(FEDERATED, &[("TEGATA_ISSUERS", &issuers.to_string())]);
    let sign = |key, iss| sign_json(key, &auth0_header(one), &with(oidc_payload(), json!({ "iss": iss })));
    for _ in 0..2 {
        invoke(&function, &sign(one, "https://one.example")).answer();
        invoke(&function, &sign(&other, "https://two.example")).answer();
        assert_eq!(invoke(&function, &sign(&other, "https://one.example")), unauthorized());
        assert_eq!(invoke(&function, &sign(one, "https://two.example")), unauthorized());
    }
}

/// An issuer whose only trait is how its endpoint answers.
fn start_with(uri: &str) -> Function {
    let issuers = json!([
        { "kind": "oidc", "issuer": OIDC, "audiences": [API], "algorithms": ["ES256"], "jwks_uri": uri },
    ]);
    Function::start(FEDERATED, &[("TEGATA_ISSUERS", &issuers.to_string())])
}

#[test]
fn r70_v58_an_endpoint_that_does_not_give_keys_is_our_own_outage() {
    let issuer = Issuer::start();
    let good = issuer.set("/good", Endpoint::Ok(jwks(&[oidc_key()])));
    let oct = r#"{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}"#;
    let many = format!("{{\"keys\":[{}]}}", vec![r#"{"kty":"none"}"#; 65].join(","));
    let twice = jwks(&[oidc_key()]).replace("{\"keys\":[", "").replace("]}", "");
    for (endpoint, reason) in [
        (Endpoint::Other(500, String::new()), "the status is 500"),
        (Endpoint::Other(404, String::new()), "the status is 404"),
        (Endpoint::Other(204, String::new()), "the status is 204"),
        (Endpoint::Other(302, format!("location: {good}\r\n")), "the status is 302"),
        (Endpoint::Other(301, format!("location: {good}\r\n")), "the status is 301"),
        (Endpoint::Stalls, "it took too long"),
        (Endpoint::Endless, "the answer is too large"),
        (Endpoint::Closes, "the connection failed"),
        (Endpoint::Ok("x".repeat(64 * 1024 + 1)), "the answer is too large"),
        (Endpoint::Ok("x".repeat(64 * 1024)), "key set is not valid"),
        (Endpoint::Ok(String::new()), "key set is not valid"),
        (Endpoint::Ok("<html>".into()), "key set is not valid"),
        (Endpoint::Ok(r#"{"keys":{}}"#.into()), "key set is not valid"),
        (Endpoint::Ok(many), "key set is not valid"),
        (Endpoint::Ok(oct.into()), "public key holds private members"),
        (Endpoint::Ok(format!("{{\"keys\":[{twice},{twice}]}}")), "two keys have the same kid"),
        (Endpoint::Ok(r#"{"keys":[]}"#.into()), "there is no key to verify with"),
        (
            Endpoint::Ok(r#"{"keys":[{"kty":"EC","crv":"secp256k1","kid":"a"}]}"#.into()),
            "there is no key to verify with",
        ),
    ] {
        let function = start_with(&issuer.set("/bad", endpoint));
        let started = now().as_secs();
        assert_eq!(invoke(&function, &oidc(json!({}))), internal(), "{reason}");
        assert!(now().as_secs() - started < 5, "{reason}");
        let hits = issuer.hits("/bad");
        for _ in 0..5 {
            assert_eq!(invoke(&function, &oidc(json!({}))), internal(), "{reason}");
        }
        assert_eq!(issuer.hits("/bad"), hits, "no second try at once: {reason}");
        let told = function.stop();
        let line = format!(
            "{{\"level\":\"WARN\",\"message\":\"keys not fetched\",\"issuer\":\"{OIDC}\",\"reason\":\"{reason}\"}}\n"
        );
        assert!(told.starts_with(&line), "{told}");
    }
    assert_eq!(issuer.hits("/good"), 0, "no redirect is followed");
    let down = start_with("http://127.0.0.1:9/jwks.json");
    assert_eq!(invoke(&down, &oidc(json!({}))), internal());
}

#[test]
fn keys_of_other_kinds_in_a_set_are_left_out() {
    let issuer = Issuer::start();
    let odd = r#"{"keys":[{"kty":"EC","crv":"secp256k1","kid":"a"},{"kty":"RSA","kid":"b","use":"enc"},{"kty":"AKP"},"#;
    let set = jwks(&[oidc_key()]).replace("{\"keys\":[", odd);
    let function = start_with(&issuer.set("/keys", Endpoint::Ok(set)));
    invoke(&function, &oidc(json!({}))).answer();
}

#[test]
fn an_rsa_key_without_alg_is_of_the_one_algorithm_that_the_settings_allow() {
    let issuer = Issuer::start();
    let set = jwks(&[rsa_key()]).replace(",\"alg\":\"RS256\"", "");
    assert!(!set.contains("RS256"));
    let uri = issuer.set("/keys", Endpoint::Ok(set));
    let start = |algorithms: Value| {
        let issuers = json!([
            { "kind": "oidc", "issuer": OIDC, "audiences": [API], "algorithms": algorithms, "jwks_uri": uri },
        ]);
        Function::start(FEDERATED, &[("TEGATA_ISSUERS", &issuers.to_string())])
    };
    let token = sign_json(rsa_key(), &auth0_header(rsa_key()), &oidc_payload());
    invoke(&start(json!(["RS256"])), &token).answer();
    invoke(&start(json!(["ES256", "RS256"])), &token).answer();
    assert_eq!(invoke(&start(json!(["RS256", "PS256"])), &token), internal());
}

#[test]
fn r72_settings_of_issuers_are_checked_at_once() {
    let problems = |issuers: Value| refuse_to_start(FEDERATED, &[("TEGATA_ISSUERS", &issuers.to_string())]);
    let told = problems(json!([
        { "kind": "cognito", "issuer": format!("{POOL}/"), "audiences": [""] },
        { "kind": "auth0", "issuer": "https://tenant.eu.auth0.com", "client_ids": ["a"], "algorithms": ["HS256", "none"] },
        { "kind": "oidc", "issuer": "http://id.example", "audiences": ["a"], "leeway": 31 },
        { "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "jwks_uri": "https://169.254.169.254/" },
        { "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "jwks_uri": "https://user@id.example/" },
        { "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "jwks_uri": "http://id.example/", "algorithms": [] },
        { "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "jwks_url": "https://id.example/" },
        { "kind": "okta", "issuer": OIDC },
        { "issuer": OIDC },
        7,
    ]));
    for part in [
        "[0]: `issuer` of Cognito has no slash",
        "[0]: an empty name",
        "[0]: `client_ids` is missing",
        "[1]: `issuer` of Auth0 ends with a slash",
        "[1]: `audiences` is missing",
        "[1]: `algorithms`: `HS256`",
        "[1]: `algorithms`: `none`",
        "[2]: `issuer` is not an https URL",
        "[2]: `jwks_uri` is missing",
        "[2]: `leeway`: leeway is longer than 30 seconds",
        "[3]: `jwks_uri` is not an https URL of a public host",
        "[4]: `jwks_uri` is not an https URL of a public host",
        "[5]: `jwks_uri` is not an https URL of a public host",
        "[5]: `algorithms` is empty",
        "[6]: unknown field `jwks_url`",
        "[7]: unknown variant `okta`",
        "[8]: missing field `kind`",
        "[9]: invalid type",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    let one =
        json!({ "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "jwks_uri": "https://id.example/" });
    assert!(problems(json!([one, one])).contains("is there twice"));
    let clients = json!({ "kind": "oidc", "issuer": OIDC, "audiences": ["a"], "client_ids": ["a"], "jwks_uri": "https://id.example/" });
    assert!(problems(json!([clients])).contains("`client_ids` is for Cognito"));
    assert!(problems(json!({})).contains("TEGATA_ISSUERS: it is not a JSON array"));
    let told = refuse_to_start(
        FEDERATED,
        &[
            ("TEGATA_ISSUER", OIDC),
            ("TEGATA_JWKS", r#"{"keys":[]}"#),
            ("TEGATA_ISSUERS", &json!([one]).to_string()),
        ],
    );
    assert!(told.contains("one of them is TEGATA_ISSUER again"), "{told}");
    let told = refuse_to_start(AUTHORIZER, &[("TEGATA_ISSUERS", &json!([one]).to_string())]);
    assert!(told.contains("take authorizer-federated"), "{told}");
}

#[test]
fn only_the_federated_binary_links_a_client() {
    // A root certificate that clients come with.
    let links = |binary: &str| {
        let (bytes, name) = (std::fs::read(binary).unwrap(), b"ISRG Root X1");
        bytes.windows(name.len()).any(|window| window == name)
    };
    assert!(links(FEDERATED));
    assert!(!links(AUTHORIZER));
}
