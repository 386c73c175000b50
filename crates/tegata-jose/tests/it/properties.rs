//! What holds for every token, whatever is in it.

use proptest::prelude::*;
use tegata_jose::{
    AccessTokenClaims, Algorithm, ClaimValue, Jwk, JwkSet, NumericDate, verify, verify_signature,
};

use crate::forge::{base64url, good_payload, header_with, payload_with, sign, sign_payload, sign_segments};
use crate::support::{NOW, access_claims, access_profile, id_profile, key, verifying};

/// Strings with everything that JSON must escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{1,40}", "[\\x00-\\x1f\"\\\\/é😀]{1,20}"]
        .prop_filter("not empty", |s| !s.is_empty())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_issued_is_what_is_verified(
        subject in text(), client_id in text(), scope in any::<String>(), jwt_id in text(),
        session_id in prop::option::of(text()), username in prop::option::of(any::<String>()),
        lifetime in 1i64..1_000_000, age in 0i64..1_000_000,
    ) {
        let claims = AccessTokenClaims {
            subject: &subject, client_id: &client_id, scope: &scope, jwt_id: &jwt_id,
            session_id: session_id.as_deref(), username: username.as_deref(),
            expires_at: NOW.saturating_add(lifetime), ..access_claims()
        };
        let token = key(Algorithm::Es256).sign_access_token(&claims).unwrap();
        let verified = verify(&access_profile(), &token, NOW.saturating_add(age));
        prop_assert_eq!(verified.is_ok(), age < lifetime);
        if let Ok(verified) = verified {
            prop_assert_eq!(verified.subject(), subject);
            prop_assert_eq!(verified.client_id(), client_id);
            prop_assert_eq!(verified.scope(), scope);
            prop_assert_eq!(verified.jwt_id(), jwt_id);
            prop_assert_eq!(verified.session_id(), session_id.as_deref());
            prop_assert_eq!(verified.username(), username.as_deref());
        }
    }

    #[test]
    fn a_changed_byte_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let token = sign_payload(good_payload());
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&access_profile(), &changed, NOW).is_err());
        }
    }

    #[test]
    fn a_removed_or_added_byte_is_refused(at in any::<prop::sample::Index>(), byte in any::<char>(), add in any::<bool>()) {
        let mut token = sign_payload(good_payload());
        let at = at.index(token.len());
        if add { token.insert(at, byte) } else { token.remove(at); }
        prop_assert!(verify(&access_profile(), &token, NOW).is_err());
    }

    #[test]
    fn any_text_is_refused(token in any::<String>(), shaped in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        prop_assert!(verify(&access_profile(), &token, NOW).is_err());
        prop_assert!(verify(&id_profile(), &shaped, NOW).is_err());
        let keys = verifying(&[key(Algorithm::Es256)]);
        prop_assert!(verify_signature(&keys, &token).is_err());
    }

    #[test]
    fn any_signed_header_and_payload_are_read_without_panic(header in any::<Vec<u8>>(), payload in any::<Vec<u8>>()) {
        let _ = verify(&access_profile(), &sign(&header, &payload), NOW);
        prop_assert!(verify(&access_profile(), &sign_payload(&payload), NOW).is_err());
        let segments = sign_segments(&base64url(header_with("")), &base64url(&payload));
        prop_assert_eq!(verify_signature(&verifying(&[key(Algorithm::Es256)]), &segments).unwrap(), payload);
    }

    #[test]
    fn any_keys_are_read_without_panic(bytes in any::<Vec<u8>>(), value in json()) {
        let _ = Jwk::parse(&bytes);
        let _ = JwkSet::parse(&bytes);
        let _ = Jwk::parse(value.to_string().as_bytes());
        let _ = JwkSet::parse(serde_json::json!({ "keys": [value] }).to_string().as_bytes());
    }

    #[test]
    fn a_foreign_claim_is_found_as_it_is(value in json()) {
        let token = sign_payload(payload_with("https://example.com/claim", value.to_string()));
        let verified = verify(&access_profile(), &token, NOW).unwrap();
        let found = verified.claim("https://example.com/claim").unwrap();
        let json = value.to_string();
        match found {
            ClaimValue::Null => prop_assert!(value.is_null()),
            ClaimValue::Bool(found) => prop_assert_eq!(Some(found), value.as_bool()),
            ClaimValue::String(found) => prop_assert_eq!(Some(&*found), value.as_str()),
            ClaimValue::Number(found) | ClaimValue::Array(found) | ClaimValue::Object(found) => {
                prop_assert_eq!(found, json);
            }
        }
        prop_assert_eq!(verified.claim("other"), None);
    }

    #[test]
    fn times_never_overflow(now in any::<i64>(), leeway in 0u32..=30) {
        let profile = access_profile().with_leeway(leeway).unwrap();
        let token = sign_payload(good_payload());
        let valid = (NOW.as_secs() - i64::from(leeway)..NOW.as_secs() + 900 + i64::from(leeway)).contains(&now);
        prop_assert_eq!(verify(&profile, &token, NumericDate::new(now)).is_ok(), valid);
    }
}
