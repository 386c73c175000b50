//! A client, and the browser of its user.

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use tegata_core::client::{
    AuthMethod, Client, ClientMetadata, ClientOrigin, ClientSecret, ClientStatus, GrantType, StoredSecret,
};
use tegata_core::oauth::Parameters;
use tegata_core::store::ClientStore as _;
use tegata_http::SystemEntropy;

use crate::world::{Answer, Browser, PASSWORD, World};

pub(crate) const CALLBACK: &str = "https://app.example/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of [`VERIFIER`] (RFC 7636 appendix B).
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that is registered, with its secret.
pub(crate) struct RelyingParty<'w> {
    pub(crate) world: &'w World,
    pub(crate) client: Client,
    pub(crate) secret: String,
}

impl<'w> RelyingParty<'w> {
    /// A confidential client with all that a client usually has.
    pub(crate) async fn new(world: &'w World) -> Self {
        Self::with(world, "app", |_| {}).await
    }

    pub(crate) async fn with(world: &'w World, name: &str, change: impl FnOnce(&mut Client)) -> Self {
        let secret = ClientSecret::random(ClientSecret::SECRET, &SystemEntropy).unwrap();
        let mut client = Client {
            client_id: name.parse().unwrap(),
            version: 1,
            created_at: world.now(),
            status: ClientStatus::Active,
            origin: ClientOrigin::Operator,
            secrets: vec![StoredSecret { hash: secret.hash(), created_at: world.now(), expires_at: None }],
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata: ClientMetadata {
                client_name: Some("An application".to_owned()),
                redirect_uris: vec![CALLBACK.parse().unwrap()],
                grant_types: vec![
                    GrantType::AuthorizationCode,
                    GrantType::RefreshToken,
                    GrantType::ClientCredentials,
                ],
                scope: "openid profile email offline_access users:read".parse().unwrap(),
                id_token_signed_response_alg: Some(tegata_jose::Algorithm::Es256),
                ..ClientMetadata::default()
            },
        };
        change(&mut client);
        assert!(world.store.create_client(&client).await.unwrap());
        Self { world, client, secret: secret.expose().to_owned() }
    }

    /// A public client.
    pub(crate) async fn public(world: &'w World, name: &str) -> Self {
        Self::with(world, name, |client| {
            client.metadata.token_endpoint_auth_method = AuthMethod::None;
            client.metadata.grant_types.pop();
        })
        .await
    }

    /// The address of an authorization request, with more or other parameters.
    pub(crate) fn request(&self, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("client_id", self.client.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "xyz"),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        format!("/oauth2/authorize?{}", Parameters::new(pairs).unwrap().encode())
    }

    /// Sends a form to an endpoint, with the client's own way to prove itself.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut pairs: Vec<(String, String)> =
            form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = self.world.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let id = self.client.client_id.as_str();
        let call = match self.client.metadata.token_endpoint_auth_method {
            AuthMethod::ClientSecretBasic => {
                let credentials = STANDARD.encode(format!("{id}:{}", self.secret));
                call.header("authorization", format!("Basic {credentials}"))
            }
            AuthMethod::ClientSecretPost => {
                pairs.push(("client_id".to_owned(), id.to_owned()));
                pairs.push(("client_secret".to_owned(), self.secret.clone()));
                call
            }
            _ => {
                pairs.push(("client_id".to_owned(), id.to_owned()));
                call
            }
        };
        call.raw(Parameters::new(pairs).unwrap().encode()).send().await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        self.post("/oauth2/token", &redemption(code)).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.post("/oauth2/token", &form).await
    }

    /// Logs a user in and lets them allow it; gives the tokens.
    pub(crate) async fn sign_in(&self, browser: &Browser<'_>, username: &str) -> Value {
        let answer = visit(browser, &self.request(&[]), username).await;
        let answer = self.redeem(&parameter(&answer, "code")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

pub(crate) fn redemption(code: &str) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

/// Goes where a link leads, logs in and allows whatever is asked, until the browser is sent elsewhere.
pub(crate) async fn visit(browser: &Browser<'_>, link: &str, username: &str) -> Answer {
    let mut answer = open(browser, link).await;
    for _ in 0..5 {
        if answer.status != 200 {
            break;
        }
        answer = match form_action(&answer).as_deref() {
            Some("/oauth2/login") => {
                submit(browser, &answer, &[("identifier", username), ("password", PASSWORD)]).await
            }
            Some("/oauth2/consent") => submit(browser, &answer, &[("decision", "allow")]).await,
            _ => break,
        };
    }
    answer
}

/// Opens an address, and goes where we ourselves lead on.
pub(crate) async fn open(browser: &Browser<'_>, link: &str) -> Answer {
    let mut answer = browser.send(browser.bare("GET", link)).await;
    while let Some(next) = answer.header("location").filter(|next| next.starts_with('/')).map(str::to_owned) {
        answer = browser.send(browser.bare("GET", &next)).await;
    }
    answer
}

/// Sends the form of a page, and goes on.
pub(crate) async fn submit(browser: &Browser<'_>, page: &Answer, typed: &[(&str, &str)]) -> Answer {
    let action = form_action(page).unwrap();
    let answer = browser.send(send_form(browser, page, typed, &action)).await;
    assert_eq!(answer.status, 303, "every form is answered by a redirect: {}", text(&answer));
    let location = answer.header("location").unwrap().to_owned();
    if location.starts_with('/') { open(browser, &location).await } else { answer }
}

/// The request of a page's form.
pub(crate) fn send_form<'w>(
    browser: &Browser<'w>,
    page: &Answer,
    typed: &[(&str, &str)],
    action: &str,
) -> crate::world::Call<'w> {
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let fields: Vec<_> = hidden(page).into_iter().chain(typed).collect();
    browser
        .bare("POST", action)
        .header("sec-fetch-site", "same-origin")
        .header("origin", crate::world::ISSUER)
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(Parameters::new(fields).unwrap().encode())
}

pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

pub(crate) fn form_action(page: &Answer) -> Option<String> {
    let html = text(page);
    let (_, rest) = html.split_once("<form")?;
    let (_, rest) = rest.split_once("action=\"")?;
    Some(rest.split('"').next()?.to_owned())
}

/// The hidden fields of a page's form.
pub(crate) fn hidden(page: &Answer) -> Vec<(String, String)> {
    let html = text(page);
    let value = |field: &str, name: &str| {
        let (_, rest) = field.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&").replace("&quot;", "\"").replace("&lt;", "<"))
    };
    html.split("<input type=\"hidden\"")
        .skip(1)
        .filter_map(|field| Some((value(field, "name")?, value(field, "value")?)))
        .collect()
}

/// A parameter of the address that the browser is sent to.
pub(crate) fn parameter(answer: &Answer, name: &'static str) -> String {
    let location: Uri =
        answer.header("location").unwrap_or_else(|| panic!("{}", text(answer))).parse().unwrap();
    let parameters = Parameters::parse(location.query().unwrap_or_default().as_bytes()).unwrap();
    parameters.get(name).unwrap().unwrap_or_else(|| panic!("no {name} in {location}")).to_owned()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Logs a user in at the page of a device's code, and lets them allow it.
pub(crate) async fn allow_device(browser: &Browser<'_>, device: &Value, username: &str) {
    let link = device["verification_uri_complete"].as_str().unwrap().replace(crate::world::ISSUER, "");
    let mut page = open(browser, &link).await;
    if form_action(&page).as_deref() == Some("/oauth2/login") {
        page = submit(browser, &page, &[("identifier", username), ("password", PASSWORD)]).await;
    }
    let done = submit(browser, &page, &[("decision", "allow")]).await;
    assert_eq!(done.status, 200, "{}", text(&done));
    assert!(form_action(&done).is_none(), "{}", text(&done));
}
