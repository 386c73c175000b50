//! `tegata export` and `tegata import`: moving everything to another installation.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use tegata_core::audit::{AuditAction, AuditEvent, AuditLog, Outcome};
use tegata_core::timestamp::Timestamp;
use tegata_http::{Clock as _, SystemClock, SystemEntropy};

use super::print;
use crate::audit_log::FileAuditLog;
use crate::cli;
use crate::data_dir::{self, ServeLock};
use crate::failure::{Chain, Failure};
use crate::installation::{Installation, block_on};
use crate::moving::{
    Checked, Counts, Export, ExportError, Header, Import, ImportError, Imported, Reader, Refusal,
    TransferKey, export, import,
};
use crate::new_file::NewFile;
use crate::settings::{Settings, StoreKind};

pub(super) fn run_export(settings: &Settings, what: &cli::Export) -> Result<(), Failure> {
    let to = &what.file;
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the export {} cannot be written: {error}", to.display()))
    };
    let as_of = as_of(what.as_of.as_deref())?;
    let installation = Installation::of_command(settings)?;
    let alone = "stop it first: what it does during an export may be missing; --while-running exports all the same, for a \
                 trial";
    let _lock =
        if what.while_running { None } else { Some(ServeLock::take_or(&settings.server.data_dir, alone)?) };
    let mut file = NewFile::create(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            failed(&"it exists already").advise("name a new file: an older export is never overwritten")
        }
        _ => failed(&error),
    })?;
    let key = TransferKey::make(&what.transfer_key, &SystemEntropy)?;
    let audit = installation.audit_log(settings)?;
    let from = Export {
        store: installation.store(),
        sealing: &installation.sealing_key(),
        key: &key,
        issuer: settings.issuer(settings.server.listen),
        as_of,
    };
    let (mut out, counts) =
        block_on(export(from, BufWriter::new(file.file()))).map_err(|error| match error {
            ExportError::NoKeySet => {
                Failure::new("there is nothing to export: the installation has no signing keys yet")
            }
            ExportError::Keys(error) => Failure::new(Chain(&error))
                .advise("put back the master key that belongs to this database; no other opens it"),
            error => failed(&Chain(&error)),
        })?;
    out.flush().map_err(|error| failed(&error))?;
    drop(out);
    file.finish().map_err(|error| failed(&error))?;
    record(&audit, AuditAction::Exported);
    print(&format!(
        "wrote {} with {}\nit holds password hashes, names and addresses: keep it as safe as the database, and delete it after \
         the move\nthe signing keys in it open with the transfer key {}: carry that by another way\n",
        to.display(),
        in_words(counts),
        what.transfer_key.display()
    ))?;
    match settings.store.kind {
        StoreKind::Sqlite => Ok(()),
        StoreKind::DynamoDb => print(
            "note: nothing says whether other servers or functions write to the tables meanwhile; what they do may be missing\n",
        ),
    }
}

pub(super) fn run_import(settings: &Settings, what: &cli::Import) -> Result<(), Failure> {
    let refused = |refusal: &Refusal| {
        Failure::new(format_args!("the export {} is refused: {}", what.file.display(), Chain(refusal)))
            .advise(match refusal {
                Refusal::OtherKey => "name the key that it was made with: --transfer-key",
                _ => "nothing was written; take the file as `tegata export` made it",
            })
    };
    let key = TransferKey::read(&what.transfer_key)?;
    let mut file = BufReader::new(open(&what.file)?);
    // From its first line to its last, before anything is made or written.
    let checked = Reader::open(&mut file, &key).and_then(Reader::check);
    let Checked { header, counts, has_pepper } = checked.map_err(|refusal| refused(&refusal))?;
    if has_pepper && settings.passwords.pepper_file.is_none() {
        return Err(Failure::new(
            "there are passwords in the export that were hashed with a pepper, and none is set here",
        )
        .advise(
            "copy the file of the pepper from the old installation, and name it in passwords.pepper_file",
        ));
    }

    let directory = &settings.server.data_dir;
    data_dir::prepare(directory)?;
    let _lock = ServeLock::take_or(directory, "import into an installation that has not been used yet")?;
    let installation = block_on(Installation::of_server(settings))?;
    let audit = installation.audit_log(settings)?;
    let into = Import {
        store: installation.store(),
        sealing: &installation.sealing_key(),
        key: &key,
        entropy: &SystemEntropy,
    };
    let imported = block_on(import(into, file)).map_err(|error| match error {
        ImportError::File(refusal) => refused(&refusal),
        ImportError::HasKeys | ImportError::HasOthers => Failure::new(format_args!(
            "the installation {} is not new: {error}; nothing was written",
            directory.display()
        ))
        .advise("import into a new one, with --data-dir; two installations cannot be put together"),
        error => Failure::new(format_args!("the import was interrupted: {}", Chain(&error)))
            .advise("repeat it with the same file: it goes on where it was"),
    })?;
    if imported == Imported::Before {
        return print("this export was imported before; nothing was written\n");
    }
    record(&audit, AuditAction::Imported);
    print(&format!("imported {}\n", in_words(counts)))?;
    note_issuer(settings, &header)
}

/// Access tokens name their issuer: under another one they are refused, and browsers send no cookies there.
fn note_issuer(settings: &Settings, header: &Header) -> Result<(), Failure> {
    let issuer = settings.issuer(settings.server.listen);
    if issuer == header.issuer {
        return Ok(());
    }
    print(&format!(
        "note: the tokens that are about were issued by {}, and these settings say {issuer}; run the server under the old name \
         (server.public_url), or everyone has to log in again\n",
        header.issuer
    ))
}

/// Opens an export, which is as secret as the database.
fn open(path: &Path) -> Result<File, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the export {} cannot be read: {error}", path.display()))
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let metadata = file.metadata().map_err(|error| failed(&error))?;
    if !metadata.is_file() {
        return Err(failed(&"it is no file"));
    }
    data_dir::check_private(path, metadata.mode(), "the export")?;
    Ok(file)
}

/// The instant of an export: now, or that of an earlier one which it is to be compared with.
fn as_of(text: Option<&str>) -> Result<Timestamp, Failure> {
    let now = SystemClock.now();
    let Some(text) = text else { return Ok(now) };
    let at = humantime::parse_rfc3339(text)
        .ok()
        .and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok())
        .map(|since| Timestamp::from_millis(0) + since)
        .filter(|at| *at <= now);
    at.ok_or_else(|| {
        Failure::new(format_args!("--as-of {text} is no instant of the past"))
            .advise("write it as the first line of an export does: 2026-11-24T12:00:00Z")
    })
}

fn record(audit: &FileAuditLog, action: AuditAction) {
    audit.record(AuditEvent::new(SystemClock.now(), action, Outcome::Success));
}

fn in_words(Counts { users, sessions, clients, consents }: Counts) -> String {
    let count = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut words = vec![count(users, "user"), count(sessions, "session")];
    // Whoever has no clients need not read of them.
    for (n, what) in [(clients, "client"), (consents, "consent")] {
        if n > 0 {
            words.push(count(n, what));
        }
    }
    format!("{} and the signing keys", words.join(", "))
}
