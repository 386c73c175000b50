//! The cache of verified tokens.

use std::sync::Arc;
use std::thread;

use tegata_jose::{
    AccessTokenClaims, Algorithm, JoseError, NumericDate, Profile, SigningKey, VerifiedTokens, verify,
};

use crate::support::{ISSUER, NOW, RESOURCE, access_claims, access_profile, key, verifying};

fn token(jwt_id: &str, lifetime: i64) -> String {
    let claims = AccessTokenClaims { jwt_id, expires_at: NOW.saturating_add(lifetime), ..access_claims() };
    key(Algorithm::Es256).sign_access_token(&claims).unwrap()
}

#[test]
fn a_second_look_gives_the_same_value() {
    let (cache, profile) = (VerifiedTokens::new(64), access_profile());
    let token = token("a", 900);
    let first = cache.verify(&profile, &token, NOW).unwrap();
    let second = cache.verify(&profile, &token, NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(second.jwt_id(), verify(&profile, &token, NOW).unwrap().jwt_id());
}

#[test]
fn a_remembered_token_expires_all_the_same() {
    let (cache, profile) = (VerifiedTokens::new(64), access_profile().with_leeway(5).unwrap());
    let token = token("a", 900);
    let exp = NOW.saturating_add(900);
    assert!(cache.verify(&profile, &token, exp.saturating_add(4)).is_ok());
    assert_eq!(cache.verify(&profile, &token, exp.saturating_add(5)).unwrap_err(), JoseError::Expired);
    assert!(cache.verify(&profile, &token, NOW).is_ok());
    assert_eq!(
        cache.verify(&profile, &token, NOW.saturating_add(-31)).unwrap_err(),
        JoseError::IssuedInFuture
    );
    assert_eq!(cache.verify(&profile, &token, NumericDate::new(i64::MAX)).unwrap_err(), JoseError::Expired);
}

#[test]
fn a_refused_token_is_not_remembered() {
    let (cache, profile) = (VerifiedTokens::new(64), access_profile());
    let good = token("a", 900);
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    for bad in [format!("{good}A"), format!("{unsigned}.{}", "A".repeat(86)), "x".repeat(9000)] {
        let error = verify(&profile, &bad, NOW).unwrap_err();
        assert!(cache.verify(&profile, &good, NOW).is_ok());
        assert_eq!(cache.verify(&profile, &bad, NOW).unwrap_err(), error);
        assert_eq!(cache.verify(&profile, &bad, NOW).unwrap_err(), error);
    }
}

#[test]
fn what_passed_one_profile_has_not_passed_another() {
    let cache = VerifiedTokens::new(64);
    let token = token("a", 900);
    assert!(cache.verify(&access_profile(), &token, NOW).is_ok());
    let keys = verifying(&[key(Algorithm::Es256)]);
    let other = Profile::access_token(ISSUER, "https://other.example", Arc::clone(&keys));
    assert_eq!(cache.verify(&other, &token, NOW).unwrap_err(), JoseError::AudienceMismatch);
    let fewer = access_profile().with_algorithms(&[Algorithm::EdDsa]);
    assert_eq!(cache.verify(&fewer, &token, NOW).unwrap_err(), JoseError::AlgorithmNotAllowed);
    let rotated = Profile::access_token(
        ISSUER,
        RESOURCE,
        verifying(&[&SigningKey::generate(Algorithm::Es256).unwrap()]),
    );
    assert_eq!(cache.verify(&rotated, &token, NOW).unwrap_err(), JoseError::UnknownKey);
    assert_eq!(
        cache.verify(&access_profile().with_keys(Arc::default()), &token, NOW).unwrap_err(),
        JoseError::UnknownKey
    );
}

#[test]
fn what_passed_a_profile_has_passed_its_clone() {
    let (cache, profile) = (VerifiedTokens::new(64), access_profile());
    let token = token("a", 900);
    let first = cache.verify(&profile, &token, NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &cache.verify(&profile.clone(), &token, NOW).unwrap()));
}

#[test]
fn clearing_forgets_everything() {
    let (cache, profile) = (VerifiedTokens::new(64), access_profile());
    let token = token("a", 900);
    let before = cache.verify(&profile, &token, NOW).unwrap();
    cache.clear();
    assert!(!Arc::ptr_eq(&before, &cache.verify(&profile, &token, NOW).unwrap()));
    assert_eq!(Arc::strong_count(&before), 1);
}

#[test]
fn more_tokens_than_places_leave_the_places_as_they_are() {
    let (cache, profile) = (VerifiedTokens::new(1), access_profile());
    let tokens: Vec<_> = (0..200).map(|index| token(&index.to_string(), 900 + index)).collect();
    let verified: Vec<_> = tokens.iter().map(|token| cache.verify(&profile, token, NOW).unwrap()).collect();
    let kept = verified.iter().filter(|verified| Arc::strong_count(verified) == 2).count();
    assert!(kept <= 64, "{kept} are kept in 64 places");
    assert!(kept >= 48, "{kept} of 64 places are used");
    assert_eq!(Arc::strong_count(&verified[199]), 2, "the newest stays");
}

#[test]
fn threads_share_a_cache() {
    let (cache, profile) = (VerifiedTokens::new(16), access_profile());
    let tokens: Vec<_> = (0..8).map(|index| token(&index.to_string(), 900)).collect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..100 {
                    let index = round % tokens.len();
                    let verified = cache.verify(&profile, &tokens[index], NOW).unwrap();
                    assert_eq!(verified.jwt_id(), index.to_string());
                    if round == 50 {
                        cache.clear();
                    }
                }
            });
        }
    });
}
