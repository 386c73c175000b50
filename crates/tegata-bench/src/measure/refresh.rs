//! Refreshing over HTTP: durable, without the disk's promise, without a disk; and the store alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::{Client, Error, Tokens};
use crate::report::{Row, Target};
use crate::server::Server;
use crate::store_alone;

const CONNECTIONS: usize = 64;
const LENGTH: Duration = Duration::from_secs(4);

/// What a run gave.
struct Run {
    /// Refreshes per CPU-second of the server.
    per_cpu_second: f64,
    /// Refreshes per second of wall time.
    per_second: f64,
}

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let full = Server::tegata(&data.path().join("full"), &["store.durability=full"])?;
    let normal = Server::tegata(&data.path().join("normal"), &["store.durability=normal"])?;
    let memory = Server::own("serve-memory-store")?;
    let (mut full, mut normal, mut memory) =
        (Load::new(&full).await?, Load::new(&normal).await?, Load::new(&memory).await?);
    let (mut fulls, mut normals, mut memories) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3 {
        fulls.push(full.run().await?);
        normals.push(normal.run().await?);
        memories.push(memory.run().await?);
    }
    let (full, normal, memory) = (middle(fulls), middle(normals), middle(memories));
    let store = store_alone::rotations_per_cpu_second().await?;
    Ok(vec![
        Row {
            measure: "durable refreshes per CPU-second of the server, 64 connections",
            target: Target::AtLeast(12_000.0, "/s"),
            result: full.per_cpu_second,
            figures: format!(
                "{:.0}/s of wall time; the same request on the memory store {:.0}; the store alone {store:.0}",
                full.per_second, memory.per_cpu_second
            ),
        },
        Row {
            measure: "the same with `synchronous=FULL` ÷ with `NORMAL`",
            target: Target::AtLeast(0.90, ""),
            result: full.per_cpu_second / normal.per_cpu_second,
            figures: format!("{:.0} ÷ {:.0} per CPU-second", full.per_cpu_second, normal.per_cpu_second),
        },
    ])
}

/// The run in the middle, by CPU.
fn middle(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    runs.swap_remove(runs.len() / 2)
}

/// Users with a session each.
struct Load<'a> {
    server: &'a Server,
    sessions: Vec<Tokens>,
}

impl<'a> Load<'a> {
    async fn new(server: &'a Server) -> Result<Self, Error> {
        let mut client = Client::connect(server.address).await?;
        let mut sessions = Vec::with_capacity(CONNECTIONS);
        for i in 0..CONNECTIONS {
            let username = format!("user{i}");
            client.sign_up(&username).await?;
            sessions.push(client.login(&username).await?.ok_or("the server was busy")?);
        }
        Ok(Self { server, sessions })
    }

    async fn run(&mut self) -> Result<Run, Error> {
        // New ones each time: the server closes those that have been idle while another was measured.
        let mut connected = Vec::with_capacity(CONNECTIONS);
        for tokens in self.sessions.drain(..) {
            connected.push((Client::connect(self.server.address).await?, tokens));
        }
        let (cpu, start) = (self.server.cpu_time()?, Instant::now());
        let mut tasks = JoinSet::new();
        for (mut client, mut tokens) in connected {
            tasks.spawn(async move {
                let mut done = 0_u64;
                while start.elapsed() < LENGTH {
                    tokens = client.refresh(&tokens.refresh).await?;
                    done += 1;
                }
                Ok::<_, Error>((tokens, done))
            });
        }
        let mut total = 0;
        while let Some(task) = tasks.join_next().await {
            let (tokens, done) = task??;
            self.sessions.push(tokens);
            total += done;
        }
        let (cpu, wall) = (self.server.cpu_time()? - cpu, start.elapsed().as_secs_f64());
        Ok(Run { per_cpu_second: total as f64 / cpu, per_second: total as f64 / wall })
    }
}

/// Access tokens that no server has seen yet, each from a refresh.
pub(crate) async fn fresh_access_tokens(server: &Server, count: usize) -> Result<Arc<Vec<String>>, Error> {
    let mut client = Client::connect(server.address).await?;
    client.sign_up("collector").await?;
    let mut tokens = client.login("collector").await?.ok_or("the server was busy")?;
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        tokens = client.refresh(&tokens.refresh).await?;
        all.push(tokens.access.clone());
    }
    Ok(Arc::new(all))
}
