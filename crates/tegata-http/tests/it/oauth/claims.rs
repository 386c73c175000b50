//! What applications hear of users: by scope, by name, and from the attributes of the installation.

use serde_json::{Value, json};
use tegata_core::provider::RequestContext;

use super::relying_party::{RelyingParty, claims, form_action, open, parameter, submit, text, visit};
use crate::world::{PASSWORD, World};

/// A world with attributes of its own, and a user of whom everything is known.
async fn world() -> World {
    let world = World::with(|plan| {
        let oauth = &mut plan.rules.oauth;
        oauth.scope = "directory".parse().unwrap();
        oauth.attributes = ["department", "groups", "badge"].map(|name| name.parse().unwrap()).to_vec();
        oauth.claims = [
            "claim=https://example.org/unit attribute=department scope=profile in=userinfo+id_token",
            "claim=groups scope=directory",
            "claim=badge scope=directory in=id_token",
        ]
        .map(|mapped| mapped.parse().unwrap())
        .to_vec();
    })
    .await;
    world.sign_up("alice").await;
    set(&world, &all()).await;
    world
}

fn all() -> Value {
    json!({
        "name": "Alice Liddell", "given_name": "Alice", "family_name": "Liddell", "middle_name": "Pleasance",
        "nickname": "Al", "profile": "https://a.example/alice", "picture": "https://a.example/alice.png",
        "website": "https://alice.example", "gender": "female", "birthdate": "1852-05-04",
        "zoneinfo": "Europe/London", "locale": "en-GB", "email": "alice@b.example", "email_verified": true,
        "phone_number": "+16045551234", "phone_number_verified": true,
        "address": {"formatted": "1 Long Road\nOxford", "country": "United Kingdom"},
        "department": "Research", "groups": ["staff", "tea party"], "badge": 42,
    })
}

async fn set(world: &World, claims: &Value) {
    let ctx = RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
    let user = world.provider.find_user("alice").await.unwrap();
    world.provider.set_claims(&user, claims.as_object().unwrap(), &ctx).await.unwrap();
}

const SCOPE: &str = "openid profile email address phone directory";

/// A client that is registered for so much.
async fn party<'w>(world: &'w World, scope: &str) -> RelyingParty<'w> {
    RelyingParty::with(world, "app", |client| client.metadata.scope = scope.parse().unwrap()).await
}

/// What a client hears in the user info and in the ID token, beside what the protocol says.
async fn heard(app: &RelyingParty<'_>, more: &[(&str, &str)]) -> (Value, Value) {
    let browser = app.world.browser();
    let answer = visit(&browser, &app.request(more), "alice").await;
    let tokens = app.redeem(&parameter(&answer, "code")).await.body;
    let info =
        app.world.get("/oauth2/userinfo").bearer(tokens["access_token"].as_str().unwrap()).send().await;
    assert_eq!(info.status, 200, "{}", info.body);
    let only = |mut claims: Value| {
        let protocol =
            ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "azp"];
        claims.as_object_mut().unwrap().retain(|name, _| !protocol.contains(&name.as_str()));
        claims
    };
    let id_token = only(claims(&tokens["id_token"]));
    let refreshed = app.refresh(tokens["refresh_token"].as_str().unwrap()).await.body;
    assert_eq!(only(claims(&refreshed["id_token"])), id_token, "a refresh says the same (OIDC Core §12.2)");
    (only(info.body), id_token)
}

fn names(claims: &Value) -> Vec<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn r38_each_scope_gives_the_claims_that_oidc_core_lists() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let (info, id_token) = heard(&app, &[("scope", "openid profile")]).await;
    assert_eq!(
        names(&info),
        [
            "birthdate",
            "family_name",
            "gender",
            "given_name",
            "https://example.org/unit",
            "locale",
            "middle_name",
            "name",
            "nickname",
            "picture",
            "preferred_username",
            "profile",
            "updated_at",
            "website",
            "zoneinfo",
        ]
    );
    assert_eq!(info["updated_at"], json!(world.now().as_secs()));
    assert_eq!(id_token, json!({"preferred_username": "alice", "https://example.org/unit": "Research"}));
    let (info, _) = heard(&app, &[("scope", "openid email")]).await;
    assert_eq!(info, json!({"email": "alice@b.example", "email_verified": true}));
    let (info, _) = heard(&app, &[("scope", "openid address")]).await;
    assert_eq!(info, json!({"address": {"formatted": "1 Long Road\nOxford", "country": "United Kingdom"}}));
    let (info, id_token) = heard(&app, &[("scope", "openid phone")]).await;
    assert_eq!(info, json!({"phone_number": "+16045551234", "phone_number_verified": true}));
    assert_eq!(id_token, json!({}));
}

#[tokio::test]
async fn r38_what_is_not_known_is_not_said() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let nothing: serde_json::Map<_, _> = all()
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| !name.ends_with("_verified"))
        .map(|name| (name.clone(), Value::Null))
        .collect();
    set(&world, &Value::Object(nothing)).await;
    let (info, id_token) = heard(&app, &[("scope", SCOPE)]).await;
    assert_eq!(info, json!({"preferred_username": "alice", "updated_at": world.now().as_secs()}));
    assert_eq!(id_token, json!({"preferred_username": "alice"}));
}

#[tokio::test]
async fn an_attribute_of_the_installation_goes_where_the_map_says() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let (info, id_token) = heard(&app, &[("scope", "openid directory")]).await;
    assert_eq!(info, json!({"groups": ["staff", "tea party"]}));
    assert_eq!(id_token, json!({"badge": 42}));
    // By name it goes nowhere else either.
    let by_name =
        r#"{"id_token":{"groups":{"essential":true},"badge":null},"userinfo":{"badge":null,"groups":null}}"#;
    let (info, id_token) = heard(&app, &[("scope", "openid"), ("claims", by_name)]).await;
    assert_eq!(info, json!({"groups": ["staff", "tea party"]}));
    assert_eq!(id_token, json!({"badge": 42}));
}

#[tokio::test]
async fn r37_claims_that_are_asked_for_by_name_are_shown_and_given() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let asked = r#"{"id_token":{"zoneinfo":{"essential":true},"phone_number":{"value":"+1"}},"userinfo":{"address":null}}"#;
    let browser = world.browser();
    let request = [("scope", "openid"), ("claims", asked), ("ui_locales", "en")];
    let login = open(&browser, &app.request(&request)).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    let page = text(&consent);
    for said in ["time zone", "phone number", "postal address"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let (info, id_token) = heard(&app, &request).await;
    assert_eq!(info, json!({"address": all()["address"]}));
    assert_eq!(id_token, json!({"zoneinfo": "Europe/London", "phone_number": "+16045551234"}));
}

#[tokio::test]
async fn v36_a_client_hears_nothing_by_name_that_it_is_not_registered_for() {
    let world = world().await;
    let app = party(&world, "openid profile").await;
    let asked = r#"{"userinfo":{"email":{"essential":true},"groups":null,"nickname":null,"unheard_of":null},
        "id_token":{"phone_number":null,"badge":null,"auth_time":null}}"#;
    let request = [("scope", "openid"), ("claims", asked)];
    let browser = world.browser();
    let login = open(&browser, &app.request(&request)).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"));
    // Nor is the user asked about it.
    for word in ["email", "groups", "unheard_of", "phone_number", "badge"] {
        assert!(!text(&consent).contains(&format!(">{word}<")), "{word}");
    }
    let (info, id_token) = heard(&app, &request).await;
    assert_eq!(info, json!({"nickname": "Al"}));
    assert_eq!(id_token, json!({}));
}

#[tokio::test]
async fn r42_no_user_is_asked_about_a_claim_that_does_not_go_where_it_is_asked_for() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let nowhere = r#"{"id_token":{"groups":null},"userinfo":{"badge":null}}"#;
    let both = r#"{"id_token":{"groups":null,"badge":null},"userinfo":{"badge":null}}"#;
    for (asked, shown) in [(nowhere, &[][..]), (both, &["badge"])] {
        let browser = world.browser();
        let login = open(&browser, &app.request(&[("scope", "openid"), ("claims", asked)])).await;
        let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"));
        for word in ["groups", "badge"] {
            assert_eq!(text(&consent).contains(&format!(">{word}<")), shown.contains(&word), "{word}");
        }
    }
}

#[tokio::test]
async fn v36_a_consent_to_one_scope_gives_nothing_of_another() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let (info, _) = heard(&app, &[("scope", "openid profile")]).await;
    for name in ["email", "phone_number", "address", "groups", "badge"] {
        assert_eq!(info.get(name), None, "{name}");
    }
    let browser = world.browser();
    let login = open(&browser, &app.request(&[("scope", "openid profile phone")])).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "more has to be allowed");
}

#[tokio::test]
async fn r24_the_metadata_names_every_claim_that_can_be_sent() {
    let world = world().await;
    let app = party(&world, SCOPE).await;
    let metadata = world.get("/.well-known/openid-configuration").send().await.body;
    let named = metadata["claims_supported"].as_array().unwrap();
    let (info, id_token) = heard(&app, &[("scope", SCOPE)]).await;
    for name in names(&info).into_iter().chain(names(&id_token)) {
        assert!(named.contains(&json!(name)), "{name}");
    }
    // And no more: the rest is what the protocol says of a token.
    let of_user = names(&info).len() + names(&id_token).len();
    let twice = ["preferred_username", "https://example.org/unit"].len();
    let protocol =
        ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "at_hash", "sid", "azp"].len();
    assert_eq!(named.len(), of_user - twice + protocol);
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    assert!(SCOPE.split(' ').all(|scope| scopes.contains(&json!(scope))));
}
