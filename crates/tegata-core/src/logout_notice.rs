//! What clients are still to be told about sessions that have ended (Back-Channel Logout §2.5).

use crate::client::ClientId;
use crate::identifier::{NoticeId, SessionId, UserId};
use crate::timestamp::Timestamp;

/// A notice that waits to be delivered, as a store keeps it.
///
/// It holds no token: the one that is sent is signed when it is, since it lives for two minutes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// Its name.
    pub notice_id: NoticeId,
    /// Who is to be told.
    pub client_id: ClientId,
    /// Whose session it was.
    pub user_id: UserId,
    /// Which one.
    pub session_id: SessionId,
    /// How often it was taken, to be tried or to be put off.
    pub attempts: u32,
    /// When it is to be tried next.
    pub due_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}
