//! Issued tokens are verified, and say what they were issued with.

use tegata_jose::{AccessTokenClaims, Algorithm, JoseError, Profile, SigningKey, at_hash, verify};

use crate::support::{
    CLIENT, ISSUER, NOW, RESOURCE, access_claims, access_profile, id_claims, id_profile, key, verifying,
};

const SIGNING: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

#[test]
fn an_access_token_says_what_it_was_issued_with() {
    for algorithm in SIGNING {
        let key = key(algorithm);
        let token = key.sign_access_token(&access_claims()).unwrap();
        let profile = Profile::access_token(ISSUER, RESOURCE, verifying(&[key]));
        let verified = verify(&profile, &token, NOW).unwrap();
        let claims = access_claims();
        assert_eq!(verified.issuer(), claims.issuer);
        assert_eq!(verified.subject(), claims.subject);
        assert_eq!(verified.audiences(), claims.audience);
        assert_eq!(verified.client_id(), claims.client_id);
        assert_eq!(verified.scope(), claims.scope);
        assert_eq!(verified.issued_at(), claims.issued_at);
        assert_eq!(verified.expires_at(), claims.expires_at);
        assert_eq!(verified.jwt_id(), claims.jwt_id);
        assert_eq!(verified.session_id(), claims.session_id);
        assert_eq!(verified.username(), claims.username);
        assert!(verified.has_scope("profile:read") && verified.has_scope("profile:write"));
        assert!(
            !verified.has_scope("profile") && !verified.has_scope("") && !verified.has_scope("users:read")
        );
    }
}

#[test]
fn an_id_token_says_what_it_was_issued_with() {
    for algorithm in SIGNING {
        let key = key(algorithm);
        let hash = at_hash(algorithm, "the access token");
        let claims = tegata_jose::IdTokenClaims { access_token_hash: Some(&hash), ..id_claims() };
        let token = key.sign_id_token(&claims).unwrap();
        let profile = Profile::id_token(ISSUER, CLIENT, verifying(&[key]));
        let verified = verify(&profile, &token, NOW).unwrap();
        assert_eq!(verified.issuer(), claims.issuer);
        assert_eq!(verified.subject(), claims.subject);
        assert_eq!(verified.audiences(), [claims.audience]);
        assert_eq!(verified.issued_at(), claims.issued_at);
        assert_eq!(verified.expires_at(), claims.expires_at);
        assert_eq!(verified.auth_time(), claims.auth_time);
        assert_eq!(verified.nonce(), claims.nonce);
        assert_eq!(verified.acr(), claims.acr);
        assert_eq!(verified.amr(), claims.amr);
        assert_eq!(verified.access_token_hash(), claims.access_token_hash);
        assert_eq!(verified.session_id(), claims.session_id);
        assert_eq!(verified.preferred_username(), claims.preferred_username);
    }
}

#[test]
fn strings_that_need_escaping_arrive_unchanged() {
    let odd = "\"\\/\u{1}\n é 😀 \u{2028}";
    let claims = AccessTokenClaims { subject: odd, username: Some(odd), ..access_claims() };
    let token = key(Algorithm::Es256).sign_access_token(&claims).unwrap();
    let verified = verify(&access_profile(), &token, NOW).unwrap();
    assert_eq!((verified.subject(), verified.username()), (odd, Some(odd)));
    assert_eq!(verified.client_id(), CLIENT);
}

#[test]
fn a_key_survives_pkcs8() {
    for algorithm in SIGNING {
        let before = key(algorithm);
        let after = SigningKey::from_pkcs8(algorithm, &before.to_pkcs8().unwrap()).unwrap();
        assert_eq!(after.kid(), before.kid());
        let token = after.sign_access_token(&access_claims()).unwrap();
        let profile = Profile::access_token(ISSUER, RESOURCE, verifying(&[before]));
        assert!(verify(&profile, &token, NOW).is_ok());
    }
}

#[test]
fn r16_the_kinds_of_tokens_do_not_stand_in_for_each_other() {
    let key = key(Algorithm::Es256);
    let access =
        key.sign_access_token(&AccessTokenClaims { audience: &[CLIENT], ..access_claims() }).unwrap();
    let id = key.sign_id_token(&tegata_jose::IdTokenClaims { audience: RESOURCE, ..id_claims() }).unwrap();
    assert_eq!(verify(&id_profile(), &access, NOW).unwrap_err(), JoseError::WrongTyp);
    assert_eq!(verify(&access_profile(), &id, NOW).unwrap_err(), JoseError::WrongTyp);
}
