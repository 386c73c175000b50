//! `tegata audit`: checking and exporting the audit log.

use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};

use super::print;
use crate::audit_log::{Break, Head, Verified, audit_key, head_path, verify};
use crate::cli;
use crate::failure::Failure;
use crate::master_key;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, command: cli::Audit) -> Result<(), Failure> {
    match command {
        cli::Audit::Verify { head } => {
            let head = head.map(|head| head.parse::<Head>()).transpose();
            let head = head.map_err(|problem| Failure::new(format_args!("--head {problem}")))?;
            let verified = check(settings, head, &mut |_, _| Ok(()))?;
            report(&verified)?;
            print(&format!(
                "{} events, no line was changed, removed, inserted or moved\nhead {}\n",
                verified.lines, verified.head
            ))
        }
        cli::Audit::Export { after } => {
            let mut out = io::stdout().lock();
            let verified = check(settings, None, &mut |seq, line| {
                if seq > after {
                    out.write_all(line)?;
                    out.write_all(b"\n")?;
                }
                Ok(())
            })?;
            drop(out);
            report(&verified)
        }
    }
}

fn check(
    settings: &Settings,
    noted_elsewhere: Option<Head>,
    each: &mut dyn FnMut(u64, &[u8]) -> io::Result<()>,
) -> Result<Verified, Failure> {
    let path = settings.audit_file();
    let failed =
        |error| Failure::new(format_args!("the audit log {} cannot be read: {error}", path.display()));
    let key = audit_key(&master_key::read(&settings.master_key_file())?);
    let log = File::open(&path).map_err(failed)?;
    // Neither a line half written nor a head older than its lines is seen while the writer works.
    log.lock_shared().map_err(failed)?;
    let head_path = head_path(&path);
    let noted = match fs::read_to_string(&head_path) {
        Ok(text) if text.is_empty() => None,
        Ok(text) => Some(Head::unseal(&key, &text).ok_or_else(|| {
            Failure::check_failed(format_args!(
                "{} was changed, or is of another installation",
                head_path.display()
            ))
        })?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let is_noted = noted.is_some();
    let noted: Vec<_> = noted.into_iter().chain(noted_elsewhere).collect();
    let mut verified = verify(BufReader::new(&log), &key, &noted, each).map_err(failed)?;
    if !is_noted && verified.lines > 0 {
        verified.breaks.push(Break {
            line: verified.lines + 1,
            problem: format!(
                "{} is gone, so it is not known whether lines are missing here",
                head_path.display()
            ),
        });
    }
    Ok(verified)
}

/// Nothing, or a failure that names every break.
fn report(verified: &Verified) -> Result<(), Failure> {
    if verified.breaks.is_empty() {
        return Ok(());
    }
    let breaks: Vec<_> =
        verified.breaks.iter().map(|b| format!("\n  line {}: {}", b.line, b.problem)).collect();
    Err(Failure::check_failed(format_args!("the audit log was tampered with:{}", breaks.concat()))
        .advise("keep the files as evidence and move them away: the next event begins a new log"))
}
