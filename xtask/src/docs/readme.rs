//! The README: its commands are run, and its translation is held to the same ones.

use std::path::Path;

use super::report;
use crate::Result;
use crate::process::{Command, works};
use crate::server::Server;
use crate::workspace;

/// The address in the README; the check puts the real one in its place.
const ADDRESS: &str = "http://127.0.0.1:8080";
/// Stands before a block of commands that is run.
const MARK: &str = "<!-- checked -->";

/// Runs the marked commands against a fresh server.
pub(crate) fn check_commands() -> Result {
    let server = Server::start(&[])?;
    check(&server.url, |shell| shell)
}

/// Runs them against a Tegata that is there already; `curl` finds it by what is in this folder.
pub(crate) fn check_commands_at(url: &str, curl_home: &Path) -> Result {
    check(url, |shell| shell.env("CURL_HOME", &curl_home.to_string_lossy()))
}

/// Holds each status that the commands print against the one they announce.
fn check(url: &str, prepare: impl FnOnce(Command) -> Command) -> Result {
    if !works("curl", &["--version"]) {
        return Err("curl is needed to run the README's commands".into());
    }
    let readme = workspace::read("README.md")?;
    let script = marked_block(&readme).ok_or("README.md has no block of commands after its mark")?;
    let expected = announced(&script);
    let shell = Command::new("bash").args(&["-euo", "pipefail", "-s"]);
    let printed = prepare(shell).output_of(&script.replace(ADDRESS, url))?;
    let answered: Vec<&str> = printed.lines().filter_map(status).collect();
    if answered == expected && !expected.is_empty() {
        println!("{} commands of the README answer as it says", expected.len());
        Ok(())
    } else {
        Err(format!("the README announces {expected:?}, the server answered {answered:?}:\n{printed}").into())
    }
}

/// Holds the translation to the same commands and the same links.
pub(super) fn check_translation() -> Result {
    let (english, japanese) = (workspace::read("README.md")?, workspace::read("README.ja.md")?);
    let mut problems = Vec::new();
    if commands(&english) != commands(&japanese) {
        problems.push("README.ja.md does not have the same commands as README.md".to_owned());
    }
    let sections = |text: &str| text.lines().filter(|line| line.starts_with("## ")).count();
    if sections(&english) != sections(&japanese) {
        problems.push("README.ja.md does not have as many sections as README.md".to_owned());
    }
    report(&problems, "both have the same commands and sections")
}

/// The block of commands after the mark.
fn marked_block(text: &str) -> Option<String> {
    let (_, after) = text.split_once(MARK)?;
    code_blocks(after).into_iter().next()
}

fn code_blocks(text: &str) -> Vec<String> {
    // Between fences, every second piece is code; its first line names the language.
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.split_once('\n')).map(|(_, code)| code.to_owned()).collect()
}

/// All commands, without their comments, which are in the reader's language.
fn commands(text: &str) -> Vec<String> {
    let blocks = code_blocks(text);
    let lines = blocks.iter().flat_map(|block| block.lines());
    lines
        .map(|line| line.split(" # ").next().unwrap_or(line).trim_end().to_owned())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The statuses that the comments of a script announce.
fn announced(script: &str) -> Vec<&str> {
    let comments = script.lines().filter_map(|line| line.split_once("# "));
    comments.filter_map(|(_, comment)| status(comment)).collect()
}

/// The status in a line such as `→ 200`.
fn status(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("→ ")?.get(..3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_block_and_its_statuses_are_found() {
        let text = format!("```sh\nno\n```\n{MARK}\n\n```sh\ncurl a # → 200: fine\n# → 401\n```\nend");
        let script = marked_block(&text).unwrap();
        assert_eq!(script, "curl a # → 200: fine\n# → 401\n");
        assert_eq!(announced(&script), ["200", "401"]);
        assert_eq!(status("→ 204"), Some("204"));
        assert_eq!(status("204"), None);
    }

    #[test]
    fn comments_do_not_count_as_commands() {
        assert_eq!(commands("```sh\n# why\ncurl a # → 200\n\ncurl b\n```"), ["curl a", "curl b"]);
    }
}
