//! What must not be in the repository: somebody's paths, unfinished work, merge leftovers.

use super::report;
use crate::Result;
use crate::workspace::{self, root};

/// Split in two, so that this file is not its own first finding.
const FORBIDDEN: [(&str, &str, &str); 9] = [
    ("/ro", "ot/", "a path of one machine"),
    ("/wo", "rk/", "a path of one machine"),
    ("/ho", "me/", "a path of one machine"),
    ("C:\\Us", "ers", "a path of one machine"),
    ("FIX", "ME", "unfinished work"),
    ("XX", "X:", "unfinished work"),
    ("TO", "DO:", "unfinished work"),
    ("<<<<", "<<<", "a merge that was not finished"),
    (">>>>", ">>>", "a merge that was not finished"),
];

pub(super) fn check() -> Result {
    let forbidden = FORBIDDEN.map(|(a, b, why)| (format!("{a}{b}"), why));
    let mut problems = Vec::new();
    let files = workspace::files()?;
    for file in &files {
        // Not text: nothing to read.
        let Ok(text) = std::fs::read_to_string(root().join(file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            for (word, why) in &forbidden {
                if line.contains(word.as_str()) {
                    problems.push(format!("{}:{}: {word}: {why}", file.display(), number + 1));
                }
            }
        }
    }
    report(&problems, &format!("{} files have no word that does not belong there", files.len()))
}
