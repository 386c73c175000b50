//! From a store to a file.

use std::io::{self, Write};
use std::sync::Arc;

use tegata_core::client::ClientId;
use tegata_core::key_set::KeyError;
use tegata_core::seal::SealingKey;
use tegata_core::store::{Store, StoreError};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{User, UserStatus};

use super::record::{ConsentRecord, Counts, FORMAT, Header, Line, SessionRecord, UserRecord, VERSION};
use super::transfer_key::TransferKey;
use super::writer::Writer;
use crate::token_inspector;

/// So many clients or users are in memory, and so many users are asked for their sessions at once.
const PAGE: usize = 64;

/// What is exported, and how.
pub(crate) struct Export<'e> {
    pub(crate) store: &'e Arc<dyn Store>,
    /// What unseals the keys in the store.
    pub(crate) sealing: &'e SealingKey,
    pub(crate) key: &'e TransferKey,
    pub(crate) issuer: String,
    /// Sessions that had ended by then stay behind.
    pub(crate) as_of: Timestamp,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("there are no signing keys yet")]
    NoKeySet,
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file cannot be written")]
    Io(#[from] io::Error),
}

/// Writes everything, and says how much it was.
///
/// The instant is rounded down to the second, as the file shows it: whoever names it again gets the same file.
///
/// # Errors
/// [`ExportError`]; what was written until then is to be thrown away.
pub(crate) async fn export<W: Write>(from: Export<'_>, out: W) -> Result<(W, Counts), ExportError> {
    let as_of = Timestamp::from_secs(from.as_of.as_secs());
    let key_set = from.store.find_key_set().await?.ok_or(ExportError::NoKeySet)?;
    let key_set =
        key_set.resealed(|sealed, place| from.key.sealing.seal(&from.sealing.open(sealed, place)?, place))?;
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        issuer: from.issuer,
        as_of: as_of.to_rfc3339(),
        transfer_key: from.key.id.clone(),
    };
    let mut writer = Writer::begin(out, &header, from.key)?;
    writer.write(&Line::KeySet(key_set))?;
    let left = write_clients(from.store, &mut writer).await?;
    let mut after = None;
    loop {
        let page = from.store.list_users(after, PAGE).await?;
        after = page.last().map(|user| user.user_id);
        let is_last = page.len() < PAGE;
        let asked: Vec<_> = page
            .into_iter()
            .map(|user| tokio::spawn(account(Arc::clone(from.store), user, as_of, left.clone())))
            .collect();
        for each in asked {
            for line in each.await.map_err(io::Error::from)?? {
                writer.write(&line)?;
            }
        }
        if is_last {
            return Ok(writer.finish()?);
        }
    }
}

/// The clients, in the order of their names. Gives the one that is left behind, since only this server can have it.
async fn write_clients<W: Write>(
    store: &Arc<dyn Store>,
    writer: &mut Writer<W>,
) -> Result<Option<ClientId>, ExportError> {
    let (mut after, mut left) = (None, None);
    loop {
        let page = store.list_clients(after.as_ref(), PAGE).await?;
        after = page.last().map(|client| client.client_id.clone());
        let is_last = page.len() < PAGE;
        for client in page {
            if token_inspector::is_ours(&client) {
                left = Some(client.client_id);
            } else {
                writer.write(&Line::Client(Box::new(client)))?;
            }
        }
        if is_last {
            return Ok(left);
        }
    }
}

/// A user with their consents and the sessions that move: those that are live, in the order of their ids. What the client
/// that is left behind was given stays with it.
async fn account(
    store: Arc<dyn Store>,
    user: User,
    as_of: Timestamp,
    left: Option<ClientId>,
) -> Result<Vec<Line>, StoreError> {
    let moves = |client_id: &str| left.as_ref().is_none_or(|left| left.as_str() != client_id);
    let mut consents = store.list_consents(user.user_id).await?;
    consents.retain(|consent| moves(consent.client_id.as_str()));
    consents.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    let mut sessions = store.list_sessions(user.user_id).await?;
    // Closing an account ends its sessions; one that is left over by a fault is no reason to bring it along.
    sessions.retain(|session| {
        user.status == UserStatus::Active && session.is_live(as_of) && moves(&session.client_id)
    });
    sessions.sort_by_key(|session| session.session_id);
    let consents = consents.iter().map(|consent| Line::Consent(ConsentRecord::from(consent)));
    let sessions = sessions.iter().map(|session| Line::Session(Box::new(SessionRecord::from(session))));
    Ok([Line::User(UserRecord::from(&user))].into_iter().chain(consents).chain(sessions).collect())
}
