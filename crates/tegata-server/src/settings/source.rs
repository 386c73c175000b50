//! Reading settings: the file, then the environment, then the command line. What comes later wins.

use std::fmt;
use std::path::{Path, PathBuf};

use tegata_settings::{Raw, SECRET};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::{SETTINGS, Setting};
use super::{Origin, Settings, check};

/// Where to read.
pub(crate) struct Sources {
    /// The file that was named; without one `tegata.toml` is read if it is there.
    pub(crate) config: Option<PathBuf>,
    /// The environment.
    pub(crate) environment: Vec<(String, String)>,
    /// `key=value` and how it was given.
    pub(crate) flags: Vec<(String, String)>,
}

/// The file that is read when none was named.
const DEFAULT_FILE: &str = "tegata.toml";

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Something wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    /// The name as it was written.
    pub(crate) key: String,
    /// What is wrong, and what would be right.
    pub(crate) text: String,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a setting is not acceptable, so nothing was started:")?,
            n => write!(f, "{n} settings are not acceptable, so nothing was started:")?,
        }
        for Problem { origin, key, text } in &self.0 {
            write!(f, "\n  {key} ({origin}): {text}")?;
        }
        Ok(())
    }
}

/// One value for one setting.
struct Assignment {
    setting: &'static Setting,
    raw: Raw,
    origin: Origin,
}

/// Reads, parses and checks all settings.
///
/// # Errors
/// All problems of all sources at once.
pub(crate) fn load(sources: &Sources) -> Result<Settings, Problems> {
    let mut problems = Vec::new();
    let mut assignments = Vec::new();
    read_file(sources.config.as_deref(), &mut assignments, &mut problems);
    read_environment(&sources.environment, &mut assignments, &mut problems);
    read_flags(&sources.flags, &mut assignments, &mut problems);

    let mut settings = Settings::default();
    for Assignment { setting, raw, origin } in &assignments {
        if let Err(text) = (setting.apply)(&mut settings, raw) {
            let shown = match raw {
                Raw::One(text) if setting.value_type != SECRET => format!("`{text}` "),
                Raw::One(_) | Raw::List(_) => String::new(),
            };
            problems.push(Problem {
                origin: origin.clone(),
                key: setting.key.to_owned(),
                text: format!("{shown}{text}"),
            });
        }
    }
    let origin_of = |key: &str| {
        let assignment = assignments.iter().rfind(|assignment| assignment.setting.key == key);
        assignment.map_or(Origin::Default, |assignment| assignment.origin.clone())
    };
    for (key, text) in check::problems(&settings) {
        let problem = Problem { origin: origin_of(key), key: key.to_owned(), text };
        // What could not even be read was left at its default, of which there is nothing to say.
        if !problems.iter().any(|other| other.key == problem.key && other.origin == problem.origin) {
            problems.push(problem);
        }
    }
    if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
}

fn unknown(key: &str, origin: Origin) -> Problem {
    let text = match nearest(key) {
        Some(near) => format!("there is no such setting; did you mean `{near}`?"),
        None => "there is no such setting; `tegata settings` lists them all".to_owned(),
    };
    Problem { origin, key: key.to_owned(), text }
}

/// The setting whose name is most like this one, if any is.
fn nearest(key: &str) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let likeness = |setting: &Setting| {
        let own_last = setting.key.rsplit('.').next().unwrap_or(setting.key);
        // The right name in the wrong section is as good as a slip of the finger.
        let moved = if own_last == last { 0.95 } else { 0.0 };
        strsim::jaro_winkler(key, setting.key).max(moved)
    };
    SETTINGS
        .iter()
        .map(|setting| (likeness(setting), setting.key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.85)
        .map(|(_, key)| key)
}

fn read_file(named: Option<&Path>, assignments: &mut Vec<Assignment>, problems: &mut Vec<Problem>) {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let mut problem = |line, text: String| {
        let origin = Origin::File { path: path.to_owned(), line };
        problems.push(Problem { origin, key: "the file".to_owned(), text });
    };
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return problem(1, format!("cannot be read: {error}")),
    };
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
    match DeTable::parse(&text) {
        Err(error) => {
            problem(
                line_of(error.span().map_or(0, |span| span.start)),
                format!("is not TOML: {}", error.message()),
            );
        }
        Ok(table) => flatten("", table.get_ref(), &mut |key, value| {
            let origin = Origin::File { path: path.to_owned(), line: line_of(value.span().start) };
            assign(key, raw(value.get_ref()), origin, assignments, problems);
        }),
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    std::fs::read_to_string(path)
}

/// Calls `leaf` with the dotted name of every value.
fn flatten<'t>(prefix: &str, table: &DeTable<'t>, leaf: &mut dyn FnMut(&str, &Spanned<DeValue<'t>>)) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        match value.get_ref() {
            // A section of its own, or one too many: a value of that name does not look inside.
            DeValue::Table(inner) if Setting::find(SETTINGS, &key).is_none() && !inner.is_empty() => {
                flatten(&key, inner, leaf);
            }
            _ => leaf(&key, value),
        }
    }
}

/// A value as text; `Err` with what it is instead.
fn raw(value: &DeValue<'_>) -> Result<Raw, &'static str> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Ok(flag.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) => Err("must be a decimal number without a point"),
        DeValue::Datetime(_) => Err("must not be a date"),
        DeValue::Array(_) => Err("must not be a list in a list"),
        DeValue::Table(_) => Err("must be a value, not a table"),
    };
    match value {
        DeValue::Array(values) => {
            values.iter().map(|value| one(value.get_ref())).collect::<Result<_, _>>().map(Raw::List)
        }
        value => one(value).map(Raw::One),
    }
}

fn read_environment(
    environment: &[(String, String)],
    assignments: &mut Vec<Assignment>,
    problems: &mut Vec<Problem>,
) {
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix("TEGATA_") else { continue };
        let origin = Origin::Environment { variable: variable.clone() };
        let key = name.to_lowercase().replace("__", ".");
        if key.contains('.') {
            assign(&key, Ok(Raw::One(value.clone())), origin, assignments, problems);
        } else if let Some(setting) = SETTINGS.iter().find(|s| s.key.replace('.', "_") == key) {
            // Other variables of this form are not ours to judge: Kubernetes sets TEGATA_PORT for a service "tegata".
            let text = format!("write it with two underscores: {}", setting.variable());
            problems.push(Problem { origin, key, text });
        }
    }
}

fn read_flags(flags: &[(String, String)], assignments: &mut Vec<Assignment>, problems: &mut Vec<Problem>) {
    for (flag, assignment) in flags {
        let origin = Origin::Flag { flag: flag.clone() };
        match assignment.split_once('=') {
            Some((key, value)) => {
                assign(key.trim(), Ok(Raw::One(value.to_owned())), origin, assignments, problems);
            }
            None => problems.push(Problem {
                origin,
                key: assignment.clone(),
                text: "must be written as key=value".to_owned(),
            }),
        }
    }
}

fn assign(
    key: &str,
    raw: Result<Raw, &'static str>,
    origin: Origin,
    assignments: &mut Vec<Assignment>,
    problems: &mut Vec<Problem>,
) {
    match (Setting::find(SETTINGS, key), raw) {
        (None, _) => problems.push(unknown(key, origin)),
        (Some(setting), Ok(raw)) => assignments.push(Assignment { setting, raw, origin }),
        (Some(_), Err(text)) => problems.push(Problem { origin, key: key.to_owned(), text: text.to_owned() }),
    }
}
