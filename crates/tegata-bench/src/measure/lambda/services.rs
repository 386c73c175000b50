//! DynamoDB and KMS, as far as a function asks them when it starts. They answer at once, so that what is measured is the
//! function and not an emulator.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tegata_core::key_set::KeySet;
use tegata_core::master_key::MasterKey;
use tegata_core::settings::Settings;
use tegata_http::{Clock as _, SystemClock, SystemEntropy};
use tokio::net::TcpListener;

use crate::client::Error;

/// What every key service of the benchmark unwraps.
const MASTER_KEY: [u8; MasterKey::LENGTH] = [9; MasterKey::LENGTH];

/// Where the services of an issuer answer.
pub(super) async fn open(issuer: &str) -> Result<String, Error> {
    let sealing = MasterKey::new(MASTER_KEY.into()).sealing_key();
    let policy = Settings::new(issuer).key_policy();
    let key_set = KeySet::first(&policy, &sealing, &SystemEntropy, SystemClock.now())?;
    let document = Arc::new(serde_json::to_string(&key_set)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback(answer).with_state(document);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(endpoint)
}

async fn answer(State(key_set): State<Arc<String>>, headers: HeaderMap, body: Bytes) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match (target, asked["TableName"].as_str()) {
        ("TrentService.Decrypt", _) => json!({ "Plaintext": STANDARD.encode(MASTER_KEY) }),
        (_, Some("tegata-keys")) => json!({ "Item": { "d": { "S": *key_set } } }),
        (_, Some("tegata-public-keys")) => json!({ "Item": { "w": { "B": STANDARD.encode(b"wrapped") } } }),
        _ => json!({}),
    };
    answer.to_string()
}
