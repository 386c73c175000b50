//! The job of the schedule: clients hear of logouts without anybody's request.

use std::time::Duration;

use serde_json::{Value, json};
use tegata_core::client::Client;
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::store::{ClientStore as _, NoticeStore as _};
use tegata_http::Clock as _;
use tegata_lambda::{EventError, Function};

use crate::world::World;

/// Somebody has ended a session of this client, in another function.
async fn session_ended(world: &World, number: u8, host: &str) {
    let client_id = format!("app-{number}");
    let client = json!({
        "client_id": client_id, "version": 1, "created_at": 1_600_000_000_000_i64, "status": "active",
        "origin": "operator", "secrets": [],
        "metadata": { "backchannel_logout_uri": format!("https://{host}/backchannel") },
    });
    let client: Client = serde_json::from_value(client).unwrap();
    assert!(world.store.create_client(&client).await.unwrap());
    let now = world.clock.now();
    let notice = LogoutNotice {
        notice_id: NoticeId::from_bytes([number; 16]),
        client_id: client.client_id,
        user_id: UserId::from_bytes([2; 16]),
        session_id: SessionId::from_bytes([number; 16]),
        attempts: 0,
        due_at: now,
        expires_at: now + Duration::from_hours(24),
    };
    world.store.put_notice(&notice).await.unwrap();
}

async fn run(world: &World, function: Function) -> Result<Value, EventError> {
    world.invoke(function, &json!({"job": "deliver_logout_notices"})).await
}

#[tokio::test]
async fn r41_a_schedule_tells_clients_of_what_another_function_has_ended() {
    let world = World::new().await;
    // More than are taken at a time.
    for number in 1..=40 {
        session_ended(&world, number, &format!("app-{number}.example")).await;
    }
    assert_eq!(run(&world, Function::OAuth).await.unwrap(), json!({"due": 40, "all": true}));
    assert_eq!(world.told.all().len(), 40);
    assert!(world.told.all().contains(&"https://app-7.example/backchannel".to_owned()));

    assert_eq!(run(&world, Function::OAuth).await.unwrap(), json!({"due": 0, "all": true}));
    assert_eq!(world.told.all().len(), 40, "each is told once");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_is_left_for_the_next_time_before_lambda_ends_the_function() {
    let world = World::new().await;
    session_ended(&world, 1, "slow.example").await;
    session_ended(&world, 2, "app.example").await;
    let begun = tokio::time::Instant::now();
    assert_eq!(run(&world, Function::OAuth).await.unwrap(), json!({"due": 0, "all": false}));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(world.told.all(), ["https://app.example/backchannel"]);
}

#[tokio::test]
async fn only_the_function_that_signs_for_it_has_the_job() {
    let world = World::new().await;
    session_ended(&world, 1, "app.example").await;
    for function in Function::ALL.into_iter().filter(|function| *function != Function::OAuth) {
        assert_eq!(run(&world, function).await, Err(EventError::NoJob), "{}", function.name());
    }
    assert!(world.told.all().is_empty());
}
