//! Refreshing while ten times more people log in than the machine can hash for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tegata_password::Argon2Settings;

use crate::client::{Client, Error};
use crate::cpu::{median, memory_mib, quantile};
use crate::report::{Row, Target};
use crate::server::Server;

/// Alone and during a storm in turn: the disk has its own pauses, and they must not hit one side only.
const ROUNDS: usize = 9;
const PROBES: usize = 300;
const PAUSE: Duration = Duration::from_millis(5);
/// About ten times what a core can hash.
const LOGINS_PER_SECOND: u64 = 900;
const PARALLEL_LOGINS: usize = 500;
/// An account takes only a few logins at a time, so the storm needs many.
const USERS: usize = 128;

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let server = Server::tegata(&data.path().join("data"), &[])?;
    let mut client = Client::connect(server.address).await?;
    for i in 0..USERS {
        client.sign_up(&username(i)).await?;
    }
    // Idle means: after a login, when what it took has been given back.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let idle = memory_mib(server.pid(), "VmRSS")?;

    let mut client = Client::connect(server.address).await?;
    let counts = Arc::new(Counts::default());
    let (mut alone, mut during) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(probe(&mut client).await?);
        let stop = Arc::new(AtomicBool::new(false));
        let storm = tokio::spawn(storm(server.address, Arc::clone(&stop), Arc::clone(&counts)));
        tokio::time::sleep(Duration::from_millis(500)).await;
        during.push(probe(&mut client).await?);
        stop.store(true, Ordering::Relaxed);
        storm.await??;
    }
    let (alone, during) = (median(alone), median(during));

    let peak = parallel_logins(&server).await?;
    let permits = Argon2Settings::default().permits.get();
    let (done, shed) = (counts.served.load(Ordering::Relaxed), counts.shed.load(Ordering::Relaxed));
    Ok(vec![
        Row {
            measure: "refresh p99 during a login storm ÷ alone",
            target: Target::AtMost(3.0, ""),
            result: during / alone,
            figures: format!("{during:.2} ms ÷ {alone:.2} ms; {done} logins served, {shed} turned away"),
        },
        Row {
            measure: "resident memory, idle",
            target: Target::AtMost(20.0, "MiB"),
            result: idle,
            figures: "15 s after the last password was hashed".to_owned(),
        },
        Row {
            measure: "its peak with 500 parallel logins, beyond idle and 19 MiB a permit",
            target: Target::AtMost(32.0, "MiB"),
            result: peak - idle - 19.0 * permits as f64,
            figures: format!("{peak:.1} MiB, {permits} permits"),
        },
    ])
}

fn username(i: usize) -> String {
    format!("user{}", i % USERS)
}

#[derive(Default)]
struct Counts {
    served: AtomicU64,
    shed: AtomicU64,
}

/// The 99th percentile of the time that a refresh takes, in milliseconds.
async fn probe(client: &mut Client) -> Result<f64, Error> {
    let mut tokens = loop {
        if let Some(tokens) = client.login(&username(0)).await? {
            break tokens;
        }
        tokio::time::sleep(PAUSE).await;
    };
    let mut times = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        let start = Instant::now();
        tokens = client.refresh(&tokens.refresh).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(quantile(times, 0.99))
}

/// Logins at a fixed rate, however slowly they are answered.
async fn storm(address: SocketAddr, stop: Arc<AtomicBool>, counts: Arc<Counts>) -> Result<(), Error> {
    let mut clients = Vec::new();
    for i in 1..USERS {
        clients.push((Client::connect(address).await?, username(i)));
    }
    let clients = Arc::new(tokio::sync::Mutex::new(clients));
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / LOGINS_PER_SECOND));
    let mut tasks = tokio::task::JoinSet::new();
    while !stop.load(Ordering::Relaxed) {
        tick.tick().await;
        // All connections wait for an answer: the people behind them do, too.
        let Some((mut client, username)) = clients.lock().await.pop() else { continue };
        let (clients, counts) = (Arc::clone(&clients), Arc::clone(&counts));
        tasks.spawn(async move {
            let count = if client.login(&username).await?.is_some() { &counts.served } else { &counts.shed };
            count.fetch_add(1, Ordering::Relaxed);
            clients.lock().await.push((client, username));
            Ok::<_, Error>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// The peak of the memory, in MiB, after so many logins at once.
async fn parallel_logins(server: &Server) -> Result<f64, Error> {
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..PARALLEL_LOGINS {
        let mut client = Client::connect(server.address).await?;
        tasks.spawn(async move { client.login(&username(i)).await.map(drop) });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(memory_mib(server.pid(), "VmHWM")?)
}
