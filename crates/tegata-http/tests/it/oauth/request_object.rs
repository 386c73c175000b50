//! Requests in request objects (RFC 9101, OIDC Core §6.1), as clients send them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tegata_core::client::{ClientMetadata, RequestObjectAlg};
use tegata_core::settings::RegistrationMode;
use tegata_jose::{Algorithm, JwkSet, SigningKey};

use super::relying_party::{
    CALLBACK, CHALLENGE, RelyingParty, claims, form_action, hidden, open, parameter, send_form, submit, text,
    visit,
};
use crate::world::{ISSUER, PASSWORD, World};

/// A client that signs its requests, and is known by the one key of a set.
async fn signer<'w>(world: &'w World, name: &str, key: &SigningKey) -> RelyingParty<'w> {
    signer_with(world, name, key, |_| {}).await
}

pub(super) async fn signer_with<'w>(
    world: &'w World,
    name: &str,
    key: &SigningKey,
    change: impl FnOnce(&mut ClientMetadata),
) -> RelyingParty<'w> {
    let set = JwkSet::new(vec![key.public_jwk()]).unwrap();
    RelyingParty::with(world, name, |client| {
        client.metadata.jwks = serde_json::from_str(&set.to_json()).ok();
        client.metadata.require_signed_request_object = true;
        change(&mut client.metadata);
    })
    .await
}

/// The claims of a good object.
pub(super) fn request(world: &World, client_id: &str) -> Value {
    json!({
        "iss": client_id, "aud": ISSUER, "exp": world.now().as_secs() + 60, "client_id": client_id,
        "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile", "state": "inner",
        "nonce": "n-2", "code_challenge": CHALLENGE, "code_challenge_method": "S256", "max_age": 300,
        "claims": {"id_token": {"preferred_username": null}},
    })
}

pub(super) fn sign(key: &SigningKey, claims: &Value) -> String {
    key.sign("oauth-authz-req+jwt", claims.to_string().as_bytes()).unwrap()
}

fn unsigned(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims.to_string()))
}

fn link(client_id: &str, object: &str) -> String {
    format!("/oauth2/authorize?client_id={client_id}&request={object}")
}

#[tokio::test]
async fn r31_a_user_logs_in_on_a_signed_request_which_may_expire_on_the_way() {
    let world = World::new().await;
    world.sign_up("alice").await;
    for (name, algorithm) in [("es256", Algorithm::Es256), ("rs256", Algorithm::Rs256)] {
        let key = SigningKey::generate(algorithm).unwrap();
        let app = signer(&world, name, &key).await;
        let browser = world.browser();
        let object = sign(&key, &request(&world, name));
        let login = open(&browser, &link(name, &object)).await;
        assert_eq!(form_action(&login).as_deref(), Some("/oauth2/login"), "{}", text(&login));
        assert!(!text(&login).contains(&object), "the object goes no further");
        world.pass(120);
        let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "{}", text(&consent));
        let answer = submit(&browser, &consent, &[("decision", "allow")]).await;
        assert_eq!(parameter(&answer, "state"), "inner");
        let tokens = app.redeem(&parameter(&answer, "code")).await;
        let id_token = claims(&tokens.body["id_token"]);
        assert_eq!((&id_token["nonce"], &id_token["preferred_username"]), (&json!("n-2"), &json!("alice")));
        let late = open(&browser, &link(name, &object)).await;
        assert_eq!(parameter(&late, "error"), "invalid_request_object", "and nobody begins with it any more");
    }
}

#[tokio::test]
async fn r31_what_a_visitor_takes_along_is_what_was_signed() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    signer(&world, "app", &key).await;
    let browser = world.browser();
    let login = open(&browser, &link("app", &sign(&key, &request(&world, "app")))).await;
    let fields = hidden(&login);
    let place = &fields.iter().find(|(name, _)| name == "continue").unwrap().1;
    assert!(place.contains("state=inner") && !place.contains("request="), "{place}");
    // Without the flow that was signed for it, it is a request that nobody has signed.
    let bare = open(&browser, place).await;
    assert_eq!(
        (parameter(&bare, "error"), parameter(&bare, "state")),
        ("invalid_request".into(), "inner".into())
    );
    // And the flow is for this place alone.
    let mut changed = login;
    changed.bytes = text(&changed).replace("scope=openid+profile", "scope=openid+email").into();
    let typed = [("identifier", "alice"), ("password", PASSWORD)];
    let sent = browser.send(send_form(&browser, &changed, &typed, "/oauth2/login")).await;
    assert_eq!((sent.status, browser.cookie("tegata_session")), (303, None));
    let refused = open(&browser, sent.header("location").unwrap()).await;
    assert_eq!(parameter(&refused, "error"), "invalid_request");
}

#[tokio::test]
async fn an_unsigned_request_object_counts_more_than_what_stands_beside_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let mut claims_of = request(&world, "app");
    claims_of["response_mode"] = json!("form_post");
    let object = unsigned(&claims_of);
    let beside = [
        ("request", object.as_str()),
        ("redirect_uri", "https://evil.example/callback"),
        ("state", "outer"),
        ("nonce", "n-1"),
    ];
    let browser = world.browser();
    let answer = visit(&browser, &app.request(&beside), "alice").await;
    assert_eq!((answer.status, form_action(&answer).as_deref()), (200, Some(CALLBACK)));
    let fields = hidden(&answer);
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).unwrap().1.as_str();
    assert_eq!(field("state"), "inner");
    let tokens = app.redeem(field("code")).await;
    assert_eq!(claims(&tokens.body["id_token"])["nonce"], json!("n-2"));
    // The same as a form.
    let query = app.request(&beside).split_once('?').unwrap().1.to_owned();
    let form = browser
        .bare("POST", "/oauth2/authorize")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(query);
    let sent = browser.send(form).await;
    let again = open(&browser, sent.header("location").unwrap()).await;
    assert_eq!((again.status, form_action(&again).as_deref()), (200, Some(CALLBACK)));
}

#[tokio::test]
async fn r31_v12_a_bad_object_is_told_where_the_parameters_beside_it_lead_or_on_a_page() {
    let world = World::new().await;
    let (key, stranger) =
        (SigningKey::generate(Algorithm::Es256).unwrap(), SigningKey::generate(Algorithm::Es256).unwrap());
    let app = signer(&world, "app", &key).await;
    let good = request(&world, "app");
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let assertion = json!({
        "iss": "app", "sub": "app", "aud": format!("{ISSUER}/oauth2/token"), "exp": world.now().as_secs() + 60, "jti": "1",
    });
    let token = sign(&key, &good);
    let (_, signature) = token.rsplit_once('.').unwrap();
    let header = token.split('.').next().unwrap();
    let tampered = URL_SAFE_NO_PAD.encode(changed("scope", json!("openid email")).to_string());
    let bad = [
        sign(&stranger, &good),
        unsigned(&good),
        format!("{header}.{tampered}.{signature}"),
        key.sign("dpop+jwt", good.to_string().as_bytes()).unwrap(),
        key.sign("at+jwt", good.to_string().as_bytes()).unwrap(),
        key.sign("JWT", assertion.to_string().as_bytes()).unwrap(),
        sign(&key, &changed("sub", json!("app"))),
        sign(&key, &changed("aud", json!("https://other.example"))),
        sign(&key, &changed("exp", json!(world.now().as_secs() - 60))),
        sign(&key, &changed("client_id", json!("other"))),
        sign(&key, &changed("response_type", json!("token"))),
        sign(&key, &changed("request", json!(token))),
        sign(&key, &changed("request_uri", json!("https://app.example/request"))),
    ];
    let browser = world.browser();
    for (at, object) in bad.iter().enumerate() {
        let object = object.as_str();
        let told = open(&browser, &app.request(&[("request", object)])).await;
        assert_eq!(parameter(&told, "error"), "invalid_request_object", "{at}");
        assert_eq!((parameter(&told, "state"), parameter(&told, "iss")), ("xyz".into(), ISSUER.into()));
        assert!(told.header("location").unwrap().starts_with(CALLBACK));
        let form = open(&browser, &app.request(&[("request", object), ("response_mode", "form_post")])).await;
        assert_eq!(form_action(&form).as_deref(), Some(CALLBACK), "{at}");
        let elsewhere = [("request", object), ("redirect_uri", "https://evil.example/callback")];
        let shown = open(&browser, &app.request(&elsewhere)).await;
        assert_eq!((shown.status, shown.header("location")), (400, None), "{at}");
        assert!(text(&shown).contains("id=\"error-page\""));
        let pushed = app.post("/oauth2/par", &[("request", object), ("response_type", "code")]).await;
        assert_eq!((pushed.status, &pushed.body["error"]), (400, &json!("invalid_request_object")), "{at}");
    }
    let fetched = open(&browser, &app.request(&[("request_uri", "https://app.example/request")])).await;
    assert_eq!(parameter(&fetched, "error"), "request_uri_not_supported");
    let both = open(&browser, &app.request(&[("request_uri", "urn:x"), ("request", &token)])).await;
    assert_eq!(parameter(&both, "error"), "invalid_request");
}

#[tokio::test]
async fn r30_r31_an_object_is_pushed_and_good_for_one_answer() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let app = signer(&world, "app", &key).await;
    let object = sign(&key, &request(&world, "app"));
    let pushed = app.post("/oauth2/par", &[("request", &object), ("prompt", "none")]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let uri = pushed.body["request_uri"].as_str().unwrap();
    let browser = world.browser();
    let link = format!("/oauth2/authorize?client_id=app&request_uri={uri}");
    let answer = visit(&browser, &link, "alice").await;
    assert_eq!(parameter(&answer, "state"), "inner");
    assert_eq!(app.redeem(&parameter(&answer, "code")).await.status, 200);
    assert_eq!(open(&browser, &link).await.status, 400);
}

#[tokio::test]
async fn r31_r69_what_is_too_long_for_an_address_has_to_be_pushed() {
    let world = World::new().await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let app = signer(&world, "app", &key).await;
    let mut claims = request(&world, "app");
    claims["login_hint"] = json!("<".repeat(2400));
    let object = sign(&key, &claims);
    let browser = world.browser();
    let told = open(&browser, &app.request(&[("request", &object)])).await;
    assert_eq!(
        (parameter(&told, "error"), parameter(&told, "state")),
        ("invalid_request".into(), "inner".into())
    );
    assert_eq!(app.post("/oauth2/par", &[("request", &object)]).await.status, 201);
    let long = "x".repeat(8 * 1024);
    let told = open(&browser, &link("app", &long)).await;
    assert_eq!(parameter(&told, "error"), "invalid_request_object");
    let pushed = app.post("/oauth2/par", &[("request", &long)]).await;
    assert_eq!((pushed.status, &pushed.body["error"]), (400, &json!("invalid_request_object")));
}

#[tokio::test]
async fn r31_a_client_registers_how_it_signs_its_requests() {
    let world = World::with(|plan| plan.rules.oauth.registration = RegistrationMode::Open).await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let set = JwkSet::new(vec![key.public_jwk()]).unwrap().to_json();
    let jwks: Value = serde_json::from_str(&set).unwrap();
    for alg in RequestObjectAlg::all() {
        let body = json!({
            "redirect_uris": [CALLBACK], "jwks": jwks, "request_object_signing_alg": alg.as_str(),
            "require_signed_request_object": alg != RequestObjectAlg::Unsigned,
        });
        let answer = world.post("/oauth2/register", &body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        for member in ["request_object_signing_alg", "require_signed_request_object"] {
            assert_eq!(answer.body[member], body[member], "{alg}");
        }
    }
    for (alg, required, jwks) in [
        ("HS256", false, &jwks),
        ("ES512", false, &jwks),
        ("none", true, &jwks),
        ("ES256", false, &Value::Null),
    ] {
        let body = json!({
            "redirect_uris": [CALLBACK], "jwks": jwks, "request_object_signing_alg": alg,
            "require_signed_request_object": required,
        });
        let answer = world.post("/oauth2/register", &body).send().await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_client_metadata")), "{alg}");
    }
}
