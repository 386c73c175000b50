//! The one thing that the authorizer asks the network for.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use lambda_runtime::service_fn;
use tegata_jose::MAX_JWKS_LEN;

use super::{Fetch, FetchError, is_public};
use crate::settings::is_loopback;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// For all of it: name, connection, answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Fetches over HTTPS, from public addresses only, and follows no redirect.
///
/// Settings have seen to the scheme and to a host that is an address. A host that is a name is resolved here, and the
/// addresses that were looked at are the ones connected to.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpsFetch(());

impl Fetch for HttpsFetch {
    async fn fetch(&self, uri: &Uri) -> Result<Vec<u8>, FetchError> {
        tokio::time::timeout(TIMEOUT, get(uri)).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

async fn get(uri: &Uri) -> Result<Vec<u8>, FetchError> {
    // A connection of its own each time: they are minutes apart, and the function is frozen between.
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector());
    let response = client.get(uri.clone()).await.map_err(|error| {
        if is_caused_by_private_address(&error) { FetchError::PrivateAddress } else { FetchError::Connection }
    })?;
    read(response).await
}

async fn read(response: Response<Incoming>) -> Result<Vec<u8>, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let body = Limited::new(response.into_body(), MAX_JWKS_LEN).collect().await;
    body.map(|body| body.to_bytes().to_vec()).map_err(|error| {
        if error.is::<LengthLimitError>() { FetchError::TooLarge } else { FetchError::Connection }
    })
}

type Resolve = fn(Name) -> Resolving;
type Resolving =
    std::pin::Pin<Box<dyn Future<Output = io::Result<std::vec::IntoIter<std::net::SocketAddr>>> + Send>>;

fn connector() -> HttpsConnector<HttpConnector<lambda_runtime::tower::util::ServiceFn<Resolve>>> {
    let mut http = HttpConnector::new_with_resolver(service_fn(resolve as Resolve));
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.enforce_http(false);
    HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http)
}

fn resolve(name: Name) -> Resolving {
    Box::pin(async move {
        let host = name.as_str();
        let addresses: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
        let is_allowed = |address: std::net::IpAddr| {
            if is_loopback(host) { address.is_loopback() } else { is_public(address) }
        };
        // One bad address among good ones is no accident either.
        if addresses.iter().all(|address| is_allowed(address.ip())) {
            Ok(addresses.into_iter())
        } else {
            Err(io::Error::other(PrivateAddress))
        }
    })
}

/// What the resolver answers in place of an address.
#[derive(Debug, thiserror::Error)]
#[error("not a public address")]
struct PrivateAddress;

fn is_caused_by_private_address(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(inner) = inner
            && inner.is::<PrivateAddress>()
        {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of asking a server on this machine under another name of it.
    async fn ask(host: &str) -> (Result<Vec<u8>, FetchError>, bool) {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let uri = format!("http://{host}:{}/", server.local_addr().unwrap().port()).parse().unwrap();
        let answer =
            tokio::time::timeout(Duration::from_millis(500), HttpsFetch::default().fetch(&uri)).await;
        (answer.unwrap_or(Err(FetchError::TimedOut)), server.accept().is_ok())
    }

    #[tokio::test]
    async fn r70_v46_a_name_that_leads_to_this_machine_is_not_followed() {
        // A resolver takes each of them for 127.0.0.1. The settings refuse plain http to them before that.
        for host in ["2130706433", "0x7f000001", "127.1", "017700000001"] {
            assert_eq!(ask(host).await, (Err(FetchError::PrivateAddress), false), "{host}");
        }
        assert_eq!(ask("0xa9fea9fe").await.0, Err(FetchError::PrivateAddress), "169.254.169.254");
    }

    #[tokio::test]
    async fn tests_may_ask_this_machine_by_the_names_of_the_settings() {
        assert_eq!(ask("127.0.0.1").await, (Err(FetchError::TimedOut), true));
        assert_eq!(ask("localhost").await, (Err(FetchError::TimedOut), true));
    }
}
