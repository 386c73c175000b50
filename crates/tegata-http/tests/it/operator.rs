//! `/healthz`, `/readyz`, `/metrics`

use serde_json::json;
use tegata_http::MetricsAccess;

use crate::schema::OPENAPI;
use crate::world::{PASSWORD, World};

async fn metrics(world: &World) -> String {
    let answer = world.get("/metrics").from("127.0.0.1").send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_process_lives_and_is_ready_while_its_store_answers() {
    let world = World::new().await;
    assert_eq!(world.get("/readyz").send().await.body, json!({"status": "ready"}));
    world.store.set_down(true);
    let answer = world.get("/readyz").send().await;
    answer.is_problem(503, "temporarily_unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(world.get("/healthz").send().await.body, json!({"status": "alive"}));
}

#[tokio::test]
async fn metrics_are_for_the_machine_itself() {
    let world = World::new().await;
    for peer in ["192.0.2.1", "10.0.0.1", "2001:db8::1"] {
        world.get("/metrics").from(peer).send().await.is_problem(404, "not_found");
    }
    for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(world.get("/metrics").from(peer).send().await.status, 200);
    }
    // A proxy on the same machine speaks for somebody else.
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via"] {
        let call = world.get("/metrics").from("127.0.0.1").header(name, "198.51.100.7");
        call.send().await.is_problem(404, "not_found");
    }
    let open = World::with(|plan| plan.http.metrics = MetricsAccess::Anyone).await;
    assert_eq!(open.get("/metrics").send().await.status, 200);
    let off = World::with(|plan| plan.http.metrics = MetricsAccess::Off).await;
    off.get("/metrics").from("127.0.0.1").send().await.is_problem(404, "not_found");
}

#[tokio::test]
async fn what_happened_is_counted() {
    let world = World::new().await;
    let first = world.join("alice").await;
    for _ in 0..7 {
        let body = json!({"username": "alice", "password": "a wrong password"});
        world.post("/auth/login", &body).send().await;
    }
    let second = world.refresh(&first.refresh).await;
    assert_eq!(second.status, 200);
    world.pass(60);
    world.refresh(&first.refresh).await;
    world.refresh("tgr_garbage").await;
    world.get("/nothing/of/ours").send().await;
    let text = metrics(&world).await;
    for line in [
        "tegata_logins_total{outcome=\"success\"} 1",
        "tegata_logins_total{outcome=\"refused\"} 6",
        "tegata_logins_total{outcome=\"throttled\"} 1",
        "tegata_refreshes_total{outcome=\"success\"} 1",
        "tegata_refreshes_total{outcome=\"replayed\"} 1",
        "tegata_refreshes_total{outcome=\"refused\"} 1",
        "tegata_throttled_requests_total{route=\"/auth/login\"} 1",
        "tegata_http_requests_total{route=\"/auth/login\",class=\"4xx\"} 7",
        "tegata_http_requests_total{route=\"/auth/login\",class=\"2xx\"} 1",
        "tegata_http_requests_total{route=\"unknown\",class=\"4xx\"} 1",
        "tegata_http_request_duration_seconds_count{route=\"/auth/refresh\"} 3",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn r68_metrics_hold_nothing_of_a_user_and_do_not_grow() {
    let world = World::new().await;
    let tokens = world.join("alice").await;
    let before = metrics(&world).await.lines().count();
    for i in 0..50 {
        world.get(&format!("/users/me/sessions/{i}")).bearer(&tokens.access).send().await;
        world.get(&format!("/auth/{i}?q={i}")).send().await;
        world.call("BREW", "/auth/login").send().await;
    }
    let text = metrics(&world).await;
    assert_eq!(text.lines().count(), before);
    for secret in ["alice", PASSWORD, &tokens.access, &tokens.refresh, "192.0.2.1"] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn every_route_is_documented() {
    let world = World::new().await;
    let text = metrics(&world).await;
    let mut routes: Vec<_> =
        text.lines().filter_map(|line| line.split("route=\"").nth(1)?.split('"').next()).collect();
    routes.sort_unstable();
    routes.dedup();
    routes.retain(|route| *route != "unknown");
    let documented: Vec<_> = OPENAPI["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(routes.len(), documented.len());
    assert!(routes.iter().all(|route| documented.contains(route)), "{routes:?}");
}
