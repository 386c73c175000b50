//! The OpenID Provider, asked as clients and browsers ask it, without HTTP.

mod authorize;
mod code;
mod device;
mod exchange;
mod introspection;
mod matrix;
mod narrowed;
mod overtaken;
mod pushed;
mod refresh;
mod request_object;
mod request_uri;
mod sectors;

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tegata_jose::Algorithm;

use super::clients::{CHALLENGE, REDIRECT_URI, VERIFIER, parameters};
use super::*;
use crate::client::{AuthMethod, Client, ClientMetadata, ClientSecret, GrantType};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::oauth::{
    Answer, AuthenticatedClient, Authorization, AuthorizationError, AuthorizationRequest, BrowserSession,
    ClientTokens, DeviceAuthorization, Flow, PresentedClient, Question, VerifiedProof, Visitor,
};
use crate::settings::OAuthSettings;

/// The API of the operator, which is the default resource.
const API: &str = "https://id.example";
/// Others.
const ORDERS: &str = "https://orders.example/";
const BILLING: &str = "https://billing.example/";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SCOPE: &str = "openid profile";
/// The thumbprints of two keys.
const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const OTHER_KEY: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

/// A confidential client with its secret.
struct Party {
    client: Client,
    secret: ClientSecret,
}

impl Party {
    fn id(&self) -> &str {
        self.client.client_id.as_str()
    }
}

/// As if another proof of this key had come.
fn new_proof(key: &str) -> VerifiedProof {
    static PROOFS: AtomicU32 = AtomicU32::new(0);
    VerifiedProof::of_key(key, &PROOFS.fetch_add(1, Ordering::Relaxed).to_string())
}

/// A world with three resources and a user.
async fn world() -> World {
    world_with(|_| {}).await
}

async fn world_with(change: impl FnOnce(&mut OAuthSettings)) -> World {
    let world = World::with(|settings| {
        settings.oauth.resources = vec![ORDERS.to_owned(), BILLING.to_owned()];
        settings.oauth.scope = "orders:read orders:write".parse().unwrap();
        // Making RSA keys takes its time, and no test here looks at them.
        settings.oauth.id_token_algs = vec![Algorithm::Es256];
        change(&mut settings.oauth);
    })
    .await;
    world.sign_up("alice").await;
    world
}

impl World {
    /// Registers a client that may use every grant and asks for consent.
    async fn party(&self, client_id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Party {
        let mut metadata = ClientMetadata {
            redirect_uris: vec![REDIRECT_URI.parse().unwrap()],
            token_endpoint_auth_method: AuthMethod::ClientSecretPost,
            id_token_signed_response_alg: Some(Algorithm::Es256),
            grant_types: GrantType::ALL.to_vec(),
            scope: "openid profile email offline_access orders:read orders:write".parse().unwrap(),
            ..ClientMetadata::default()
        };
        change(&mut metadata);
        let registered = self.provider.register_client(client_id.parse().ok(), metadata, &self.ctx()).await;
        let (client, secret) = registered.unwrap();
        Party { client, secret: secret.unwrap() }
    }

    /// A client that has nothing to prove who it is with.
    async fn public_client(&self, client_id: &str) -> AuthenticatedClient {
        let metadata = ClientMetadata {
            redirect_uris: vec![REDIRECT_URI.parse().unwrap()],
            token_endpoint_auth_method: AuthMethod::None,
            id_token_signed_response_alg: Some(Algorithm::Es256),
            grant_types: vec![GrantType::AuthorizationCode, GrantType::DeviceCode],
            ..ClientMetadata::default()
        };
        self.provider.register_client(client_id.parse().ok(), metadata, &self.ctx()).await.unwrap();
        let presented = PresentedClient::Public { client_id: client_id.to_owned() };
        self.provider.authenticate_client(presented, &self.ctx()).await.unwrap()
    }

    /// A client that stands for a resource.
    async fn service(&self, client_id: &str, resources: &[&str]) -> Party {
        self.party(client_id, |metadata| {
            metadata.resources = resources.iter().map(|&one| one.to_owned()).collect();
        })
        .await
    }

    async fn prove(&self, party: &Party) -> Result<AuthenticatedClient, OAuthError> {
        let secret = party.secret.expose().to_owned().into();
        let presented = PresentedClient::Post { client_id: party.id().to_owned(), secret };
        self.provider.authenticate_client(presented, &self.ctx()).await
    }

    /// A token request; with a key, as if its proof had come with it.
    async fn ask_with(
        &self,
        party: &Party,
        key: Option<&str>,
        request: &[(&str, &str)],
    ) -> Result<ClientTokens, OAuthError> {
        let client = self.prove(party).await?;
        let proof = key.map(new_proof);
        self.provider.token(&client, &parameters(request), proof.as_ref(), &self.ctx()).await
    }

    async fn ask(&self, party: &Party, request: &[(&str, &str)]) -> Result<ClientTokens, OAuthError> {
        self.ask_with(party, None, request).await
    }

    async fn redeem_code(&self, party: &Party, code: &str) -> Result<ClientTokens, OAuthError> {
        self.ask(party, &redemption(code)).await
    }

    async fn refresh_at(&self, party: &Party, refresh_token: &str) -> Result<ClientTokens, OAuthError> {
        self.ask(party, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    async fn introspect(&self, party: &Party, token: &str) -> Result<Value, OAuthError> {
        let client = self.prove(party).await?;
        self.provider.introspect(&client, &parameters(&[("token", token)]), &self.ctx()).await
    }

    async fn is_active(&self, party: &Party, token: &str) -> bool {
        self.introspect(party, token).await.unwrap() != json!({"active": false})
    }

    async fn revoke_token(&self, party: &Party, token: &str) -> Result<(), OAuthError> {
        let client = self.prove(party).await?;
        self.provider.revoke(&client, &parameters(&[("token", token)]), &self.ctx()).await
    }

    async fn user_info(&self, token: &str) -> Result<Value, OAuthError> {
        let token = self.provider.verify_issued_token(token, self.now).await.unwrap();
        Ok(Value::Object(self.provider.user_info(&token, self.now).await?.0))
    }

    /// The flow of a visitor who has come back with it.
    fn flow(&self) -> Flow {
        Flow { is_new: false, ..self.provider.begin_flow(self.now).unwrap() }
    }

    async fn authorize(
        &self,
        request: &Parameters,
        browser: Option<&BrowserSession>,
        flow: &Flow,
    ) -> Result<Authorization, AuthorizationError> {
        self.provider.authorize(request, Visitor { browser, flow }, &self.ctx()).await
    }

    /// A code, for a user who allows whatever they are asked.
    async fn allowed_code(&self, request: &Parameters, browser: &BrowserSession) -> String {
        let flow = self.flow();
        let outcome = match self.authorize(request, Some(browser), &flow).await.unwrap() {
            Authorization::Question(Question::Consent(question)) => {
                self.provider.consent(&question, browser, &self.ctx()).await.unwrap();
                let flow = flow.answered(Answer::Allow, browser.session.session_id);
                self.authorize(request, Some(browser), &flow).await.unwrap()
            }
            outcome => outcome,
        };
        code_of(outcome)
    }

    async fn code(&self, party: &Party, scope: &str, browser: &BrowserSession) -> String {
        self.allowed_code(&request(party, &[("scope", scope)]), browser).await
    }

    async fn tokens(&self, party: &Party, scope: &str, browser: &BrowserSession) -> ClientTokens {
        let code = self.code(party, scope, browser).await;
        self.redeem_code(party, &code).await.unwrap()
    }

    async fn device(&self, party: &Party, scope: &str) -> DeviceAuthorization {
        let client = self.prove(party).await.unwrap();
        let request = parameters(&[("scope", scope)]);
        self.provider.begin_device_authorization(&client, &request, &self.ctx()).await.unwrap()
    }

    async fn decide_device(&self, user_code: &str, allow: bool, browser: &BrowserSession) {
        let question = self.provider.find_device(user_code, browser, &self.ctx()).await.unwrap();
        self.provider.decide_device(&question, allow, browser, &self.ctx()).await.unwrap();
    }

    async fn poll(&self, party: &Party, device_code: &str) -> Result<ClientTokens, OAuthError> {
        let grant_type = GrantType::DeviceCode.as_str();
        self.ask(party, &[("grant_type", grant_type), ("device_code", device_code)]).await
    }

    /// A token exchange, with more parameters.
    async fn exchange(
        &self,
        party: &Party,
        subject_token: &str,
        more: &[(&str, &str)],
    ) -> Result<ClientTokens, OAuthError> {
        self.ask(party, &exchange(subject_token, more)).await
    }

    /// How many sessions of clients a user has.
    async fn grants_of(&self, username: &str) -> usize {
        let user = self.provider.find_user(username).await.unwrap();
        let sessions = self.provider.store().list_sessions(user.user_id).await.unwrap();
        sessions.iter().filter(|session| session.client_grant().is_some()).count()
    }
}

/// An authorization request, with more or other parameters; one without a value is left out.
fn request(party: &Party, more: &[(&str, &str)]) -> Parameters {
    let mut pairs = vec![
        ("client_id", party.id()),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", SCOPE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    parameters(&pairs)
}

fn redemption(code: &str) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

fn exchange<'a>(subject_token: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("grant_type", GrantType::TokenExchange.as_str()),
        ("subject_token", subject_token),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    pairs.extend(more);
    pairs
}

fn code_of(outcome: Authorization) -> String {
    let Authorization::Answer(answer) = outcome else { panic!("there is still a question") };
    answer.parameters.into_iter().find(|(name, _)| *name == "code").unwrap().1
}

fn refresh_token(tokens: &ClientTokens) -> &str {
    tokens.refresh_token.as_ref().unwrap().expose()
}

/// The claims of a token of ours, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// With what code it was refused; whatever else it is, fails the test.
fn refusal<T>(outcome: Result<T, OAuthError>) -> ErrorCode {
    match outcome {
        Err(error) => error.refusal().unwrap().0,
        Ok(_) => panic!("it was granted"),
    }
}
