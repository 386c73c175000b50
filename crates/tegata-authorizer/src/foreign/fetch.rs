use tegata_jose::MAX_JWKS_LEN;
use tegata_outbound::HttpsOutbound;

use super::{Fetch, FetchError};

impl Fetch for HttpsOutbound {
    async fn fetch(&self, uri: &str) -> Result<Vec<u8>, FetchError> {
        let document = HttpsOutbound::fetch(self, uri, MAX_JWKS_LEN).await?;
        Ok(document.body)
    }
}
