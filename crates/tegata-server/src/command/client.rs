//! `tegata client`: what an operator does with OAuth clients.

use std::time::Duration;

use serde::Serialize;
use tegata_core::client::{
    ApplicationType, AuthMethod, Client, ClientId, ClientMetadata, ClientOrigin, ClientSecret, ClientStatus,
    GrantType, RedirectUri, RequestObjectAlg, SubjectType,
};
use tegata_core::provider::oauth::ClientError;
use tegata_core::provider::{Provider, RequestContext};
use tegata_core::scope::Scope;
use tegata_http::{Clock as _, SystemClock};

use super::terminal::Terminal;
use super::{print, printable, to_json};
use crate::cli;
use crate::failure::{Chain, Failure};
use crate::installation::{Installation, block_on};
use crate::settings::Settings;

/// So many clients are read at a time.
const PAGE: usize = 200;
/// What a client may ask for unless it is said otherwise.
const SCOPE: &str = "openid profile email offline_access";

pub(super) fn run(settings: &Settings, command: cli::Client) -> Result<(), Failure> {
    let installation = Installation::of_client_command(settings)?;
    block_on(async {
        let provider = installation.client_provider(settings).await?;
        Operator { provider: &provider }.run(command).await
    })
}

struct Operator<'p> {
    provider: &'p Provider,
}

impl Operator<'_> {
    async fn run(&self, command: cli::Client) -> Result<(), Failure> {
        use cli::Client as Command;
        match command {
            Command::Create(create) => self.create(*create).await,
            Command::List { json } => self.list(json).await,
            Command::Show { client } => {
                let client = self.provider.client(&parse(&client)?).await?;
                print(&format!("{}\n", to_json(&Shown::new(&client, None))?))
            }
            Command::Update(update) => self.update(*update).await,
            Command::RotateSecret { client, overlap, json } => {
                let overlap = humantime::parse_duration(&overlap)
                    .map_err(|_| Failure::new("--overlap has to be a duration, such as 24h"))?;
                self.rotate_secret(&client, overlap, json).await
            }
            Command::Vouch { client, version } => self.vouch(&client, version).await,
            Command::Disable { client } => self.set_status(&client, ClientStatus::Disabled).await,
            Command::Enable { client } => self.set_status(&client, ClientStatus::Active).await,
            Command::Delete { client, yes } => self.delete(&client, yes).await,
        }
    }

    async fn create(&self, create: cli::CreateClient) -> Result<(), Failure> {
        let client_id = create.client_id.as_deref().map(parse).transpose()?;
        let mut metadata = ClientMetadata {
            scope: SCOPE.parse().map_err(Failure::new)?,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            ..ClientMetadata::default()
        };
        create.metadata.write(&mut metadata)?;
        let created = self.provider.register_client(client_id, metadata, &context()).await;
        let (client, secret) = created?;
        if create.json {
            return print(&format!("{}\n", to_json(&Shown::new(&client, secret.as_ref()))?));
        }
        let mut text = format!("client_id      {}\n", client.client_id);
        if let Some(secret) = &secret {
            text += &format!("client_secret  {}\n\nNobody can show the secret again.\n", secret.expose());
        }
        print(&text)
    }

    async fn list(&self, json: bool) -> Result<(), Failure> {
        let mut after: Option<ClientId> = None;
        loop {
            let page =
                self.provider.store().list_clients(after.as_ref(), PAGE).await.map_err(Failure::new)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.client_id.clone());
            let mut text = String::new();
            for client in &page {
                if json {
                    text += &to_json(&Shown::new(client, None))?;
                } else {
                    text += &row(client);
                }
                text.push('\n');
            }
            print(&text)?;
        }
    }

    async fn update(&self, update: cli::UpdateClient) -> Result<(), Failure> {
        let change = |client: &mut Client| -> Result<(), Failure> {
            update.metadata.write(&mut client.metadata)?;
            update.taken_back.write(&mut client.metadata);
            // What an operator says holds, whatever a client that has registered itself asks for afterwards.
            if client.origin != ClientOrigin::Operator {
                if update.metadata.scope.is_some() {
                    client.scope_limit = Some(client.metadata.scope.clone());
                }
                if !update.metadata.grant.is_empty() {
                    client.grant_limit = Some(client.metadata.grant_types.clone());
                }
            }
            Ok(())
        };
        let changed = self.provider.try_change_client(&parse(&update.client)?, change, &context()).await?;
        print(&format!("{}\n", to_json(&Shown::new(&changed, None))?))
    }

    async fn rotate_secret(&self, client: &str, overlap: Duration, json: bool) -> Result<(), Failure> {
        let rotated = self.provider.rotate_client_secret(&parse(client)?, overlap, &context()).await;
        let (client, secret) = rotated?;
        if json {
            return print(&format!("{}\n", to_json(&Shown::new(&client, Some(&secret)))?));
        }
        print(&format!("client_secret  {}\n\nNobody can show the secret again.\n", secret.expose()))
    }

    async fn vouch(&self, client: &str, version: u64) -> Result<(), Failure> {
        let client = self.provider.vouch_for_client(&parse(client)?, version, &context()).await?;
        let client_id = &client.client_id;
        if client.origin == ClientOrigin::Operator {
            return print(&format!("{client_id} is an operator's: users see it as verified anyway\n"));
        }
        print(&format!("users see {client_id} as verified, until it changes its registration\n"))
    }

    async fn set_status(&self, client: &str, status: ClientStatus) -> Result<(), Failure> {
        let change = |client: &mut Client| client.status = status;
        let client = self.provider.change_client(&parse(client)?, change, &context()).await?;
        print(&format!("{} is {}\n", client.client_id, status_text(status)))
    }

    async fn delete(&self, client: &str, yes: bool) -> Result<(), Failure> {
        let client = self.provider.client(&parse(client)?).await?;
        if !yes {
            let question = format!("Type {} to delete this client: ", client.client_id);
            let answer = Terminal::open("confirm with --yes")?.ask(&question)?;
            if answer != client.client_id.as_str() {
                return Err(Failure::new("nothing was deleted"));
            }
        }
        self.provider.delete_client(&client.client_id, &context()).await?;
        print(&format!("{} is deleted\n", client.client_id))
    }
}

impl cli::Metadata {
    /// Writes what was said over what there is.
    fn write(&self, metadata: &mut ClientMetadata) -> Result<(), Failure> {
        let uris = |texts: &[String]| -> Result<Vec<RedirectUri>, Failure> {
            let parse = |text: &String| {
                text.parse()
                    .map_err(|problem| Failure::new(format_args!("the redirect URI `{text}` {problem}")))
            };
            texts.iter().map(parse).collect()
        };
        if !self.redirect_uri.is_empty() {
            metadata.redirect_uris = uris(&self.redirect_uri)?;
        }
        if !self.post_logout_redirect_uri.is_empty() {
            metadata.post_logout_redirect_uris = uris(&self.post_logout_redirect_uri)?;
        }
        if !self.grant.is_empty() {
            metadata.grant_types = self.grant.iter().map(|text| grant(text)).collect::<Result<_, _>>()?;
        }
        if let Some(scope) = &self.scope {
            metadata.scope = scope
                .parse()
                .map_err(|_| Failure::new("--scope takes scope tokens with one space between"))?;
        }
        if let Some(method) = &self.auth_method {
            metadata.token_endpoint_auth_method = auth_method(method)?;
        }
        if self.public {
            metadata.token_endpoint_auth_method = AuthMethod::None;
        }
        if self.native {
            metadata.application_type = ApplicationType::Native;
        }
        if let Some(file) = &self.jwks_file {
            let text = std::fs::read(file)
                .map_err(|error| Failure::new(format_args!("{} cannot be read: {error}", file.display())))?;
            let jwks = serde_json::from_slice(&text)
                .map_err(|_| Failure::new(format_args!("{} is no JSON", file.display())))?;
            (metadata.jwks, metadata.jwks_uri) = (Some(jwks), None);
        }
        if self.jwks_uri.is_some() {
            (metadata.jwks, metadata.jwks_uri) = (None, self.jwks_uri.clone());
        }
        if let Some(alg) = &self.id_token_alg {
            let alg = alg.parse().map_err(|_| Failure::new("--id-token-alg takes ES256, RS256 or EdDSA"))?;
            metadata.id_token_signed_response_alg = Some(alg);
        }
        if let Some(alg) = &self.request_object_alg {
            metadata.request_object_signing_alg = Some(request_object_alg(alg)?);
        }
        for (own, said) in
            [(&mut metadata.resources, &self.resource), (&mut metadata.request_uris, &self.request_uri)]
        {
            if !said.is_empty() {
                own.clone_from(said);
            }
        }
        if self.pairwise {
            metadata.subject_type = SubjectType::Pairwise;
        }
        for (own, said) in [
            (&mut metadata.client_name, &self.name),
            (&mut metadata.client_uri, &self.client_uri),
            (&mut metadata.logo_uri, &self.logo_uri),
            (&mut metadata.backchannel_logout_uri, &self.backchannel_logout_uri),
        ] {
            if said.is_some() {
                own.clone_from(said);
            }
        }
        metadata.require_pkce &= !self.no_pkce;
        metadata.skip_consent |= self.trusted;
        metadata.dpop_bound_access_tokens |= self.dpop;
        metadata.require_pushed_authorization_requests |= self.par;
        metadata.require_signed_request_object |= self.jar;
        Ok(())
    }
}

impl cli::TakenBack {
    /// Writes what is not so any more over what there is.
    fn write(&self, metadata: &mut ClientMetadata) {
        if self.no_native {
            metadata.application_type = ApplicationType::Web;
        }
        if self.no_pairwise {
            metadata.subject_type = SubjectType::Public;
        }
        metadata.skip_consent &= !self.no_trusted;
        metadata.require_pkce |= self.pkce;
        metadata.dpop_bound_access_tokens &= !self.no_dpop;
        metadata.require_pushed_authorization_requests &= !self.no_par;
        metadata.require_signed_request_object &= !self.no_jar;
    }
}

/// A grant, in its full name or its short one.
fn grant(text: &str) -> Result<GrantType, Failure> {
    match text {
        "device_code" => Ok(GrantType::DeviceCode),
        "token-exchange" | "token_exchange" => Ok(GrantType::TokenExchange),
        text => text.parse().map_err(|_| {
            let known: Vec<_> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
            Failure::new(format_args!("--grant takes one of {}", known.join(", ")))
        }),
    }
}

fn auth_method(text: &str) -> Result<AuthMethod, Failure> {
    AuthMethod::ALL.into_iter().find(|method| method.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = AuthMethod::ALL.iter().map(|method| method.as_str()).collect();
        Failure::new(format_args!("--auth-method takes one of {}", known.join(", ")))
    })
}

fn request_object_alg(text: &str) -> Result<RequestObjectAlg, Failure> {
    text.parse().map_err(|_| {
        let known: Vec<_> = RequestObjectAlg::all().map(RequestObjectAlg::as_str).collect();
        Failure::new(format_args!("--request-object-alg takes one of {}", known.join(", ")))
    })
}

fn context() -> RequestContext<'static> {
    RequestContext { now: SystemClock.now(), address: None, user_agent: None, device_token: None }
}

fn parse(client: &str) -> Result<ClientId, Failure> {
    client.parse().map_err(|_| {
        Failure::new("this is no name of a client")
            .advise("names have 1 to 255 visible ASCII characters, and do not read like the id of a user")
    })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Invalid(problems) => {
                let lines: Vec<_> = problems.into_iter().map(|problem| problem.description).collect();
                Self::new(lines.join("\n"))
            }
            ClientError::Changed => {
                Self::new(error).advise("`tegata client show` has the version that it is now")
            }
            error => Self::new(Chain(&error)),
        }
    }
}

const fn status_text(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Active => "active",
        ClientStatus::Disabled => "disabled",
    }
}

fn row(client: &Client) -> String {
    let origin = match client.origin {
        ClientOrigin::Operator => "operator",
        ClientOrigin::Registration => "registered itself",
        ClientOrigin::Vouched => "registered itself, vouched for",
        ClientOrigin::MetadataDocument => "metadata document",
    };
    let method = client.metadata.token_endpoint_auth_method.as_str();
    let (id, status, name) =
        (&client.client_id, status_text(client.status), printable(client.display_name()));
    format!("{:<40} {status:<9} {method:<20} {origin:<18} {name}", id.as_str())
}

/// A client without the hashes of its secrets.
#[derive(Serialize)]
struct Shown<'c> {
    client_id: &'c str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'c str>,
    status: &'static str,
    origin: ClientOrigin,
    created_at: String,
    secrets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_limit: Option<&'c Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_limit: Option<&'c [GrantType]>,
    #[serde(flatten)]
    metadata: &'c ClientMetadata,
}

impl<'c> Shown<'c> {
    fn new(client: &'c Client, secret: Option<&'c ClientSecret>) -> Self {
        Self {
            client_id: client.client_id.as_str(),
            version: client.version,
            client_secret: secret.map(ClientSecret::expose),
            status: status_text(client.status),
            origin: client.origin,
            created_at: client.created_at.to_rfc3339(),
            secrets: client.secrets.len(),
            scope_limit: client.scope_limit.as_ref(),
            grant_limit: client.grant_limit.as_deref(),
            metadata: &client.metadata,
        }
    }
}
