//! The servers to compare with: a route that does nothing, and Tegata without a disk.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tegata_core::audit::{AuditEvent, AuditLog};
use tegata_core::outbound::NoOutbound;
use tegata_core::provider::{Ports, Provider};
use tegata_core::seal::SealingKey;
use tegata_core::settings::Settings;
use tegata_core::store::memory::MemoryStore;
use tegata_http::{AppState, Clock as _, HttpSettings, SystemClock, SystemEntropy, router};
use tegata_password::{Argon2Hasher, Argon2Settings, CommonPasswords};
use tokio::net::TcpListener;

use crate::client::Error;

/// A route that answers with a constant, and nothing around it.
pub(crate) async fn bare_route() -> Result<(), Error> {
    serve(listener().await?, Router::new().route("/bare", get(|| async { "ok" }))).await
}

/// The whole router, over the store that keeps nothing.
pub(crate) async fn memory_store() -> Result<(), Error> {
    let listener = listener().await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let entropy = Arc::new(SystemEntropy);
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        hasher: Arc::new(Argon2Hasher::new(Argon2Settings::default(), Arc::clone(&entropy) as _)?),
        blocklist: Arc::new(CommonPasswords),
        entropy,
        audit: Arc::new(NoAudit),
        outbound: Arc::new(NoOutbound),
        sealing: SealingKey::new(&[1; SealingKey::LENGTH]),
    };
    let clock = Arc::new(SystemClock);
    let provider = Provider::open(Settings::new(&issuer), ports, clock.now()).await?;
    let state = AppState::new(Arc::new(provider), HttpSettings::new(&issuer), clock);
    serve(listener, router(state, None)).await
}

struct NoAudit;

impl AuditLog for NoAudit {
    fn record(&self, _: AuditEvent) {}
}

async fn listener() -> Result<TcpListener, Error> {
    Ok(TcpListener::bind("127.0.0.1:0").await?)
}

#[expect(clippy::print_stdout, reason = "the line that says where it listens")]
async fn serve(listener: TcpListener, router: Router) -> Result<(), Error> {
    println!("ready at http://{}", listener.local_addr()?);
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
