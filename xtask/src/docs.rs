//! Documentation that cannot go stale unnoticed.

mod links;
pub(crate) mod readme;
mod requirements;
mod words;

use crate::process::{Command, cargo};
use crate::suite::Suite;
use crate::{Result, server, workspace};

const SETTINGS_PAGE: &str = "docs/reference/settings.md";

/// The checks that need nothing but the files.
pub(crate) fn steps(suite: &mut Suite) -> Result {
    suite.step("links in Markdown", links::check)?;
    suite.step("words", words::check)?;
    suite.step("requirements page", requirements::check)?;
    suite.step("README in two languages", readme::check_translation)
}

/// Makes the generated pages anew. That the pages are fresh is held by the tests of those who make them.
pub(crate) fn write() -> Result {
    server::build()?;
    let settings =
        Command::new(&server::binary()?.to_string_lossy()).args(&["settings", "--markdown"]).output()?;
    workspace::write(SETTINGS_PAGE, &settings)?;
    println!("wrote {SETTINGS_PAGE}");
    cargo(&["test", "--package", "tegata-store-dynamodb", "--test", "it", "page_of_costs"])
        .env("TEGATA_WRITE_DOCS", "1")
        .run()?;
    requirements::write()
}

/// One error that names all problems.
fn report(problems: &[String], fine: &str) -> Result {
    if problems.is_empty() {
        println!("{fine}");
        Ok(())
    } else {
        Err(format!("\n  {}", problems.join("\n  ")).into())
    }
}
