//! The cookies, and the requests that they give a meaning to.

use serde_json::json;

use crate::world::{PASSWORD, Plan, World};

#[tokio::test]
async fn r45_cookies_have_the_safest_attributes_on_https() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let cookies = world.browser().login("alice").await.set_cookies();
    let attributes: Vec<_> = cookies.iter().map(|(name, (_, attributes))| (&**name, &**attributes)).collect();
    assert_eq!(
        attributes,
        [
            ("__Host-tegata_csrf", "Path=/; Secure; SameSite=Strict; Max-Age=604800"),
            ("__Host-tegata_device", "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000"),
            ("__Host-tegata_refresh", "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800"),
        ]
    );
}

#[tokio::test]
async fn r45_on_plain_http_the_names_have_no_prefix() {
    let world = Plan::of("http://127.0.0.1:8080").build().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    let cookies = browser.login("alice").await.set_cookies();
    let attributes: Vec<_> = cookies.iter().map(|(name, (_, attributes))| (&**name, &**attributes)).collect();
    assert_eq!(
        attributes,
        [
            ("tegata_csrf", "Path=/; SameSite=Strict; Max-Age=604800"),
            ("tegata_device", "Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"),
            ("tegata_refresh", "Path=/; HttpOnly; SameSite=Strict; Max-Age=604800"),
        ]
    );
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn r44_the_refresh_token_of_a_browser_is_in_the_httponly_cookie_alone() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    for is_refresh in [false, true] {
        let answer = if is_refresh { browser.refresh().await } else { browser.login("alice").await };
        let token = browser.cookie("tegata_refresh").unwrap();
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(&token));
        let holding: Vec<_> =
            answer.headers.iter().filter(|(_, v)| v.to_str().unwrap().contains(&token)).collect();
        assert_eq!(holding.len(), 1);
        assert!(holding[0].1.to_str().unwrap().contains("; HttpOnly"));
    }
}

#[tokio::test]
async fn a_cookie_without_the_prefix_is_nobodys_on_https() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    browser.login("alice").await;
    let (refresh, csrf) = (browser.cookie("tegata_refresh").unwrap(), browser.cookie("tegata_csrf").unwrap());
    let planted = format!("tegata_refresh={refresh}; tegata_csrf={csrf}");
    let call = world.call("POST", "/auth/refresh").header("cookie", planted).header("x-csrf-token", csrf);
    call.send().await.is_problem(401, "invalid_grant");
}

#[tokio::test]
async fn a_cookie_that_is_there_twice_is_refused() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    browser.login("alice").await;
    for name in ["refresh", "csrf", "device"] {
        let planted = format!("__Host-tegata_{name}=planted");
        let in_two = browser.page("POST", "/auth/refresh").header("cookie", &planted);
        in_two.send().await.is_problem(400, "duplicate_header");
    }
    // Several headers are legal (RFC 9113 §8.2.3), and so are cookies of others.
    let others =
        browser.page("POST", "/auth/refresh").header("cookie", b"other=\xff; a; other=2;;=; theme=dark");
    assert_eq!(others.send().await.status, 200);
}

#[tokio::test]
async fn r46_a_request_with_cookies_needs_the_csrf_token_of_its_session() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        world.sign_up("mallory").await;
        let (browser, other) = (world.browser(), world.browser());
        browser.login("alice").await;
        other.login("mallory").await;
        let foreign = other.cookie("tegata_csrf").unwrap();
        let own = browser.cookie("tegata_csrf").unwrap();
        for path in ["/auth/refresh", "/auth/logout"] {
            let bare = || browser.bare("POST", path);
            bare().send().await.is_problem(403, "csrf_failed");
            for wrong in ["", "x", &foreign, &own[1..], &format!("{own}x"), &own.to_uppercase()] {
                bare().header("x-csrf-token", wrong).send().await.is_problem(403, "csrf_failed");
            }
            bare().header("x-csrf-token", b"\xff\xfe").send().await.is_problem(403, "csrf_failed");
            let twice = bare().header("x-csrf-token", &own).header("x-csrf-token", &foreign);
            twice.send().await.is_problem(400, "duplicate_header");
            // The header alone is not enough: the cookie must say the same.
            let refresh = browser.cookie("tegata_refresh").unwrap();
            let call = || world.call("POST", path).header("x-csrf-token", &own);
            let cookie = format!("__Host-tegata_refresh={refresh}");
            call().header("cookie", &cookie).send().await.is_problem(403, "csrf_failed");
            let planted = format!("{cookie}; __Host-tegata_csrf={foreign}");
            call().header("cookie", &planted).send().await.is_problem(403, "csrf_failed");
            let swapped = format!("{cookie}; __Host-tegata_csrf={foreign}");
            let swapped = world.call("POST", path).header("cookie", swapped).header("x-csrf-token", &foreign);
            swapped.send().await.is_problem(403, "csrf_failed");
        }
        // None of it did anything.
        assert_eq!(browser.refresh().await.status, 200);
    }
}

#[tokio::test]
async fn r46_a_strangers_page_can_neither_refresh_nor_log_out() {
    let world = World::with(|plan| plan.http.allowed_origins = vec!["https://app.example".to_owned()]).await;
    world.sign_up("alice").await;
    let browser = world.browser();
    browser.login("alice").await;
    let csrf = browser.cookie("tegata_csrf").unwrap();
    for path in ["/auth/refresh", "/auth/logout"] {
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "https://id.example.evil.example")],
            &[("origin", "http://id.example")],
            &[("origin", "https://id.example:8443")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "none"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "strange"), ("origin", "https://evil.example")],
        ] {
            let mut call = browser.bare("POST", path).header("x-csrf-token", &csrf);
            for (name, value) in headers {
                call = call.header(name, value);
            }
            let refused = call.send().await;
            refused.is_problem(403, "origin_refused");
            assert!(refused.set_cookies().is_empty(), "a stranger cannot clear them either");
        }
    }
    for headers in [
        &[("origin", "https://id.example")][..],
        &[("origin", "https://app.example"), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:5173")],
        &[("sec-fetch-site", "none")],
        &[],
    ] {
        let csrf = browser.cookie("tegata_csrf").unwrap();
        let mut call = browser.bare("POST", "/auth/refresh").header("x-csrf-token", csrf);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        assert_eq!(browser.send(call).await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_cannot_log_out_who_has_no_cookie_along() {
    // SameSite=Strict keeps the cookies at home, but the answer to a navigation could still clear them.
    let world = World::new().await;
    let call = world.call("POST", "/auth/logout").header("sec-fetch-site", "cross-site");
    let refused = call.header("content-type", "application/x-www-form-urlencoded").send().await;
    refused.is_problem(403, "origin_refused");
    assert!(refused.set_cookies().is_empty());
}

#[tokio::test]
async fn logging_out_without_a_session_is_no_error() {
    let world = World::new().await;
    for body in [json!({}), json!({"refresh_token": null}), json!({"refresh_token": "tgr_of_nobody"})] {
        assert_eq!(world.post("/auth/logout", &body).send().await.status, 204);
    }
    let garbage = world.call("POST", "/auth/logout").header("cookie", "__Host-tegata_refresh=garbage");
    let answer = garbage.send().await;
    assert_eq!((answer.status, answer.set_cookies().len()), (204, 2));
    let login = json!({"username": "nobody", "password": PASSWORD});
    world.post("/auth/login", &login).send().await.is_problem(401, "invalid_credentials");
}
