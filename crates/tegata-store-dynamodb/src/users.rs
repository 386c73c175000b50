//! Users and their names.

use async_trait::async_trait;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::scope::Scope;
use tegata_core::store::{Created, CredentialChange, EmailVerified, ProfileChanged, StoreError, UserStore};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{LoginName, ProfileChange, User, UserStatus};

use crate::DynamoDbStore;
use crate::change::{Replaced, Sessions};
use crate::error::Fault;
use crate::item::{self, text};
use crate::mark::Mark;
use crate::retry::Reply;
use crate::table::{self, SHARDS};
use crate::transaction::{self, Condition};

/// No query asks for more at once.
const LARGEST_PAGE: usize = 1000;

#[async_trait]
impl UserStore for DynamoDbStore {
    async fn create_user(&self, user: &User) -> Result<Created, StoreError> {
        let (name, key) = (table::username(&self.tenant, &user.username), self.user_key(user.user_id));
        let parts = vec![
            transaction::put(self.data(), item::lock_item(&name, user.user_id), Condition::ABSENT)?,
            transaction::put(self.data(), item::user_item(&key, user, Mark::random()?), Condition::ABSENT)?,
        ];
        match self.transact(&self.step(), self.data(), parts).await? {
            Reply::Done(()) => Ok(Created::Now),
            Reply::Refused(refusal) => match refusal.item(0) {
                // Our own first try, whose answer was lost: ids are never used again.
                Some(lock) if item::lock_owner(lock)? == user.user_id => Ok(Created::Now),
                Some(_) => Ok(Created::UsernameTaken),
                None => Err(Fault::Unknown.into()),
            },
        }
    }

    async fn find_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.read_user(&self.step(), user_id).await?.map(|(user, _)| user))
    }

    async fn find_user_by_login_name(&self, name: &LoginName) -> Result<Option<User>, StoreError> {
        let step = self.step();
        let lock = match name {
            LoginName::Username(username) => table::username(&self.tenant, username),
            LoginName::Email(address) => self.email_key(address),
        };
        let is_named = |user: &User| match name {
            LoginName::Username(username) => user.username == *username,
            LoginName::Email(email) => {
                user.email.as_ref().is_some_and(|own| own.verified && own.address == *email)
            }
        };
        // Names hardly ever change hands, so the half-price read finds nearly all; what it does not find, or finds wrong,
        // is asked again and properly.
        for consistent in [false, true] {
            let Some(owner) = self.get(&step, &lock, consistent).await? else { continue };
            let found = self.read_user(&step, item::lock_owner(&owner)?).await?;
            if let Some((user, _)) = found.filter(|(user, _)| is_named(user)) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    async fn list_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let (step, mut users) = (self.step(), Vec::new());
        for digit in after.map_or(0, table::digit)..SHARDS {
            let after = after.filter(|id| table::digit(*id) == digit);
            let mut start = None;
            while users.len() < limit {
                let rest = (limit - users.len()).min(LARGEST_PAGE);
                let (first, last) = table::users_after(after);
                let query = self
                    .client()
                    .query()
                    .table_name(self.data())
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(":pk", text(table::shard(&self.tenant, digit)))
                    .expression_attribute_values(":first", text(first))
                    .expression_attribute_values(":last", text(last))
                    .consistent_read(true)
                    .limit(i32::try_from(rest).unwrap_or(i32::MAX))
                    .set_exclusive_start_key(start.take());
                let page = step.read(self.data(), || query.clone().send()).await?;
                for found in page.items() {
                    users.push(item::user(found)?);
                }
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(users)
    }

    async fn change_profile(
        &self,
        user_id: UserId,
        change: &ProfileChange,
    ) -> Result<ProfileChanged, StoreError> {
        let step = self.step();
        let decide = |user: &User| Some((change.apply(user.clone()).ok()?, Sessions::Stay));
        if let Some(user) = self.change_user(&step, user_id, decide).await? {
            return Ok(ProfileChanged::Now(Box::new(user)));
        }
        // Nothing was written: there is nobody, or no room. Which one it is, is asked in the rare case alone.
        let is_there = self.read_user(&step, user_id).await?.is_some();
        Ok(if is_there { ProfileChanged::TooLarge } else { ProfileChanged::Gone })
    }

    async fn verify_email(&self, user_id: UserId, address: &str) -> Result<EmailVerified, StoreError> {
        let step = self.step();
        for n in 1.. {
            let Some((mut user, mark)) = self.read_user(&step, user_id).await? else { break };
            let Some(own) = user.email.as_mut().filter(|own| own.address.canonical() == address) else {
                break;
            };
            if own.verified {
                return Ok(EmailVerified::Now);
            }
            own.verified = true;
            let lock = item::lock_item(&self.email_key(&own.address), user_id);
            let lock = transaction::put(self.data(), lock, Condition::free_for(user_id))?;
            match self.replace_user(&step, mark, &user, vec![lock]).await? {
                Replaced::Now => return Ok(EmailVerified::Now),
                Replaced::Refused => return Ok(EmailVerified::Taken),
                Replaced::Overtaken => step.after_overtaken(n).await?,
            }
        }
        Ok(EmailVerified::Stale)
    }

    async fn change_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<CredentialChange, StoreError> {
        let decide = |user: &User| {
            let mut next = with_hash(user, expected_version, hash)?;
            next.credential.changed_at = now;
            Some((next, Sessions::End { keep }))
        };
        self.change_user(&self.step(), user_id, decide).await.map(credential_change)
    }

    async fn rehash_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
    ) -> Result<CredentialChange, StoreError> {
        let decide = |user: &User| Some((with_hash(user, expected_version, hash)?, Sessions::Stay));
        self.change_user(&self.step(), user_id, decide).await.map(credential_change)
    }

    async fn set_granted_scope(&self, user_id: UserId, scope: &Scope) -> Result<Option<User>, StoreError> {
        let decide = |user: &User| {
            let mut next = User { granted_scope: scope.clone(), ..user.clone() };
            if user.granted_scope.is_subset(scope) {
                return Some((next, Sessions::Stay));
            }
            next.credential.version = next.credential.version.saturating_add(1);
            Some((next, Sessions::End { keep: None }))
        };
        self.change_user(&self.step(), user_id, decide).await
    }

    async fn set_user_status(&self, user_id: UserId, status: UserStatus) -> Result<Option<User>, StoreError> {
        let decide = |user: &User| {
            let sessions = match status {
                UserStatus::Active => Sessions::Stay,
                UserStatus::Disabled => Sessions::End { keep: None },
            };
            Some((User { status, ..user.clone() }, sessions))
        };
        self.change_user(&self.step(), user_id, decide).await
    }

    async fn delete_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        let step = self.step();
        let removed = self.remove_user(&step, user_id).await?;
        self.remove_consents(&step, user_id).await?;
        Ok(removed)
    }
}

/// The user with another hash, if the credential is still the expected one.
fn with_hash(user: &User, expected_version: u32, hash: &PasswordHash) -> Option<User> {
    if user.credential.version != expected_version {
        return None;
    }
    let mut next = user.clone();
    next.credential.password_hash = hash.clone();
    next.credential.version = expected_version.checked_add(1)?;
    Some(next)
}

fn credential_change(changed: Option<User>) -> CredentialChange {
    changed.map_or(CredentialChange::Stale, |_| CredentialChange::Now)
}
