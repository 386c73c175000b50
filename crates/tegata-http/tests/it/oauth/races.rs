//! What is asked many times at once.

use tegata_core::consent::ConsentTerms;
use tegata_core::store::ConsentStore as _;

use super::relying_party::{RelyingParty, open, parameter, redemption, submit, visit};
use crate::world::World;

#[tokio::test]
async fn v41_v28_of_concurrent_redemptions_of_a_code_at_most_one_is_served_and_the_rest_end_it() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let app = RelyingParty::new(&world).await;
        let browser = world.browser();
        let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
        let form = redemption(&code);
        let answers = futures(8, || app.post("/oauth2/token", &form)).await;
        let served: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(served.len(), 1);
        for answer in &answers {
            assert!(answer.status == 200 || answer.body["error"] == "invalid_grant", "{}", answer.body);
        }
        // With one code there were several: one of them is a thief.
        let refresh = app.refresh(served[0].body["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refresh.body["error"], "invalid_grant");
        let user = world.provider.find_user("alice").await.unwrap();
        let left = tegata_core::store::SessionStore::list_sessions(world.store.as_ref(), user.user_id).await;
        assert!(left.unwrap().iter().all(|session| session.client_grant().is_none()), "none is left over");
    }
}

#[tokio::test]
async fn v58_an_outage_at_a_redemption_is_no_theft_and_the_code_stays_good() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let app = RelyingParty::new(&world).await;
        let code = parameter(&visit(&world.browser(), &app.request(&[]), "alice").await, "code");
        world.store.set_down(true);
        assert_eq!(app.redeem(&code).await.status, 503);
        world.store.set_down(false);
        assert_eq!(app.redeem(&code).await.status, 200);
        assert_eq!(app.redeem(&code).await.body["error"], "invalid_grant", "it is used now");
    }
}

#[tokio::test]
async fn v1_concurrent_refreshes_of_a_client_have_one_successor() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let app = RelyingParty::new(&world).await;
        let browser = world.browser();
        let tokens = app.sign_in(&browser, "alice").await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let answers = futures(8, || app.refresh(refresh)).await;
        let next: std::collections::BTreeSet<_> =
            answers.iter().map(|answer| answer.body["refresh_token"].as_str().unwrap().to_owned()).collect();
        assert_eq!(next.len(), 1);
    }
}

#[tokio::test]
async fn v49_r42_a_consent_brings_nothing_back_and_loses_nothing_that_happens_beside_it() {
    for (revokes, kept) in [(true, "openid email"), (false, "openid profile users:read email")] {
        for world in World::over_each_store().await {
            world.sign_up("alice").await;
            let app = RelyingParty::new(&world).await;
            let browser = world.browser();
            visit(&browser, &app.request(&[("scope", "openid profile")]), "alice").await;
            let page = open(&browser, &app.request(&[("scope", "openid email")])).await;
            let (user_id, client_id) =
                (world.provider.find_user("alice").await.unwrap().user_id, app.client.client_id.clone());
            let given = world.store.find_consent(user_id, &client_id).await.unwrap().unwrap();
            // In another window, in the moment in which the form is sent.
            world.store.overtake({
                let client_id = client_id.clone();
                move |store| async move {
                    let mut more = given.clone();
                    let scope = "openid profile users:read".parse().unwrap();
                    more.given = ConsentTerms { scope, ..given.given.summary() }.into();
                    assert!(if revokes {
                        store.remove_consent(user_id, &client_id).await.unwrap()
                    } else {
                        store.put_consent(Some(&given), &more).await.unwrap()
                    });
                }
            });
            let answer = submit(&browser, &page, &[("decision", "allow")]).await;
            assert!(!parameter(&answer, "code").is_empty());
            let consent = world.store.find_consent(user_id, &client_id).await.unwrap().unwrap();
            assert_eq!(consent.given.summary().scope.as_str(), kept);
        }
    }
}

async fn futures<F: Future>(n: usize, make: impl Fn() -> F) -> Vec<F::Output> {
    let mut running: Vec<_> = (0..n).map(|_| Some(Box::pin(make()))).collect();
    let mut done: Vec<Option<F::Output>> = (0..n).map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (running, done) in running.iter_mut().zip(&mut done) {
            if let Some(future) = running
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                (*running, *done) = (None, Some(output));
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
