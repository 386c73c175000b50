//! The provider, its database and its web application in one process, and the commands of its operator.
//!
//! `tegata` is what everyone needs. A package that has a store for several servers makes a program of its own of it.

#![expect(clippy::format_push_string, reason = "texts for people are put together once, not a million times")]

mod audit_log;
mod cli;
mod clients_file;
mod command;
mod data_dir;
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

pub use failure::{Chain, Failure};
pub use settings::StoreSettings;
pub use shared_store::SharedStore;

/// The program `tegata`.
pub fn run() -> ExitCode {
    let cli = cli::Cli::parse();
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// A program that is the same, and has a store that several servers share.
pub fn run_with(store: &'static dyn SharedStore) -> ExitCode {
    shared_store::link(store);
    run()
}
