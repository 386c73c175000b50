//! The Runtime API of Lambda (AWS Lambda: "Using the Lambda runtime API for custom runtimes"), as far as a function uses it,
//! and a function that runs behind it: the real binary.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Longer than anything a function of ours may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a function posts about an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    Response(String),
    Error(String),
}

impl Posted {
    /// The response as JSON.
    pub(crate) fn answer(&self) -> Value {
        match self {
            Self::Response(body) => serde_json::from_str(body).unwrap(),
            Self::Error(body) => panic!("an error instead of an answer: {body}"),
        }
    }
}

/// A running function.
pub(crate) struct Function {
    child: Option<Child>,
    events: Sender<String>,
    posted: Receiver<Posted>,
}

impl Function {
    /// Starts a binary of this crate with exactly this environment.
    pub(crate) fn start(binary: &str, environment: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, waiting) = channel();
        let (post, posted) = channel();
        std::thread::spawn(move || serve(&listener, waiting, &post));
        let child = command(binary, &address).envs(environment.iter().copied()).spawn().unwrap();
        Self { child: Some(child), events, posted }
    }

    /// Sends one event and waits for what is made of it.
    pub(crate) fn invoke(&self, event: &str) -> Posted {
        self.events.send(event.to_owned()).unwrap();
        match self.posted.recv_timeout(PATIENCE) {
            Ok(posted) => posted,
            Err(RecvTimeoutError::Timeout) => panic!("the function does not answer"),
            Err(RecvTimeoutError::Disconnected) => panic!("the function is gone"),
        }
    }

    /// Ends the function and gives what it has written to standard output and error.
    pub(crate) fn stop(mut self) -> String {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
        String::from_utf8([stdout, stderr].concat()).unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a binary says that does not start with this environment.
pub(crate) fn refuse_to_start(binary: &str, environment: &[(&str, &str)]) -> String {
    let output = command(binary, "127.0.0.1:9").envs(environment.iter().copied()).output().unwrap();
    assert!(!output.status.success(), "it starts");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn command(binary: &str, runtime_api: &str) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "authorizer")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn serve(listener: &TcpListener, waiting: Receiver<String>, post: &Sender<Posted>) {
    let waiting = Arc::new(Mutex::new(waiting));
    for connection in listener.incoming() {
        let (waiting, post) = (Arc::clone(&waiting), post.clone());
        std::thread::spawn(move || converse(connection.unwrap(), &waiting, &post));
    }
}

/// One connection, until either side is gone.
fn converse(mut stream: TcpStream, waiting: &Mutex<Receiver<String>>, post: &Sender<Posted>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (request_line, body) = read_request(&mut reader)?;
        let path = request_line.split(' ').nth(1).unwrap();
        let answer = match path.strip_prefix("/2018-06-01/runtime/invocation/").unwrap() {
            "next" => {
                let event = waiting.lock().unwrap().recv().ok()?;
                format!(
                    "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: request-1\r\n\
                     lambda-runtime-deadline-ms: 4000000000000\r\ncontent-length: {}\r\n\r\n{event}",
                    event.len()
                )
            }
            "request-1/response" => {
                post.send(Posted::Response(body)).ok()?;
                "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
            }
            "request-1/error" => {
                post.send(Posted::Error(body)).ok()?;
                "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
            }
            other => panic!("the Runtime API has no {other}"),
        };
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

/// A request line and its body; `None` at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let request_line = read_line(reader)?;
    let (mut len, mut is_chunked) = (0, false);
    loop {
        let header = read_line(reader)?.to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => len = value.parse().unwrap(),
            Some(("transfer-encoding", value)) => is_chunked = value == "chunked",
            Some(_) => {}
            None => break,
        }
    }
    let body = if is_chunked { read_chunks(reader)? } else { read_exactly(reader, len)? };
    Some((request_line, String::from_utf8(body).unwrap()))
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let len = usize::from_str_radix(&read_line(reader)?, 16).unwrap();
        body.extend(read_exactly(reader, len)?);
        read_line(reader)?;
        if len == 0 {
            return Some(body);
        }
    }
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}

fn read_exactly(reader: &mut BufReader<TcpStream>, len: usize) -> Option<Vec<u8>> {
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
