//! Tegata's own tokens.

use serde_json::json;

use crate::runtime_api::Posted;
use crate::support::{ISSUER, STAGE, own_claims, own_token, start_own, token_event};

#[test]
fn a_good_token_opens_the_whole_api() {
    let function = start_own(&[]);
    let posted = function.invoke(&token_event(&format!("Bearer {}", own_token())));
    assert_eq!(
        posted.answer(),
        json!({
            "principalId": "usr_1",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": [format!("{STAGE}*")],
                }],
            },
            "context": {
                "sub": "usr_1",
                "username": "hanako",
                "client_id": "web",
                "scope": "orders:read orders:write",
                "sid": "ses_1",
                "iss": ISSUER,
                "exp": own_claims().expires_at.as_secs().to_string(),
            },
        })
    );
}

#[test]
fn what_makes_a_401_is_posted_to_the_letter() {
    let function = start_own(&[]);
    for authorization in ["", "Bearer", "Basic YTpi", "Bearer a.b.c", &own_token()] {
        assert_eq!(
            function.invoke(&token_event(authorization)),
            Posted::Error(r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#.to_owned()),
        );
    }
}
