//! `/users/me` and what is below it, `/users`, `/auth/logout-all`

use serde_json::{Value, json};
use tegata_core::provider::RequestContext;
use tegata_core::user::UserStatus;

use crate::world::{PASSWORD, Tokens, World};

#[tokio::test]
async fn v45_the_sessions_of_a_deleted_user_are_dead_at_once() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let browser = world.browser();
        let access = Tokens::of(&browser.login("alice").await).access;
        let elsewhere = world.login("alice").await;
        let call = |body: &Value| browser.page("DELETE", "/users/me").bearer(&access).json(body);
        call(&json!({"password": "not this one"})).send().await.is_problem(403, "password_mismatch");
        assert_eq!(world.get("/users/me").bearer(&access).send().await.status, 200);
        let deleted = browser.send(call(&json!({"password": PASSWORD}))).await;
        assert_eq!((deleted.status, deleted.set_cookies().len()), (204, 2));
        for token in [&access, &elsewhere.access] {
            world.get("/users/me").bearer(token).send().await.is_problem(401, "invalid_token");
        }
        world.refresh(&elsewhere.refresh).await.is_problem(401, "invalid_grant");
        let login = json!({"username": "alice", "password": PASSWORD});
        world.post("/auth/login", &login).send().await.is_problem(401, "invalid_credentials");
        // The name is free again, and whoever takes it is somebody else.
        let heir = world.join("alice").await;
        assert_ne!(sub(&world, &heir.access).await, sub_of(&access));
        world.refresh(&elsewhere.refresh).await.is_problem(401, "invalid_grant");
    }
}

async fn sub(world: &World, access: &str) -> String {
    let answer = world.get("/users/me").bearer(access).send().await;
    answer.body["user"]["sub"].as_str().unwrap().to_owned()
}

/// The `sub` of a token, unverified.
fn sub_of(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    payload["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn r51_logout_everywhere_and_closing_an_account_end_all_sessions_at_once() {
    for world in World::over_each_store().await {
        for is_closed in [false, true] {
            let name = if is_closed { "closed" } else { "alice" };
            let (here, there) = (world.join(name).await, world.login(name).await);
            if is_closed {
                let user = world.provider.find_user(name).await.unwrap();
                let ctx =
                    RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
                world.provider.set_status(&user, UserStatus::Disabled, &ctx).await.unwrap();
            } else {
                let out = world.call("POST", "/auth/logout-all").bearer(&here.access).send().await;
                assert_eq!((out.status, out.set_cookies().len()), (204, 2));
            }
            for tokens in [&here, &there] {
                world.refresh(&tokens.refresh).await.is_problem(401, "invalid_grant");
                world.get("/users/me").bearer(&tokens.access).send().await.is_problem(401, "invalid_token");
            }
        }
    }
}

#[tokio::test]
async fn r52_a_change_of_password_ends_the_other_sessions() {
    for world in World::over_each_store().await {
        let (here, there) = (world.join("alice").await, world.login("alice").await);
        let change = json!({"current_password": PASSWORD, "new_password": "another long passphrase"});
        let changed = world.post("/users/me/password", &change).bearer(&here.access).send().await;
        assert_eq!(changed.status, 204);
        world.refresh(&there.refresh).await.is_problem(401, "invalid_grant");
        assert_eq!(world.refresh(&here.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn v39_a_change_of_password_asks_for_the_right_old_one() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let change = |old: &str, new: &str| {
            let body = json!({"current_password": old, "new_password": new});
            world.post("/users/me/password", &body).bearer(&tokens.access)
        };
        let new = "another long passphrase";
        change("wrong", new).send().await.is_problem(403, "password_mismatch");
        change(new, new).send().await.is_problem(403, "password_mismatch");
        change("", new).send().await.is_problem(400, "validation_failed");
        let missing = json!({"new_password": new});
        let answer = world.post("/users/me/password", &missing).bearer(&tokens.access).send().await;
        assert_eq!(answer.fields(), [("current_password".to_owned(), "required".to_owned())]);
        let bad = change(PASSWORD, "short").send().await;
        assert_eq!(bad.fields(), [("new_password".to_owned(), "too_short".to_owned())]);
        world.login("alice").await;
    }
}

#[tokio::test]
async fn r54_a_new_address_asks_for_the_password() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let patch = |body: Value| world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body);
        let missing = patch(json!({"email": "a@mail.example"})).send().await;
        assert_eq!(missing.fields(), [("current_password".to_owned(), "required".to_owned())]);
        let wrong = patch(json!({"email": "a@mail.example", "current_password": "wrong"})).send().await;
        wrong.is_problem(403, "password_mismatch");
        let right = patch(json!({"email": "a@mail.example", "current_password": PASSWORD})).send().await;
        assert_eq!((right.status, &right.body["user"]["email"]), (200, &json!("a@mail.example")));
        let removed = patch(json!({"email": null, "current_password": PASSWORD})).send().await;
        assert_eq!((removed.status, &removed.body["user"]["email"]), (200, &Value::Null));
    }
}

#[tokio::test]
async fn v57_nobody_writes_their_own_rights_and_no_new_address_is_proved() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        for member in [
            "scope",
            "granted_scope",
            "status",
            "sub",
            "username",
            "email_verified",
            "created_at",
            "role",
            "phone_number_verified",
            "updated_at",
            // An attribute of the installation.
            "department",
        ] {
            let body = json!({member: "users:read", "name": "A"});
            let answer = world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body).send().await;
            assert_eq!(answer.fields(), [(member.to_owned(), "unknown_member".to_owned())]);
            let new = json!({"username": "mallory", "password": PASSWORD, member: "users:read"});
            if member != "username" {
                let answer = world.post("/auth/signup", &new).send().await;
                assert_eq!(answer.fields(), [(member.to_owned(), "unknown_member".to_owned())]);
            }
        }
        let user = world.provider.find_user("alice").await.unwrap();
        let patch = |email: &str| {
            let body = json!({"email": email, "current_password": PASSWORD});
            world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body)
        };
        patch("a@mail.example").send().await;
        world.provider.store().verify_email(user.user_id, "a@mail.example").await.unwrap();
        let same = patch("A@mail.example").send().await;
        assert_eq!(same.body["user"]["email_verified"], true);
        let other = patch("b@mail.example").send().await;
        assert_eq!(other.body["user"]["email_verified"], false);
    }
}

#[tokio::test]
async fn v57_another_phone_number_is_not_proved() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let patch = async |number: Value| {
            let body = json!({"phone_number": number});
            let answer = world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body).send().await;
            (
                answer.body["user"]["phone_number"].clone(),
                answer.body["user"]["phone_number_verified"].clone(),
            )
        };
        assert_eq!(patch(json!("+1 604 555-1234")).await, (json!("+16045551234"), json!(false)));
        let user = world.provider.find_user("alice").await.unwrap();
        let claims = json!({"phone_number_verified": true});
        world.provider.set_claims(&user, claims.as_object().unwrap(), &ctx(&world)).await.unwrap();
        assert_eq!(patch(json!("+1 (604) 555 1234")).await, (json!("+16045551234"), json!(true)));
        assert_eq!(patch(json!("+16045551235")).await, (json!("+16045551235"), json!(false)));
        assert_eq!(patch(Value::Null).await, (Value::Null, Value::Null));
    }
}

fn ctx(world: &World) -> RequestContext<'static> {
    RequestContext { now: world.now(), address: None, user_agent: None, device_token: None }
}

#[tokio::test]
async fn the_owner_says_who_they_are_and_sees_it_alone() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let patch = |body: Value| world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body);
        let before = world.get("/users/me").bearer(&tokens.access).send().await.body;
        world.pass(60);
        let said = json!({
            "given_name": "Alice", "family_name": "Liddell", "middle_name": "Pleasance", "nickname": "Al",
            "profile": "https://a.example/alice", "picture": "https://a.example/alice.png",
            "website": "http://alice.example", "gender": "female", "birthdate": "0000-05-04",
            "zoneinfo": "Europe/London", "phone_number": "+16045551234;ext=12",
            "address": {"formatted": "1 Long Road\nOxford", "postal_code": "OX1 1AA"},
        });
        let set = patch(said.clone()).send().await;
        assert_eq!(set.status, 200, "{}", set.body);
        for (name, value) in said.as_object().unwrap() {
            assert_eq!(&set.body["user"][name], value, "{name}");
        }
        assert_ne!(set.body["user"]["updated_at"], before["user"]["updated_at"]);
        world.pass(60);
        let nothing = patch(json!({})).send().await;
        assert_eq!(nothing.body, set.body, "what changes nothing is no change");
        let less = patch(json!({"address": {"country": "Wonderland"}, "gender": null})).send().await;
        assert_eq!(less.body["user"]["address"], json!({"country": "Wonderland"}), "as a whole");
        assert_eq!(less.body["user"].get("gender"), None);
        world.grant("alice", "users:read").await;
        let reader = world.login("alice").await;
        let users = world.get("/users").bearer(&reader.access).send().await;
        for name in ["given_name", "address", "phone_number", "updated_at"] {
            assert_eq!(users.body["users"][0].get(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_profile_is_named_at_once() {
    let world = World::new().await;
    let tokens = world.join("alice").await;
    let patch = |body: Value| world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body);
    let bad = json!({
        "picture": "javascript:alert(1)", "birthdate": "yesterday", "phone_number": "12", "zoneinfo": "../x",
        "website": "https://bank.example@evil.example/", "nickname": "a\u{202e}b", "address": {"locality": "a\nb"},
        "given_name": "", "family_name": "x".repeat(101),
    });
    let answer = patch(bad.clone()).send().await;
    answer.is_problem(400, "validation_failed");
    let mut named: Vec<_> = answer.fields().into_iter().map(|(field, _)| field).collect();
    let mut expected: Vec<_> = bad.as_object().unwrap().keys().cloned().collect();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    let within = patch(json!({"address": {"planet": "Earth", "region": 1}})).send().await;
    assert_eq!(
        within.fields(),
        [
            ("address.planet".to_owned(), "unknown_member".to_owned()),
            ("address.region".to_owned(), "wrong_type".to_owned())
        ]
    );
    let twice = r#"{"address": {"region": "a", "region": "b"}}"#;
    let answer = patch(json!({})).raw(twice).send().await;
    assert_eq!(answer.fields(), [("address.region".to_owned(), "invalid".to_owned())]);
    assert_eq!(
        patch(json!({"address": {}})).send().await.fields(),
        [("address".to_owned(), "required".to_owned())]
    );
}

#[tokio::test]
async fn a_profile_changes_where_it_is_told_to() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let patch = |body: Value| world.call("PATCH", "/users/me").bearer(&tokens.access).json(&body);
        let set = patch(json!({"name": "アリス", "locale": "ja-JP"})).send().await;
        assert_eq!(set.body["user"]["name"], "アリス");
        let kept = patch(json!({})).send().await;
        assert_eq!(kept.body, set.body);
        let removed = patch(json!({"name": null})).send().await;
        assert_eq!(
            (&removed.body["user"]["name"], &removed.body["user"]["locale"]),
            (&Value::Null, &json!("ja-JP"))
        );
        let bad = patch(json!({"name": "a\u{202e}b", "locale": "not a tag", "email": 7})).send().await;
        assert_eq!(bad.fields(), [("email".to_owned(), "wrong_type".to_owned())]);
        let bad = patch(json!({"name": "a\u{202e}b", "locale": "not a tag"})).send().await;
        let fields: Vec<_> = bad.fields().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["locale", "name"]);
    }
}

#[tokio::test]
async fn r53_a_user_sees_and_ends_their_own_sessions_and_no_others() {
    for world in World::over_each_store().await {
        let old = world.join("alice").await;
        world.pass(60);
        let body = json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"});
        let call = world.post("/auth/login", &body).header("user-agent", "Curl 8").from("2001:db8::7");
        let new = Tokens::of(&call.send().await);
        let mallory = world.join("mallory").await;
        let list = |access: &str| world.get("/users/me/sessions").bearer(access).send();
        let sessions = list(&new.access).await.body["sessions"].clone();
        assert_eq!(sessions.as_array().unwrap().len(), 2);
        assert_eq!(sessions[0]["current"], true);
        assert_eq!(
            (&sessions[0]["user_agent"], &sessions[0]["ip"]),
            (&json!("Curl 8"), &json!("2001:db8::7"))
        );
        assert_eq!(sessions[0]["created_at"], "2023-11-14T22:14:20Z");
        let path = format!("/users/me/sessions/{}", sessions[1]["session_id"].as_str().unwrap());
        let end = |access: &str| world.call("DELETE", &path).bearer(access).send();
        end(&mallory.access).await.is_problem(404, "not_found");
        assert_eq!(end(&new.access).await.status, 204);
        end(&new.access).await.is_problem(404, "not_found");
        world.refresh(&old.refresh).await.is_problem(401, "invalid_grant");
        assert_eq!(list(&new.access).await.body["sessions"].as_array().unwrap().len(), 1);
        for strange in ["x", "%00", "%ff", "..%2f..%2fme", &"x".repeat(500)] {
            let call = world.call("DELETE", &format!("/users/me/sessions/{strange}")).bearer(&new.access);
            call.send().await.is_problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn v36_users_are_listed_for_their_scope_alone() {
    for world in World::over_each_store().await {
        let plain = world.join("alice").await;
        let refused = world.get("/users").bearer(&plain.access).send().await;
        refused.is_problem(403, "insufficient_scope");
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"users:read\"";
        assert_eq!(refused.header("www-authenticate"), Some(challenge));
        world.grant("alice", "users:read").await;
        for name in ["bobby", "carol", "dave", "erin"] {
            world.sign_up(name).await;
        }
        let tokens = world.login("alice").await;
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(&format!("/users?limit=2{cursor}")).bearer(&tokens.access).send().await;
            assert_eq!(page.status, 200);
            names.extend(page.body["users"].as_array().unwrap().iter().map(|user| user["username"].clone()));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        names.sort_by_key(ToString::to_string);
        assert_eq!(names, ["alice", "bobby", "carol", "dave", "erin"]);
        for bad in ["limit=0", "limit=101", "limit=x", "cursor=x", "limit=2&limit=3", "offset=1", "limit=%32"]
        {
            let answer = world.get(&format!("/users?{bad}")).bearer(&tokens.access).send().await;
            answer.is_problem(400, "validation_failed");
        }
        // An operator's right ends with their session, not with the token.
        world.call("POST", "/auth/logout-all").bearer(&tokens.access).send().await;
        world.get("/users").bearer(&tokens.access).send().await.is_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn v25_guessing_with_a_stolen_access_token_is_slowed_down() {
    for world in World::over_each_store().await {
        let tokens = world.join("alice").await;
        let guess = |password: &str| {
            world.call("DELETE", "/users/me").bearer(&tokens.access).json(&json!({"password": password}))
        };
        for _ in 0..6 {
            guess("wrong").send().await.is_problem(403, "password_mismatch");
        }
        guess(PASSWORD).send().await.is_problem(429, "too_many_attempts");
    }
}
