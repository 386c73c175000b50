//! An installation: a data directory with its master key, and its database or the tables that it shares with others.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tegata_core::identifier::TenantId;
use tegata_core::master_key::MasterKey;
use tegata_core::password::Blocklist;
use tegata_core::provider::{Ports, Provider};
use tegata_core::seal::SealingKey;
use tegata_core::store::Store;
use tegata_http::{Clock as _, SystemClock, SystemEntropy};
use tegata_outbound::HttpsOutbound;
use tegata_password::{
    Argon2Hasher, Argon2Params, Argon2Settings, Blocklists, BreachedList, CommonPasswords, Pepper,
};
use tegata_settings::is_loopback_url;
use tegata_store_sqlite::{Durability, Options, SqliteStore};
use zeroize::Zeroizing;

use crate::audit_log::{FileAuditLog, audit_key};
use crate::data_dir;
use crate::failure::{Chain, Failure};
use crate::master_key;
use crate::settings::{self, Settings, StoreKind};
use crate::shared_store;

/// What a command has to do with.
#[derive(Clone, Copy)]
enum Reach {
    Everything,
    Clients,
}

/// What is open of an installation.
pub(crate) struct Installation {
    master_key: MasterKey,
    /// The database, where it is one of this machine.
    sqlite: Option<SqliteStore>,
    store: Arc<dyn Store>,
    is_fresh: bool,
}

impl Installation {
    /// Opens the installation that a command works on; it must be there.
    pub(crate) fn of_command(settings: &Settings) -> Result<Self, Failure> {
        Self::found(settings, Reach::Everything)
    }

    /// The same for a command that is about clients. Where others share the store, it needs no right to keys and not
    /// their master key: the one at hand, which may be of this directory alone, seals the audit log.
    pub(crate) fn of_client_command(settings: &Settings) -> Result<Self, Failure> {
        Self::found(settings, Reach::Clients)
    }

    fn found(settings: &Settings, reach: Reach) -> Result<Self, Failure> {
        data_dir::check(&settings.server.data_dir)?;
        if settings.store.kind == StoreKind::Sqlite && !settings.database().exists() {
            return Err(Failure::new(format_args!("there is no database {}", settings.database().display()))
                .advise("`tegata serve` makes one; name another data directory with --data-dir"));
        }
        block_on(Self::open(settings, master_key::read(&settings.master_key_file())?, false, reach))
    }

    /// Opens the installation of a server, or makes it. The directory must be prepared and locked.
    pub(crate) async fn of_server(settings: &Settings) -> Result<Self, Failure> {
        let key_file = settings.master_key_file();
        let is_fresh = match settings.store.kind {
            StoreKind::Sqlite => !settings.database().exists(),
            StoreKind::DynamoDb => shared_store::linked()?.prepare(&settings.store).await?,
        };
        // A new key for an old database would open nothing.
        let master_key = if key_file.exists() || !is_fresh {
            master_key::read(&key_file)?
        } else {
            master_key::make(&key_file, &SystemEntropy)?
        };
        Self::open(settings, master_key, is_fresh, Reach::Everything).await
    }

    async fn open(
        settings: &Settings,
        master_key: MasterKey,
        is_fresh: bool,
        reach: Reach,
    ) -> Result<Self, Failure> {
        let (sqlite, store): (_, Arc<dyn Store>) = match settings.store.kind {
            StoreKind::Sqlite => {
                let sqlite = Self::open_sqlite(settings)?;
                (Some(sqlite.clone()), Arc::new(sqlite))
            }
            StoreKind::DynamoDb => {
                let shared = shared_store::linked()?;
                let store = match reach {
                    Reach::Everything => shared.open(&settings.store, &master_key).await,
                    Reach::Clients => shared.open_without_keys(&settings.store).await,
                };
                (None, store)
            }
        };
        Ok(Self { master_key, sqlite, store, is_fresh })
    }

    fn open_sqlite(settings: &Settings) -> Result<SqliteStore, Failure> {
        let options = Options {
            durability: match settings.store.durability {
                settings::Durability::Full => Durability::Full,
                settings::Durability::Normal => Durability::Normal,
            },
            // One less than the runtime has threads.
            direct_readers: cores(),
            ..Options::default()
        };
        let sqlite = SqliteStore::open(&settings.database(), &options).map_err(|error| {
            Failure::new(format_args!(
                "the database {} cannot be opened: {}",
                settings.database().display(),
                Chain(&error)
            ))
            .advise("`tegata doctor` looks for the reason")
        })?;
        Ok(sqlite.for_tenant(TenantId::default()))
    }

    /// Whether the database was made just now.
    pub(crate) fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    /// What unseals the signing keys.
    pub(crate) fn sealing_key(&self) -> SealingKey {
        self.master_key.sealing_key()
    }

    /// The database, where it is one of this machine.
    pub(crate) fn sqlite(&self) -> Option<&SqliteStore> {
        self.sqlite.as_ref()
    }

    /// What is remembered of the one tenant.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The audit log.
    pub(crate) fn audit_log(&self, settings: &Settings) -> Result<FileAuditLog, Failure> {
        let audit_file = settings.audit_file();
        FileAuditLog::open(&audit_file, audit_key(&self.master_key)).map_err(|error| {
            Failure::new(format_args!("the audit log {} cannot be opened: {error}", audit_file.display()))
        })
    }

    /// The provider of a command: no request ever reaches it, so its issuer and its gate do not matter.
    pub(crate) async fn provider(&self, settings: &Settings) -> Result<Provider, Failure> {
        let (core, ports) = self.parts_of_command(settings)?;
        Ok(Provider::open(core, ports, SystemClock.now()).await?)
    }

    /// The provider of a command that is about clients. Where others share the store it has no part in the signing keys: they are
    /// sealed with another master key than the one at hand, or looked after by those who publish them.
    pub(crate) async fn client_provider(&self, settings: &Settings) -> Result<Provider, Failure> {
        if self.sqlite.is_some() {
            return self.provider(settings).await;
        }
        let (core, ports) = self.parts_of_command(settings)?;
        Ok(Provider::without_keys(core, ports, SystemClock.now())?)
    }

    fn parts_of_command(
        &self,
        settings: &Settings,
    ) -> Result<(tegata_core::settings::Settings, Ports), Failure> {
        let hasher = hasher(settings, Some(NonZeroUsize::MIN))?;
        let issuer = settings.issuer(settings.server.listen);
        let ports = self.ports(settings, &issuer, Arc::new(hasher))?;
        Ok((settings.core(issuer), ports))
    }

    /// The provider for this issuer.
    pub(crate) async fn open_provider(
        &self,
        settings: &Settings,
        issuer: String,
        hasher: Arc<Argon2Hasher>,
    ) -> Result<Provider, Failure> {
        let ports = self.ports(settings, &issuer, hasher)?;
        Ok(Provider::open(settings.core(issuer), ports, SystemClock.now()).await?)
    }

    fn ports(&self, settings: &Settings, issuer: &str, hasher: Arc<Argon2Hasher>) -> Result<Ports, Failure> {
        Ok(Ports {
            store: Arc::clone(&self.store),
            hasher,
            blocklist: blocklist(settings)?,
            entropy: Arc::new(SystemEntropy),
            audit: Arc::new(self.audit_log(settings)?),
            outbound: Arc::new(outbound(settings, is_loopback_url(issuer))?),
            sealing: self.master_key.sealing_key(),
        })
    }
}

/// How many threads can run at one time.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The password hasher; `permits` counts instead of the setting.
pub(crate) fn hasher(settings: &Settings, permits: Option<NonZeroUsize>) -> Result<Argon2Hasher, Failure> {
    let passwords = &settings.passwords;
    let failed = |error| Failure::new(format_args!("passwords cannot be hashed: {}", Chain(&error)));
    let defaults = Argon2Settings::default();
    let permits =
        permits.or_else(|| passwords.permits.and_then(NonZeroUsize::new)).unwrap_or(defaults.permits);
    let settings = Argon2Settings {
        params: Argon2Params::new(passwords.memory.0, passwords.iterations, 1).map_err(failed)?,
        pepper: pepper(settings)?,
        permits,
        queue_length: passwords.queue.unwrap_or_else(|| permits.get().saturating_mul(64)),
    };
    Argon2Hasher::new(settings, Arc::new(SystemEntropy)).map_err(failed)
}

fn pepper(settings: &Settings) -> Result<Option<Pepper>, Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let Some(file) = &settings.passwords.pepper_file else { return Ok(None) };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the pepper {} cannot be used: {error}", file.display()))
    };
    let mode = std::fs::metadata(file).map_err(|error| failed(&error))?.mode();
    data_dir::check_private(file, mode, "the pepper")?;
    let bytes = Zeroizing::new(std::fs::read(file).map_err(|error| failed(&error))?);
    Pepper::new(bytes).map(Some).map_err(|error| failed(&error))
}

fn blocklist(settings: &Settings) -> Result<Arc<dyn Blocklist>, Failure> {
    let mut lists: Vec<Box<dyn Blocklist>> = vec![Box::new(CommonPasswords)];
    if let Some(file) = &settings.passwords.breached_list {
        let list = BreachedList::open(file).map_err(|error| {
            Failure::new(Chain(&error))
                .advise("passwords.breached_list wants the file of Pwned Passwords, SHA-1, ordered by hash")
        })?;
        lists.push(Box::new(list));
    }
    Ok(Arc::new(Blocklists::new(lists)))
}

fn outbound(settings: &Settings, allow_loopback: bool) -> Result<HttpsOutbound, Failure> {
    let Some(file) = &settings.ca_file else { return Ok(HttpsOutbound::new(allow_loopback)) };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the authorities {} cannot be used: {error}", file.display()))
    };
    let pem = std::fs::read(file).map_err(|error| failed(&error))?;
    HttpsOutbound::trusting(&pem, allow_loopback).map_err(|error| failed(&error))
}

/// Runs what a command does, on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    #[expect(clippy::expect_used, reason = "at start-up; without a runtime there is nothing to do")]
    let runtime = runtime().expect("a runtime on one thread");
    runtime.block_on(future)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
