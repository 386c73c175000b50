//! A login, against the bare password hash.

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::client::{Client, Error};
use crate::cpu::{median, thread_time};
use crate::report::{Row, Target};
use crate::server::Server;

const ROUNDS: usize = 9;
/// A login takes about one tick of the kernel's clock for processes, so a dozen of them would be measured to 8 % only.
const LOGINS: usize = 60;

pub(crate) async fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let server = Server::tegata(&data.path().join("data"), &[])?;
    let mut client = Client::connect(server.address).await?;
    client.sign_up("alice").await?;
    client.login("alice").await?;

    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| error.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut memory = vec![Block::default(); params.block_count()];
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = thread_time();
        for _ in 0..LOGINS {
            let mut hash = [0; 32];
            argon2
                .hash_password_into_with_memory(
                    b"seven rivers under one bridge",
                    &[7; 16],
                    &mut hash,
                    &mut memory,
                )
                .map_err(|error| error.to_string())?;
        }
        bare.push((thread_time() - start) * 1e3 / LOGINS as f64);
        let start = server.cpu_time()?;
        for _ in 0..LOGINS {
            client.login("alice").await?.ok_or("the server was busy")?;
        }
        whole.push((server.cpu_time()? - start) * 1e3 / LOGINS as f64);
    }
    let (bare, whole) = (median(bare), median(whole));
    Ok(vec![Row {
        measure: "login, server CPU ÷ the bare Argon2id call",
        target: Target::AtMost(1.10, ""),
        result: whole / bare,
        figures: format!("{whole:.1} ms ÷ {bare:.1} ms (19 MiB, 2 passes)"),
    }])
}
