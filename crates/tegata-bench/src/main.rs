//! Side-by-side benchmarks.
//!
//! Every figure is a ratio, or a rate per CPU-second of the server's own process, against something else in the same
//! run. `cargo xtask bench` builds what is measured, runs this and writes the table into `docs/performance.md`.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures to show"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark asks the machine for the time")]

mod client;
mod cpu;
mod measure;
mod report;
mod serve;
mod server;
mod store_alone;

use std::path::Path;

use client::Error;
use measure::{footprint, lambda, login, oauth, protected, refresh, storm, verify};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is the output")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (only, page) = match arguments[..] {
        ["serve-bare-route"] => return serve::bare_route().await,
        ["serve-memory-store"] => return serve::memory_store().await,
        [] => (None, None),
        ["--write", page] => (None, Some(page)),
        [only] => (Some(only), None),
        _ => {
            return Err(
                "usage: tegata-bench [verify|login|refresh|oauth|protected|storm|footprint|lambda | --write PAGE]"
                    .into(),
            );
        }
    };
    let wants = |name| only.is_none_or(|only| only == name);
    let mut rows = Vec::new();
    if wants("verify") {
        rows.extend(verify::run()?);
    }
    if wants("login") {
        rows.extend(login::run().await?);
    }
    if wants("refresh") {
        rows.extend(refresh::run().await?);
    }
    if wants("oauth") {
        rows.extend(oauth::run().await?);
    }
    if wants("protected") {
        rows.extend(protected::run().await?);
    }
    if wants("storm") {
        rows.extend(storm::run().await?);
    }
    if wants("footprint") {
        rows.extend(footprint::run()?);
    }
    if wants("lambda") {
        rows.extend(lambda::run().await?);
    }
    println!("{}", report::table(&rows));
    if let Some(page) = page {
        report::write(Path::new(page), &rows)?;
    }
    Ok(())
}
