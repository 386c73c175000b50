//! What an authorization code is (RFC 6749 §4.1.2): all that was granted, sealed.
//!
//! Nobody but this server looks into a code, and it is good for a minute. So it carries what it stands for: issuing it
//! writes nothing, and nothing has to be found to redeem it. Only that it was used is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::client::ClientId;
use crate::entropy::random;
use crate::error::ProviderError;
use crate::grant::ClientGrant;
use crate::identifier::UserId;
use crate::key_set::Sealed;
use crate::oauth::OAuthError;
use crate::provider::Provider;
use crate::scope::Scope;
use crate::seal::SealingKey;
use crate::timestamp::Timestamp;
use crate::transient::{TransientKey, TransientKind};
use crate::user::Username;

const PREFIX: &str = "tga_";
/// The length of a code's name, in bytes. It is random: each code is sealed with a key of its own.
const NAME_LEN: usize = 16;
/// The most that a code carries, in bytes: as text it has a third more, and has to fit into the address of the answer.
const MAX_CONTENT: usize = 3840;

/// What a user has granted a client, and which login it rests on: all that a session of the client is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Granted {
    pub(super) client_id: ClientId,
    pub(super) user_id: UserId,
    pub(super) username: Username,
    /// A change of the password in between ends it.
    pub(super) credential_version: u32,
    pub(super) auth_time: Timestamp,
    pub(super) amr: Vec<String>,
    pub(super) scope: Scope,
    /// When the browser session ends that it hangs on: without `offline_access` it lives no longer.
    pub(super) browser_ends_at: Timestamp,
    pub(super) grant: ClientGrant,
}

/// A code.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    pub(super) granted: Granted,
    pub(super) redirect_uri: String,
    /// Whether the request has left it out: then whoever redeems the code may, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) redirect_uri_is_implied: bool,
    #[serde(rename = "code_challenge", default, skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nonce: Option<String>,
    /// The key that the request has bound it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dpop_jkt: Option<String>,
    pub(super) expires_at: Timestamp,
}

impl Provider {
    /// The text of a code.
    ///
    /// # Errors
    /// `invalid_request` for more than a code carries, which only what the request has brought can have caused.
    pub(super) fn seal_code(&self, code: &Code) -> Result<String, OAuthError> {
        let internal = |error| ProviderError::Internal(error);
        let entropy = self.ports.entropy.as_ref();
        let name: [u8; NAME_LEN] = random(entropy)?;
        let content = serde_json::to_vec(code).map_err(|error| internal(error.into()))?;
        if content.len() > MAX_CONTENT {
            return Err(OAuthError::invalid_request("The request is too long: no code can carry all of it."));
        }
        let Sealed(sealed) = self
            .code_key(&name)
            .seal(&content, self.settings.tenant.as_str(), entropy)
            .map_err(|error| internal(error.into()))?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&name[..], &sealed].concat())))
    }

    /// The code of a text that this server has made, expired or not, and the key under which its use is kept; `None` for every
    /// other text.
    pub(super) fn open_code(&self, text: &str) -> Option<(TransientKey, Code)> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (name, sealed) = bytes.split_first_chunk::<NAME_LEN>()?;
        let sealed = Sealed(sealed.to_vec());
        let content = self.code_key(name).open(&sealed, self.settings.tenant.as_str()).ok()?;
        let code: Code = serde_json::from_slice(&content).ok()?;
        let key = TransientKey::new(TransientKind::Code, &[&URL_SAFE_NO_PAD.encode(name)]);
        let key = key.of_time(code.expires_at);
        Some((key, code))
    }

    fn code_key(&self, name: &[u8; NAME_LEN]) -> SealingKey {
        SealingKey::new(&self.key_ring().secrets.code.mac(&[name]))
    }
}
