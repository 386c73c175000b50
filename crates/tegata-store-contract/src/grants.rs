//! The sessions of clients: what they keep, what they rest on, and what becomes one.

use std::sync::Arc;

use tegata_core::consent::ConsentTerms;
use tegata_core::footing::{Footing, NeededConsent};
use tegata_core::grant::{ClientGrant, Grant};
use tegata_core::identifier::SessionId;
use tegata_core::session::Session;
use tegata_core::store::{Begun, GrantBegun, NewGrant, Rotated};
use tegata_core::transient::{Transient, TransientKind};
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::oauth::{consent, transient};
use crate::records::{HOUR, NOW, create, rotation, session, user};

/// A code that was used, with a mark of who did.
fn used(n: u8) -> Transient {
    Transient { document: format!("{n}"), ..transient(TransientKind::Code, 1, NOW + HOUR) }
}

/// A grant that rests on its user alone.
fn grant(session: Session, used: Option<Transient>) -> NewGrant {
    let footing = Footing { consent: None, browser_session: None, now: NOW };
    NewGrant { session, credential_version: 1, footing, used }
}

/// The consent that a client needs for this.
fn needed(scope: &str) -> NeededConsent {
    NeededConsent {
        client_id: "app".parse().unwrap(),
        client_since: NOW,
        terms: ConsentTerms { scope: scope.parse().unwrap(), ..ConsentTerms::default() },
    }
}

pub async fn a_grant_stays_with_its_session<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let client = ClientGrant {
        client_since: NOW,
        sector: Some("app.example".to_owned()),
        browser_session: Some(SessionId::from_bytes([9; 16])),
        offline: true,
        by_consent: true,
        resources: vec!["https://api.example/".to_owned()],
        claims: Some(serde_json::json!({"id_token": {"email": null}})),
        dpop_jkt: Some("jkt".to_owned()),
        acr: Some("acr".to_owned()),
        backchannel: true,
    };
    let browser = Grant::Browser { continues: vec![SessionId::from_bytes([3; 16])] };
    for (n, grant) in [(1, Grant::Client(client)), (2, browser)] {
        let mut session = session(&alice, n);
        session.grant = Some(Box::new(grant));
        assert_eq!(store.begin_session(&session, 1, None).await.unwrap(), Begun::Now);
        let found = store.find_session(alice.user_id, session.session_id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&session));
        let rotation = rotation(&session, n, 0, NOW);
        let Rotated::Now(rotated) = store.rotate_session(&rotation).await.unwrap() else { panic!() };
        assert_eq!(rotated.grant, session.grant);
        let Rotated::Refused(Some(refused)) = store.rotate_session(&rotation).await.unwrap() else {
            panic!()
        };
        assert_eq!(refused.grant, session.grant);
    }
    assert!(store.list_sessions(alice.user_id).await.unwrap().iter().all(|session| session.grant.is_some()));
}

pub async fn r4_v41_what_is_used_once_becomes_one_session<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let stale = NewGrant { credential_version: 9, ..grant(session(&alice, 100), Some(used(100))) };
    assert_eq!(store.begin_grant(&stale).await.unwrap(), GrantBegun::Refused);
    assert_eq!(store.find_transient(used(0).key).await.unwrap(), None, "nothing was used");
    let mut tasks = JoinSet::new();
    for n in 0..20 {
        let (store, grant) = (Arc::clone(&store), grant(session(&alice, n), Some(used(n))));
        tasks.spawn(async move { (n, store.begin_grant(&grant).await.unwrap()) });
    }
    let outcomes = tasks.join_all().await;
    let begun: Vec<u8> =
        outcomes.iter().filter(|(_, begun)| *begun == GrantBegun::Now).map(|(n, _)| *n).collect();
    let [first] = begun[..] else { panic!("one begins: {begun:?}") };
    for (n, outcome) in outcomes {
        assert!(n == first || outcome == GrantBegun::Used(used(first)), "{n}: {outcome:?}");
    }
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [session(&alice, first)]);
}

pub async fn v49_a_grant_begins_if_what_it_rests_on_is_there<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let (browser, begun) = (session(&alice, 1), session(&alice, 2));
    assert_eq!(store.begin_session(&browser, 1, None).await.unwrap(), Begun::Now);
    let given = consent(alice.user_id, "app", "openid email");
    store.put_consent(None, &given).await.unwrap();
    let on = |consent: Option<NeededConsent>, browser_session: Option<u8>, now| {
        let browser_session = browser_session.map(|n| SessionId::from_bytes([n; 16]));
        NewGrant { footing: Footing { consent, browser_session, now }, ..grant(begun.clone(), Some(used(2))) }
    };
    let app = needed("openid");
    let refused = [
        ("more than was allowed", on(Some(needed("openid phone")), None, NOW)),
        (
            "a consent for an earlier client",
            on(Some(NeededConsent { client_since: NOW + HOUR, ..app.clone() }), None, NOW),
        ),
        (
            "a consent for another client",
            on(Some(NeededConsent { client_id: "other".parse().unwrap(), ..app.clone() }), None, NOW),
        ),
        ("no such browser session", on(Some(app.clone()), Some(7), NOW)),
        ("a browser session that has expired", on(Some(app.clone()), Some(1), browser.expires_at())),
    ];
    for (why, grant) in refused {
        assert_eq!(store.begin_grant(&grant).await.unwrap(), GrantBegun::Refused, "{why}");
        assert_eq!(store.find_session(alice.user_id, begun.session_id).await.unwrap(), None, "{why}");
        assert_eq!(store.find_transient(used(2).key).await.unwrap(), None, "nothing was used: {why}");
    }
    let good = on(Some(app), Some(1), NOW);
    assert_eq!(store.begin_grant(&good).await.unwrap(), GrantBegun::Now);
    assert_eq!(store.find_session(alice.user_id, begun.session_id).await.unwrap(), Some(begun));
}

pub async fn v49_whoever_takes_a_consent_back_finds_what_rests_on_it<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for n in 0..30 {
        assert!(store.put_consent(None, &consent(alice.user_id, "app", "openid")).await.unwrap());
        let begun = session(&alice, n);
        let footing = Footing { consent: Some(needed("openid")), browser_session: None, now: NOW };
        let new = NewGrant { footing, ..grant(begun.clone(), None) };
        let (grant, found) = tokio::join!(store.begin_grant(&new), async {
            store.remove_consent(alice.user_id, &"app".parse().unwrap()).await.unwrap();
            store.list_sessions(alice.user_id).await.unwrap()
        });
        let was_found = found.iter().any(|session| session.session_id == begun.session_id);
        assert!(grant.unwrap() == GrantBegun::Refused || was_found, "round {n}");
        store.end_sessions(alice.user_id, None).await.unwrap();
    }
}
