//! The published page, made from the same figures that the meter is held against.

use std::fmt::Write as _;
use std::path::Path;

use super::{ACCOUNT, ALL, Cost, LOGIN, LOGOUT, PRICE_OF_READS, PRICE_OF_WRITES, REFRESH};

const PAGE: &str = "docs/reference/cost.md";

const HEAD: &str = "\
# What DynamoDB costs

<!-- Made by a test of tegata-store-dynamodb from what it measures; `cargo xtask docs --write` makes it anew. -->

What each operation asks of the tables, and what a million of them cost on demand in us-east-1. A test does every one of them on
Amazon's DynamoDB Local and holds the units that the engine meters against this table, so that none grows unnoticed.
";

const BELOW: &str = "\
RRU and WRU are read and write request units: 4 KB read with strong consistency, half of it with eventual consistency; 1 KB written,
twice that in a transaction. Three rules of the service are metered otherwise by the engine and counted by hand: a refused write costs
as much as a done one, a query that finds nothing costs as much as one that finds a little, and a transaction of one part costs
twice what the write alone would. A user and a session are below 1 KB each.

A login costs more than the budget of our own design, which was 2 RRU and 1 WRU. Each attempt is counted before the password is
looked at, and forgotten when it was right: two writes that make the limit on guessing hold against parallel guesses. The
user is read again after the session was written, so that no login outlives a change of password beside it; a transaction
would do the same for 4 WRU more and 1 RRU less. A refresh, of which there are a hundred for one login, costs one write and nothing else.

Where many write one item at once, such as the counter of an address that guesses passwords, the loser of each race pays for
its refused write and tries again.

## A month of an active user
";

/// What an active user does in a month, on two devices, somewhat every day.
const MONTH: [(&Cost, u32); 4] = [(&LOGIN, 4), (&REFRESH, 120), (&ACCOUNT, 20), (&LOGOUT, 2)];

/// Amazon Cognito, user pools, Essentials, per monthly active user past the free ones.
const COGNITO: f64 = 0.015;

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| Operation | Requests | RRU | WRU | Per million | What it asks for |\n|---|---|---|---|---|---|\n");
    for cost in ALL {
        let (requests, reads, writes) = (cost.requests, cost.read_units, cost.write_units);
        let (price, note) = (cost.dollars_per_million(), cost.note);
        writeln!(page, "| {} | {requests} | {reads} | {writes} | ${price:.2} | {note} |", cost.operation)
            .unwrap();
    }
    writeln!(page, "\nPrices: ${PRICE_OF_READS} per million RRU, ${PRICE_OF_WRITES} per million WRU.")
        .unwrap();
    page.push_str(BELOW);
    let month: f64 = MONTH.iter().map(|(cost, times)| cost.dollars_per_million() * f64::from(*times)).sum();
    let does: Vec<_> =
        MONTH.iter().map(|(cost, times)| format!("{times} × {}", cost.operation.to_lowercase())).collect();
    write!(
        page,
        "\nSay {}: the tables cost ${month:.0} for a million such users, or ${:.6} for each. Amazon Cognito asks ${COGNITO} per \
         monthly active user on its Essentials tier, past the first 10,000, which is {:.0} times as much. The comparison is not \
         whole: beside the tables there are API Gateway, Lambda, storage and backups to pay, of which the requests of API Gateway are \
         the largest part ($3.50 per million: ${:.5} for this user), and Cognito is run by others. All prices are list prices of \
         us-east-1 as known in November 2026; they differ by region and change.\n",
        does.join(", "),
        month / 1e6,
        COGNITO / (month / 1e6),
        MONTH.iter().map(|(_, times)| f64::from(*times)).sum::<f64>() * 3.5 / 1e6,
    )
    .unwrap();
    page
}

#[test]
fn the_page_of_costs_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
    #[expect(
        clippy::disallowed_methods,
        reason = "`cargo xtask docs --write` asks for the page by this variable"
    )]
    if std::env::var_os("TEGATA_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == page(), "{PAGE} is stale: run `cargo xtask docs --write`");
}
