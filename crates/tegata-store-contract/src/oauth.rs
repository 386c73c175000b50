//! What the OpenID Provider remembers: clients, consents, transients, notices, and the grants of sessions.

use std::sync::Arc;

use tegata_core::client::{Client, ClientMetadata, ClientOrigin, ClientStatus};
use tegata_core::consent::{Consent, ConsentTerms};
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::store::Store;
use tegata_core::timestamp::Timestamp;
use tegata_core::transient::{Transient, TransientKey, TransientKind};

use crate::TestedStore;
use crate::records::{HOUR, NOW, SCHEDULE, create, key, user};

pub(crate) fn client(name: &str, version: u64) -> Client {
    Client {
        client_id: name.parse().unwrap(),
        version,
        created_at: NOW,
        status: ClientStatus::Active,
        origin: ClientOrigin::Operator,
        secrets: Vec::new(),
        registration_access_token: None,
        scope_limit: None,
        grant_limit: None,
        metadata: ClientMetadata {
            client_name: Some(format!("{name} \u{65e5}\u{672c} '\"")),
            redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
            ..ClientMetadata::default()
        },
    }
}

pub(crate) fn consent(user_id: UserId, client: &str, scope: &str) -> Consent {
    Consent {
        user_id,
        client_id: client.parse().unwrap(),
        given: ConsentTerms { scope: scope.parse().unwrap(), given_at: NOW, ..ConsentTerms::default() }
            .into(),
    }
}

pub(crate) fn transient(kind: TransientKind, n: u8, expires_at: Timestamp) -> Transient {
    let key = TransientKey { kind, hash: [n; 32] };
    Transient { key, version: 0, expires_at, document: format!("{{\"n\":{n}}}") }
}

pub(crate) fn notice(n: u8, due_at: Timestamp) -> LogoutNotice {
    LogoutNotice {
        notice_id: NoticeId::from_bytes([n; 16]),
        client_id: "https://app.example/client".parse().unwrap(),
        user_id: UserId::from_bytes([1; 16]),
        session_id: SessionId::from_bytes([2; 16]),
        attempts: 0,
        due_at,
        expires_at: NOW + 24 * HOUR,
    }
}

/// Runs a step by many at once and counts those who got `true`.
async fn winners<F: Future<Output = bool> + Send + 'static>(
    store: &Arc<dyn Store>,
    step: impl Fn(Arc<dyn Store>, u8) -> F,
) -> usize {
    let tasks: Vec<_> = (0..12).map(|n| tokio::spawn(step(Arc::clone(store), n))).collect();
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap());
    }
    winners
}

pub async fn a_client_is_found_as_it_was_registered<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let first = client("https://app.example/a?b=c", 1);
    assert!(store.create_client(&first).await.unwrap());
    assert!(!store.create_client(&client("https://app.example/a?b=c", 9)).await.unwrap());
    assert_eq!(store.find_client(&first.client_id).await.unwrap(), Some(first.clone()));
    assert_eq!(store.find_client(&"other".parse().unwrap()).await.unwrap(), None);
    assert!(store.delete_client(1, &first.client_id).await.unwrap());
    assert!(!store.delete_client(1, &first.client_id).await.unwrap());
    assert_eq!(store.find_client(&first.client_id).await.unwrap(), None);
}

pub async fn of_concurrent_registrations_of_one_name_one_wins<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let won = winners(&store, |store, n| async move {
        store.create_client(&client("app", u64::from(n))).await.unwrap()
    });
    assert_eq!(won.await, 1);
}

pub async fn v16_a_change_of_a_client_rests_on_what_was_read<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    assert!(!store.replace_client(1, &client("app", 2)).await.unwrap(), "there is none");
    store.create_client(&client("app", 1)).await.unwrap();
    let won = winners(&store, |store, n| async move {
        store.replace_client(1, &client("app", 10 + u64::from(n))).await.unwrap()
    });
    assert_eq!(won.await, 1);
    assert!(!store.replace_client(1, &client("app", 2)).await.unwrap());
    let found = store.find_client(&"app".parse().unwrap()).await.unwrap().unwrap();
    assert!(found.version >= 10);
    let last = client("app", u64::MAX);
    assert!(store.replace_client(found.version, &last).await.unwrap());
    assert!(!store.replace_client(found.version, &found).await.unwrap());
    assert_eq!(store.find_client(&last.client_id).await.unwrap(), Some(last));
}

pub async fn v16_a_client_is_removed_as_it_was_read<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let name = "app".parse().unwrap();
    store.create_client(&client("app", 1)).await.unwrap();
    assert!(store.replace_client(1, &client("app", 2)).await.unwrap());
    assert!(!store.delete_client(1, &name).await.unwrap(), "it has changed");
    assert_eq!(store.find_client(&name).await.unwrap(), Some(client("app", 2)));
    let won = winners(&store, |store, n| async move {
        let name = "app".parse().unwrap();
        if n % 2 == 0 {
            store.delete_client(2, &name).await.unwrap()
        } else {
            store.replace_client(2, &client("app", 10 + u64::from(n))).await.unwrap()
        }
    });
    assert_eq!(won.await, 1);
}

pub async fn clients_are_listed_in_pages<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for name in ["b", "a", "a!", "B", "a~", "https://x.example/"] {
        store.create_client(&client(name, 1)).await.unwrap();
    }
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = store.list_clients(after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.client_id.clone());
        names.extend(page.iter().map(|client| client.client_id.to_string()));
    }
    assert_eq!(names, ["B", "a", "a!", "a~", "b", "https://x.example/"]);
    let names = async |after: Option<&str>, limit| -> Vec<String> {
        let after = after.map(|name| name.parse().unwrap());
        let page = store.list_clients(after.as_ref(), limit).await.unwrap();
        page.into_iter().map(|client| client.client_id.to_string()).collect()
    };
    assert_eq!(names(None, 0).await, [""; 0]);
    assert_eq!(names(Some("b"), usize::MAX).await, ["https://x.example/"]);
    assert_eq!(names(Some("~"), usize::MAX).await, [""; 0]);
    store.delete_client(1, &"a!".parse().unwrap()).await.unwrap();
    assert_eq!(names(Some("a!"), 1).await, ["a~"], "a page may begin where none is any longer");
}

pub async fn a_consent_is_one_users_for_one_client<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    let (one, two) = (consent(alice.user_id, "one", "openid"), consent(alice.user_id, "two", "openid email"));
    for consent in [&one, &two, &consent(bob.user_id, "one", "openid")] {
        assert!(store.put_consent(None, consent).await.unwrap());
    }
    let more = consent(alice.user_id, "one", "openid profile");
    assert!(store.put_consent(Some(&one), &more).await.unwrap());
    assert_eq!(store.find_consent(alice.user_id, &one.client_id).await.unwrap(), Some(more.clone()));
    let mut found = store.list_consents(alice.user_id).await.unwrap();
    found.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    assert_eq!(found, [more, two.clone()]);
    assert!(store.remove_consent(alice.user_id, &one.client_id).await.unwrap());
    assert!(!store.remove_consent(alice.user_id, &one.client_id).await.unwrap());
    assert_eq!(store.find_consent(alice.user_id, &one.client_id).await.unwrap(), None);
    assert_eq!(store.list_consents(alice.user_id).await.unwrap(), [two]);
    assert!(store.find_consent(bob.user_id, &one.client_id).await.unwrap().is_some());
}

pub async fn v49_a_change_of_a_consent_rests_on_what_was_read<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let given = |scope: &str| consent(UserId::from_bytes([1; 16]), "app", scope);
    let won = winners(&store, move |store, n| async move {
        store.put_consent(None, &given(&format!("first{n}"))).await.unwrap()
    });
    assert_eq!(won.await, 1);
    let (user_id, client_id) = (given("").user_id, given("").client_id);
    let first = store.find_consent(user_id, &client_id).await.unwrap().unwrap();
    assert!(!store.put_consent(Some(&given("another")), &given("late")).await.unwrap());
    let won = winners(&store, {
        let first = first.clone();
        move |store, n| {
            let first = first.clone();
            async move { store.put_consent(Some(&first), &given(&format!("second{n}"))).await.unwrap() }
        }
    });
    assert_eq!(won.await, 1);
    let second = store.find_consent(user_id, &client_id).await.unwrap().unwrap();
    assert!(second.given.summary().scope.as_str().starts_with("second"));
    assert!(!store.put_consent(Some(&first), &given("late")).await.unwrap());
    assert!(store.remove_consent(user_id, &client_id).await.unwrap());
    assert!(!store.put_consent(Some(&second), &given("late")).await.unwrap(), "it was taken back");
    assert_eq!(store.find_consent(user_id, &client_id).await.unwrap(), None);
}

pub async fn v45_a_deleted_user_has_allowed_nothing<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    for user in [&alice, &bob] {
        create(store.as_ref(), user).await;
        store.put_consent(None, &consent(user.user_id, "one", "openid")).await.unwrap();
    }
    store.delete_user(alice.user_id).await.unwrap();
    assert_eq!(store.list_consents(alice.user_id).await.unwrap(), []);
    assert_eq!(store.list_consents(bob.user_id).await.unwrap().len(), 1);
}

pub async fn v6_a_transient_is_found_by_its_kind_and_its_secret<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for (n, kind) in (0..).zip(TransientKind::ALL) {
        // The same secret in each kind.
        let mut one = transient(kind, 7, NOW);
        one.document = format!("{n}");
        assert!(store.create_transient(&one).await.unwrap());
        assert_eq!(store.find_transient(one.key).await.unwrap(), Some(one));
    }
    for (n, kind) in (0..).zip(TransientKind::ALL) {
        let key = transient(kind, 7, NOW).key;
        assert_eq!(store.find_transient(key).await.unwrap().unwrap().document, format!("{n}"));
        assert_eq!(store.find_transient(transient(kind, 8, NOW).key).await.unwrap(), None);
    }
}

pub async fn v28_of_concurrent_transients_with_one_key_one_is_kept<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let won = winners(&store, |store, _| async move {
        store.create_transient(&transient(TransientKind::Assertion, 1, NOW)).await.unwrap()
    });
    assert_eq!(won.await, 1);
    let again = transient(TransientKind::Assertion, 1, NOW + HOUR);
    assert!(!store.create_transient(&again).await.unwrap(), "expired or not, it is there");
}

pub async fn v41_of_concurrent_changes_of_a_transient_one_is_done<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let code = transient(TransientKind::Code, 1, NOW + HOUR);
    let next = |n: u8| Transient {
        version: 1,
        document: format!("{{\"by\":{n}}}"),
        ..transient(TransientKind::Code, 1, NOW + HOUR)
    };
    assert!(!store.replace_transient(0, &next(0)).await.unwrap(), "there is none");
    store.create_transient(&code).await.unwrap();
    let won =
        winners(&store, move |store, n| async move { store.replace_transient(0, &next(n)).await.unwrap() });
    assert_eq!(won.await, 1);
    assert_eq!(store.find_transient(code.key).await.unwrap().unwrap().version, 1);
    let won = winners(&store, move |store, _| async move { store.remove_transient(code.key).await.unwrap() });
    assert_eq!(won.await, 1);
}

pub async fn what_is_used_once_is_purged_when_it_has_expired<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (old, new) = (transient(TransientKind::Code, 1, NOW), transient(TransientKind::Code, 2, NOW + HOUR));
    store.create_transient(&old).await.unwrap();
    store.create_transient(&new).await.unwrap();
    store.put_notice(&notice(1, NOW)).await.unwrap();
    assert_eq!(store.purge_expired(NOW + HOUR, 10).await.unwrap(), 1);
    assert_eq!(store.find_transient(old.key).await.unwrap(), None);
    assert_eq!(store.find_transient(new.key).await.unwrap(), Some(new));
    assert_eq!(store.purge_expired(NOW + 25 * HOUR, 10).await.unwrap(), 2);
    assert_eq!(store.due_notices(NOW + 25 * HOUR, 10).await.unwrap(), []);
}

pub async fn what_is_used_once_is_purged_apart_from_the_rest<S: TestedStore>(store: S) {
    let (store, other) = (store.tenant("a"), store.tenant("b"));
    let codes = [1, 2, 3].map(|n| transient(TransientKind::Code, n, NOW));
    let living = transient(TransientKind::Code, 4, NOW + HOUR);
    for transient in codes.iter().chain([&living]) {
        store.create_transient(transient).await.unwrap();
    }
    other.create_transient(&codes[0]).await.unwrap();
    store.put_notice(&notice(1, NOW)).await.unwrap();
    store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    assert_eq!(store.purge_transients(NOW, 10).await.unwrap(), 0, "not before it has expired");
    let later = NOW + HOUR;
    let purged = [
        store.purge_transients(later, 2).await.unwrap(),
        store.purge_transients(later, 2).await.unwrap(),
        store.purge_transients(later, 2).await.unwrap(),
    ];
    assert_eq!(purged, [2, 1, 0]);
    assert_eq!(store.find_transient(living.key).await.unwrap(), Some(living));
    assert_eq!(other.find_transient(codes[0].key).await.unwrap().as_ref(), Some(&codes[0]));
    assert_eq!(store.due_notices(later, 10).await.unwrap().len(), 1);
}

pub async fn notices_come_when_they_are_due_and_to_one<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (late, early) = (notice(1, NOW + HOUR), notice(2, NOW));
    store.put_notice(&late).await.unwrap();
    store.put_notice(&early).await.unwrap();
    assert_eq!(store.due_notices(NOW, 10).await.unwrap(), std::slice::from_ref(&early));
    let both = store.due_notices(NOW + HOUR, 10).await.unwrap();
    assert_eq!(both, [early.clone(), late.clone()]);
    assert_eq!(store.due_notices(NOW + HOUR, 1).await.unwrap(), std::slice::from_ref(&early));
    let id = early.notice_id;
    let won =
        winners(
            &store,
            move |store, _| async move { store.claim_notice(id, 0, NOW + 2 * HOUR).await.unwrap() },
        );
    assert_eq!(won.await, 1);
    let claimed = LogoutNotice { attempts: 1, due_at: NOW + 2 * HOUR, ..early };
    assert_eq!(store.due_notices(NOW + 2 * HOUR, 10).await.unwrap(), [late, claimed]);
    assert!(store.remove_notice(id).await.unwrap());
    assert!(!store.remove_notice(id).await.unwrap());
    assert!(!store.claim_notice(id, 1, NOW).await.unwrap());
}

pub async fn tenants_do_not_see_each_others_clients<S: TestedStore>(store: S) {
    let (a, b) = (store.tenant("a"), store.tenant("b"));
    let alice = UserId::from_bytes([1; 16]);
    let code = transient(TransientKind::Code, 1, NOW + HOUR);
    a.create_client(&client("app", 1)).await.unwrap();
    a.put_consent(None, &consent(alice, "app", "openid")).await.unwrap();
    a.create_transient(&code).await.unwrap();
    a.put_notice(&notice(1, NOW)).await.unwrap();
    let name = "app".parse().unwrap();
    assert_eq!(b.find_client(&name).await.unwrap(), None);
    assert_eq!(b.list_clients(None, 10).await.unwrap(), []);
    assert!(!b.replace_client(1, &client("app", 2)).await.unwrap());
    assert!(!b.delete_client(1, &name).await.unwrap());
    assert_eq!(b.find_consent(alice, &name).await.unwrap(), None);
    assert_eq!(b.list_consents(alice).await.unwrap(), []);
    assert!(!b.remove_consent(alice, &name).await.unwrap());
    let openid = consent(alice, "app", "openid");
    assert!(!b.put_consent(Some(&openid), &openid).await.unwrap());
    assert_eq!(b.find_transient(code.key).await.unwrap(), None);
    assert!(!b.replace_transient(0, &code).await.unwrap());
    assert!(!b.remove_transient(code.key).await.unwrap());
    assert_eq!(b.due_notices(NOW, 10).await.unwrap(), []);
    assert!(!b.remove_notice(NoticeId::from_bytes([1; 16])).await.unwrap());
    assert!(b.create_client(&client("app", 1)).await.unwrap());
    assert!(b.create_transient(&code).await.unwrap());
}

pub async fn what_clients_were_told_is_there_after_a_restart<S: TestedStore>(store: S) {
    let a = store.tenant("a");
    a.create_client(&client("app", 1)).await.unwrap();
    a.create_transient(&transient(TransientKind::Code, 1, NOW + HOUR)).await.unwrap();
    a.put_notice(&notice(1, NOW)).await.unwrap();
    drop(a);
    let Some(store) = store.reopened() else { return };
    let a = store.tenant("a");
    assert_eq!(a.find_client(&"app".parse().unwrap()).await.unwrap(), Some(client("app", 1)));
    assert!(!a.create_transient(&transient(TransientKind::Code, 1, NOW)).await.unwrap());
    assert_eq!(a.due_notices(NOW, 10).await.unwrap(), [notice(1, NOW)]);
}
