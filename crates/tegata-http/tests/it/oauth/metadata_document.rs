//! Clients whose name is the address of their metadata.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tegata_core::outbound::{Document, Outbound, OutboundError};

use super::relying_party::{open, submit, text};
use crate::world::{HTML, ISSUER, PASSWORD, World};

const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_ID: &str = "client_id=https%3A%2F%2Fapp.example%2Fclient.json";

#[tokio::test]
async fn v58_a_document_that_cannot_be_had_is_503_and_never_an_invalid_client() {
    // No other server can be reached from this world.
    let world = World::with(|plan| plan.rules.oauth.metadata_documents = true).await;
    let page = world.get(&format!("/oauth2/authorize?{CLIENT_ID}&response_type=code")).send().await;
    assert_eq!(
        (page.status, page.header("content-type"), page.header("retry-after")),
        (503, Some(HTML), Some("5"))
    );
    for path in ["/oauth2/token", "/oauth2/par", "/oauth2/revoke"] {
        let body = format!("{CLIENT_ID}&grant_type=refresh_token&refresh_token=x&token=x");
        let answer = world.call("POST", path).header("content-type", FORM).raw(body).send().await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("temporarily_unavailable")));
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
}

/// A server that answers once.
struct Once(Mutex<Option<Value>>);

#[async_trait]
impl Outbound for Once {
    async fn get(&self, _: &str) -> Result<Document, OutboundError> {
        let body = self.0.lock().unwrap().take().ok_or(OutboundError::Connection)?.to_string().into_bytes();
        Ok(Document { body, media_type: Some("application/json".to_owned()), max_age: None })
    }

    async fn post_form(&self, _: &str, _: &str) -> Result<u16, OutboundError> {
        Err(OutboundError::Connection)
    }
}

#[tokio::test]
async fn v58_whoever_enters_the_code_of_a_device_is_shown_an_outage_of_its_client_as_a_page() {
    let device_grant = "urn:ietf:params:oauth:grant-type:device_code";
    let document = json!({
        "client_id": "https://app.example/client.json", "grant_types": [device_grant],
    });
    let world = World::with(|plan| {
        plan.rules.oauth.metadata_documents = true;
        plan.rules.oauth.device_code_ttl = Duration::from_hours(2);
        plan.outbound = Arc::new(Once(Mutex::new(Some(document))));
    })
    .await;
    world.sign_up("alice").await;
    let device = world.call("POST", "/oauth2/device_authorization").header("content-type", FORM);
    let device = device.raw(format!("{CLIENT_ID}&scope=openid")).send().await;
    let link = device.body["verification_uri_complete"].as_str().unwrap().replace(ISSUER, "");
    world.pass(3_600);
    let browser = world.browser();
    let login = open(&browser, &link).await;
    let page = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(
        (page.status, page.header("content-type"), page.header("retry-after")),
        (503, Some(HTML), Some("10"))
    );
    assert!(text(&page).contains("id=\"error-page\""));
}
