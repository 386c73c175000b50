//! The router in parts, as functions mount it.

use serde_json::json;
use tegata_http::{Part, closed_router, router_of};

use crate::schema::OPENAPI;
use crate::world::{PASSWORD, World};

/// Every documented operation: method and a path that its template fits.
fn operations() -> Vec<(String, String)> {
    let paths = OPENAPI["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &serde_json::Value)| {
        let path = path.replace("{session_id}", "AAAAAAAAAAAAAAAAAAAAAA");
        let methods = methods.as_object().unwrap().keys().filter(|key| *key != "parameters");
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn the_parts_together_are_the_whole_and_no_operation_is_in_two() {
    let world = World::new().await;
    let parts = Part::ALL.map(|part| (part, world.through(router_of(world.state.clone(), &[part]))));
    assert!(operations().len() > 15);
    for (method, path) in operations() {
        // From where metrics are shown.
        let whole = world.call(&method, &path).from("127.0.0.1").send().await;
        assert!(!matches!(whole.status, 404 | 405), "{method} {path}: {}", whole.status);
        let mut owners = Vec::new();
        for (part, of_part) in &parts {
            let answer = of_part.call(&method, &path).from("127.0.0.1").send().await;
            if answer.status == 404 {
                answer.is_problem(404, "not_found");
                assert!(!answer.headers.contains_key("allow"), "{part:?} tells the methods of {path}");
                continue;
            }
            assert_eq!((answer.status, answer.code()), (whole.status, whole.code()), "{method} {path}");
            owners.push(*part);
        }
        assert_eq!(owners.len(), 1, "{method} {path} is served by {owners:?}");
    }
}

#[tokio::test]
async fn a_part_refuses_what_is_not_its_own() {
    let world = World::new().await;
    let register = world.through(router_of(world.state.clone(), &[Part::Register]));
    register.sign_up("alice").await;
    let login = json!({"username": "alice", "password": PASSWORD});
    register.post("/auth/login", &login).send().await.is_problem(404, "not_found");
    register.get("/metrics").from("127.0.0.1").send().await.is_problem(404, "not_found");
    register.get("/").send().await.is_problem(404, "not_found");
    // Of its own paths it knows the methods.
    register.get("/auth/signup").send().await.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn several_parts_are_mounted_together() {
    let world = World::new().await;
    let both = world.through(router_of(world.state.clone(), &[Part::Register, Part::Login]));
    both.join("alice").await;
    both.get("/users/me").send().await.is_problem(404, "not_found");
}

#[tokio::test]
async fn a_closed_router_answers_nothing_else() {
    let world = World::new().await;
    let closed = world.through(closed_router(&world.state));
    for path in ["/", "/index.html", "/nothing"] {
        closed.get(path).send().await.is_problem(403, "direct_access");
    }
}
