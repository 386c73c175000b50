//! Documentation that cannot go stale unnoticed.

mod links;
pub(crate) mod readme;
mod requirements;
mod words;

use crate::Result;
use crate::suite::Suite;

/// The checks that need nothing but the files.
pub(crate) fn steps(suite: &mut Suite) -> Result {
    suite.step("links in Markdown", links::check)?;
    suite.step("words", words::check)?;
    suite.step("requirements page", requirements::check)?;
    suite.step("README in two languages", readme::check_translation)
}

/// Makes the generated pages anew.
pub(crate) fn write() -> Result {
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
