//! Headers that are there more than once: events carry them in three ways, and none may hide one.

use serde_json::{Value, json};
use tegata_lambda::{EventError, Function};

use crate::shape::{Call, Shape};
use crate::world::{PASSWORD, World};

#[tokio::test]
async fn a_header_that_counts_once_is_refused_twice() {
    let world = World::new().await;
    world.sign_up(Shape::Rest, "alice").await;
    let (access, _) = world.login(Shape::Rest, "alice").await;
    for shape in Shape::ALL {
        let once = Call::get("/users/me").bearer(&access);
        assert_eq!(world.send(shape, Function::Account, once.clone()).await.status, 200, "{shape:?}");
        for twice in [once.clone().bearer(&access), once.clone().bearer("other")] {
            let answer = world.send(shape, Function::Account, twice).await;
            match shape {
                Shape::Rest | Shape::LoadBalancer => answer.is_problem(400, "duplicate_header"),
                // Joined by a comma they are no token.
                Shape::Http | Shape::FunctionUrl => answer.is_problem(401, "invalid_token"),
            }
        }
        let origins = once.header("origin", "https://id.example").header("origin", "https://evil.example");
        let answer = world.send(shape, Function::Account, origins).await;
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{shape:?}: {:?}",
            answer.headers
        );
        let login = json!({"username": "alice", "password": PASSWORD});
        let types = Call::post("/auth/login", &login).header("content-type", "text/plain");
        let answer = world.send(shape, Function::Login, types).await;
        assert!(matches!(answer.status, 400 | 415), "{shape:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_planted_second_cookie_is_noticed() {
    let world = World::new().await;
    for shape in Shape::ALL {
        let refresh = Call::new("POST", "/auth/refresh")
            .header("cookie", "__Host-tegata_refresh=tgr_planted")
            .header("cookie", "__Host-tegata_refresh=tgr_own");
        world.send(shape, Function::Refresh, refresh).await.is_problem(400, "duplicate_header");
    }
}

#[tokio::test]
async fn a_load_balancer_that_would_lose_cookies_is_refused() {
    let world = World::new().await;
    let mut event = Shape::LoadBalancer.recorded();
    let all = event.as_object_mut().unwrap().remove("multiValueHeaders").unwrap();
    let last = all.as_object().unwrap().iter().map(|(name, values)| (name.clone(), values[0].clone()));
    event["headers"] = Value::Object(last.collect());
    event["queryStringParameters"] = json!({});
    let error = world.invoke(Function::Account, &event).await.unwrap_err();
    assert_eq!(error, EventError::SingleHeaders);
    assert!(error.to_string().contains("lambda.multi_value_headers.enabled"));
}
