//! The provider, its database and its web application in one process, and the commands of its operator: two programs.
//!
//! `tegata` is what everyone needs. `tegata-dynamodb` also has the store that several servers share, which doubles its size.

#![expect(clippy::format_push_string, reason = "texts for people are put together once, not a million times")]

mod audit_log;
mod cli;
mod clients_file;
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
mod shared_store;
mod token_inspector;
mod web;

use std::process::ExitCode;

use clap::Parser as _;

/// The program `tegata`.
pub fn run() -> ExitCode {
    let cli = cli::Cli::parse();
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The program `tegata-dynamodb`: the same, and the store on DynamoDB.
pub fn run_with_dynamodb() -> ExitCode {
    shared_store::link(&dynamodb::DynamoDb);
    run()
}
