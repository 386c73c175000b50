//! A client that the crate `openidconnect` makes, played by `tests/openidconnect.test.js`.
//!
//! The first line of its input says which client it is; it prints where the person has to go (`{"visit": URL}`), reads where
//! their browser was led (`{"arrived": URL}`), and prints what it has found out (`{"result": …}`).

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{BufRead as _, stdin};

use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::http::{self, Method};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse as _,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Told {
    issuer: String,
    redirect_uri: String,
    method: String,
    client_id: String,
    client_secret: Option<String>,
}

#[derive(Deserialize)]
struct Arrived {
    arrived: Url,
}

fn main() -> Result {
    let told: Told = hear()?;
    let http = send;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(told.issuer.clone())?, &http)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(told.client_id),
        told.client_secret.map(ClientSecret::new),
    )
    .set_redirect_uri(RedirectUrl::new(told.redirect_uri)?)
    .set_auth_type(match told.method.as_str() {
        "client_secret_post" => AuthType::RequestBody,
        _ => AuthType::BasicAuth,
    });

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .add_prompt(CoreAuthPrompt::Consent)
        .set_pkce_challenge(challenge)
        .url();
    println!("{}", json!({ "visit": url }));
    let Arrived { arrived } = hear()?;
    let parameter = |name: &str| {
        let found = arrived.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        found.ok_or_else(|| format!("no {name} in the answer"))
    };
    if parameter("state")? != *state.secret() || parameter("iss")? != told.issuer {
        return Err("the answer is to another request, or from another provider".into());
    }

    let first = client
        .exchange_code(AuthorizationCode::new(parameter("code")?))?
        .set_pkce_verifier(verifier)
        .request(&http)?;
    let id_token = first.id_token().ok_or("no ID token")?;
    let id_token_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_token_verifier, &nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let key = id_token.signing_key(&id_token_verifier)?;
        let actual = AccessTokenHash::from_token(first.access_token(), id_token.signing_alg()?, key)?;
        if actual != *expected {
            return Err("the access token is not the one that the ID token speaks of".into());
        }
    }
    let user: CoreUserInfoClaims = client
        .user_info(first.access_token().to_owned(), Some(claims.subject().to_owned()))?
        .request(&http)?;
    let refresh_token = first.refresh_token().ok_or("no refresh token")?;
    let second = client.exchange_refresh_token(refresh_token)?.request(&http)?;
    let next = second.refresh_token().ok_or("no refresh token after the first")?;
    println!(
        "{}",
        json!({ "result": {
            "sub": claims.subject(),
            "userinfo_sub": user.subject(),
            "rotated": next.secret() != refresh_token.secret(),
        } })
    );
    Ok(())
}

fn hear<T: DeserializeOwned>() -> Result<T> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// One request, which is not led elsewhere (RFC 9700 §4.12).
fn send(request: HttpRequest) -> std::result::Result<HttpResponse, ureq::Error> {
    let agent =
        ureq::Agent::from(ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build());
    let (head, body) = request.into_parts();
    let sent = if head.method == Method::GET {
        agent.run(http::Request::from_parts(head, ()))?
    } else {
        agent.run(http::Request::from_parts(head, body))?
    };
    let (head, mut body) = sent.into_parts();
    Ok(http::Response::from_parts(head, body.read_to_vec()?))
}
