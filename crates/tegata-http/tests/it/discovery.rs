//! The public keys and the metadata.

use serde_json::Value;

use crate::world::{Plan, World};

const DOCUMENTS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

#[tokio::test]
async fn r24_both_documents_are_one_and_name_only_what_works() {
    let world = World::new().await;
    let [openid, oauth] = [world.get(DOCUMENTS[0]).send().await, world.get(DOCUMENTS[1]).send().await];
    assert_eq!(openid.bytes, oauth.bytes);
    insta::assert_json_snapshot!("metadata", openid.body);
    assert_eq!(openid.body["issuer"], world.provider.settings().issuer);
    for (name, value) in openid.body.as_object().unwrap() {
        let Some(path) = value
            .as_str()
            .filter(|_| name != "issuer")
            .and_then(|url| url.strip_prefix("https://id.example"))
        else {
            continue;
        };
        // Some take another method; none is not there.
        assert_ne!(world.get(path).send().await.status, 404, "{name}");
    }
    let without = World::with(|plan| plan.rules.oauth.enabled = false).await;
    insta::assert_json_snapshot!("metadata_alone", without.get(DOCUMENTS[0]).send().await.body);
    assert_eq!(without.get("/oauth2/authorize").send().await.status, 404);
}

#[tokio::test]
async fn r24_the_claims_are_those_of_an_id_token() {
    use base64::Engine as _;
    let world = World::with(|plan| plan.rules.oauth.enabled = false).await;
    world.sign_up("alice").await;
    let id_token = world.browser().login("alice").await.body["id_token"].as_str().unwrap().to_owned();
    let payload = id_token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    let mut claims: Vec<_> = payload.as_object().unwrap().keys().cloned().collect();
    let metadata = world.get(DOCUMENTS[0]).send().await.body;
    let named = metadata["claims_supported"].as_array().unwrap();
    let mut named: Vec<_> = named.iter().map(|claim| claim.as_str().unwrap().to_owned()).collect();
    claims.sort();
    named.sort();
    assert_eq!(claims, named);
}

#[tokio::test]
async fn r25_an_issuer_with_a_path_is_found_at_the_places_of_both_standards() {
    let world = Plan::of("https://id.example/tenants/acme").build().await;
    let mut documents = Vec::new();
    for path in [
        "/tenants/acme/.well-known/openid-configuration",
        "/.well-known/openid-configuration/tenants/acme",
        "/.well-known/oauth-authorization-server/tenants/acme",
    ] {
        let answer = world.get(path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        documents.push(answer.body);
    }
    assert!(documents.iter().all(|document| document == &documents[0]));
    assert_eq!(documents[0]["issuer"], "https://id.example/tenants/acme");
    assert_eq!(documents[0]["jwks_uri"], "https://id.example/tenants/acme/.well-known/jwks.json");
    assert_eq!(world.get("/tenants/acme/.well-known/jwks.json").send().await.status, 200);
}

#[tokio::test]
async fn r23_the_keys_are_public_and_may_be_cached() {
    let world = World::with(|plan| plan.rules.oauth.enabled = false).await;
    world.provider.rotate_keys(true, world.now()).await.unwrap();
    let answer = world.get("/.well-known/jwks.json").send().await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    let keys = answer.body["keys"].as_array().unwrap();
    let mut kids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    kids.sort_unstable();
    kids.dedup();
    assert_eq!((keys.len(), kids.len()), (2, 2));
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
    }
    let mut shape = answer.body.clone();
    for key in shape["keys"].as_array_mut().unwrap() {
        // Keys are made at random.
        for name in ["kid", "x", "y"] {
            assert_eq!(key[name].as_str().map(str::len), Some(43));
            key[name] = Value::from("…");
        }
    }
    insta::assert_json_snapshot!("jwks", shape);
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let world = World::new().await;
    for path in ["/.well-known/jwks.json", DOCUMENTS[0], DOCUMENTS[1], "/openapi.json"] {
        let first = world.get(path).send().await;
        let tag = first.header("etag").unwrap();
        for known in [tag, &format!("\"other\", W/{tag}"), "*"] {
            let again = world.get(path).header("if-none-match", known).send().await;
            assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), Some(tag));
        }
        assert_eq!(world.get(path).header("if-none-match", "\"other\"").send().await.status, 200);
    }
    let before = world.get("/.well-known/jwks.json").send().await.header("etag").unwrap().to_owned();
    world.provider.rotate_keys(true, world.now()).await.unwrap();
    let after = world.get("/.well-known/jwks.json").header("if-none-match", before).send().await;
    assert_eq!(after.status, 200, "new keys are news");
}
