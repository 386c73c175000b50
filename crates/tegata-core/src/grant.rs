//! What a session is to OAuth, beyond a login of the application itself.

use serde::{Deserialize, Serialize};

use crate::identifier::SessionId;
use crate::timestamp::Timestamp;

/// What makes a session more, or less, than a login of the application itself. Stores keep it as one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// The session of a browser at the provider itself: it logs its user in to clients, and no refresh token goes on
    /// with it.
    Browser {
        /// The sessions that it took the place of, when the same user logged in again: what hangs on one of them hangs on
        /// it, too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        continues: Vec<SessionId>,
    },
    /// A client's.
    Client(ClientGrant),
}

/// What a client was granted, beside the session's scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientGrant {
    /// When the client was registered: a later one of the same name has no part in it.
    pub client_since: Timestamp,
    /// The sector whose names for users the client has (OIDC Core §8.1), if it has not those that everybody has: where that
    /// is another one by now, the grant has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// The browser session that it hangs on, and ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_session: Option<SessionId>,
    /// Whether it goes on when the browser session has ended (OIDC Core §11, `offline_access`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub offline: bool,
    /// Whether it rests on a consent, and ends with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_consent: bool,
    /// The resources that were granted (RFC 8707); the default one if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The claims that were asked for by name (OIDC Core §5.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<serde_json::Value>,
    /// The thumbprint of the key that its tokens are bound to (RFC 9449 §6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// The authentication context class that the login reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Whether the client wants to hear when the session ends (Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
fn is_false(flag: &bool) -> bool {
    !flag
}
