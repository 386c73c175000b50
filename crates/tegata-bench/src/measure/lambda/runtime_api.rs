//! Lambda's Runtime API, as far as a function uses it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::client::Error;

const PATIENCE: Duration = Duration::from_secs(30);

/// How an invocation ended.
pub(crate) enum Posted {
    Response,
    Error,
}

/// One endpoint for one function.
pub(crate) struct RuntimeApi {
    address: String,
    events: Sender<String>,
    posted: Receiver<Posted>,
}

/// A function that ends with this value.
pub(crate) struct Running(Child);

impl RuntimeApi {
    pub(crate) fn open() -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (events, waiting) = channel();
        let (post, posted) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (waiting, post) = (Arc::clone(&waiting), post.clone());
                std::thread::spawn(move || converse(stream, &waiting, &post));
            }
        });
        Ok(Self { address, events, posted })
    }

    /// Puts an event in front of the function.
    pub(crate) fn send(&self, event: &str) -> Result<(), Error> {
        Ok(self.events.send(event.to_owned())?)
    }

    /// Waits for the end of an invocation.
    pub(crate) fn next(&self) -> Result<Posted, Error> {
        Ok(self.posted.recv_timeout(PATIENCE)?)
    }

    pub(crate) fn start(
        &self,
        program: &Path,
        arguments: &[PathBuf],
        environment: &[(&'static str, String)],
    ) -> Result<Running, Error> {
        let child = Command::new(program)
            .args(arguments)
            // Where the handlers for Node.js are.
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("lambda"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &self.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Running(child))
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One connection, until either side is gone.
fn converse(mut stream: TcpStream, waiting: &Mutex<Receiver<String>>, post: &Sender<Posted>) -> Option<()> {
    // As in Lambda, no answer waits for more to send.
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let path = read_request(&mut reader)?;
        let answer = if path.ends_with("/next") {
            let event = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()?;
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: 1\r\n\
                 lambda-runtime-deadline-ms: 4000000000000\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:measured\r\n\
                 content-length: {}\r\n\r\n{event}",
                event.len()
            )
        } else {
            post.send(if path.ends_with("/response") { Posted::Response } else { Posted::Error }).ok()?;
            "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
        };
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

/// The path of a request, once all of it has been read.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let path = read_line(reader)?.split(' ').nth(1)?.to_owned();
    let (mut len, mut is_chunked) = (0, false);
    loop {
        let header = read_line(reader)?.to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => len = value.parse().ok()?,
            Some(("transfer-encoding", value)) => is_chunked = value == "chunked",
            Some(_) => {}
            None => break,
        }
    }
    if !is_chunked {
        skip(reader, len)?;
        return Some(path);
    }
    loop {
        let len = u64::from_str_radix(&read_line(reader)?, 16).ok()?;
        skip(reader, len)?;
        read_line(reader)?;
        if len == 0 {
            return Some(path);
        }
    }
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}

fn skip(reader: &mut BufReader<TcpStream>, len: u64) -> Option<()> {
    std::io::copy(&mut reader.take(len), &mut std::io::sink()).ok().map(drop)
}
