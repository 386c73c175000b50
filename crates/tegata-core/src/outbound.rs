//! Asking other servers: the port, and what may be asked at all.
//!
//! A client registers URLs that we are to ask: its keys, its logout endpoint, its metadata. Whoever registers one chooses
//! where a request of ours goes, so every one of them goes through this port and its guard (OWASP "Server-Side Request
//! Forgery"; RFC 9700 §4.9, RFC 7591 §5).

mod public_address;
mod url;

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

pub use public_address::is_public;
pub use url::check_url;

/// The most that is read of an answer, in bytes.
pub const MAX_DOCUMENT_LEN: usize = 1_000_000;

/// The port to other servers.
///
/// An implementation asks only what [`check_url`] and [`is_public`] allow, connects to the addresses that it has looked at,
/// follows no redirect, and ends each exchange after seconds.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Gets a document of at most [`MAX_DOCUMENT_LEN`] bytes.
    ///
    /// # Errors
    /// [`OutboundError::Status`] for every status but 200, a redirect among them; otherwise why there was no answer.
    async fn get(&self, url: &str) -> Result<Document, OutboundError>;

    /// Posts a form (`application/x-www-form-urlencoded`), already encoded. The answer is its status, whatever that is;
    /// its body is not read.
    ///
    /// # Errors
    /// Why there was no answer.
    async fn post_form(&self, url: &str, body: &str) -> Result<u16, OutboundError>;
}

/// What came with a `200 OK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// As it was sent.
    pub body: Vec<u8>,
    /// The media type in lower case and without parameters, if there is exactly one (RFC 9110 §8.3).
    pub media_type: Option<String>,
    /// How long it may be reused from now on, if it says so (RFC 9111 §5.2.2). Zero if it must not be.
    pub max_age: Option<Duration>,
}

/// Why another server gave nothing. No text holds anything of the URL or of what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutboundError {
    /// The URL is none that we ask, or its host has an address that is not public.
    #[error("the address is not allowed")]
    NotAllowed,
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// Not 200. A redirect is not followed: it would lead where nobody has looked.
    #[error("the status is {0}")]
    Status(u16),
    /// More than is read.
    #[error("the answer is too large")]
    TooLarge,
    /// The name is unknown, no connection was made, its certificate was refused, or it broke.
    #[error("the connection failed")]
    Connection,
}

/// Asks nobody: for what must work without other servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutbound;

#[async_trait]
impl Outbound for NoOutbound {
    async fn get(&self, _: &str) -> Result<Document, OutboundError> {
        Err(OutboundError::NotAllowed)
    }

    async fn post_form(&self, _: &str, _: &str) -> Result<u16, OutboundError> {
        Err(OutboundError::NotAllowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_network_nobody_is_asked() {
        let url = "https://client.example/";
        assert_eq!(NoOutbound.get(url).await, Err(OutboundError::NotAllowed));
        assert_eq!(NoOutbound.post_form(url, "").await, Err(OutboundError::NotAllowed));
    }
}
