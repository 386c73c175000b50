//! An issuer's key endpoint, on this machine.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How an endpoint answers.
#[derive(Clone)]
pub(crate) enum Endpoint {
    Ok(String),
    /// Any status, with these header lines.
    Other(u16, String),
    /// Sends the head at once and the body never.
    Stalls,
    /// Sends a body without end.
    Endless,
    /// Closes the connection.
    Closes,
}

/// A server with endpoints by path.
#[derive(Clone)]
pub(crate) struct Issuer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    endpoints: HashMap<String, Endpoint>,
    hits: HashMap<String, usize>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Mutex<Shared>>::default();
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || answer(connection.unwrap(), &served));
            }
        });
        Self { port, shared }
    }

    /// Sets how a path answers, and gives its URI.
    pub(crate) fn set(&self, path: &str, endpoint: Endpoint) -> String {
        self.shared.lock().unwrap().endpoints.insert(path.to_owned(), endpoint);
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How often a path was asked for.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.shared.lock().unwrap().hits.get(path).copied().unwrap_or(0)
    }
}

fn answer(mut stream: TcpStream, shared: &Mutex<Shared>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request_line = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = request_line.split(' ').nth(1)?.to_owned();
    let endpoint = {
        let mut shared = shared.lock().unwrap();
        *shared.hits.entry(path.clone()).or_default() += 1;
        shared.endpoints.get(&path)?.clone()
    };
    let mut send = |text: &str| stream.write_all(text.as_bytes()).ok();
    match endpoint {
        Endpoint::Ok(body) => send(&format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )),
        Endpoint::Other(status, headers) => send(&format!(
            "HTTP/1.1 {status} Other\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
        )),
        Endpoint::Stalls => {
            send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"keys\":[")?;
            std::thread::sleep(Duration::from_secs(30));
            Some(())
        }
        Endpoint::Endless => {
            send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            let chunk = format!("400\r\n{}\r\n", " ".repeat(1024));
            // Until the client has had enough.
            (0..1024 * 1024).try_for_each(|_| send(&chunk))
        }
        Endpoint::Closes => Some(()),
    }
}
