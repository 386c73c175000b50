//! From a file to a store.
//!
//! The signing keys come last. A store that has none belongs to nobody: no server has run on it and no token of it is
//! about, so an import that was interrupted is taken up again by repeating it. Once the keys are there, it is complete.

use std::io::{self, BufRead, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use tegata_core::client::{Client, ClientId};
use tegata_core::consent::Consent;
use tegata_core::entropy::Entropy;
use tegata_core::identifier::UserId;
use tegata_core::key_set::{KeyError, KeySet};
use tegata_core::seal::SealingKey;
use tegata_core::session::Session;
use tegata_core::store::{Begun, Created, EmailVerified, Store, StoreError};
use tegata_core::user::{LoginName, User};
use tokio::task::JoinSet;

use super::reader::{Account, Entry, Reader, Refusal};
use super::record::{Counts, UserRecord};
use super::transfer_key::TransferKey;

/// So many clients and users are written at once, and are in memory: the store shares one commit among many.
const AT_ONCE: usize = 64;
/// How long one of them waits before it is tried again, in seconds.
const PAUSES_SECS: [u64; 5] = [1, 2, 4, 8, 16];
/// So many clients or users of the store are read at once.
const PAGE: usize = 500;

/// Where it goes.
pub(crate) struct Import<'i> {
    pub(crate) store: &'i Arc<dyn Store>,
    /// What seals the keys in the store.
    pub(crate) sealing: &'i SealingKey,
    pub(crate) key: &'i TransferKey,
    pub(crate) entropy: &'i dyn Entropy,
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    /// All of it is there now.
    Now(Counts),
    /// An earlier import of this file was completed; nothing was written.
    Before,
}

/// Why it was not imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    File(#[from] Refusal),
    #[error("it has signing keys of its own")]
    HasKeys,
    #[error("it has a user or a client that is not in the file, or is another one there")]
    HasOthers,
    #[error("somebody else is writing to it")]
    Disturbed,
    #[error("the signing keys cannot be sealed")]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads everything from a file that was [checked](Reader::check) before.
///
/// # Errors
/// [`ImportError`]. With [`ImportError::HasKeys`] and [`ImportError::HasOthers`] nothing was written; with others a part
/// of it may be there, and the import can be repeated.
pub(crate) async fn import<R: BufRead + Seek>(
    into: Import<'_>,
    mut input: R,
) -> Result<Imported, ImportError> {
    if let Some(own) = into.store.find_key_set().await? {
        return if is_same(&own, &again(&mut input, into.key)?, &into)? {
            Ok(Imported::Before)
        } else {
            Err(ImportError::HasKeys)
        };
    }
    let has_users = !into.store.list_users(None, 1).await?.is_empty();
    let resumes = has_users || !into.store.list_clients(None, 1).await?.is_empty();
    if resumes {
        let mut file = again(&mut input, into.key)?;
        compare_clients(into.store, &mut file).await?;
        compare_users(into.store, &mut again(&mut input, into.key)?).await?;
    }

    let mut reader = again(&mut input, into.key)?;
    let key_set = reader.key_set(into.key, |bytes, place| into.sealing.seal(bytes, place, into.entropy))?;
    // A set that could not be used is not put where a server would find it.
    key_set.signing_keys(into.sealing)?;
    key_set.server_secrets(into.sealing)?;
    key_set.public_keys()?;
    let counts = write_entries(into.store, &mut reader, resumes).await?;
    if into.store.replace_key_set(None, &key_set).await? {
        Ok(Imported::Now(counts))
    } else {
        Err(ImportError::Disturbed)
    }
}

/// Reads the file from its beginning.
fn again<'r, R: BufRead + Seek>(input: &'r mut R, key: &TransferKey) -> Result<Reader<&'r mut R>, Refusal> {
    input.seek(SeekFrom::Start(0))?;
    Reader::open(input, key)
}

/// Whether these are the keys in the file, whatever they are sealed with.
fn is_same<R: BufRead>(own: &KeySet, file: &Reader<R>, into: &Import<'_>) -> Result<bool, ImportError> {
    let own =
        own.resealed(|sealed, place| into.key.sealing.seal(&into.sealing.open(sealed, place)?, place))?;
    let theirs = file.key_set(into.key, |bytes, place| into.key.sealing.seal(bytes, place))?;
    Ok(own == theirs)
}

async fn write_entries<R: BufRead>(
    store: &Arc<dyn Store>,
    reader: &mut Reader<R>,
    resumes: bool,
) -> Result<Counts, ImportError> {
    let mut counts = Counts::default();
    let mut writing = JoinSet::new();
    while let Some(entry) = reader.next()? {
        match &entry {
            Entry::Client(_) => counts.clients += 1,
            Entry::Account(account) => {
                counts.users += 1;
                counts.consents += account.consents.len() as u64;
                counts.sessions += account.sessions.len() as u64;
            }
        }
        if writing.len() >= AT_ONCE {
            joined(writing.join_next().await)?;
        }
        writing.spawn(write_patiently(Arc::clone(store), entry, resumes));
    }
    while !writing.is_empty() {
        joined(writing.join_next().await)?;
    }
    Ok(counts)
}

fn joined(
    written: Option<Result<Result<(), ImportError>, tokio::task::JoinError>>,
) -> Result<(), ImportError> {
    match written {
        None => Ok(()),
        Some(written) => written.map_err(|error| Refusal::Io(io::Error::from(error)))?,
    }
}

/// Writes a client or an account, and tries again where the store does not answer: a new table in a cloud takes less at first than an
/// import can give it.
async fn write_patiently(store: Arc<dyn Store>, entry: Entry, mut resumes: bool) -> Result<(), ImportError> {
    for pause in PAUSES_SECS.map(Duration::from_secs) {
        match write_entry(&store, &entry, resumes).await {
            Err(ImportError::Store(StoreError::Unavailable(_))) => tokio::time::sleep(pause).await,
            written => return written,
        }
        // What was not answered may have been done.
        resumes = true;
    }
    write_entry(&store, &entry, resumes).await
}

async fn write_entry(store: &Arc<dyn Store>, entry: &Entry, resumes: bool) -> Result<(), ImportError> {
    match entry {
        Entry::Client(client) => write_client(store, client, resumes).await,
        Entry::Account(account) => write_account(store, account, resumes).await,
    }
}

/// Writes a client, unless it is there already.
async fn write_client(store: &Arc<dyn Store>, client: &Client, resumes: bool) -> Result<(), ImportError> {
    if store.create_client(client).await? {
        return Ok(());
    }
    if resumes && store.find_client(&client.client_id).await?.is_some_and(|own| own == *client) {
        return Ok(());
    }
    Err(ImportError::Disturbed)
}

/// Writes a user and then what is theirs; what is there already is left as it is.
async fn write_account(
    store: &Arc<dyn Store>,
    Account { user, consents, sessions }: &Account,
    resumes: bool,
) -> Result<(), ImportError> {
    match store.create_user(&without_proof(user)).await? {
        Created::Now => {}
        Created::UsernameTaken if resumes => {
            let own = store.find_user(user.user_id).await?;
            if !own.is_some_and(|own| is_begun(&own, user)) {
                return Err(ImportError::HasOthers);
            }
        }
        Created::UsernameTaken => return Err(ImportError::Disturbed),
    }
    if let Some(email) = user.email.as_ref().filter(|email| email.verified)
        && store.verify_email(user.user_id, email.address.canonical()).await? != EmailVerified::Now
    {
        return Err(ImportError::Disturbed);
    }
    for consent in consents {
        if !store.put_consent(None, consent).await? && !resumes {
            return Err(ImportError::Disturbed);
        }
    }
    for session in sessions {
        if resumes && store.find_session(user.user_id, session.session_id).await?.is_some() {
            continue;
        }
        if store.begin_session(session, user.credential.version, None).await? != Begun::Now {
            return Err(ImportError::Disturbed);
        }
    }
    Ok(())
}

/// Refuses a store with a client that an interrupted import of this file has not left there.
async fn compare_clients<R: BufRead>(
    store: &Arc<dyn Store>,
    file: &mut Reader<R>,
) -> Result<(), ImportError> {
    let mut after = None;
    loop {
        let page = store.list_clients(after.as_ref(), PAGE).await?;
        for own in &page {
            if !find_client(file, &own.client_id)?.is_some_and(|theirs| *theirs == *own) {
                return Err(ImportError::HasOthers);
            }
        }
        if page.len() < PAGE {
            return Ok(());
        }
        after = page.last().map(|client| client.client_id.clone());
    }
}

/// The client of this name. Both sides stand in the order of names, so those before are passed over for good.
fn find_client<R: BufRead>(
    file: &mut Reader<R>,
    client_id: &ClientId,
) -> Result<Option<Box<Client>>, Refusal> {
    while let Some(Entry::Client(client)) = file.next()? {
        if client.client_id >= *client_id {
            return Ok(Some(client).filter(|client| client.client_id == *client_id));
        }
    }
    Ok(None)
}

/// Refuses a store with a user, or with anything of theirs, that an interrupted import of this file has not left there.
async fn compare_users<R: BufRead>(store: &Arc<dyn Store>, file: &mut Reader<R>) -> Result<(), ImportError> {
    let mut after = None;
    loop {
        let page = store.list_users(after, PAGE).await?;
        for own in &page {
            let theirs = find_account(file, own.user_id)?.ok_or(ImportError::HasOthers)?;
            if !is_begun(own, &theirs.user) || !is_found_by_address(store, own).await? {
                return Err(ImportError::HasOthers);
            }
            let own_sessions = store.list_sessions(own.user_id).await?;
            let is_known = |own: &Session| theirs.sessions.contains(own);
            let own_consents = store.list_consents(own.user_id).await?;
            let is_given = |own: &Consent| theirs.consents.contains(own);
            if !own_sessions.iter().all(is_known) || !own_consents.iter().all(is_given) {
                return Err(ImportError::HasOthers);
            }
        }
        if page.len() < PAGE {
            return Ok(());
        }
        after = page.last().map(|user| user.user_id);
    }
}

/// The user with this id. Both sides stand in the order of ids, so those before are passed over for good.
fn find_account<R: BufRead>(file: &mut Reader<R>, user_id: UserId) -> Result<Option<Box<Account>>, Refusal> {
    while let Some(entry) = file.next()? {
        let Entry::Account(account) = entry else { continue };
        if account.user.user_id >= user_id {
            return Ok(Some(account).filter(|account| account.user.user_id == user_id));
        }
    }
    Ok(None)
}

/// Whether one is the other, or what is there of it before its e-mail address counts as proved.
fn is_begun(own: &User, theirs: &User) -> bool {
    let own = UserRecord::from(own);
    own == UserRecord::from(theirs) || own == UserRecord::from(&without_proof(theirs))
}

/// Whether a proved address finds its user. It does not where the store hides addresses under a key that has changed
/// since the import was interrupted.
async fn is_found_by_address(store: &Arc<dyn Store>, user: &User) -> Result<bool, StoreError> {
    match user.email.as_ref().filter(|email| email.verified) {
        None => Ok(true),
        Some(email) => {
            let found = store.find_user_by_login_name(&LoginName::Email(email.address.clone())).await?;
            Ok(found.is_some_and(|found| found.user_id == user.user_id))
        }
    }
}

/// A proof is a step of its own: it makes the address unique ([`tegata_core::store::UserStore::verify_email`]).
fn without_proof(user: &User) -> User {
    let mut user = user.clone();
    if let Some(email) = &mut user.email {
        email.verified = false;
    }
    user
}
