//! What an operator decides: one struct, filled from `tegata.toml`, the environment and the command line.
//!
//! The table in [`table`] is the only place that knows a setting's name; reading, checking and `docs/reference/settings.md`
//! all follow it.

mod check;
pub(crate) mod markdown;
mod source;
mod table;
mod value;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use tegata_http::{HttpSettings, MetricsAccess};
use tegata_settings::{CssVariable, KibiBytes, is_loopback_url};

pub(crate) use source::{Problems, Sources, load};
pub(crate) use table::SETTINGS;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    /// The rules. Its issuer is only known once the server listens, see [`Settings::core`].
    rules: tegata_core::settings::Settings,
    /// `tokens.audience`; the issuer when not set.
    audience: Option<String>,
    pub(crate) passwords: PasswordSettings,
    cors_origins: Vec<String>,
    /// `oauth.clients_file`
    pub(crate) clients_file: Option<PathBuf>,
    /// `oauth.ca_file`
    pub(crate) ca_file: Option<PathBuf>,
    /// `pages.logo_url`
    logo_url: Option<String>,
    /// `pages.css_variables`
    css_variables: Vec<CssVariable>,
    pub(crate) store: StoreSettings,
    pub(crate) keys: KeySettings,
    pub(crate) log: LogSettings,
    /// `audit.file`; beside the database when not set.
    pub(crate) audit_file: Option<PathBuf>,
}

/// `server.*`
#[derive(Clone, Debug)]
pub(crate) struct ServerSettings {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) data_dir: PathBuf,
    trusted_proxies: Vec<IpNet>,
    /// By the issuer when not set.
    token_inspector: Option<bool>,
    /// By the issuer and the proxies when not set.
    metrics: Option<MetricsAccess>,
    body_limit: KibiBytes,
    request_timeout: Duration,
    pub(crate) max_connections: usize,
    pub(crate) stop_timeout: Duration,
}

/// `passwords.*`, but for the policy, which belongs to the rules.
#[derive(Clone, Debug)]
pub(crate) struct PasswordSettings {
    pub(crate) breached_list: Option<PathBuf>,
    pub(crate) memory: KibiBytes,
    /// A secret that hashes need beside the database.
    pub(crate) pepper_file: Option<PathBuf>,
    pub(crate) iterations: u32,
    pub(crate) permits: Option<usize>,
    pub(crate) queue: Option<usize>,
}

/// `store.*`
#[derive(Clone, Debug)]
pub struct StoreSettings {
    pub(crate) kind: StoreKind,
    pub(crate) durability: Durability,
    /// That of the region when not set.
    pub dynamodb_endpoint: Option<String>,
    /// The table of everything but keys.
    pub dynamodb_table: String,
    /// The table of the sealed signing keys.
    pub dynamodb_keys_table: String,
    /// The table of their public halves.
    pub dynamodb_public_keys_table: String,
}

impl StoreSettings {
    /// Whether the endpoint of DynamoDB is an emulator on this machine.
    pub fn is_own_dynamodb(&self) -> bool {
        self.dynamodb_endpoint.as_deref().is_some_and(is_loopback_url)
    }
}

/// `keys.*`, but for the policy, which belongs to the rules.
#[derive(Clone, Debug)]
pub(crate) struct KeySettings {
    /// Beside the database when not set.
    pub(crate) master_key_file: Option<PathBuf>,
}

/// `log.*`
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    pub(crate) level: value::LogLevel,
    /// Text for a terminal and JSON for everything else when not set.
    pub(crate) format: Option<LogFormat>,
}

/// Where everything is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// In a file of the data directory, for one server.
    Sqlite,
    /// In tables that any number of servers share.
    DynamoDb,
}

/// What has reached the disk when an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Everything that was answered for: it survives a loss of power.
    Full,
    /// It survives a crash of the process; a loss of power may take the last moments.
    Normal,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                public_url: None,
                data_dir: PathBuf::from("./tegata-data"),
                trusted_proxies: Vec::new(),
                token_inspector: None,
                metrics: None,
                body_limit: KibiBytes(16),
                request_timeout: Duration::from_secs(10),
                max_connections: 10_000,
                stop_timeout: Duration::from_secs(10),
            },
            rules: tegata_core::settings::Settings::new(""),
            audience: None,
            passwords: PasswordSettings {
                breached_list: None,
                memory: KibiBytes(19 * 1024),
                pepper_file: None,
                iterations: 2,
                permits: None,
                queue: None,
            },
            cors_origins: Vec::new(),
            clients_file: None,
            ca_file: None,
            logo_url: None,
            css_variables: Vec::new(),
            store: StoreSettings {
                kind: StoreKind::Sqlite,
                durability: Durability::Full,
                dynamodb_endpoint: None,
                dynamodb_table: "tegata".to_owned(),
                dynamodb_keys_table: "tegata-keys".to_owned(),
                dynamodb_public_keys_table: "tegata-public-keys".to_owned(),
            },
            keys: KeySettings { master_key_file: None },
            log: LogSettings { level: value::LogLevel::default(), format: None },
            audit_file: None,
        }
    }
}

impl Settings {
    /// The issuer: what was set, or the address that the server listens on.
    pub(crate) fn issuer(&self, listening_on: SocketAddr) -> String {
        self.server.public_url.clone().unwrap_or_else(|| format!("http://{listening_on}"))
    }

    /// The settings of the rules, for this issuer.
    pub(crate) fn core(&self, issuer: String) -> tegata_core::settings::Settings {
        let mut rules = self.rules.clone();
        rules.tokens.audience = self.audience.clone().unwrap_or_else(|| issuer.clone());
        rules.issuer = issuer;
        rules
    }

    /// The settings of the HTTP side, for this issuer.
    pub(crate) fn http(&self, issuer: &str) -> HttpSettings {
        let mut http = HttpSettings::new(issuer);
        http.allowed_origins.clone_from(&self.cors_origins);
        http.trusted_proxies.clone_from(&self.server.trusted_proxies);
        http.token_inspector = self.server.token_inspector.unwrap_or(http.token_inspector);
        http.metrics = self.server.metrics.unwrap_or_else(|| {
            // Requests through a proxy on this machine need not show that they come from elsewhere.
            if self.has_unnamed_proxy() { MetricsAccess::Off } else { MetricsAccess::Loopback }
        });
        http.body_limit = self.server.body_limit.bytes();
        http.request_timeout = self.server.request_timeout;
        http.logo_url.clone_from(&self.logo_url);
        let variable = |CssVariable(name, value): &CssVariable| (name.clone(), value.clone());
        http.css_variables = self.css_variables.iter().map(variable).collect();
        http
    }

    /// Whether there must be a proxy, since browsers speak https, and no setting names it.
    pub(crate) fn has_unnamed_proxy(&self) -> bool {
        let is_https = self.server.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        is_https && self.server.trusted_proxies.is_empty()
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> PathBuf {
        self.server.data_dir.join("tegata.db")
    }

    /// Where the master key is.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.keys.master_key_file.clone().unwrap_or_else(|| self.server.data_dir.join("master.key"))
    }

    /// Where the audit log is.
    pub(crate) fn audit_file(&self) -> PathBuf {
        self.audit_file.clone().unwrap_or_else(|| self.server.data_dir.join("audit.jsonl"))
    }
}

/// What an unnamed proxy means.
pub(crate) const UNNAMED_PROXY: &str =
    "every client will look like the proxy, so limits per address do not hold";
/// What to do about it.
pub(crate) const NAME_THE_PROXY: &str = "set server.trusted_proxies to the address of the proxy";

/// Where a value was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    File { path: PathBuf, line: usize },
    Environment { variable: String },
    Flag { flag: String },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::Flag { flag } => write!(f, "{flag}"),
            Self::Default => f.write_str("by default"),
        }
    }
}

#[cfg(test)]
mod tests;
