//! What a client of one sector knows users by (OIDC Core §8.1), when it becomes one of another.

use super::*;
use crate::client::SubjectType;

type Change = fn(&mut ClientMetadata);

const OFFLINE: &str = "openid offline_access";

/// The host of somebody else.
fn elsewhere(metadata: &mut ClientMetadata) {
    metadata.redirect_uris = vec!["https://victim.example/cb".parse().unwrap()];
}

#[tokio::test]
async fn r39_nothing_that_was_granted_goes_along_into_another_sector() {
    let pairwise: Change = |metadata| metadata.subject_type = SubjectType::Pairwise;
    let moves: [(Change, Change); 3] = [
        (pairwise, elsewhere),
        (
            |_| {},
            |metadata| {
                metadata.subject_type = SubjectType::Pairwise;
                elsewhere(metadata);
            },
        ),
        (pairwise, |metadata| metadata.subject_type = SubjectType::Public),
    ];
    for (before, after) in moves {
        let world = world().await;
        let app = world.party("app", before).await;
        let browser = world.log_in_browser("alice").await;
        let tokens = world.tokens(&app, OFFLINE, &browser).await;
        let code = world.code(&app, OFFLINE, &browser).await;
        let device = world.device(&app, OFFLINE).await;
        world.decide_device(&device.user_code, true, &browser).await;
        let change = |client: &mut Client| after(&mut client.metadata);
        world.provider.change_client(&app.client.client_id, change, &world.ctx()).await.unwrap();
        assert!(world.user_info(&tokens.access_token).await.is_err());
        assert!(!world.is_active(&app, refresh_token(&tokens)).await);
        assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
        assert_eq!(refusal(world.poll(&app, &device.device_code).await), ErrorCode::InvalidGrant);
        let refreshed = world.refresh_at(&app, refresh_token(&tokens)).await;
        assert_eq!(refusal(refreshed), ErrorCode::InvalidGrant);
        assert_eq!(world.grants_of("alice").await, 0);
    }
}

#[tokio::test]
async fn r39_a_client_that_stays_in_its_sector_keeps_its_grants_and_its_names() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.subject_type = SubjectType::Pairwise).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, OFFLINE, &browser).await;
    let more = |client: &mut Client| {
        client.metadata.redirect_uris.push("https://app.example:8443/other".parse().unwrap());
    };
    world.provider.change_client(&app.client.client_id, more, &world.ctx()).await.unwrap();
    let refreshed = world.refresh_at(&app, refresh_token(&tokens)).await.unwrap();
    assert_eq!(claims(&refreshed.access_token)["sub"], claims(&tokens.access_token)["sub"]);
}
