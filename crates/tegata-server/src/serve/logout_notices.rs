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
