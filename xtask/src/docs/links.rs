//! Links in Markdown: those into the repository have to lead somewhere. Those to other sites are not followed, since a
//! test must not fail with somebody else's server.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::report;
use crate::Result;
use crate::workspace::{self, root};

pub(super) fn check() -> Result {
    let mut problems = Vec::new();
    let mut count = 0;
    for file in workspace::files_with(&["md"])? {
        let text = workspace::read(&file)?;
        for target in targets(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            if let Err(problem) = follow(&file, &target) {
                problems.push(format!("{}: {target}: {problem}", file.display()));
            }
        }
    }
    report(&problems, &format!("{count} links lead somewhere"))
}

fn follow(file: &Path, target: &str) -> std::result::Result<(), String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let linked = if path.is_empty() { file.to_owned() } else { resolve(file, path) };
    if !root().join(&linked).exists() {
        return Err("there is no such file".to_owned());
    }
    if anchor.is_empty() || linked.extension().is_none_or(|e| e != "md") {
        return Ok(());
    }
    let text = workspace::read(&linked).map_err(|e| e.to_string())?;
    if anchors(&text).contains(anchor) { Ok(()) } else { Err("there is no such heading".to_owned()) }
}

/// A relative link, from the folder of the file it is in.
fn resolve(file: &Path, link: &str) -> PathBuf {
    let mut path = file.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

/// The lines outside code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// What `[text](target)` and `![text](target)` point at, outside code.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        // Every second piece between backticks is code.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        let mut rest = plain.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            targets.push(rest[..end].split(' ').next().unwrap_or_default().to_owned());
            rest = &rest[end..];
        }
    }
    targets
}

/// The anchors of the headings, made as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_in_prose_and_not_in_code() {
        let text =
            "See [a](one.md) and ![b](two.png \"title\").\n`[c](no.md)`\n```\n[d](no.md)\n```\n[e](#end)";
        assert_eq!(targets(text), ["one.md", "two.png", "#end"]);
    }

    #[test]
    fn links_are_resolved_from_the_folder_of_their_file() {
        assert_eq!(
            resolve(Path::new("docs/adr/0001.md"), "../guides/spa.md"),
            Path::new("docs/guides/spa.md")
        );
        assert_eq!(resolve(Path::new("README.md"), "./docs"), Path::new("docs"));
    }

    #[test]
    fn anchors_are_those_of_the_headings() {
        let anchors = anchors("# What `tegata` is\n```\n# not one\n```\n## Keys, rotated\n## 五分で");
        let expected = ["keys-rotated", "what-tegata-is", "五分で"].map(str::to_owned);
        assert_eq!(anchors, expected.into());
    }
}
