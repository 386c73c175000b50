//! The client of the SDK, under our own rules.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};

use crate::Options;

/// A client from the environment, as every AWS program finds its region and credentials.
///
/// With an endpoint on the local machine and no credentials in the environment it takes made-up ones: an emulator wants
/// some and compares none.
pub async fn client(endpoint: Option<&str>) -> Client {
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(Options::CONNECT_TIMEOUT, Options::ATTEMPT_TIMEOUT));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
        if is_loopback(endpoint) && !has_credentials() {
            config = config
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new("tegata", "tegata", None, None, "emulator"));
        }
    }
    Client::new(&config.load().await)
}

/// The client under our time-outs and without the SDK's retries, whoever made it. One that has them already stays as it
/// is, and so do its open connections.
pub(crate) fn with_own_rules(client: Client, connect: Duration, attempt: Duration) -> Client {
    let config = client.config();
    let retries_off = config.retry_config().is_some_and(|retry| !retry.has_retry());
    let times_set = config.timeout_config().is_some_and(|timeouts| {
        timeouts.connect_timeout() == Some(connect) && timeouts.operation_attempt_timeout() == Some(attempt)
    });
    if retries_off && times_set {
        return client;
    }
    let own = config.to_builder().retry_config(RetryConfig::disabled());
    Client::from_conf(own.timeout_config(timeouts(connect, attempt)).build())
}

fn timeouts(connect: Duration, attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(connect).operation_attempt_timeout(attempt).build()
}

/// Whether an endpoint is on this machine.
fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let host = host
        .strip_prefix('[')
        .and_then(|v6| v6.split(']').next())
        .unwrap_or_else(|| host.split(':').next().unwrap_or_default());
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[expect(clippy::disallowed_methods, reason = "the SDK reads the same variable, at the same time")]
fn has_credentials() -> bool {
    std::env::var_os("AWS_ACCESS_KEY_ID").is_some() || std::env::var_os("AWS_PROFILE").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_given_made_up_credentials() {
        for own in
            ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000", "http://127.0.0.2"]
        {
            assert!(is_loopback(own), "{own}");
        }
        for other in
            ["https://dynamodb.us-east-1.amazonaws.com", "http://127.0.0.1.example:80", "http://10.0.0.1"]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
