//! The store against the real engine: Amazon's DynamoDB Local.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod contract;
mod cost;
mod faults;
mod local;
mod provider;
mod proxy;
mod records;
mod scenario;
mod tables;
