//! The binary `tegata`: the provider, its database and its web application in one process, and the commands of its operator.

#![expect(clippy::format_push_string, reason = "texts for people are put together once, not a million times")]

mod audit_log;
mod cli;
mod command;
mod data_dir;
mod dynamodb;
mod failure;
mod installation;
mod key_file;
mod logging;
mod master_key;
mod moving;
mod new_file;
mod serve;
mod settings;
mod web;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
