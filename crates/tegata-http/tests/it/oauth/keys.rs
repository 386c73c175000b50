//! Clients with keys: assertions that are good once, and tokens that are bound to a key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tegata_core::client::AuthMethod;

use super::relying_party::{RelyingParty, claims, parameter, redemption, visit};
use crate::world::{Answer, Call, ISSUER, World};

pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    }

    pub(super) fn sign(&self, header: &Value, payload: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(payload));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn proof(&self, world: &World, method: &str, path: &str, jti: &str, token: Option<&str>) -> String {
        self.prove(&proved(world, method, path, jti, token))
    }

    /// A DPoP proof that says this.
    pub(super) fn prove(&self, payload: &Value) -> String {
        self.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), payload)
    }
}

/// What a DPoP proof says.
pub(super) fn proved(world: &World, method: &str, path: &str, jti: &str, token: Option<&str>) -> Value {
    let ath = token.map(|token| {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref())
    });
    let mut payload = json!({
        "jti": jti, "htm": method, "htu": format!("{ISSUER}{path}"), "iat": world.now().as_secs(),
    });
    if let Some(ath) = ath {
        payload["ath"] = json!(ath);
    }
    payload
}

pub(super) async fn signing_client<'w>(world: &'w World, key: &Key) -> RelyingParty<'w> {
    let mut jwk = key.jwk();
    jwk["kid"] = json!("k1");
    RelyingParty::with(world, "signer", |client| {
        client.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        client.metadata.jwks = Some(json!({"keys": [jwk]}));
        client.secrets.clear();
    })
    .await
}

async fn with_assertion(world: &World, assertion: &str) -> Answer {
    asserting(world, assertion).send().await
}

/// A token request of a client that proves itself with an assertion.
pub(super) fn asserting<'w>(world: &'w World, assertion: &str) -> Call<'w> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let body = tegata_core::oauth::Parameters::new(form).unwrap().encode();
    world.call("POST", "/oauth2/token").header("content-type", "application/x-www-form-urlencoded").raw(body)
}

#[tokio::test]
async fn r35_v28_an_assertion_is_good_once_for_us_and_for_five_minutes() {
    let world = World::new().await;
    let (key, other) = (Key::new(), Key::new());
    signing_client(&world, &key).await;
    let now = world.now().as_secs();
    let header = json!({"alg": "ES256", "kid": "k1"});
    let payload = |jti: &str| json!({"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 60});
    let good = key.sign(&header, &payload("1"));
    assert_eq!(with_assertion(&world, &good).await.status, 200);
    let again = with_assertion(&world, &good).await;
    assert_eq!((again.status, &again.body["error"]), (401, &json!("invalid_client")));
    let changed = |name: &str, value: Value| {
        let mut payload = payload(name);
        payload[name] = value;
        payload
    };
    for bad in [
        key.sign(&header, &changed("aud", json!("https://other.example"))),
        key.sign(&header, &changed("aud", json!([ISSUER, "https://other.example"]))),
        key.sign(&header, &changed("exp", json!(now + 3600))),
        key.sign(&header, &changed("exp", json!(now - 60))),
        key.sign(&header, &changed("sub", json!("app"))),
        key.sign(&header, &changed("jti", Value::Null)),
        other.sign(&header, &payload("2")),
        other.sign(&json!({"alg": "ES256", "jwk": other.jwk()}), &payload("3")),
        key.sign(&json!({"alg": "none"}), &payload("4")),
        key.sign(&json!({"alg": "HS256", "kid": "k1"}), &payload("5")),
    ] {
        assert_eq!(with_assertion(&world, &bad).await.status, 401, "{bad}");
    }
    assert_eq!(with_assertion(&world, &key.sign(&header, &payload("6"))).await.status, 200);
}

#[tokio::test]
async fn v13_a_client_with_a_key_is_not_let_in_without_it() {
    let world = World::new().await;
    let mut client = signing_client(&world, &Key::new()).await;
    for method in [AuthMethod::None, AuthMethod::ClientSecretPost, AuthMethod::ClientSecretBasic] {
        client.client.metadata.token_endpoint_auth_method = method;
        let answer = client.post("/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.status, 401, "{method:?}");
    }
}

#[tokio::test]
async fn v13_a_good_secret_carries_no_bad_assertion_and_no_assertion_a_bad_secret() {
    let world = World::new().await;
    let (key, other) = (Key::new(), Key::new());
    signing_client(&world, &key).await;
    let app = RelyingParty::with(&world, "app", |client| {
        client.metadata.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
    })
    .await;
    let now = world.now().as_secs();
    let payload = |client: &str, jti: &str| json!({"iss": client, "sub": client, "aud": ISSUER, "jti": jti, "exp": now + 60});
    let header = json!({"alg": "ES256", "kid": "k1"});
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let unsigned = |client: &str| {
        format!("{}.", key.sign(&json!({"alg": "none"}), &payload(client, "u")).rsplit_once('.').unwrap().0)
    };
    let secret = [("client_id", "app"), ("client_secret", app.secret.as_str())];
    let wrong = [("client_id", "signer"), ("client_secret", "tgc_wrong")];
    for (proved, assertion) in [
        (secret, unsigned("app")),
        (secret, unsigned("signer")),
        (secret, other.sign(&header, &payload("app", "1"))),
        (secret, key.sign(&header, &payload("signer", "2"))),
        (wrong, key.sign(&header, &payload("signer", "3"))),
    ] {
        let asserted = [("client_assertion_type", kind), ("client_assertion", assertion.as_str())];
        let grant = [("grant_type", "client_credentials")];
        for form in [[&grant[..], &proved, &asserted].concat(), [&asserted[..], &proved, &grant].concat()] {
            let form = form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let answer = world
                .call("POST", "/oauth2/token")
                .header("content-type", "application/x-www-form-urlencoded")
                .raw(tegata_core::oauth::Parameters::new(form).unwrap().encode())
                .send()
                .await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (400, &json!("invalid_request")),
                "{assertion}"
            );
        }
        // Nor in the header.
        let basic =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", proved[0].1, proved[1].1));
        let answer =
            asserting(&world, &assertion).header("authorization", format!("Basic {basic}")).send().await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")), "{assertion}");
    }
    // Each alone is good, and was not spent on the way.
    assert_eq!(app.post("/oauth2/token", &[("grant_type", "client_credentials")]).await.status, 200);
    assert_eq!(with_assertion(&world, &key.sign(&header, &payload("signer", "2"))).await.status, 200);
}

#[tokio::test]
async fn r32_a_clock_may_be_ten_seconds_ahead_and_not_a_minute() {
    let world = World::new().await;
    let (app, key) = (RelyingParty::public(&world, "public").await, Key::new());
    for (ahead, error) in [(0, "invalid_grant"), (10, "invalid_grant"), (60, "use_dpop_nonce")] {
        let payload = json!({
            "jti": format!("{ahead}"), "htm": "POST", "htu": format!("{ISSUER}/oauth2/token"),
            "iat": world.now().as_secs() + ahead,
        });
        let proof = key.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}), &payload);
        let refused = world
            .call("POST", "/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("dpop", proof)
            .raw(format!("grant_type=authorization_code&code=none&client_id={}", app.client.client_id))
            .send()
            .await;
        assert_eq!(refused.body["error"], error, "{ahead}");
    }
}

#[tokio::test]
async fn a4_9_2_a4_10_1_r32_tokens_that_are_bound_to_a_key_are_worth_nothing_without_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::public(&world, "public").await;
    let (key, thief) = (Key::new(), Key::new());
    let browser = world.browser();
    let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
    let with_proof = |form: Vec<(String, String)>, proof: String| {
        let body = tegata_core::oauth::Parameters::new(form).unwrap().encode();
        world
            .call("POST", "/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("dpop", proof)
            .raw(body)
            .send()
    };
    let owned = |form: &[(&str, &str)]| {
        let client = ("client_id", "public");
        let pairs = form.iter().chain(std::iter::once(&client));
        pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let proof = |jti: &str| key.proof(&world, "POST", "/oauth2/token", jti, None);
    let tokens = with_proof(owned(&redemption(&code)), proof("1")).await;
    assert_eq!((tokens.status, &tokens.body["token_type"]), (200, &json!("DPoP")), "{}", tokens.body);
    let access = tokens.body["access_token"].as_str().unwrap();
    assert!(claims(&tokens.body["access_token"])["cnf"]["jkt"].is_string());

    let info = |scheme: &str, proof: Option<String>| {
        let call = world.get("/oauth2/userinfo").header("authorization", format!("{scheme} {access}"));
        match proof {
            Some(proof) => call.header("dpop", proof),
            None => call,
        }
        .send()
    };
    let of = |key: &Key, jti: &str| key.proof(&world, "GET", "/oauth2/userinfo", jti, Some(access));
    assert_eq!(info("Bearer", None).await.status, 401, "as if it were not bound");
    assert_eq!(info("DPoP", None).await.status, 401);
    assert_eq!(info("DPoP", Some(of(&thief, "2"))).await.status, 401);
    let without_ath = key.proof(&world, "GET", "/oauth2/userinfo", "3", None);
    let refused = info("DPoP", Some(without_ath)).await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_dpop_proof")));
    let challenge = "DPoP error=\"invalid_dpop_proof\", algs=\"ES256 EdDSA RS256 PS256\"";
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
    assert_eq!(info("DPoP", Some(of(&key, "4"))).await.status, 200);
    assert_eq!(info("DPoP", Some(of(&key, "4"))).await.status, 401, "a proof is good once");

    // Refused, it is asked for again in the scheme that it was shown with (RFC 9449 §7.1).
    for path in ["/oauth2/userinfo", "/api/protected"] {
        for (scheme, challenge) in [
            ("Bearer", "Bearer error=\"invalid_token\""),
            ("DPoP", "DPoP error=\"invalid_token\", algs=\"ES256 EdDSA RS256 PS256\""),
        ] {
            let shown = format!("{scheme} {access}x");
            let answer = world.get(path).header("authorization", shown).send().await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(challenge)), "{path}");
        }
    }

    let refresh = tokens.body["refresh_token"].as_str().unwrap();
    let form = owned(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    let stolen = with_proof(form.clone(), thief.proof(&world, "POST", "/oauth2/token", "5", None)).await;
    assert_eq!(stolen.body["error"], "invalid_dpop_proof");
    assert_eq!(app.refresh(refresh).await.body["error"], "invalid_dpop_proof");
    assert_eq!(with_proof(form, proof("6")).await.status, 200, "nothing was spent");
}
