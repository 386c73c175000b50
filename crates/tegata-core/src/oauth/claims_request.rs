use serde_json::{Map, Value};

use super::OAuthError;
use crate::claims::ClaimTarget;

/// The longest `claims` parameter, in bytes.
const MAX_LENGTH: usize = 4096;
/// The most claims that one may ask for by name.
const MAX_CLAIMS: usize = 50;

/// Claims that a request asks for by name (OIDC Core §5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    id_token: Map<String, Value>,
    userinfo: Map<String, Value>,
}

/// What a request says of one claim of the ID token that it cannot do without (OIDC Core §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Essential {
    /// The values that would do; any if empty.
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    ///
    /// # Errors
    /// `invalid_request` for anything but the JSON object of OIDC Core §5.5.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let invalid =
            || OAuthError::invalid_request("The parameter claims is not the JSON object that it must be.");
        if text.len() > MAX_LENGTH {
            return Err(invalid());
        }
        Self::read(&serde_json::from_str(text).map_err(|_| invalid())?).ok_or_else(invalid)
    }

    /// From the form in which it is kept.
    pub fn read(value: &Value) -> Option<Self> {
        // Other members are for what this provider does not have, and are to be ignored.
        let object = value.as_object()?;
        let member = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Some(Map::new()),
            Some(Value::Object(claims)) => claims
                .values()
                .all(|claim| claim.is_null() || claim.is_object())
                .then(|| claims.clone())
                .filter(|claims| claims.len() <= MAX_CLAIMS),
            Some(_) => None,
        };
        Some(Self { id_token: member("id_token")?, userinfo: member("userinfo")? })
    }

    /// The form in which it is kept; `None` when nothing was asked for.
    pub fn to_value(&self) -> Option<Value> {
        if self.id_token.is_empty() && self.userinfo.is_empty() {
            return None;
        }
        let mut object = Map::new();
        object.insert("id_token".to_owned(), Value::Object(self.id_token.clone()));
        object.insert("userinfo".to_owned(), Value::Object(self.userinfo.clone()));
        Some(Value::Object(object))
    }

    /// Leaves out the claims that do not hold in the place for which they are asked.
    pub fn retain(&mut self, holds: impl Fn(ClaimTarget, &str) -> bool) {
        self.id_token.retain(|name, _| holds(ClaimTarget::IdToken, name));
        self.userinfo.retain(|name, _| holds(ClaimTarget::UserInfo, name));
    }

    /// The names of claims that the ID token is asked for.
    pub fn of_id_token(&self) -> impl Iterator<Item = &str> {
        self.id_token.keys().map(String::as_str)
    }

    /// The names of claims that the user info is asked for.
    pub fn of_userinfo(&self) -> impl Iterator<Item = &str> {
        self.userinfo.keys().map(String::as_str)
    }

    /// What the ID token cannot do without, of one claim.
    pub fn essential(&self, claim: &str) -> Option<Essential> {
        let request = self.id_token.get(claim)?.as_object()?;
        let is_essential = request.get("essential").and_then(Value::as_bool).unwrap_or_default();
        is_essential.then(|| Essential { values: values(request) })
    }

    /// The `sub` that a request insists on (OIDC Core §5.5.1): no other user will do.
    pub fn subject(&self) -> Option<&str> {
        self.id_token.get("sub")?.get("value")?.as_str()
    }
}

fn values(request: &Map<String, Value>) -> Vec<Value> {
    let one = request.get("value").cloned();
    let many = request.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
    one.into_iter().chain(many).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r37_claims_can_be_asked_for_by_name() {
        let text = r#"{"id_token":{"acr":{"essential":true,"values":["a","b"]},"auth_time":null},
            "userinfo":{"email":null}, "other":1}"#;
        let request = ClaimsRequest::parse(text).unwrap();
        assert_eq!(request.essential("acr").unwrap().values, ["a", "b"]);
        assert_eq!(request.essential("auth_time"), None);
        assert_eq!(request.of_userinfo().collect::<Vec<_>>(), ["email"]);
        assert_eq!(ClaimsRequest::read(&request.to_value().unwrap()), Some(request));
        assert_eq!(ClaimsRequest::parse("{}").unwrap().to_value(), None);
    }

    #[test]
    fn what_is_no_such_object_is_refused() {
        let deep = format!(r#"{{"id_token":{}}}"#, "[".repeat(4000));
        for bad in ["", "[]", "1", r#"{"id_token":[]}"#, r#"{"userinfo":{"email":true}}"#, &deep] {
            assert!(ClaimsRequest::parse(bad).is_err());
        }
    }
}
