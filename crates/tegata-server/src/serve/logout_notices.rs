//! Telling clients of sessions that have ended (OpenID Connect Back-Channel Logout 1.0), beside everything else: other
//! servers may be slow.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::provider::Provider;
use tegata_http::{Clock as _, SystemClock};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::failure::Chain;

/// So soon does a client hear of what has ended in this process.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Every so many looks the store is asked: for what commands and other processes have ended, and for what is due again.
const LOOKS_TO_ASK: u32 = 10;
/// So many notices are taken at one time,
const AT_ONCE: usize = 256;
/// and after this the next ones are, whatever became of them: a client that is slow on purpose cannot hold up the others.
const ROUND: Duration = Duration::from_secs(20);

/// Starts it. A store that does not answer is asked again.
pub(super) fn start(provider: &Arc<Provider>) -> JoinHandle<()> {
    let provider = Arc::downgrade(provider);
    tokio::spawn(async move {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut since_asked = 0;
        loop {
            looks.tick().await;
            since_asked += 1;
            // Gone once the server has ended.
            let Some(provider) = provider.upgrade() else { return };
            if provider.take_new_notices() || since_asked == LOOKS_TO_ASK {
                since_asked = 0;
                deliver(&provider).await;
            }
        }
    })
}

async fn deliver(provider: &Provider) {
    match timeout(ROUND, provider.deliver_notices(SystemClock.now(), AT_ONCE)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "clients could not be told of logouts; they will be later");
        }
        Err(_) => tracing::warn!("clients are slow to hear of logouts; the rest will be told later"),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tegata_core::audit::{AuditEvent, AuditLog};
    use tegata_core::client::{Client, ClientMetadata, ClientOrigin, ClientStatus};
    use tegata_core::identifier::{NoticeId, SessionId, UserId};
    use tegata_core::logout_notice::LogoutNotice;
    use tegata_core::outbound::{Document, Outbound, OutboundError};
    use tegata_core::provider::Ports;
    use tegata_core::seal::SealingKey;
    use tegata_core::settings::Settings;
    use tegata_core::store::memory::MemoryStore;
    use tegata_core::timestamp::Timestamp;
    use tegata_http::SystemEntropy;
    use tegata_password::{Argon2Hasher, Argon2Settings, CommonPasswords};
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    struct NoAudit;

    impl AuditLog for NoAudit {
        fn record(&self, _: AuditEvent) {}
    }

    /// A client's server.
    struct Told(UnboundedSender<String>);

    #[async_trait]
    impl Outbound for Told {
        async fn get(&self, _: &str) -> Result<Document, OutboundError> {
            Err(OutboundError::NotAllowed)
        }

        async fn post_form(&self, url: &str, _: &str) -> Result<u16, OutboundError> {
            self.0.send(url.to_owned()).unwrap();
            Ok(200)
        }
    }

    fn client(uri: &str) -> Client {
        Client {
            client_id: "app".parse().unwrap(),
            version: 1,
            created_at: Timestamp::from_secs(0),
            status: ClientStatus::Active,
            origin: ClientOrigin::Operator,
            secrets: Vec::new(),
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata: ClientMetadata {
                backchannel_logout_uri: Some(uri.to_owned()),
                ..ClientMetadata::default()
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r41_a_client_hears_of_what_another_process_has_ended() {
        let (sender, mut told) = unbounded_channel();
        let now = SystemClock.now();
        let entropy = Arc::new(SystemEntropy);
        let ports = Ports {
            store: Arc::new(MemoryStore::default()),
            hasher: Arc::new(
                Argon2Hasher::new(Argon2Settings::default(), Arc::clone(&entropy) as _).unwrap(),
            ),
            blocklist: Arc::new(CommonPasswords),
            entropy,
            audit: Arc::new(NoAudit),
            outbound: Arc::new(Told(sender)),
            sealing: SealingKey::new(&[1; SealingKey::LENGTH]),
        };
        let provider =
            Arc::new(Provider::open(Settings::new("https://id.example"), ports, now).await.unwrap());
        let running = start(&provider);
        let uri = "https://app.example/backchannel";
        assert!(provider.store().create_client(&client(uri)).await.unwrap());
        let notice = LogoutNotice {
            notice_id: NoticeId::from_bytes([1; 16]),
            client_id: "app".parse().unwrap(),
            user_id: UserId::from_bytes([2; 16]),
            session_id: SessionId::from_bytes([3; 16]),
            attempts: 0,
            due_at: now,
            expires_at: now + Duration::from_hours(24),
        };
        provider.store().put_notice(&notice).await.unwrap();
        assert_eq!(told.recv().await.as_deref(), Some(uri));
        running.abort();
    }
}
