//! The steps that the OpenID Provider asks for.

use std::time::Duration;

use proptest::prelude::*;
use tegata_core::store::Store;
use tegata_core::timestamp::Timestamp;
use tegata_core::transient::TransientKind;

use super::{show, user_id};
use crate::oauth::{client, consent, notice, transient};
use crate::records::{HOUR, NOW};

/// A step on few clients, consents, codes and notices, so that steps meet.
#[derive(Clone, Debug)]
pub(super) enum Step {
    CreateClient { name: u8, version: u64 },
    ReplaceClient { name: u8, expected: u64, version: u64 },
    DeleteClient { name: u8, expected: u64 },
    Consent { id: u8, client: u8, expected: Option<u8>, scope: u8 },
    Withdraw { id: u8, client: u8 },
    CreateTransient { key: u8, minutes: u64 },
    ReplaceTransient { key: u8, expected: u32 },
    RemoveTransient { key: u8 },
    PutNotice { id: u8, minutes: u64 },
    ClaimNotice { id: u8, expected: u32, minutes: u64 },
    RemoveNotice { id: u8 },
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let (small, version) = (0..3_u8, 0..3_u64);
    prop_oneof![
        2 => (small.clone(), version.clone()).prop_map(|(name, version)| Step::CreateClient { name, version }),
        2 => (small.clone(), version.clone(), version.clone())
            .prop_map(|(name, expected, version)| Step::ReplaceClient { name, expected, version }),
        1 => (small.clone(), version.clone())
            .prop_map(|(name, expected)| Step::DeleteClient { name, expected }),
        3 => (small.clone(), small.clone(), proptest::option::of(small.clone()), small.clone())
            .prop_map(|(id, client, expected, scope)| Step::Consent { id, client, expected, scope }),
        1 => (small.clone(), small.clone()).prop_map(|(id, client)| Step::Withdraw { id, client }),
        2 => (small.clone(), 0..50_u64).prop_map(|(key, minutes)| Step::CreateTransient { key, minutes }),
        2 => (small.clone(), 0..3_u32).prop_map(|(key, expected)| Step::ReplaceTransient { key, expected }),
        1 => small.clone().prop_map(|key| Step::RemoveTransient { key }),
        2 => (small.clone(), 0..50_u64).prop_map(|(id, minutes)| Step::PutNotice { id, minutes }),
        2 => (small.clone(), 0..3_u32, 0..50_u64)
            .prop_map(|(id, expected, minutes)| Step::ClaimNotice { id, expected, minutes }),
        1 => small.prop_map(|id| Step::RemoveNotice { id }),
    ]
}

fn client_name(client: u8) -> String {
    // The second begins as the first does, and the third comes before both.
    ["app", "app!", "App"][usize::from(client)].to_owned()
}

/// Does the step and says what came of it.
pub(super) async fn outcome(store: &dyn Store, step: &Step, now: Timestamp) -> String {
    match *step {
        Step::CreateClient { name, version } => {
            show(store.create_client(&client(&client_name(name), version)).await)
        }
        Step::ReplaceClient { name, expected, version } => {
            show(store.replace_client(expected, &client(&client_name(name), version)).await)
        }
        Step::DeleteClient { name, expected } => {
            show(store.delete_client(expected, &client_name(name).parse().unwrap()).await)
        }
        Step::Consent { id, client, expected, scope } => {
            let of = |scope| consent(user_id(id), &client_name(client), &format!("s{scope}"));
            show(store.put_consent(expected.map(of).as_ref(), &of(scope)).await)
        }
        Step::Withdraw { id, client } => {
            show(store.remove_consent(user_id(id), &client_name(client).parse().unwrap()).await)
        }
        Step::CreateTransient { key, minutes } => {
            let expires_at = now + Duration::from_mins(minutes);
            show(store.create_transient(&transient(TransientKind::Code, key, expires_at)).await)
        }
        Step::ReplaceTransient { key, expected } => {
            let mut next = transient(TransientKind::Code, key, now + HOUR);
            (next.version, next.document) = (expected + 1, format!("{expected}"));
            show(store.replace_transient(expected, &next).await)
        }
        Step::RemoveTransient { key } => {
            show(store.remove_transient(transient(TransientKind::Code, key, now).key).await)
        }
        Step::PutNotice { id, minutes } => {
            let all = store.due_notices(Timestamp::from_millis(i64::MAX), 100).await.unwrap();
            // A store may count on ids being new.
            if all.iter().any(|other| other.notice_id == notice(id, now).notice_id) {
                return String::new();
            }
            show(store.put_notice(&notice(id, now + Duration::from_mins(minutes))).await)
        }
        Step::ClaimNotice { id, expected, minutes } => {
            let due_at = now + Duration::from_mins(minutes);
            let claimed = show(store.claim_notice(notice(id, now).notice_id, expected, due_at).await);
            format!("{claimed} {:?}", store.due_notices(now, 2).await.unwrap())
        }
        Step::RemoveNotice { id } => show(store.remove_notice(notice(id, now).notice_id).await),
    }
}

/// All that can be seen of a store.
pub(super) async fn state(store: &dyn Store) -> String {
    let clients = store.list_clients(None, 100).await.unwrap();
    let notices = store.due_notices(Timestamp::from_millis(i64::MAX), 100).await.unwrap();
    let mut parts = vec![format!("{clients:?} {notices:?}")];
    for n in 0..3 {
        let mut consents = store.list_consents(user_id(n)).await.unwrap();
        consents.sort_by(|a, b| a.client_id.cmp(&b.client_id));
        let code = store.find_transient(transient(TransientKind::Code, n, NOW).key).await.unwrap();
        parts.push(format!("{consents:?} {code:?}"));
    }
    parts.join("\n")
}
