//! `tegata keys`: the signing keys.

use std::fmt::Write as _;

use tegata_core::error::ProviderError;
use tegata_core::key_set::KeyState;
use tegata_http::{Clock as _, SystemClock};

use super::print;
use crate::cli;
use crate::failure::Failure;
use crate::installation::{Installation, block_on};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, command: &cli::Keys) -> Result<(), Failure> {
    let installation = Installation::of_command(settings)?;
    block_on(async {
        if let cli::Keys::Rotate { now } = command {
            installation.provider(settings).await?.rotate_keys(*now, SystemClock.now()).await?;
            let note = if *now {
                "the new key signs from now on; a running server takes it up within a minute, or when it is restarted"
            } else {
                "a new key is published; it signs once verifiers have had time to learn of it"
            };
            print(&format!("{note}\n"))?;
        }
        list(settings, &installation).await
    })
}

async fn list(settings: &Settings, installation: &Installation) -> Result<(), Failure> {
    let policy = settings.core(String::new()).key_policy();
    let key_set = installation.store().find_key_set().await.map_err(ProviderError::from)?;
    let key_set = key_set.ok_or_else(|| {
        Failure::new("there are no keys yet").advise("the first start of `tegata serve` makes them")
    })?;
    // The active key signs until verifiers have heard of the next one, however old it counts.
    let next_signs = key_set.keys.iter().filter(|key| key.state == KeyState::Next);
    let next_signs = next_signs.map(|key| key.created_at + policy.publish_ahead).max();
    let mut text = format!("{:<44} {:<6} {:<8} {:<21} NEXT\n", "KID", "ALG", "STATE", "MADE");
    for key in &key_set.keys {
        let (state, next) = match key.state {
            KeyState::Next => (
                "next",
                format!(
                    "signs from {} at the earliest",
                    (key.created_at + policy.publish_ahead).to_rfc3339()
                ),
            ),
            KeyState::Active { since } => {
                let replaced_at =
                    next_signs.map_or(since + policy.active_for, |at| at.max(since + policy.active_for));
                ("active", format!("is replaced about {}", replaced_at.to_rfc3339()))
            }
            KeyState::Retired { until } => ("retired", format!("is published until {}", until.to_rfc3339())),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<44} {:<6} {state:<8} {:<21} {next}",
            key.kid,
            key.alg,
            key.created_at.to_rfc3339()
        );
    }
    print(&text)
}
