//! Clients and their users, for tests of the OpenID Provider.

use super::*;
use crate::client::{AuthMethod, Client, ClientMetadata, ClientOrigin, ClientStatus, GrantType};
use crate::oauth::{OAuthError, Parameters};
use crate::provider::oauth::{
    AuthenticatedClient, Authorization, BrowserSession, ClientTokens, PresentedClient, Visitor,
};

pub(super) const REDIRECT_URI: &str = "https://app.example/cb";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl World {
    /// Registers a public client of the operator's own house.
    pub(super) async fn register(&self, client_id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Client {
        let mut metadata = ClientMetadata {
            redirect_uris: vec![REDIRECT_URI.parse().unwrap()],
            token_endpoint_auth_method: AuthMethod::None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: "openid offline_access".parse().unwrap(),
            skip_consent: true,
            ..ClientMetadata::default()
        };
        change(&mut metadata);
        let client = Client {
            client_id: client_id.parse().unwrap(),
            version: 1,
            created_at: self.now,
            status: ClientStatus::Active,
            origin: ClientOrigin::Operator,
            secrets: Vec::new(),
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata,
        };
        assert!(self.provider.store().create_client(&client).await.unwrap());
        client
    }

    pub(super) async fn log_in_browser(&self, username: &str) -> BrowserSession {
        let request = Login { username, password: PASSWORD };
        self.provider.log_in_browser(request, None, &self.ctx()).await.unwrap().0
    }

    /// Logs the same user in once more in the same browser.
    pub(super) async fn log_in_browser_again(&self, before: &BrowserSession) -> BrowserSession {
        let request = Login { username: before.user.username.as_str(), password: PASSWORD };
        self.provider.log_in_browser(request, Some(before), &self.ctx()).await.unwrap().0
    }

    /// Logs the user of a browser in to a client.
    pub(super) async fn log_in_to(
        &self,
        client: &Client,
        scope: &str,
        browser: &BrowserSession,
    ) -> ClientTokens {
        let request = parameters(&[
            ("client_id", client.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", scope),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let flow = self.provider.begin_flow(self.now).unwrap();
        let visitor = Visitor { browser: Some(browser), flow: &flow };
        let outcome = self.provider.authorize(&request, visitor, &self.ctx()).await.unwrap();
        let Authorization::Answer(answer) = outcome else { panic!("there is a question") };
        let code = &answer.parameters.iter().find(|(name, _)| *name == "code").unwrap().1;
        self.redeem(client, code).await.unwrap()
    }

    async fn redeem(&self, client: &Client, code: &str) -> Result<ClientTokens, OAuthError> {
        let request = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.token(client, &request).await
    }

    pub(super) async fn refresh_of(
        &self,
        client: &Client,
        tokens: &ClientTokens,
    ) -> Result<ClientTokens, OAuthError> {
        let refresh_token = tokens.refresh_token.as_ref().unwrap().expose();
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub(super) async fn revoke(&self, client: &Client, tokens: &ClientTokens) {
        let refresh_token = tokens.refresh_token.as_ref().unwrap().expose();
        let client = self.authenticated(client).await.unwrap();
        let request = parameters(&[("token", refresh_token)]);
        self.provider.revoke(&client, &request, &self.ctx()).await.unwrap();
    }

    async fn authenticated(&self, client: &Client) -> Result<AuthenticatedClient, OAuthError> {
        let presented = PresentedClient::Public { client_id: client.client_id.to_string() };
        self.provider.authenticate_client(presented, &self.ctx()).await
    }

    async fn token(&self, client: &Client, request: &[(&str, &str)]) -> Result<ClientTokens, OAuthError> {
        let client = self.authenticated(client).await?;
        self.provider.token(&client, &parameters(request), None, &self.ctx()).await
    }
}

pub(super) fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Parameters::new(owned).unwrap()
}
