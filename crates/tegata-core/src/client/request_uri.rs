//! Addresses at which a client has request objects (RFC 9101 §5.2, OIDC Core §6.2).

use super::Client;

/// The longest one, in bytes.
pub(super) const MAX_REQUEST_URI: usize = 512;

/// What is asked. The fragment tells only whether there is another object now.
pub(crate) fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(address, _)| address)
}

impl Client {
    /// Whether it has registered this address, with whatever fragment.
    pub fn has_request_uri(&self, presented: &str) -> bool {
        let is_registered = |uri: &String| without_fragment(uri) == without_fragment(presented);
        presented.len() <= MAX_REQUEST_URI && self.metadata.request_uris.iter().any(is_registered)
    }
}
