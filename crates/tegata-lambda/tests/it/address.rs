//! Who the client is.

use serde_json::json;
use tegata_lambda::Function;

use crate::shape::{Call, Shape};
use crate::world::{SECRET, World};

/// The address that the audit log has of a failed login by this call.
async fn address_of(world: &World, shape: Shape, headers: &[(&'static str, &str)]) -> String {
    let body = json!({"username": "nobody", "password": "wrong"});
    let mut call = Call::post("/auth/login", &body);
    for (name, value) in headers {
        call = call.header(name, *value);
    }
    let answer = world.send(shape, Function::Login, call).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    world.audit.all().last().unwrap()["address"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn v35_the_client_is_who_aws_says_and_not_who_it_says() {
    for shape in Shape::ALL {
        let world = World::new().await;
        let claims = [
            ("cloudfront-viewer-address", "203.0.113.66:1"),
            ("x-real-ip", "203.0.113.66"),
            ("forwarded", "for=203.0.113.66"),
            ("x-origin-verify", SECRET),
        ];
        assert_eq!(address_of(&world, shape, &claims).await, "198.51.100.20", "{shape:?}");
        if shape != Shape::LoadBalancer {
            let forwarded = [("x-forwarded-for", "203.0.113.66")];
            assert_eq!(address_of(&world, shape, &forwarded).await, "198.51.100.20", "{shape:?}");
        }
    }
}

#[tokio::test]
async fn r71_behind_the_distribution_the_viewer_is_the_client() {
    for shape in Shape::ALL {
        let world = World::with(&[("TEGATA_ORIGIN_SECRET", SECRET)]).await;
        let viewer = [("x-origin-verify", SECRET), ("cloudfront-viewer-address", "2001:db8::7:46532")];
        assert_eq!(address_of(&world, shape, &viewer).await, "2001:db8::7", "{shape:?}");
        // A distribution that does not say who its viewer is: all of them are one, which slows down too many.
        assert_eq!(address_of(&world, shape, &viewer[..1]).await, "198.51.100.20", "{shape:?}");
    }
}

#[tokio::test]
async fn v35_around_the_distribution_there_is_no_way() {
    let world = World::with(&[("TEGATA_ORIGIN_SECRET", SECRET)]).await;
    for shape in Shape::ALL {
        let calls = [
            Call::get("/auth/config"),
            Call::get("/auth/config").header("x-origin-verify", "guess"),
            Call::get("/auth/config").header("x-origin-verify", SECRET).header("x-origin-verify", SECRET),
            Call::get("/nothing"),
            Call::get("/.well-known/jwks.json"),
        ];
        for call in calls {
            world.send(shape, Function::Account, call).await.is_problem(403, "direct_access");
        }
        let right = Call::get("/auth/config").header("x-origin-verify", SECRET);
        assert_eq!(world.send(shape, Function::Account, right).await.status, 200, "{shape:?}");
    }
}
