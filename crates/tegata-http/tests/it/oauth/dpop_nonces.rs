//! Nonces for DPoP proofs (RFC 9449 §8, §9).

use std::cell::Cell;

use serde_json::{Value, json};
use tegata_core::oauth::Parameters;
use tegata_core::settings::DpopNonces;

use super::keys::{Key, asserting, proved, signing_client};
use super::relying_party::{CALLBACK, CHALLENGE, RelyingParty, parameter, redemption, visit};
use crate::world::{Answer, ISSUER, World};

const TOKEN: &str = "/oauth2/token";
const PAR: &str = "/oauth2/par";
const USERINFO: &str = "/oauth2/userinfo";
const PROTECTED: &str = "/api/protected";

async fn world(nonces: DpopNonces) -> World {
    let world = World::with(|plan| plan.rules.oauth.dpop_nonces = nonces).await;
    world.sign_up("alice").await;
    world
}

/// A client in a browser of another origin, with a key.
struct Holder<'w> {
    world: &'w World,
    party: RelyingParty<'w>,
    key: Key,
    /// The nonce of its next proof.
    nonce: Option<String>,
    /// How many seconds its clock is ahead.
    ahead: i64,
    proofs: Cell<u32>,
}

impl<'w> Holder<'w> {
    async fn new(world: &'w World) -> Self {
        let party = RelyingParty::public(world, "public").await;
        Self { world, party, key: Key::new(), nonce: None, ahead: 0, proofs: Cell::new(0) }
    }

    /// A new proof for a request.
    fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        self.proofs.set(self.proofs.get() + 1);
        self.proof_named(&self.proofs.get().to_string(), method, path, token)
    }

    fn proof_named(&self, jti: &str, method: &str, path: &str, token: Option<&str>) -> String {
        let mut payload = proved(self.world, method, path, jti, token);
        payload["iat"] = json!(self.world.now().as_secs() + self.ahead);
        if let Some(nonce) = &self.nonce {
            payload["nonce"] = json!(nonce);
        }
        self.key.prove(&payload)
    }

    async fn post_with(&self, path: &str, form: &[(&str, &str)], proof: String) -> Answer {
        let client = ("client_id", "public");
        let pairs = form.iter().chain(std::iter::once(&client));
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.world
            .call("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://app.example")
            .header("dpop", proof)
            .raw(Parameters::new(pairs).unwrap().encode())
            .send()
            .await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, self.proof("POST", path, None)).await
    }

    async fn push(&self) -> Answer {
        let request = [
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        self.post(PAR, &request).await
    }

    async fn get_with(&self, path: &str, token: &str, proof: String) -> Answer {
        self.world
            .get(path)
            .header("authorization", format!("DPoP {token}"))
            .header("origin", "https://app.example")
            .header("dpop", proof)
            .send()
            .await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.get_with(path, token, self.proof("GET", path, Some(token))).await
    }

    async fn code(&self) -> String {
        let browser = self.world.browser();
        parameter(&visit(&browser, &self.party.request(&[]), "alice").await, "code")
    }

    /// Tokens of a login, for a client that tries again with the nonce that it is told.
    async fn tokens(&mut self) -> (String, String) {
        let code = self.code().await;
        let mut answer = self.post(TOKEN, &redemption(&code)).await;
        if answer.status == 400 {
            self.nonce = Some(told(&answer).unwrap());
            answer = self.post(TOKEN, &redemption(&code)).await;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }
}

fn told(answer: &Answer) -> Option<String> {
    answer.header("dpop-nonce").map(ToOwned::to_owned)
}

/// Asserts an answer that asks for the nonce which it names, which browsers let its page read and nobody keeps.
#[track_caller]
fn asks(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    let code = if answer.body["code"].is_null() { &answer.body["error"] } else { &answer.body["code"] };
    assert_eq!(code, &json!("use_dpop_nonce"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    told(answer).unwrap()
}

/// What a bound token without a nonce is answered by our own API.
pub(crate) async fn refused_for_its_nonce() -> Answer {
    let world = world(DpopNonces::Required).await;
    let mut client = Holder::new(&world).await;
    let (access, _) = client.tokens().await;
    client.nonce = None;
    client.get(PROTECTED, &access).await
}

#[tokio::test]
async fn r32_where_nonces_are_required_a_client_is_told_one_and_tries_again() {
    let world = world(DpopNonces::Required).await;
    let mut client = Holder::new(&world).await;
    let code = client.code().await;
    let redemption = redemption(&code);
    let first = client.proof_named("a", "POST", TOKEN, None);
    let refused = client.post_with(TOKEN, &redemption, first).await;
    let nonce = asks(&refused, 400);
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("DPoP-Nonce") && exposed.contains("WWW-Authenticate"));

    client.nonce = Some(nonce.clone());
    let again = client.proof_named("a", "POST", TOKEN, None);
    let tokens = client.post_with(TOKEN, &redemption, again.clone()).await;
    assert_eq!(tokens.status, 200, "neither the code nor the jti was spent: {}", tokens.body);
    assert_eq!(told(&tokens), None, "it has the newest");
    let replayed = client.post_with(TOKEN, &redemption, again).await;
    assert_eq!(replayed.body["error"], "invalid_dpop_proof", "now it is");

    let access = tokens.body["access_token"].as_str().unwrap();
    for path in [USERINFO, PROTECTED] {
        client.nonce = None;
        let refused = client.get(path, access).await;
        assert_eq!(asks(&refused, 401), nonce, "{path}");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
        client.nonce = Some(nonce.clone());
        assert_eq!(client.get(path, access).await.status, 200, "{path}");
    }
    client.nonce = None;
    asks(&client.push().await, 400);
    client.nonce = Some(nonce);
    assert_eq!(client.push().await.status, 201);
}

#[tokio::test]
async fn r32_a_nonce_is_followed_by_the_next_and_good_for_a_few_minutes() {
    for nonces in [DpopNonces::Required, DpopNonces::Offered] {
        let world = world(nonces).await;
        let mut client = Holder::new(&world).await;
        client.ahead = 3600;
        let (access, refresh) = client.tokens().await;
        let first = client.nonce.clone();

        // The next one begins within two minutes.
        world.pass(120);
        let newer = told(&client.get(USERINFO, &access).await);
        assert!(newer.is_some() && newer != first);
        assert_eq!(told(&client.get(PROTECTED, &access).await), newer);
        assert_eq!(told(&client.push().await), newer);
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let refreshed = client.post(TOKEN, &form).await;
        assert_eq!((refreshed.status, told(&refreshed)), (200, newer.clone()));
        client.nonce = newer.clone();
        for path in [USERINFO, PROTECTED] {
            assert_eq!(told(&client.get(path, &access).await), None);
        }

        client.nonce = first;
        world.pass(120);
        let newest = asks(&client.get(USERINFO, &access).await, 401);
        assert_ne!(Some(newest), newer);
        asks(&client.push().await, 400);
        client.nonce = newer;
        assert_eq!(client.get(USERINFO, &access).await.status, 200, "the one before is good");
    }
}

#[tokio::test]
async fn r32_a_nonce_is_of_this_server_and_of_every_other_of_the_installation() {
    let world = world(DpopNonces::Required).await;
    let mut client = Holder::new(&world).await;
    let (access, _) = client.tokens().await;
    let good = client.nonce.clone().unwrap();
    let beside = world.beside().await;
    let proof = client.proof("GET", USERINFO, Some(&access));
    let there = beside
        .get(USERINFO)
        .header("authorization", format!("DPoP {access}"))
        .header("dpop", proof)
        .send()
        .await;
    assert_eq!(there.status, 200, "{}", there.body);
    for other in [&good[1..], "", "0", &format!("{good}A"), &good.to_uppercase()] {
        client.nonce = Some(other.to_owned());
        assert_eq!(asks(&client.get(USERINFO, &access).await, 401), good, "{other:?}");
    }
    for path in [USERINFO, PROTECTED] {
        let mut payload = proved(&world, "GET", path, path, Some(&access));
        payload["nonce"] = Value::Null;
        let answer = client.get_with(path, &access, client.key.prove(&payload)).await;
        assert_eq!((answer.status, told(&answer)), (401, None), "no nonce mends that");
    }
}

#[tokio::test]
async fn r32_r35_a_client_tries_again_with_the_assertion_of_its_first_try() {
    let world = world(DpopNonces::Required).await;
    let key = Key::new();
    signing_client(&world, &key).await;
    let now = world.now().as_secs();
    let payload =
        json!({"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "1", "iat": now, "exp": now + 60});
    let assertion = key.sign(&json!({"alg": "ES256", "kid": "k1"}), &payload);
    let ask = |jti: &str, nonce: Option<&str>| {
        let mut payload = proved(&world, "POST", TOKEN, jti, None);
        payload["nonce"] = json!(nonce.unwrap_or("yesterday's"));
        asserting(&world, &assertion).header("dpop", key.prove(&payload)).send()
    };
    let nonce = asks(&ask("a", None).await, 400);
    let answer = ask("a", Some(&nonce)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let again = ask("b", Some(&nonce)).await;
    assert_eq!((again.status, &again.body["error"]), (401, &json!("invalid_client")), "it is good once");
}

#[tokio::test]
async fn r32_what_a_nonce_does_not_mend_is_not_asked_for() {
    let world = world(DpopNonces::Required).await;
    let mut client = Holder::new(&world).await;
    let (access, _) = client.tokens().await;
    client.nonce = None;
    let elsewhere = client.proof("POST", USERINFO, Some(&access));
    let refused = client.get_with(USERINFO, &access, elsewhere).await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_dpop_proof")));
    assert_eq!(told(&refused), None);
}

#[tokio::test]
async fn r32_by_default_a_nonce_is_for_clients_whose_clock_is_wrong() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let mut client = Holder::new(&world).await;
    let (access, refresh) = client.tokens().await;
    assert_eq!(client.nonce, None);
    assert_eq!(told(&client.get(USERINFO, &access).await), None);

    client.ahead = -3600;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    client.nonce = Some(asks(&client.post(TOKEN, &form).await, 400));
    assert_eq!(client.post(TOKEN, &form).await.status, 200);
    let proof = client.proof("GET", USERINFO, Some(&access));
    assert_eq!(client.get_with(USERINFO, &access, proof.clone()).await.status, 200);
    // Its clock says nothing, so for as long as its nonce is good nothing else keeps it from coming again.
    for wait in [0, 60, 179] {
        world.pass(wait);
        let again = client.get_with(USERINFO, &access, proof.clone()).await;
        assert_eq!(again.status, 401);
    }
}

#[tokio::test]
async fn r32_where_nonces_are_off_none_is_given_or_looked_at() {
    let world = world(DpopNonces::Off).await;
    let mut client = Holder::new(&world).await;
    client.nonce = Some("of another server".to_owned());
    let (access, _) = client.tokens().await;
    let answer = client.get(USERINFO, &access).await;
    assert_eq!((answer.status, told(&answer)), (200, None));
    client.ahead = 3600;
    let answer = client.push().await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_dpop_proof")));
    assert_eq!(told(&answer), None);
}
