//! The commands.

mod audit;
mod backup;
mod client;
mod doctor;
mod keys;
mod moving;
mod terminal;
mod token;
mod user;

use std::io::{self, Read as _, Write as _};

use clap::CommandFactory as _;
use tegata_core::steering::is_steering;

use crate::cli::{Cli, Command, Common, Serve, Token};
use crate::failure::Failure;
use crate::settings::{SETTINGS, Settings, Sources, load, markdown};
use crate::{logging, serve, shared_store};

/// Does what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { common, command } = cli;
    match command {
        Command::Completions { shell } => completions(shell),
        Command::Openapi => print(tegata_http::OPENAPI),
        Command::Settings(page) if page.markdown => print(&markdown::page()),
        Command::Settings(_) => list_settings(),
        Command::Token(Token::Inspect { token }) => token::inspect(&token),
        Command::Serve(flags) => {
            let settings = settings(common, Some(flags))?;
            logging::start(&settings.log);
            serve::run(&settings)
        }
        Command::Doctor => doctor::run(common),
        command => {
            let settings = settings(common, None)?;
            logging::start(&settings.log);
            match command {
                Command::User(command) => user::run(&settings, command),
                Command::Client(command) => client::run(&settings, command),
                Command::Keys(command) => keys::run(&settings, &command),
                Command::Token(Token::Verify(what)) => token::verify(&settings, &what),
                Command::Audit(command) => audit::run(&settings, command),
                Command::Backup(to) => backup::run(&settings, &to.file),
                Command::Export(what) => moving::run_export(&settings, &what),
                Command::Import(what) => moving::run_import(&settings, &what),
                _ => Ok(()),
            }
        }
    }
}

/// Reads the settings of a command.
fn settings(common: Common, serve: Option<Serve>) -> Result<Settings, Failure> {
    let mut flags: Vec<_> = common.set.into_iter().map(|set| ("--set".to_owned(), set)).collect();
    let mut flag = |name: &str, key: &str, value: Option<String>| {
        flags.extend(value.map(|value| (name.to_owned(), format!("{key}={value}"))));
    };
    flag("--data-dir", "server.data_dir", common.data_dir);
    if let Some(serve) = serve {
        flag("--listen", "server.listen", serve.listen);
        flag("--public-url", "server.public_url", serve.public_url);
        flag("--store", "store.kind", serve.store);
    }
    let environment = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let settings = load(&Sources { config: common.config, environment, flags })?;
    shared_store::require(&settings)?;
    Ok(settings)
}

/// Writes to standard output. A reader that has gone away, such as `head`, is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A foreign text for a person's terminal: what would steer it is written as its number.
fn printable(text: &str) -> String {
    escaped(text, |c| c.escape_unicode().to_string())
}

/// A line of JSON, for programs and for a person's terminal: what would steer that is escaped as JSON escapes it. It stands in
/// strings only.
fn to_json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(value).map_err(Failure::new)?;
    // All of them are in the plane that one escape reaches (RFC 8259 §7).
    Ok(escaped(&json, |c| format!("\\u{:04x}", u32::from(c))))
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if is_steering(c) { escape(c) } else { c.to_string() }).collect()
}

/// A secret or a token from standard input: one line, without its end.
fn read_line(what: &str) -> Result<String, Failure> {
    const MAX: u64 = 64 * 1024;
    let mut text = String::new();
    let failed = |error: &dyn std::fmt::Display| Failure::new(format_args!("{what} cannot be read: {error}"));
    io::stdin().lock().take(MAX).read_to_string(&mut text).map_err(|error| failed(&error))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\n') {
        return Err(failed(&"standard input has more than one line"));
    }
    Ok(line.to_owned())
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tegata", &mut script);
    print(&String::from_utf8_lossy(&script))
}

fn list_settings() -> Result<(), Failure> {
    let defaults = Settings::default();
    let mut text = String::new();
    for setting in SETTINGS {
        let default = match ((setting.show)(&defaults), setting.otherwise) {
            (Some(value), "") => value,
            (None, "") => "not set".to_owned(),
            (_, otherwise) => otherwise.to_owned(),
        };
        text += &format!(
            "{} ({}) [default: {default}]\n    {}\n",
            setting.key, setting.value_type, setting.about
        );
    }
    print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r66_no_foreign_text_steers_the_terminal_of_an_operator() {
        let text = "Good\u{202e}live\u{1b}[2J\u{9b}x\n\u{61c}";
        assert_eq!(printable(text), "Good\\u{202e}live\\u{1b}[2J\\u{9b}x\\u{a}\\u{61c}");
        let json = to_json(&text).unwrap();
        assert!(!json.chars().any(is_steering), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
