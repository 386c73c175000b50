//! The store without anything around it: the limit of its group commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tegata_core::attempt::AttemptKey;
use tegata_core::identifier::{SessionId, TenantId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::scope::Scope;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::store::{Rotated, Store};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserStatus};
use tegata_store_sqlite::{Options, SqliteStore};

use crate::client::Error;
use crate::cpu::process_time;

const TASKS: u8 = 64;
const LENGTH: Duration = Duration::from_secs(4);
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const TTL: Duration = Duration::from_hours(24);

/// Durable rotations per CPU-second of this process.
pub(crate) async fn rotations_per_cpu_second() -> Result<f64, Error> {
    let data = tempfile::tempdir()?;
    let store = SqliteStore::open(&data.path().join("tegata.db"), &Options::default())?;
    let store: Arc<dyn Store> = Arc::new(store.for_tenant(TenantId::default()));
    let (cpu, start) = (process_time(std::process::id())?, Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let session = begin(store.as_ref(), n).await?;
            let mut current = session.current_hash;
            let mut done = 0_u32;
            while start.elapsed() < LENGTH {
                done += 1;
                let successor = hash(n, done);
                let rotation = Rotation {
                    user_id: session.user_id,
                    session_id: session.session_id,
                    presented: current,
                    successor,
                    idle_ttl: TTL,
                    now: NOW,
                };
                if !matches!(store.rotate_session(&rotation).await?, Rotated::Now(_)) {
                    return Err("a rotation was refused".into());
                }
                current = successor;
            }
            Ok::<_, Error>(u64::from(done))
        });
    }
    let mut total = 0;
    while let Some(task) = tasks.join_next().await {
        total += task??;
    }
    Ok(total as f64 / (process_time(std::process::id())? - cpu))
}

async fn begin(store: &dyn Store, n: u8) -> Result<Session, Error> {
    let user = User {
        user_id: UserId::from_bytes([n; 16]),
        username: format!("user{n}").parse()?,
        email: None,
        name: None,
        locale: None,
        attributes: tegata_core::attributes::Attributes::default(),
        granted_scope: Scope::default(),
        status: UserStatus::Active,
        created_at: NOW,
        credential: Credential { password_hash: PasswordHash::from_phc("none"), version: 1, changed_at: NOW },
    };
    store.create_user(&user).await?;
    let session = Session {
        user_id: user.user_id,
        session_id: SessionId::from_bytes([n; 16]),
        username: user.username,
        client_id: "tegata-spa".to_owned(),
        scope: "openid profile".parse()?,
        amr: vec!["pwd".to_owned()],
        auth_time: NOW,
        device: Device::default(),
        grant: None,
        generation: 0,
        current_hash: hash(n, 0),
        previous_hash: None,
        rotated_at: NOW,
        idle_expires_at: NOW + TTL,
        absolute_expires_at: NOW + TTL,
    };
    store.begin_session(&session, 1, Some(AttemptKey::from_bytes([n; 32]))).await?;
    Ok(session)
}

fn hash(n: u8, generation: u32) -> RefreshTokenHash {
    let mut bytes = [n; 32];
    bytes[..4].copy_from_slice(&generation.to_be_bytes());
    RefreshTokenHash::from_bytes(bytes)
}
