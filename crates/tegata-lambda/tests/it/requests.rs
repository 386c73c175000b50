//! One story through every kind of event.

use lambda_http::request::LambdaRequest;
use serde_json::json;
use tegata_lambda::Function;

use crate::shape::{Call, Shape};
use crate::world::{ISSUER, PASSWORD, World};

#[tokio::test]
async fn the_whole_life_of_an_account_passes_through_every_kind_of_event() {
    for shape in Shape::ALL {
        let world = World::new().await;
        world.sign_up(shape, "alice").await;

        let body = json!({"username": "alice", "password": PASSWORD});
        let logged_in = world.send(shape, Function::Login, Call::post("/auth/login", &body)).await;
        assert_eq!(logged_in.status, 200, "{shape:?}: {}", logged_in.text);
        let cookies = logged_in.cookies();
        assert_eq!(cookies.len(), 3, "{shape:?}: {cookies:?}");
        assert!(cookies.iter().all(|cookie| cookie.starts_with("__Host-tegata_")), "{cookies:?}");
        let access = logged_in.body()["access_token"].as_str().unwrap().to_owned();

        let csrf = cookies.iter().find_map(|cookie| cookie.strip_prefix("__Host-tegata_csrf=")).unwrap();
        // Browsers over HTTP/2 may send each cookie in a header of its own (RFC 9113 §8.2.3).
        let mut refresh = Call::new("POST", "/auth/refresh").header("x-csrf-token", csrf);
        for cookie in &cookies {
            refresh = refresh.header("cookie", cookie);
        }
        let refreshed = world.send(shape, Function::Refresh, refresh).await;
        assert_eq!(refreshed.status, 200, "{shape:?}: {}", refreshed.text);
        assert_eq!(refreshed.cookies().len(), 2);

        let profile = world.send(shape, Function::Account, Call::get("/users/me").bearer(&access)).await;
        assert_eq!(profile.body()["user"]["username"], "alice", "{shape:?}");

        let everywhere = Call::new("POST", "/auth/logout-all").bearer(&access);
        let ended = world.send(shape, Function::Account, everywhere).await;
        assert_eq!((ended.status, ended.text.as_str()), (204, ""), "{shape:?}");
        let gone = world.send(shape, Function::Account, Call::get("/users/me").bearer(&access)).await;
        gone.is_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_recorded_event_is_answered() {
    let world = World::new().await;
    for shape in Shape::ALL {
        let answer = world.invoke(Function::Account, &shape.recorded()).await.unwrap();
        let answer = shape.answer(&answer);
        assert_eq!((answer.status, &answer.body()["issuer"]), (200, &json!(ISSUER)), "{shape:?}");
    }
}

#[tokio::test]
async fn the_name_of_a_stage_is_no_part_of_the_path() {
    let world = World::new().await;
    let config = Call::get("/auth/config");
    // The recorded REST event has the stage `prod`; its path has not.
    assert_eq!(world.send(Shape::Rest, Function::Account, config.clone()).await.status, 200);
    let mut event = Shape::Http.event(&Call { path: "/prod/auth/config".to_owned(), ..config.clone() });
    event["requestContext"]["stage"] = json!("prod");
    let answer = Shape::Http.answer(&world.invoke(Function::Account, &event).await.unwrap());
    assert_eq!(answer.status, 200, "{}", answer.text);
    // A path of that name is not one.
    let other = Call { path: "/product/auth/config".to_owned(), ..config };
    let mut event = Shape::Http.event(&other);
    event["requestContext"]["stage"] = json!("prod");
    let answer = Shape::Http.answer(&world.invoke(Function::Account, &event).await.unwrap());
    answer.is_problem(404, "not_found");
}

#[tokio::test]
async fn a_body_may_be_in_base64_and_an_answer_never_is() {
    use base64::Engine as _;
    let world = World::new().await;
    for (i, shape) in Shape::ALL.into_iter().enumerate() {
        let body = json!({"username": format!("alice{i}"), "password": PASSWORD}).to_string();
        let body = base64::engine::general_purpose::STANDARD.encode(body);
        let call = Call::new("POST", "/auth/signup").header("content-type", "application/json");
        let call = Call { body: Some(body), is_base64: true, ..call };
        assert_eq!(world.send(shape, Function::Register, call).await.status, 201, "{shape:?}");

        let public = ["/.well-known/jwks.json", "/.well-known/openid-configuration", "/openapi.json"];
        for path in public.into_iter().chain(["/auth/config", "/users/me", "/nothing"]) {
            let answer = world.send(shape, Function::Account, Call::get(path)).await;
            assert!(!answer.is_base64 && answer.text.starts_with('{'), "{shape:?} {path}: {}", answer.text);
        }
        let jwks = world.send(shape, Function::Account, Call::get("/.well-known/jwks.json")).await;
        let known = Call::get("/.well-known/jwks.json").header("if-none-match", &jwks.headers["etag"][0]);
        let unchanged = world.send(shape, Function::Account, known).await;
        assert_eq!((unchanged.status, unchanged.text.as_str(), unchanged.is_base64), (304, "", false));
    }
}

#[tokio::test]
async fn a_query_reaches_its_endpoint() {
    for shape in Shape::ALL {
        let world = World::new().await;
        for username in ["alice", "bob", "carol"] {
            world.sign_up(shape, username).await;
        }
        world.grant("alice", "users:read").await;
        let (access, _) = world.login(shape, "alice").await;
        let page = Call::get("/users").query("limit", "2").bearer(&access);
        let page = world.send(shape, Function::Account, page).await;
        assert_eq!(page.status, 200, "{shape:?}: {}", page.text);
        assert_eq!(page.body()["users"].as_array().unwrap().len(), 2);
        let cursor = page.body()["next_cursor"].as_str().unwrap().to_owned();
        let rest = Call::get("/users").query("limit", "2").query("cursor", &cursor).bearer(&access);
        let rest = world.send(shape, Function::Account, rest).await;
        assert_eq!(rest.body()["users"].as_array().unwrap().len(), 1, "{shape:?}: {}", rest.text);
        let twice = Call::get("/users").query("limit", "2").query("limit", "3").bearer(&access);
        world.send(shape, Function::Account, twice).await.is_problem(400, "validation_failed");
    }
}

#[tokio::test]
async fn what_is_no_uri_gets_an_answer_all_the_same() {
    let world = World::new().await;
    for shape in Shape::ALL {
        for path in ["", "auth/config", "/auth/../auth/config", "/auth/config#x", "/ä ö", "//", "/%zz"] {
            let call = Call { path: path.to_owned(), ..Call::get("/") };
            let status = world.send(shape, Function::Account, call).await.status;
            assert!(matches!(status, 200 | 404), "{shape:?} {path}: {status}");
        }
        let call = Call::get("/auth/config").query("x", "<script> \u{e9}\"");
        assert_eq!(world.send(shape, Function::Account, call).await.status, 200, "{shape:?}");
        for host in ["a b", "[", ""] {
            let mut event = shape.event(&Call::get("/auth/config"));
            for map in ["headers", "multiValueHeaders"] {
                if let Some(headers) = event[map].as_object_mut() {
                    headers.retain(|name, _| !name.eq_ignore_ascii_case("host"));
                    let value = if map == "headers" { json!(host) } else { json!([host]) };
                    headers.insert("host".to_owned(), value);
                }
            }
            let answer = world.invoke(Function::Account, &event).await.unwrap();
            assert_eq!(shape.answer(&answer).status, 200, "{shape:?} {host}");
        }
    }
}

#[tokio::test]
async fn a_function_answers_its_own_routes_only() {
    let world = World::new().await;
    let login = json!({"username": "alice", "password": PASSWORD});
    for (function, call) in [
        (Function::Register, Call::post("/auth/login", &login)),
        (Function::Login, Call::post("/auth/signup", &login)),
        (Function::Refresh, Call::get("/users/me")),
        (Function::Account, Call::post("/auth/refresh", &json!({}))),
        (Function::Login, Call::form("/oauth2/token", &[], false)),
        (Function::Account, Call::form("/oauth2/token", &[], false)),
        (Function::OAuth, Call::post("/auth/login", &login)),
        (Function::OAuth, Call::get("/.well-known/jwks.json")),
        (Function::Account, Call::get("/metrics")),
        (Function::Account, Call::get("/healthz")),
        (Function::Account, Call::get("/readyz")),
    ] {
        world.send(Shape::Rest, function, call).await.is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_event_of_another_kind_is_none_of_ours() {
    let scheduled = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    assert!(serde_json::from_value::<LambdaRequest>(scheduled).is_err());
}

#[tokio::test]
async fn r68_what_a_gateway_says_about_the_caller_is_not_believed() {
    let world = World::new().await;
    world.sign_up(Shape::Rest, "alice").await;
    for shape in [Shape::Rest, Shape::Http] {
        for path in ["/users/me", "/api/protected"] {
            let mut event = shape.event(&Call::get(path));
            let context =
                json!({"sub": "alice", "scope": "openid profile users:read", "principalId": "alice"});
            event["requestContext"]["authorizer"] =
                if shape == Shape::Rest { context } else { json!({ "lambda": context }) };
            let answer = world.invoke(Function::Account, &event).await.unwrap();
            shape.answer(&answer).is_problem(401, "missing_token");
        }
    }
}
