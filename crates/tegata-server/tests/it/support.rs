//! Starting the binary, and speaking HTTP to it over a plain socket.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A password that the policy accepts.
pub(crate) const PASSWORD: &str = "walk slowly past seven lanterns";

/// The longest that anything here should take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// An installation in a directory of its own.
pub(crate) struct Installation {
    dir: TempDir,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// The directory around it, which is also the working directory of its commands.
    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.dir.path().join("tegata-data").join(name)
    }

    /// One that a server has made.
    pub(crate) fn made() -> Self {
        let installation = Self::new();
        installation.serve(&[]).stop();
        installation
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(super::PROGRAM);
        command.args(arguments).current_dir(self.root()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Without the OpenID Provider, whose keys are made whenever there is time for it: what is told and counted then is what
    /// was done here.
    pub(crate) fn without_oauth(self) -> Self {
        std::fs::write(self.root().join("tegata.toml"), "[oauth]\nenabled = false\n").unwrap();
        self
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).output().unwrap())
    }

    /// Runs a command that reads this.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A command that refuses its arguments never reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran(child.wait_with_output().unwrap())
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        Server::start(command.args(arguments))
    }
}

/// How a command ended.
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// Its output, if it did what it was asked to.
    #[track_caller]
    pub(crate) fn ok(&self) -> String {
        assert_eq!(self.code(), Some(0), "stdout: {}\nstderr: {}", self.stdout(), self.stderr());
        self.stdout()
    }

    /// What it complained of.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32) -> String {
        assert_eq!(self.code(), Some(code), "stdout: {}\nstderr: {}", self.stdout(), self.stderr());
        self.stderr()
    }
}

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    welcome: String,
    errors: mpsc::Receiver<String>,
}

impl Server {
    /// Starts it and waits until it has said its address.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, errors) = mpsc::channel();
        // Read to its end, so that the server never waits for a reader.
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut welcome = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.wait();
                panic!(
                    "the server did not start:\n{welcome}{}",
                    errors.iter().collect::<Vec<_>>().join("\n")
                );
            };
            writeln!(welcome, "{line}").unwrap();
            if let Some(address) = line.strip_prefix("Tegata is ready at http://") {
                break address.parse().unwrap();
            }
        };
        let (rest, welcome_rest) = mpsc::channel();
        std::thread::spawn(move || {
            let text: Vec<_> =
                lines.by_ref().map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C")).collect();
            let _ = rest.send(text.join("\n"));
            lines.count()
        });
        welcome += &welcome_rest.recv_timeout(PATIENCE).unwrap();
        Self { child, address, welcome, errors }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it said when it was ready.
    pub(crate) fn welcome(&self) -> &str {
        &self.welcome
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.connect().send("GET", path, &[], None).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.connect().post(path, body).unwrap()
    }

    /// Makes an account.
    #[track_caller]
    pub(crate) fn sign_up(&self, username: &str) -> Value {
        let answer = self.post("/auth/signup", &json!({"username": username, "password": PASSWORD}));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    pub(crate) fn login(&self, username: &str) -> Response {
        let body = json!({"username": username, "password": PASSWORD, "token_delivery": "body"});
        self.post("/auth/login", &body)
    }

    pub(crate) fn refresh(&self, refresh_token: &str) -> Response {
        self.post("/auth/refresh", &json!({"refresh_token": refresh_token}))
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; its exit code and what it logged.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        let status = self.child.wait().unwrap();
        (status.code(), self.errors.iter().collect())
    }

    /// Stops it as an operator would.
    #[track_caller]
    pub(crate) fn stop(self) -> Vec<String> {
        self.signal(rustix::process::Signal::TERM);
        let (code, log) = self.wait();
        assert_eq!(code, Some(0), "{log:#?}");
        log
    }

    /// Ends it as a loss of power would, but for the disk.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A string of a JSON answer.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }
}

/// A connection that is kept open.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> std::io::Result<Response> {
        self.send("POST", path, &[], Some(body))
    }

    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: Option<&Value>,
    ) -> std::io::Result<Response> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: tegata.test\r\n");
        for (name, value) in fields {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            write!(text, "content-type: application/json\r\ncontent-length: {}\r\n", body.len()).unwrap();
        }
        self.write(&format!("{text}\r\n{body}"))?;
        self.read()
    }

    pub(crate) fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.0.get_mut().write_all(text.as_bytes())
    }

    pub(crate) fn read(&mut self) -> std::io::Result<Response> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(invalid)?;
        let mut response = Response { status, head, body: Vec::new() };
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        response.body.resize(length, 0);
        self.0.read_exact(&mut response.body)?;
        Ok(response)
    }
}
