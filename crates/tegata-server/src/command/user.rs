//! `tegata user`: what an operator does with accounts.

mod claims;

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};
use tegata_core::error::ProviderError;
use tegata_core::provider::{RequestContext, SignUp};
use tegata_core::scope::Scope;
use tegata_core::session::Session;
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{User, UserStatus};
use tegata_http::{Clock as _, SystemClock};
use zeroize::Zeroizing;

use super::terminal::Terminal;
use super::{print, printable, read_line, to_json};
use crate::cli;
use crate::failure::Failure;
use crate::installation::{Installation, block_on};
use crate::settings::Settings;

/// So many users are read at a time.
const PAGE: usize = 500;

pub(super) fn run(settings: &Settings, command: cli::User) -> Result<(), Failure> {
    let installation = Installation::of_command(settings)?;
    block_on(async {
        let provider = installation.provider(settings).await?;
        let operator = Operator { provider: &provider };
        operator.run(command).await
    })
}

struct Operator<'p> {
    provider: &'p tegata_core::provider::Provider,
}

impl Operator<'_> {
    async fn run(&self, command: cli::User) -> Result<(), Failure> {
        use cli::User as Command;
        let (provider, ctx) = (self.provider, &context());
        match command {
            Command::Create { username, email, password } => {
                self.create(&username, email.as_deref(), &password).await
            }
            Command::List { json } => self.list(json).await,
            Command::Show { user, json } => self.show(&user, json).await,
            Command::SetPassword { user, password } => {
                let user = self.find(&user).await?;
                let new = new_password(&password)?;
                provider.set_password(&user, &new, ctx).await?;
                done(&user, "has a new password; all sessions have ended")
            }
            Command::Grant { user, scope } => {
                let user = self.find(&user).await?;
                let scope = user.granted_scope.union(&parse_scope(&scope)?);
                let user = provider.set_granted_scope(&user, &scope, ctx).await?;
                done(&user, &format!("is granted, from the next login on: {}", user.granted_scope))
            }
            Command::Revoke { user, scope } => {
                let user = self.find(&user).await?;
                let scope = user.granted_scope.difference(&parse_scope(&scope)?);
                let user = provider.set_granted_scope(&user, &scope, ctx).await?;
                let left = if user.granted_scope.as_str().is_empty() {
                    "nothing more"
                } else {
                    user.granted_scope.as_str()
                };
                done(
                    &user,
                    &format!("is granted {left}; if anything was taken away, all sessions have ended"),
                )
            }
            Command::Disable(user) => {
                let user = self.find(&user).await?;
                provider.set_status(&user, UserStatus::Disabled, ctx).await?;
                done(&user, "is disabled; all sessions have ended")
            }
            Command::Enable(user) => {
                let user = self.find(&user).await?;
                provider.set_status(&user, UserStatus::Active, ctx).await?;
                done(&user, "is enabled")
            }
            Command::Unlock(user) => {
                let user = self.find(&user).await?;
                provider.unlock(&user, ctx).await?;
                done(&user, "may try again at once")
            }
            Command::VerifyEmail(user) => self.verify_email(&user).await,
            Command::SetClaims { user, claims } => self.set_claims(&user, &claims).await,
            Command::Delete { user, yes } => self.delete(&user, yes).await,
        }
    }

    async fn find(&self, whom: &cli::Whom) -> Result<User, Failure> {
        self.provider.find_user(&whom.username).await.map_err(|error| match error {
            ProviderError::NotFound => Failure::new(format_args!("there is no user {:?}", whom.username))
                .advise("`tegata user list` lists them; an e-mail address finds a user once it is verified"),
            error => error.into(),
        })
    }

    async fn create(
        &self,
        username: &str,
        email: Option<&str>,
        password: &cli::NewPassword,
    ) -> Result<(), Failure> {
        let password = new_password(password)?;
        let request = SignUp { username, email, password: &password };
        let user = self.provider.create_user(request, &context()).await.map_err(|error| match error {
            ProviderError::UsernameTaken => {
                Failure::new(format_args!("there is a user {username:?} already"))
            }
            error => error.into(),
        })?;
        print(&format!("made {} with the id {}\n", user.username, user.user_id))
    }

    async fn list(&self, json: bool) -> Result<(), Failure> {
        let mut after = None;
        if !json {
            print(&format!("{:<24} {:<9} {:<32} {:<21} GRANTED\n", "USER", "STATUS", "E-MAIL", "MADE"))?;
        }
        loop {
            let page = self.provider.store().list_users(after, PAGE).await.map_err(ProviderError::from)?;
            let mut text = String::new();
            for user in &page {
                // Writing to a string cannot fail.
                let _ = if json {
                    writeln!(text, "{}", to_json(&Shown::from(user))?)
                } else {
                    writeln!(text, "{}", row(user))
                };
            }
            print(&text)?;
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.user_id),
                _ => return Ok(()),
            }
        }
    }

    async fn show(&self, whom: &cli::Whom, json: bool) -> Result<(), Failure> {
        let user = self.find(whom).await?;
        let now = SystemClock.now();
        let mut sessions =
            self.provider.store().list_sessions(user.user_id).await.map_err(ProviderError::from)?;
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| session.auth_time);
        let shown = Shown::from(&user);
        if json {
            let sessions = sessions.iter().map(ShownSession::from).collect();
            return print(&format!("{}\n", to_json(&Shown { sessions: Some(sessions), ..shown })?));
        }
        let mut text = format!(
            "user       {}\nid         {}\nstatus     {}\nmade       {}\n",
            shown.username, shown.user_id, shown.status, shown.created_at
        );
        let mut line = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let _ = writeln!(text, "{name:<10} {}", printable(value));
            }
        };
        line("e-mail", user.email.is_some().then(|| email(&user)).as_deref());
        line("name", shown.name);
        line("language", shown.locale);
        for (name, value) in &shown.claims {
            line(name, Some(&claims::as_text(value)));
        }
        for (name, value) in &shown.attributes {
            line("attribute", Some(&format!("{name}: {}", claims::as_text(value))));
        }
        line("changed", shown.updated_at.as_deref());
        line("granted", Some(shown.granted_scope).filter(|scope| !scope.is_empty()));
        let _ = writeln!(text, "sessions   {}", sessions.len());
        for session in sessions.iter().map(ShownSession::from) {
            let _ = writeln!(
                text,
                "  {}  since {}, last used {}, until {}{}{}",
                session.session_id,
                session.auth_time,
                session.last_used_at,
                session.expires_at,
                session.address.map(|address| format!(", from {address}")).unwrap_or_default(),
                session.user_agent.map(|agent| format!(", {}", printable(&agent))).unwrap_or_default(),
            );
        }
        print(&text)
    }

    async fn verify_email(&self, whom: &cli::Whom) -> Result<(), Failure> {
        let user = self.find(whom).await?;
        self.provider.verify_email(&user, &context()).await.map_err(|error| match error {
            ProviderError::NotFound => Failure::new(format_args!("{} has no e-mail address", user.username)),
            ProviderError::UsernameTaken => Failure::new("another user has verified this e-mail address"),
            error => error.into(),
        })?;
        done(&user, "has a verified e-mail address and can log in with it")
    }

    async fn set_claims(&self, whom: &cli::Whom, new: &cli::NewClaims) -> Result<(), Failure> {
        let claims = claims::read(new)?;
        let user = self.find(whom).await?;
        let user = self.provider.set_claims(&user, &claims, &context()).await.map_err(claims::failure)?;
        let names: Vec<_> = claims.keys().map(String::as_str).collect();
        done(&user, &format!("has changed in {}", names.join(", ")))
    }

    async fn delete(&self, whom: &cli::Whom, yes: bool) -> Result<(), Failure> {
        let user = self.find(whom).await?;
        if !yes {
            let question = format!("This cannot be undone. Type {} to delete the account: ", user.username);
            let answer = Terminal::open("confirm with --yes")?.ask(&question)?;
            if answer != user.username.as_str() {
                return Err(Failure::new("nothing was deleted"));
            }
        }
        self.provider.delete_user(&user, &context()).await?;
        done(&user, "is deleted")
    }
}

fn context() -> RequestContext<'static> {
    RequestContext { now: SystemClock.now(), address: None, user_agent: None, device_token: None }
}

fn done(user: &User, what: &str) -> Result<(), Failure> {
    print(&format!("{} {what}\n", user.username))
}

fn parse_scope(tokens: &[String]) -> Result<Scope, Failure> {
    tokens.join(" ").parse().map_err(|_| {
        Failure::new("this is no scope")
            .advise("scope tokens are printable ASCII without spaces, quotes and backslashes")
    })
}

fn new_password(from: &cli::NewPassword) -> Result<Zeroizing<String>, Failure> {
    if from.password_stdin {
        return read_line("the password").map(Zeroizing::new);
    }
    let mut terminal = Terminal::open("pass the password on standard input, with --password-stdin")?;
    let password = terminal.ask_secretly("New password: ")?;
    if *terminal.ask_secretly("The same again: ")? == *password {
        Ok(password)
    } else {
        Err(Failure::new("the two passwords differ; nothing was changed"))
    }
}

#[derive(Serialize)]
struct Shown<'u> {
    user_id: String,
    username: &'u str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'u str>,
    /// The other claims of OpenID Connect.
    #[serde(skip_serializing_if = "Map::is_empty")]
    claims: Map<String, Value>,
    /// Those of the installation.
    #[serde(skip_serializing_if = "Map::is_empty")]
    attributes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    granted_scope: &'u str,
    status: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<Vec<ShownSession>>,
}

#[derive(Serialize)]
struct ShownSession {
    session_id: String,
    auth_time: String,
    last_used_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
}

impl<'u> From<&'u User> for Shown<'u> {
    fn from(user: &'u User) -> Self {
        Self {
            user_id: user.user_id.to_string(),
            username: user.username.as_str(),
            email: user.email.as_ref().map(|email| email.address.as_str()),
            email_verified: user.email.as_ref().map(|email| email.verified),
            name: user.name.as_deref(),
            locale: user.locale.as_deref(),
            claims: claims::standard(user),
            attributes: claims::own(user),
            updated_at: user.attributes.updated_at().map(Timestamp::to_rfc3339),
            granted_scope: user.granted_scope.as_str(),
            status: match user.status {
                UserStatus::Active => "active",
                UserStatus::Disabled => "disabled",
            },
            created_at: user.created_at.to_rfc3339(),
            sessions: None,
        }
    }
}

impl From<&Session> for ShownSession {
    fn from(session: &Session) -> Self {
        Self {
            session_id: session.session_id.to_string(),
            auth_time: session.auth_time.to_rfc3339(),
            last_used_at: session.rotated_at.to_rfc3339(),
            expires_at: session.expires_at().to_rfc3339(),
            address: session.device.address,
            user_agent: session.device.user_agent.clone(),
        }
    }
}

fn email(user: &User) -> String {
    user.email.as_ref().map_or(String::new(), |email| {
        format!("{}{}", email.address, if email.verified { "" } else { " (not verified)" })
    })
}

fn row(user: &User) -> String {
    let shown = Shown::from(user);
    let row = format!(
        "{:<24} {:<9} {:<32} {:<21} {}",
        shown.username,
        shown.status,
        printable(&email(user)),
        shown.created_at,
        shown.granted_scope
    );
    row.trim_end().to_owned()
}
