//! DynamoDB Local, Amazon's own engine: the one that the environment names, or one of our own.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The engine that this process started. It ends with the process, however that ends: its shell waits for the end of a
/// pipe that nobody else holds.
static ENGINE: OnceLock<(String, Option<Child>)> = OnceLock::new();

/// Where the engine answers.
pub(crate) fn endpoint() -> &'static str {
    &ENGINE.get_or_init(|| named().map_or_else(start, |endpoint| (endpoint, None))).0
}

#[allow(clippy::disallowed_methods, reason = "`cargo xtask test` names the engine that it started")]
fn named() -> Option<String> {
    std::env::var("TEGATA_DYNAMODB_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty())
}

#[allow(clippy::disallowed_methods, reason = "this waits for another process")]
fn start() -> (String, Option<Child>) {
    let jars = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/dynamodb-local/jars");
    assert!(jars.is_dir(), "DynamoDB Local is needed and not there: run `cargo xtask dynamodb --fetch`");
    // Free now; nobody else is told of it before the engine takes it.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = format!(
        "java -cp '{}/*' com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
         -inMemory -sharedDb -disableTelemetry -port {port} >/dev/null 2>&1 & engine=$!; cat >/dev/null; kill $engine",
        jars.display()
    );
    let child = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("a shell and Java are needed to start DynamoDB Local: {error}"));
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "DynamoDB Local does not answer; is Java 17 there?"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    (format!("http://127.0.0.1:{port}"), Some(child))
}
