//! Clients whose name is the address of their metadata.

use crate::world::World;

const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_ID: &str = "client_id=https%3A%2F%2Fapp.example%2Fclient.json";

#[tokio::test]
async fn v58_a_document_that_cannot_be_had_is_503_and_never_an_invalid_client() {
    // No other server can be reached from this world.
    let world = World::with(|plan| plan.rules.oauth.metadata_documents = true).await;
    let page = world.get(&format!("/oauth2/authorize?{CLIENT_ID}&response_type=code")).send().await;
    assert_eq!(page.status, 503);
    for path in ["/oauth2/token", "/oauth2/par", "/oauth2/revoke"] {
        let body = format!("{CLIENT_ID}&grant_type=refresh_token&refresh_token=x&token=x");
        let answer = world.call("POST", path).header("content-type", FORM).raw(body).send().await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("temporarily_unavailable")));
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
}
