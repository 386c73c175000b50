//! The one way in which Tegata asks other servers.
//!
//! Some of the URLs that it asks were named by strangers. So there is one client, [`HttpsOutbound`], and a guard in it that
//! cannot be gone around: HTTPS to public addresses, the ones that were looked at and no others, no redirect, and a bound
//! on size and time. It reads no environment: a proxy that a variable names would ask in our place.

mod authorities;
mod connector;
mod freshness;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::builderstates::WantsSchemes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
pub use tegata_core::outbound::{Document, OutboundError, check_url};
use tegata_core::outbound::{MAX_DOCUMENT_LEN, Outbound};
use tokio::sync::Semaphore;

pub use authorities::InvalidAuthorities;
use connector::Connector;

/// For all of it: a place, the name, the connection, the answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Exchanges at one time. Who has us ask servers that never answer takes these places, and neither the memory nor the
/// connections of anything else.
const MAX_EXCHANGES: usize = 32;
/// The most of a status line and headers, in bytes.
const MAX_HEAD_LEN: usize = 64 * 1024;

/// Asks over HTTPS, at public addresses only, and follows no redirect.
///
/// A clone shares the places of the original.
#[derive(Clone)]
pub struct HttpsOutbound {
    client: Client<Connector, Full<Bytes>>,
    places: Arc<Semaphore>,
    allow_loopback: bool,
}

impl HttpsOutbound {
    /// A client that trusts the roots of the Web PKI.
    ///
    /// With `allow_loopback` it asks this machine too, also over plain http: for an issuer that is itself on this machine,
    /// and for no other.
    pub fn new(allow_loopback: bool) -> Self {
        Self::over(HttpsConnectorBuilder::new().with_webpki_roots(), allow_loopback)
    }

    /// A client that trusts the certificate authorities of a PEM text as well.
    ///
    /// # Errors
    /// [`InvalidAuthorities`]
    pub fn trusting(pem: &[u8], allow_loopback: bool) -> Result<Self, InvalidAuthorities> {
        let tls = ClientConfig::builder().with_root_certificates(authorities::roots(pem)?);
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls.with_no_client_auth());
        Ok(Self::over(tls, allow_loopback))
    }

    fn over(tls: HttpsConnectorBuilder<WantsSchemes>, allow_loopback: bool) -> Self {
        // A connection of its own for each exchange: they are minutes apart, and a function is frozen between. Each is
        // resolved and looked at anew.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .http1_max_buf_size(MAX_HEAD_LEN)
            .build(connector::connector(tls, allow_loopback));
        Self { client, places: Arc::new(Semaphore::new(MAX_EXCHANGES)), allow_loopback }
    }

    /// Gets a document of at most `limit` bytes, and never more than [`MAX_DOCUMENT_LEN`].
    ///
    /// # Errors
    /// As [`Outbound::get`].
    pub async fn fetch(&self, url: &str, limit: usize) -> Result<Document, OutboundError> {
        let mut request = self.request(Method::GET, url, Bytes::new())?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        let host = request.uri().host().unwrap_or_default().to_owned();
        let document = self.in_time(async {
            let response = self.send(request).await?;
            if response.status() != StatusCode::OK {
                return Err(OutboundError::Status(response.status().as_u16()));
            }
            read(response, limit.min(MAX_DOCUMENT_LEN)).await
        });
        // For the operator alone: who had us ask hears only that it is not to be had.
        document.await.inspect_err(|error| tracing::debug!(host, %error, "a document could not be fetched"))
    }

    fn request(&self, method: Method, url: &str, body: Bytes) -> Result<Request<Full<Bytes>>, OutboundError> {
        check_url(url, self.allow_loopback)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.parse::<Uri>().map_err(|_| OutboundError::NotAllowed)?;
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("Tegata"));
        Ok(request)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, OutboundError> {
        self.client.request(request).await.map_err(|error| connector::reason(&error))
    }

    async fn in_time<T>(
        &self,
        exchange: impl Future<Output = Result<T, OutboundError>>,
    ) -> Result<T, OutboundError> {
        let exchange = async {
            let _place = self.places.acquire().await.map_err(|_| OutboundError::Connection)?;
            exchange.await
        };
        tokio::time::timeout(TIMEOUT, exchange).await.unwrap_or(Err(OutboundError::TimedOut))
    }
}

#[async_trait]
impl Outbound for HttpsOutbound {
    async fn get(&self, url: &str) -> Result<Document, OutboundError> {
        self.fetch(url, MAX_DOCUMENT_LEN).await
    }

    async fn post_form(&self, url: &str, body: &str) -> Result<u16, OutboundError> {
        let mut request = self.request(Method::POST, url, Bytes::copy_from_slice(body.as_bytes()))?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        self.in_time(async { Ok(self.send(request).await?.status().as_u16()) }).await
    }
}

async fn read(response: Response<Incoming>, limit: usize) -> Result<Document, OutboundError> {
    let media_type = media_type(response.headers());
    let max_age = freshness::max_age(response.headers());
    let body = Limited::new(response.into_body(), limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { OutboundError::TooLarge } else { OutboundError::Connection }
    })?;
    Ok(Document { body: body.to_bytes().to_vec(), media_type, max_age })
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    // Of two, nobody knows which is meant.
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    value.split(';').next().map(|media_type| media_type.trim().to_ascii_lowercase())
}
