//! What clients ask for most, beside oidc-provider for Node.js, which keeps everything in memory: tokens of their own,
//! refreshes, and whole flows from the authorization request to the tokens.

mod browser;
mod relying_party;

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::{Client, Error, Tokens};
use crate::cpu::median;
use crate::report::{Row, Target};
use crate::server::Server;

use browser::Browser;
use relying_party::RelyingParty;

const CONNECTIONS: usize = 64;
const LENGTH: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;

/// What is asked for.
#[derive(Clone, Copy)]
enum Load {
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §6.
    Refresh,
    /// RFC 6749 §4.1 with PKCE, by users who are logged in and have agreed.
    Flow,
}

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let data = data.path().join("data");
    let scope = format!("oauth.scope={}", relying_party::API_SCOPE);
    let tegata = Server::tegata(&data, &["store.durability=full", &scope])?;
    let tegata_client = RelyingParty::of_tegata(&tegata, &data).await?;
    let (node, node_client) = RelyingParty::of_node().await?;
    let mut tegata = Side::new(&tegata, tegata_client).await?;
    let mut node = Side::new(&node, node_client).await?;

    let mut results = Vec::new();
    for load in [Load::ClientCredentials, Load::Refresh, Load::Flow] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(tegata.run(load).await?);
            theirs.push(node.run(load).await?);
        }
        results.push((median(ours), median(theirs)));
    }
    let [credentials, refresh, flow] = results[..] else { return Err("three loads are measured".into()) };
    let per_second = |(ours, theirs): (f64, f64)| {
        (theirs / ours, format!("{:.0} ÷ {:.0} per CPU-second", 1.0 / ours, 1.0 / theirs))
    };
    let (credentials, credentials_figures) = per_second(credentials);
    let (refresh, refresh_figures) = per_second(refresh);
    Ok(vec![
        Row {
            measure: "tokens by client credentials per CPU-second, durable ÷ oidc-provider for Node.js",
            target: Target::AtLeast(5.0, ""),
            result: credentials,
            figures: credentials_figures,
        },
        Row {
            measure: "OAuth refreshes per CPU-second, durable ÷ oidc-provider for Node.js, in memory",
            target: Target::AtLeast(5.0, ""),
            result: refresh,
            figures: refresh_figures,
        },
        Row {
            measure: "server CPU of a flow, from the authorization request to the tokens ÷ the same",
            target: Target::AtMost(0.25, ""),
            result: flow.0 / flow.1,
            figures: format!(
                "{:.2} ms ÷ {:.2} ms; the user is logged in and has agreed",
                flow.0 * 1e3,
                flow.1 * 1e3
            ),
        },
    ])
}

/// A server, and users who are logged in to a client there, one for each connection.
struct Side<'s> {
    server: &'s Server,
    client: RelyingParty,
    users: Vec<(Browser, Tokens)>,
}

impl<'s> Side<'s> {
    async fn new(server: &'s Server, client: RelyingParty) -> Result<Self, Error> {
        let mut users = Vec::with_capacity(CONNECTIONS);
        for index in 0..CONNECTIONS {
            let mut connection = Client::connect(server.address).await?;
            let mut browser = Browser::of(&format!("user{index}"));
            let code = browser.log_in(&mut connection, &client.first_request()).await?;
            users.push((browser, client.redeem(&mut connection, &code).await?));
        }
        Ok(Self { server, client, users })
    }

    /// Server CPU of one of these, in seconds.
    async fn run(&mut self, load: Load) -> Result<f64, Error> {
        let mut connected = Vec::with_capacity(CONNECTIONS);
        for user in self.users.drain(..) {
            connected.push((Client::connect(self.server.address).await?, user));
        }
        let (cpu, start) = (self.server.cpu_time()?, Instant::now());
        let mut tasks = JoinSet::new();
        for (mut connection, (mut browser, mut tokens)) in connected {
            let client = self.client.clone();
            tasks.spawn(async move {
                let mut done = 0_u64;
                while start.elapsed() < LENGTH {
                    match load {
                        Load::ClientCredentials => client.client_credentials(&mut connection).await?,
                        Load::Refresh => tokens = client.refresh(&mut connection, &tokens.refresh).await?,
                        Load::Flow => {
                            let code = browser.pass(&mut connection, &client.request()).await?;
                            client.redeem_access(&mut connection, &code).await?;
                        }
                    }
                    done += 1;
                }
                Ok::<_, Error>(((browser, tokens), done))
            });
        }
        let mut total = 0;
        while let Some(task) = tasks.join_next().await {
            let (user, done) = task??;
            self.users.push(user);
            total += done;
        }
        Ok((self.server.cpu_time()? - cpu) / total as f64)
    }
}
