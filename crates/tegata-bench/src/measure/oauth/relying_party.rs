//! A confidential client, registered with either server.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode};
use serde_json::Value;
use tegata_core::oauth::Parameters;

use crate::client::{Client, Error, Tokens};
use crate::server::{Server, sibling};

/// What the client may ask for on its own behalf.
pub(super) const API_SCOPE: &str = "api:read";
/// Nobody listens here: the browser stops before it.
const REDIRECT_URI: &str = "https://client.example/callback";
const CLIENT_ID: &str = "bench";
/// Of RFC 7636 appendix B: what is hashed is the same every time, and so is the cost.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The client, and where its provider wants to be asked.
#[derive(Clone)]
pub(super) struct RelyingParty {
    credentials: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

impl RelyingParty {
    /// Registered as an operator does it, beside the running server.
    pub(super) async fn of_tegata(server: &Server, data_dir: &Path) -> Result<Self, Error> {
        let mut command = Command::new(sibling("tegata")?);
        command.args(["client", "create", "--json", "--client-id", CLIENT_ID, "--id-token-alg", "ES256"]);
        command.args(["--redirect-uri", REDIRECT_URI, "--scope", "openid offline_access api:read"]);
        for grant in ["authorization_code", "refresh_token", "client_credentials"] {
            command.args(["--grant", grant]);
        }
        command.args(["--set", &format!("oauth.scope={API_SCOPE}"), "--data-dir"]).arg(data_dir);
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("tegata client: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let created: Value = serde_json::from_slice(&output.stdout)?;
        let secret = created["client_secret"].as_str().ok_or("no client_secret")?;
        Self::discover(server, secret).await
    }

    /// Known to it from its start.
    pub(super) async fn of_node() -> Result<(Server, Self), Error> {
        let secret = "a-secret-of-a-benchmark-that-is-as-long-as-ours-are";
        let environment = [
            ("BENCH_CLIENT_ID", CLIENT_ID),
            ("BENCH_CLIENT_SECRET", secret),
            ("BENCH_REDIRECT_URI", REDIRECT_URI),
            ("BENCH_SCOPE", API_SCOPE),
        ];
        let server = Server::node("oauth/provider.js", &environment)?;
        let client = Self::discover(&server, secret).await?;
        Ok((server, client))
    }

    async fn discover(server: &Server, secret: &str) -> Result<Self, Error> {
        let mut client = Client::connect(server.address).await?;
        let request = Request::get("/.well-known/openid-configuration");
        let metadata: Value = read(&client.call(request, String::new()).await?)?;
        let issuer = metadata["issuer"].as_str().ok_or("no issuer")?;
        let path = |name: &str| {
            let url = metadata[name].as_str().and_then(|url| url.strip_prefix(issuer));
            url.map(str::to_owned).ok_or_else(|| format!("no {name}"))
        };
        Ok(Self {
            credentials: format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}"))),
            authorization_endpoint: path("authorization_endpoint")?,
            token_endpoint: path("token_endpoint")?,
        })
    }

    /// The request with which a user agrees to everything.
    pub(super) fn first_request(&self) -> String {
        self.authorization_request(&[("scope", "openid offline_access"), ("prompt", "consent")])
    }

    /// The request of a user who has agreed.
    pub(super) fn request(&self) -> String {
        self.authorization_request(&[("scope", "openid")])
    }

    fn authorization_request(&self, more: &[(&str, &str)]) -> String {
        let parameters = [
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("state", "af0ifjsldkj"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        format!("{}?{}", self.authorization_endpoint, encode(parameters.iter().chain(more)))
    }

    /// Exchanges a code for tokens that can be refreshed.
    pub(super) async fn redeem(&self, client: &mut Client, code: &str) -> Result<Tokens, Error> {
        Tokens::read(&self.redemption(client, code).await?)
    }

    /// Exchanges a code for an access token and an ID token.
    pub(super) async fn redeem_access(&self, client: &mut Client, code: &str) -> Result<(), Error> {
        self.redemption(client, code).await.map(drop)
    }

    async fn redemption(&self, client: &mut Client, code: &str) -> Result<Bytes, Error> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.tokens(client, &form).await
    }

    pub(super) async fn refresh(&self, client: &mut Client, refresh_token: &str) -> Result<Tokens, Error> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        Tokens::read(&self.tokens(client, &form).await?)
    }

    pub(super) async fn client_credentials(&self, client: &mut Client) -> Result<(), Error> {
        let form = [("grant_type", "client_credentials"), ("scope", API_SCOPE)];
        self.tokens(client, &form).await.map(drop)
    }

    async fn tokens(&self, client: &mut Client, form: &[(&str, &str)]) -> Result<Bytes, Error> {
        let request = Request::post(&self.token_endpoint)
            .header("authorization", &self.credentials)
            .header("content-type", "application/x-www-form-urlencoded");
        let response = client.call(request, encode(form)).await?;
        if response.status() == StatusCode::OK {
            Ok(response.into_body())
        } else {
            let said = String::from_utf8_lossy(response.body());
            Err(format!("{}: {} {said}", self.token_endpoint, response.status()).into())
        }
    }
}

fn read(response: &Response<Bytes>) -> Result<Value, Error> {
    Ok(serde_json::from_slice(response.body())?)
}

/// As a form, or a query.
pub(super) fn encode<'p>(parameters: impl IntoIterator<Item = &'p (&'p str, &'p str)>) -> String {
    let parameters = parameters.into_iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Parameters::new(parameters).map(|parameters| parameters.encode()).unwrap_or_default()
}
