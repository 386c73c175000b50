//! A server on this machine that answers whatever it is told to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What comes after the request.
#[derive(Clone)]
pub(super) enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, and then this one again and again, in pieces that are so long and so far apart.
    Endless(&'static str, u8, usize, Duration),
}

pub(super) struct Server {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// One that says this, with a length and these headers before.
    pub(super) fn says(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        Self::start(Answer::Bytes(answer.into_bytes()))
    }

    pub(super) fn start(answer: Answer) -> Self {
        Self::listen(answer, Some)
    }

    /// One with the certificate of the tests.
    pub(super) fn start_tls(answer: Answer) -> Self {
        let certificate = CertificateDer::from(&include_bytes!("../../testdata/server.der")[..]);
        let key = PrivatePkcs8KeyDer::from(&include_bytes!("../../testdata/server.key.der")[..]);
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let config = Arc::new(config);
        Self::listen(answer, move |stream| {
            Some(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).ok()?, stream))
        })
    }

    fn listen<S: Read + Write>(
        answer: Answer,
        accept: impl Fn(TcpStream) -> Option<S> + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (accept, seen, answer) = (accept.clone(), Arc::clone(&seen), answer.clone());
                std::thread::spawn(move || {
                    let mut stream = accept(stream.ok()?)?;
                    let request = read_request(&mut stream)?;
                    seen.lock().unwrap().push(request);
                    write(&mut stream, &answer)
                });
            }
        });
        Self { port, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/document?a=b", self.port)
    }

    /// What it was asked, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
        request.extend(&piece[..length]);
        let text = String::from_utf8(request.clone()).ok()?;
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
    }
}

fn write(stream: &mut impl Write, answer: &Answer) -> Option<()> {
    match answer {
        Answer::Bytes(bytes) => {
            stream.write_all(bytes).ok()?;
            stream.flush().ok()
        }
        Answer::Endless(start, byte, length, pause) => {
            stream.write_all(start.as_bytes()).ok()?;
            loop {
                std::thread::sleep(*pause);
                stream.write_all(&vec![*byte; *length]).ok()?;
                stream.flush().ok()?;
            }
        }
    }
}
