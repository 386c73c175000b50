//! How a connection is made: the name resolved once, every address looked at, TLS over it.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_rustls::builderstates::WantsSchemes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tegata_core::outbound::{OutboundError, is_public};
use tokio::sync::Semaphore;
use tower::Service;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// Names that are resolved at one time. The resolver of the system cannot be told to stop: a slow name holds a thread for
/// longer than its exchange lasts.
const MAX_LOOKUPS: usize = 32;

pub(crate) type Connector = HttpsConnector<HttpConnector<Resolver>>;

pub(crate) fn connector(tls: HttpsConnectorBuilder<WantsSchemes>, allow_loopback: bool) -> Connector {
    let lookups = Arc::new(Semaphore::new(MAX_LOOKUPS));
    let mut http = HttpConnector::new_with_resolver(Resolver { lookups, allow_loopback });
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.enforce_http(false);
    let tls = if allow_loopback { tls.https_or_http() } else { tls.https_only() };
    tls.enable_http1().wrap_connector(http)
}

/// Resolves names to addresses that may be asked. The connection is made to these, so a name that means another address a
/// moment later changes nothing.
///
/// A host that is an address never comes here: [`check_url`](tegata_core::outbound::check_url) has looked at it.
#[derive(Clone)]
pub(crate) struct Resolver {
    lookups: Arc<Semaphore>,
    allow_loopback: bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self { lookups, allow_loopback } = self.clone();
        Box::pin(async move {
            let place = lookups.acquire_owned().await.map_err(io::Error::other)?;
            let lookup = tokio::task::spawn_blocking(move || {
                let _place = place;
                let addresses: Vec<_> = (name.as_str(), 0).to_socket_addrs()?.collect();
                check(name.as_str(), &addresses, allow_loopback)?;
                Ok(addresses.into_iter())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

/// One bad address among good ones is no accident either.
fn check(host: &str, addresses: &[SocketAddr], allow_loopback: bool) -> io::Result<()> {
    let is_allowed = |address: IpAddr| {
        if host == "localhost" { allow_loopback && address.is_loopback() } else { is_public(address) }
    };
    if addresses.iter().all(|address| is_allowed(address.ip())) {
        Ok(())
    } else {
        Err(io::Error::other(NotPublic))
    }
}

/// What the resolver answers in place of an address.
#[derive(Debug, thiserror::Error)]
#[error("not a public address")]
struct NotPublic;

/// Why there is no connection.
pub(crate) fn reason(error: &(dyn Error + 'static)) -> OutboundError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.is_some_and(<dyn Error + Send + Sync>::is::<NotPublic>) {
            return OutboundError::NotAllowed;
        }
        cause = error.source();
    }
    OutboundError::Connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r70_v46_one_address_that_is_not_public_spoils_the_name() {
        let check = |host: &str, addresses: &[&str], allow_loopback: bool| {
            let addresses: Vec<_> =
                addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
            check(host, &addresses, allow_loopback).is_ok()
        };
        assert!(check("client.example", &["8.8.8.8", "2001:4860::8888"], false));
        for spoilt in [["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2001:4860::8888", "fd00::1"]] {
            for allow_loopback in [false, true] {
                assert!(!check("client.example", &spoilt, allow_loopback), "{spoilt:?}");
            }
        }
        assert!(check("localhost", &["127.0.0.1", "::1"], true));
        assert!(!check("localhost", &["127.0.0.1", "::1"], false));
        // Whoever can make `localhost` mean another machine.
        assert!(!check("localhost", &["8.8.8.8"], true));
    }
}
