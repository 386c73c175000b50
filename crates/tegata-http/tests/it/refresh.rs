//! `POST /auth/refresh`

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use crate::world::{Tokens, World};

#[tokio::test]
async fn v1_parallel_refreshes_give_one_and_the_same_live_successor() {
    for world in World::over_each_store().await {
        let first = world.join("alice").await;
        let world = Arc::new(world);
        let mut tokens = first.refresh;
        for _ in 0..10 {
            let refreshes: Vec<_> = (0..20)
                .map(|_| {
                    let (world, tokens) = (Arc::clone(&world), tokens.clone());
                    tokio::spawn(async move { world.refresh(&tokens).await })
                })
                .collect();
            let mut successors = BTreeSet::new();
            for refresh in refreshes {
                let answer = refresh.await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
                successors.insert(Tokens::of(&answer).refresh);
            }
            assert_eq!(successors.len(), 1);
            tokens = successors.pop_first().unwrap();
        }
        assert_eq!(world.refresh(&tokens).await.status, 200);
        assert_eq!(world.audit.replays(), 0);
    }
}

#[tokio::test]
async fn v2_a_spent_token_is_dead_within_the_same_second() {
    for world in World::over_each_store().await {
        let first = world.join("alice").await;
        let second = Tokens::of(&world.refresh(&first.refresh).await);
        let third = Tokens::of(&world.refresh(&second.refresh).await);
        // No time has passed at all, and yet the successor was used.
        world.refresh(&first.refresh).await.is_problem(401, "invalid_grant");
        world.refresh(&third.refresh).await.is_problem(401, "invalid_grant");
        assert_eq!(world.audit.replays(), 1);
    }
}

#[tokio::test]
async fn v3_a_spent_token_stays_dead_after_a_restart() {
    for mut world in World::over_each_store().await {
        let first = world.join("alice").await;
        let second = Tokens::of(&world.refresh(&first.refresh).await);
        world.pass(11);
        world.restart().await;
        world.refresh(&first.refresh).await.is_problem(401, "invalid_grant");
        world.refresh(&second.refresh).await.is_problem(401, "invalid_grant");
        assert_eq!(world.audit.replays(), 1);
    }
}

#[tokio::test]
async fn v4_every_session_counts_its_own_rotations() {
    for world in World::over_each_store().await {
        let here = world.join("alice").await;
        let there = world.login("alice").await;
        let here_second = Tokens::of(&world.refresh(&here.refresh).await);
        Tokens::of(&world.refresh(&here_second.refresh).await);
        // The other session's first token is not spent by any of it.
        assert_eq!(world.refresh(&there.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn a_replay_ends_the_session_and_no_other() {
    for world in World::over_each_store().await {
        let stolen = world.join("alice").await;
        let other = world.login("alice").await;
        let second = Tokens::of(&world.refresh(&stolen.refresh).await);
        world.pass(11);
        let replayed = world.refresh(&stolen.refresh).await;
        replayed.is_problem(401, "invalid_grant");
        let ended = world.refresh(&second.refresh).await;
        assert_eq!(replayed.without_request_id(), ended.without_request_id(), "a thief learns nothing");
        assert_eq!(world.refresh(&other.refresh).await.status, 200);
        assert_eq!(world.audit.replays(), 1);
    }
}

#[tokio::test]
async fn within_the_grace_a_lost_answer_is_given_again() {
    for world in World::over_each_store().await {
        let first = world.join("alice").await;
        let second = Tokens::of(&world.refresh(&first.refresh).await);
        world.pass(9);
        let again = Tokens::of(&world.refresh(&first.refresh).await);
        assert_eq!(again.refresh, second.refresh);
        assert_eq!(world.refresh(&second.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_both_stay_logged_in() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let browser = world.browser();
        browser.login("alice").await;
        let (one, other) = (browser.page("POST", "/auth/refresh"), browser.page("POST", "/auth/refresh"));
        let (one, other) = tokio::join!(one.send(), other.send());
        assert_eq!((one.status, other.status), (200, 200));
        let refresh = |answer: &crate::world::Answer| answer.set_cookies()["__Host-tegata_refresh"].0.clone();
        assert_eq!(refresh(&one), refresh(&other));
    }
}

#[tokio::test]
async fn r50_sessions_end_by_idleness_and_by_age() {
    for world in World::over_each_store().await {
        let idle = world.join("alice").await;
        let mut busy = world.login("alice").await;
        world.pass(6 * 86_400);
        busy = Tokens::of(&world.refresh(&busy.refresh).await);
        world.pass(86_400);
        world.refresh(&idle.refresh).await.is_problem(401, "invalid_grant");
        for _ in 0..3 {
            world.pass(6 * 86_400);
            busy = Tokens::of(&world.refresh(&busy.refresh).await);
        }
        // 25 days by now; the thirty are not extended by use.
        world.pass(5 * 86_400);
        world.refresh(&busy.refresh).await.is_problem(401, "invalid_grant");
    }
}

#[tokio::test]
async fn v6_no_other_token_of_ours_is_a_refresh_token() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    let logged_in = browser.login("alice").await;
    let text = |name: &str| logged_in.body[name].as_str().unwrap().to_owned();
    let csrf = browser.cookie("tegata_csrf").unwrap();
    let device = browser.cookie("tegata_device").unwrap();
    for token in
        [text("access_token"), text("id_token"), csrf.clone(), device.clone(), format!("tgr_{device}")]
    {
        world.refresh(&token).await.is_problem(401, "invalid_grant");
    }
    let refresh = browser.cookie("tegata_refresh").unwrap();
    for token in [refresh, csrf, device, text("id_token")] {
        world.get("/api/protected").bearer(&token).send().await.is_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn the_token_of_the_body_is_meant_when_there_is_a_cookie_too() {
    let world = World::new().await;
    let in_body = world.join("alice").await;
    let browser = world.browser();
    browser.login("alice").await;
    let before = browser.cookie("tegata_refresh");
    let call = browser.bare("POST", "/auth/refresh").json(&json!({"refresh_token": in_body.refresh}));
    let answer = browser.send(call).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert_eq!(browser.cookie("tegata_refresh"), before);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn an_empty_object_is_as_good_as_no_body() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    browser.login("alice").await;
    let answer = browser.send(browser.page("POST", "/auth/refresh").json(&json!({}))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_refused_refresh_takes_the_cookies_back() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    // Without any session: a stale CSRF cookie would make a page ask again and again.
    let refused = browser.refresh().await;
    refused.is_problem(401, "invalid_grant");
    let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0";
    assert_eq!(refused.set_cookies()["__Host-tegata_refresh"], (String::new(), attributes.to_owned()));
    browser.login("alice").await;
    world.pass(8 * 86_400);
    browser.refresh().await.is_problem(401, "invalid_grant");
    assert_eq!((browser.cookie("tegata_refresh"), browser.cookie("tegata_csrf")), (None, None));
    assert!(browser.cookie("tegata_device").is_some(), "the device stays known");
}

#[tokio::test]
async fn v58_an_outage_is_503_and_never_costs_a_session() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let browser = world.browser();
        let access = Tokens::of(&browser.login("alice").await).access;
        let cookies = browser.cookies.lock().unwrap().clone();
        world.store.set_down(true);
        for path in ["/auth/refresh", "/auth/logout"] {
            let answer = browser.send(browser.page("POST", path)).await;
            answer.is_problem(503, "temporarily_unavailable");
            assert!(answer.headers.contains_key("retry-after") && answer.set_cookies().is_empty());
        }
        assert_eq!(*browser.cookies.lock().unwrap(), cookies);
        // What needs no store goes on; what needs one says so.
        assert_eq!(world.get("/api/protected").bearer(&access).send().await.status, 200);
        world.get("/users/me").bearer(&access).send().await.is_problem(503, "temporarily_unavailable");
        world.get("/readyz").send().await.is_problem(503, "temporarily_unavailable");
        let login = json!({"username": "alice", "password": crate::world::PASSWORD});
        world.post("/auth/login", &login).send().await.is_problem(503, "temporarily_unavailable");
        world.post("/auth/signup", &login).send().await.is_problem(503, "temporarily_unavailable");
        world.store.set_down(false);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(world.audit.replays(), 0);
    }
}
