//! The whole story, over both stores and both ways of delivery.

use serde_json::json;

use crate::world::{PASSWORD, Tokens, World};

#[tokio::test]
async fn a_user_of_a_browser_joins_comes_back_and_leaves() {
    for world in World::over_each_store().await {
        let browser = world.browser();
        let config = browser.send(browser.page("GET", "/auth/config")).await;
        assert_eq!((config.status, config.body["password_min_length"].as_u64()), (200, Some(15)));
        let new = json!({"username": "Alice", "email": "alice@mail.example", "password": PASSWORD});
        let made = browser.send(browser.page("POST", "/auth/signup").json(&new)).await;
        assert_eq!((made.status, &made.body["user"]["username"]), (201, &json!("Alice")));
        assert!(made.set_cookies().is_empty(), "signing up does not log in");

        let logged_in = browser.login("alice").await;
        assert!(logged_in.body.get("refresh_token").is_none(), "out of reach of scripts");
        assert_eq!(logged_in.body["user"], made.body["user"]);
        let access = Tokens::of(&logged_in).access;
        let shown = browser.send(browser.page("GET", "/api/protected").bearer(&access)).await;
        assert_eq!(shown.body["user"]["username"], "Alice");

        // The access token expires, the cookie brings the next.
        world.pass(901);
        browser
            .send(browser.page("GET", "/api/protected").bearer(&access))
            .await
            .is_problem(401, "invalid_token");
        let refreshed = browser.refresh().await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.body);
        assert!(refreshed.body.get("user").is_none() && refreshed.body.get("refresh_token").is_none());
        let access = Tokens::of(&refreshed).access;

        let patch = json!({"name": "Alice A.", "locale": "ja"});
        let changed = browser.send(browser.page("PATCH", "/users/me").bearer(&access).json(&patch)).await;
        assert_eq!((changed.status, &changed.body["user"]["name"]), (200, &json!("Alice A.")));
        let profile = browser.send(browser.page("GET", "/users/me").bearer(&access)).await;
        assert_eq!(profile.body, changed.body);

        let change = json!({"current_password": PASSWORD, "new_password": "another long passphrase"});
        let answer =
            browser.send(browser.page("POST", "/users/me/password").bearer(&access).json(&change)).await;
        assert_eq!(answer.status, 204);
        assert_eq!(browser.refresh().await.status, 200, "the session that changed it lives on");

        let out = browser.send(browser.page("POST", "/auth/logout")).await;
        assert_eq!(out.status, 204);
        assert_eq!((browser.cookie("tegata_refresh"), browser.cookie("tegata_csrf")), (None, None));
        assert_eq!(browser.send(browser.page("POST", "/auth/logout")).await.status, 204, "again");
        browser.refresh().await.is_problem(401, "invalid_grant");
        // The account, not the API: the access token itself lives on for its minutes.
        browser.send(browser.page("GET", "/users/me").bearer(&access)).await.is_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_client_without_cookies_does_the_same_in_bodies() {
    for world in World::over_each_store().await {
        world.sign_up("bob").await;
        let body = json!({"username": "bob", "password": PASSWORD, "token_delivery": "body"});
        let logged_in = world.post("/auth/login", &body).send().await;
        assert!(logged_in.set_cookies().is_empty());
        assert_eq!(logged_in.body["refresh_token_expires_in"], 7 * 86_400);
        let first = Tokens::of(&logged_in);
        let refreshed = world.refresh(&first.refresh).await;
        assert!(refreshed.set_cookies().is_empty());
        let second = Tokens::of(&refreshed);
        assert_ne!(second.refresh, first.refresh);
        assert_eq!(world.get("/users/me").bearer(&second.access).send().await.status, 200);
        let out = world.post("/auth/logout", &json!({"refresh_token": second.refresh})).send().await;
        assert_eq!((out.status, out.set_cookies().len()), (204, 0));
        world.refresh(&second.refresh).await.is_problem(401, "invalid_grant");
    }
}
