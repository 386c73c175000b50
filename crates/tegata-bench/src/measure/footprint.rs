//! How soon the server answers, and how large it is.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Error;
use crate::cpu::median;
use crate::report::{Row, Target};
use crate::server::sibling;

const STARTS: usize = 11;

pub(crate) fn run() -> Result<Vec<Row>, Error> {
    let data = tempfile::tempdir()?;
    let (mut fresh, mut existing) = (Vec::new(), Vec::new());
    for i in 0..STARTS {
        fresh.push(start(&data.path().join(format!("fresh{i}")))?);
        existing.push(start(&data.path().join("fresh0"))?);
    }
    let size = std::fs::metadata(sibling("tegata")?)?.len();
    Ok(vec![
        Row {
            measure: "start to the first answer, existing database",
            target: Target::AtMost(40.0, "ms"),
            result: median(existing),
            figures: format!("median of {STARTS}"),
        },
        Row {
            measure: "start to the first answer, fresh",
            target: Target::AtMost(150.0, "ms"),
            result: median(fresh),
            figures: format!("median of {STARTS}"),
        },
        Row {
            measure: "release binary with SQLite and the web application",
            target: Target::AtMost(12.0, "MiB"),
            result: size as f64 / f64::from(1 << 20),
            figures: format!("{size} bytes"),
        },
    ])
}

/// The time from the start of the process to its first answer, in milliseconds.
fn start(data_dir: &Path) -> Result<f64, Error> {
    // The port is known beforehand, so that nothing of the server's own output is waited for.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let start = Instant::now();
    let mut child = Command::new(sibling("tegata")?)
        .args(["serve", "--listen", &address.to_string(), "--data-dir"])
        .arg(data_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let answer = loop {
        if answers(address) {
            break Ok(start.elapsed().as_secs_f64() * 1e3);
        }
        if start.elapsed() > Duration::from_secs(10) {
            break Err("the server did not answer within 10 s".into());
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    child.kill()?;
    child.wait()?;
    answer
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(
            format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
        )?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}
