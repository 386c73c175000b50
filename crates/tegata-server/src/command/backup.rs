//! `tegata backup`: a copy of the database while it is in use.

use std::path::Path;

use super::print;
use crate::failure::{Chain, Failure};
use crate::installation::{Installation, block_on};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, to: &Path) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the backup {} cannot be written: {error}", to.display()))
    };
    let installation = Installation::of_command(settings)?;
    let Some(sqlite) = installation.sqlite() else {
        return Err(Failure::new("this command copies a SQLite database, and the records are in DynamoDB")
            .advise(
                "point-in-time recovery of the tables is the backup there; keep the master key as well",
            ));
    };
    if to.exists() {
        return Err(
            failed(&"it exists already").advise("name a new file: an older backup is never overwritten")
        );
    }
    block_on(sqlite.backup(to)).map_err(|error| failed(&Chain(&error)))?;
    print(&format!(
        "wrote {}\nkeep the master key {} as well, and apart from it: without it the copy is of no use, and with both anyone \
         can sign tokens\n",
        to.display(),
        settings.master_key_file().display()
    ))
}
