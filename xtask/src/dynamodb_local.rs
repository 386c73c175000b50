//! DynamoDB Local, Amazon's own engine, from Maven Central: what the DynamoDB store is tested on.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::Command;
use crate::workspace::root;
use crate::{Result, tools};

/// Needs no native library beside its jars since 2.6.
const VERSION: &str = "2.6.1";

/// Copies an artifact with all that it needs.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

const MAIN: &str = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner";

/// Where a developer finds it, unless told otherwise: its usual port.
const PORT: u16 = 8000;

fn folder() -> PathBuf {
    root().join("target/dynamodb-local")
}

/// Gets the engine, if it is not there in this version.
pub(crate) fn fetch() -> Result {
    tools::require_java()?;
    let (folder, stamp) = (folder(), folder().join("version"));
    if std::fs::read_to_string(&stamp).is_ok_and(|there| there == VERSION) {
        println!("DynamoDB Local {VERSION} is there");
        return Ok(());
    }
    tools::require_maven()?;
    let jars = folder.join("jars");
    if jars.is_dir() {
        std::fs::remove_dir_all(&jars)?;
    }
    std::fs::create_dir_all(&jars)?;
    let pom = folder.join("pom.xml");
    std::fs::write(&pom, project())?;
    Command::new("mvn")
        .args(&["--batch-mode", "--quiet", "--file", &pom.to_string_lossy(), COPY])
        .args(&[&format!("-DoutputDirectory={}", jars.display()), "-DincludeScope=runtime"])
        .run()?;
    std::fs::write(stamp, VERSION)?;
    Ok(())
}

/// A project that needs the engine and is nothing else.
fn project() -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>tegata</groupId>\n  <artifactId>dynamodb-local</artifactId>\n  <version>1</version>\n  \
         <dependencies>\n    <dependency>\n      <groupId>com.amazonaws</groupId>\n      \
         <artifactId>DynamoDBLocal</artifactId>\n      <version>{VERSION}</version>\n    </dependency>\n  \
         </dependencies>\n</project>\n"
    )
}

fn java(port: u16) -> Command {
    let classes = folder().join("jars").join("*");
    Command::new("java").args(&["-cp", &classes.to_string_lossy(), MAIN]).args(&[
        "-inMemory",
        "-sharedDb",
        "-disableTelemetry",
        "-port",
        &port.to_string(),
    ])
}

/// Becomes the engine, in memory, until it is interrupted.
pub(crate) fn run() -> Result {
    fetch()?;
    println!("http://127.0.0.1:{PORT}, for `tegata serve --store dynamodb --set store.dynamodb_endpoint=…`");
    java(PORT).replace_process()
}

/// An engine of our own, which ends with this value.
pub(crate) struct Engine {
    process: Child,
    port: u16,
}

impl Engine {
    /// Starts one on a free port, and waits until it answers.
    pub(crate) fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut engine = Self { process: java(port).spawn_quiet()?, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = engine.process.try_wait()? {
                return Err(format!("DynamoDB Local ended at once ({status})").into());
            }
            if begun.elapsed() > Duration::from_mins(1) {
                return Err("DynamoDB Local does not answer".into());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(engine)
    }

    /// Where it answers.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It holds nothing but memory; that it is gone already is fine.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
