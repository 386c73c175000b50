//! The protected endpoint, against a bare route.

use std::sync::Arc;

use hyper::StatusCode;

use super::refresh::fresh_access_tokens;
use crate::client::{Client, Error};
use crate::cpu::median;
use crate::report::{Row, Target};
use crate::server::Server;

const CONNECTIONS: usize = 8;
/// Enough for the kernel's clock, which ticks every 10 ms.
const REQUESTS: usize = 40_000;
const FRESH: usize = 6_000;
const ROUNDS: usize = 3;

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let (server, bare) = (Server::tegata(&data.path().join("data"), &[])?, Server::own("serve-bare-route")?);
    let tokens = fresh_access_tokens(&server, FRESH * ROUNDS).await?;
    let same = Arc::new(vec![tokens.first().ok_or("no token")?.clone()]);
    let (mut bares, mut hits, mut misses) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        bares.push(requests(&bare, "/bare", REQUESTS, Arc::default()).await?);
        hits.push(requests(&server, "/api/protected", REQUESTS, Arc::clone(&same)).await?);
        let fresh = tokens[round * FRESH..][..FRESH].to_vec();
        misses.push(requests(&server, "/api/protected", FRESH, Arc::new(fresh)).await?);
    }
    let (bare, hit, miss) = (median(bares), median(hits), median(misses));
    Ok(vec![
        Row {
            measure: "protected endpoint, server CPU ÷ a bare route, token seen before",
            target: Target::AtMost(2.0, ""),
            result: hit / bare,
            figures: format!("{hit:.1} µs ÷ {bare:.1} µs"),
        },
        Row {
            measure: "the same, token never seen",
            target: Target::AtMost(5.0, ""),
            result: miss / bare,
            figures: format!("{miss:.1} µs ÷ {bare:.1} µs"),
        },
    ])
}

/// Server CPU per request, in microseconds. The tokens are used in turn, by all connections together.
async fn requests(
    server: &Server,
    path: &'static str,
    count: usize,
    tokens: Arc<Vec<String>>,
) -> Result<f64, Error> {
    let cpu = server.cpu_time()?;
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let mut client = Client::connect(server.address).await?;
        let tokens = Arc::clone(&tokens);
        tasks.spawn(async move {
            for i in (connection..count).step_by(CONNECTIONS) {
                let token = if tokens.is_empty() { None } else { Some(tokens[i % tokens.len()].as_str()) };
                let status = client.get(path, token).await?;
                if status != StatusCode::OK {
                    return Err(format!("{path}: {status}").into());
                }
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok((server.cpu_time()? - cpu) * 1e6 / count as f64)
}
