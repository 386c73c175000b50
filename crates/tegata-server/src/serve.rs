//! `tegata serve`: the server, from its start to its end.

mod connections;
mod housekeeping;
mod logout_notices;
mod patient;
mod welcome;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tegata_core::provider::Provider;
use tegata_http::{AppState, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::clients_file;
use crate::data_dir::{self, ServeLock};
use crate::failure::Failure;
use crate::installation::{Installation, cores, hasher};
use crate::settings::{NAME_THE_PROXY, Settings, UNNAMED_PROXY};
use crate::token_inspector;
use crate::web;
use connections::Connections;

/// Runs the server until a signal ends it.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    data_dir::prepare(&settings.server.data_dir)?;
    let _lock = ServeLock::take(&settings.server.data_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One for each core, and one that is left when all the others wait for the disk.
        .worker_threads(cores() + 1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format_args!("the server cannot begin: {error}")))?;
    let served = runtime.block_on(serve(settings));
    // What hangs on a connection that did not end in time ends here, so that nothing holds the store any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Last of all, when no one else has them: the audit log writes what is left, the store closes its file.
    served.map(drop)
}

async fn serve(settings: &Settings) -> Result<Arc<Provider>, Failure> {
    let listener = listen(settings.server.listen).await?;
    let failed = |error: io::Error| Failure::new(format_args!("the server cannot begin: {error}"));
    let address = listener.local_addr().map_err(failed)?;
    let mut stop = Stop::new().map_err(failed)?;

    let installation = Installation::of_server(settings).await?;
    let issuer = settings.issuer(address);
    let http = settings.http(&issuer);
    let is_fresh = installation.is_fresh();
    let provider = installation.open_provider(settings, issuer, Arc::new(hasher(settings, None)?)).await?;
    if let Some(file) = &settings.clients_file {
        clients_file::apply(file, &provider).await?;
    }
    token_inspector::settle(&provider, http.token_inspector && provider.settings().oauth.enabled).await?;
    let provider = Arc::new(provider);
    let router = tegata_http::router(
        AppState::new(Arc::clone(&provider), http, Arc::new(SystemClock)),
        Some(web::router()),
    );
    let housekeeping = housekeeping::start(&provider, settings.store.kind);
    let logout_notices = provider.settings().oauth.enabled.then(|| logout_notices::start(&provider));

    let limit = connection_limit(settings.server.max_connections);
    let connections = Connections::new(router, limit, connections::WRITE_TIMEOUT);
    if settings.has_unnamed_proxy() {
        tracing::warn!("{UNNAMED_PROXY}; {NAME_THE_PROXY}");
    }
    welcome::print(settings, address, &provider.settings().issuer, is_fresh)?;
    tracing::info!(%address, issuer = provider.settings().issuer, "ready");

    connections.accept(&listener, stop.asked()).await;
    drop(listener);
    tracing::info!("stopping: finishing the requests that have begun");
    housekeeping.abort();
    // What is left is told after the next start.
    logout_notices.inspect(JoinHandle::abort);
    tokio::select! {
        () = connections.finish() => tracing::info!("stopped"),
        () = tokio::time::sleep(settings.server.stop_timeout) => {
            tracing::warn!("stopped; some requests were not finished in time");
        }
        () = stop.asked() => {
            tracing::warn!("stopped at once");
            std::process::exit(AT_ONCE);
        }
    }
    Ok(provider)
}

/// The exit code after a second signal: that of a process ended by SIGINT.
const AT_ONCE: i32 = 130;

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(format_args!("cannot listen on {address}: {error}"));
        match error.kind() {
            io::ErrorKind::AddrInUse => failure.advise(
                "something else listens there; choose another with --listen, port 0 takes any free one",
            ),
            io::ErrorKind::PermissionDenied => failure.advise(
                "ports below 1024 are for root; choose another with --listen and put a proxy in front",
            ),
            io::ErrorKind::AddrNotAvailable => failure.advise("this machine has no such address"),
            _ => failure,
        }
    })
}

/// The signals that end the server.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// So many connections, as far as the system gives file descriptors for them.
fn connection_limit(wanted: usize) -> usize {
    /// For the database, the logs and the standard streams.
    const OTHERS: u64 = 64;
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum };
    // The soft limit is there for programs that use `select`.
    let available = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    let available = available.map_or(u64::MAX, |available| available.saturating_sub(OTHERS).max(1));
    let limit = wanted.min(usize::try_from(available).unwrap_or(usize::MAX));
    if limit < wanted {
        tracing::warn!(
            limit,
            wanted,
            "fewer connections than server.max_connections: raise the limit of open files"
        );
    }
    limit
}
