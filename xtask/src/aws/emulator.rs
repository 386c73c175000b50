//! The emulator of AWS, started for this run and ended with it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::Result;
use crate::process::Command;
use crate::venv;
use crate::workspace::root;

/// Pinned: it is young, and a version that answers otherwise would be noticed here first. It needs `cryptography` for KMS.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography==46.0.3"];

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "ap-northeast-1";

/// How long it takes to start at most; usually it is four seconds.
const START: Duration = Duration::from_mins(1);

/// A running emulator. Dropping it ends it and the functions that it runs.
pub(super) struct Emulator {
    child: Child,
    pub(super) endpoint: String,
}

impl Emulator {
    /// Starts it on a port of the system's choice, on this machine only, with IAM enforced.
    pub(super) fn start(state: &Path) -> Result<Self> {
        let bin = venv::ensure(venv::AWS, &PACKAGES)?;
        let port = free_port()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let log = state.join("emulator.log");
        let state = |name: &str| state.join(name).to_string_lossy().into_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin.clone()).chain(std::env::split_paths(&path)))?;
        // Only these: the functions inherit its environment, and must not meet the developer's credentials.
        let environment = [
            ("PATH", path.to_string_lossy().into_owned()),
            ("HOME", state("home")),
            ("TMPDIR", temporary(&state("tmp"))?),
            ("BIND_HOST", "127.0.0.1".to_owned()),
            ("GATEWAY_PORT", port.to_string()),
            ("MINISTACK_REGION", REGION.to_owned()),
            ("MINISTACK_ACCOUNT_ID", ACCOUNT.to_owned()),
            ("AUTH", "true".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            // The AWS SDK, which Lambda's own Node.js brings for the functions that run during a deployment.
            ("NODE_PATH", root().join("node_modules").to_string_lossy().into_owned()),
            ("SFTP_ENABLED", "false".to_owned()),
            ("IOT_MTLS_ENABLED", "0".to_owned()),
            ("S3_DATA_DIR", state("s3")),
            ("STATE_DIR", state("state")),
        ];
        let child = Command::new(&bin.join("ministack").to_string_lossy())
            .only_environment(environment.iter().map(|(name, value)| (*name, value.as_str())))
            .spawn_group(&log)?;
        let mut emulator = Self { child, endpoint };
        emulator.wait_for(port, &log)?;
        println!("the emulator answers at {}; its log is {}", emulator.endpoint, log.display());
        Ok(emulator)
    }

    fn wait_for(&mut self, port: u16, log: &PathBuf) -> Result {
        let begun = Instant::now();
        let said = || fs::read_to_string(log).unwrap_or_default();
        while begun.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the emulator ended with {status}; it said:\n{}", said()).into());
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Err(format!("the emulator does not answer; it said:\n{}", said()).into())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        end_group(&mut self.child);
    }
}

/// Ends a process that leads a group, and whatever is left of the group: the emulator's functions are its children.
pub(super) fn end_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let signal = |name: &str| {
        let _ = Command::new("kill").args(&[name, "--", &group]).output();
    };
    signal("-TERM");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(100));
    }
    signal("-KILL");
    let _ = child.wait();
}

/// A port that is free now. Somebody could take it before the emulator does, which then says so.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A folder for the code of functions. Without a `package.json` of its own, Node.js would take ours for theirs.
fn temporary(folder: &str) -> Result<String> {
    fs::create_dir_all(folder)?;
    fs::write(Path::new(folder).join("package.json"), "{}")?;
    Ok(folder.to_owned())
}
