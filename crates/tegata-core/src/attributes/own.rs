//! Attributes that an installation has for itself, such as a department: what they are called and what they may be.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims::{is_reserved, standard_scope};
use crate::steering::{is_steering, is_steering_in_documents};
use crate::user::InvalidField;

/// The longest name, in bytes.
const MAX_NAME: usize = 64;
/// The longest text, in characters.
const MAX_TEXT: usize = 256;
/// The most texts of a list.
const MAX_TEXTS: usize = 64;
/// The largest whole number that every reader of JSON has exactly (RFC 7493 §2.2).
const MAX_NUMBER: i64 = (1 << 53) - 1;

/// The name of an attribute: a letter, then letters, digits, `_` and `-`, 64 at most.
///
/// It is no standard claim, which has a place of its own, and no name that a token's protocol gives a meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeName(String);

impl AttributeName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AttributeName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=MAX_NAME).contains(&text.len())
            || !text.as_bytes()[0].is_ascii_alphabetic()
            || !text.bytes().all(is_allowed)
        {
            return Err("must be a letter and then letters, digits, `_` and `-`, 64 at most");
        }
        if is_reserved(text) || standard_scope(text).is_some() {
            return Err("is a name that OpenID Connect or JWT gives a meaning of its own");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AttributeName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> Self {
        name.0
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum AttributeValue {
    /// A text without characters that steer how it is shown.
    Text(String),
    /// Texts, such as the names of groups.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
}

impl AttributeValue {
    /// Reads a value that comes in.
    ///
    /// # Errors
    /// [`InvalidField`]
    pub fn new(value: Value) -> Result<Self, InvalidField> {
        Self::checked(value, is_steering)
    }

    /// The value as JSON.
    pub fn to_value(&self) -> Value {
        self.clone().into()
    }

    fn checked(value: Value, is_steering: fn(char) -> bool) -> Result<Self, InvalidField> {
        match value {
            Value::String(text) => check_text(text, is_steering).map(Self::Text),
            Value::Bool(flag) => Ok(Self::Flag(flag)),
            Value::Number(number) => {
                let number = number.as_i64().filter(|number| (-MAX_NUMBER..=MAX_NUMBER).contains(number));
                number.map(Self::Number).ok_or(InvalidField::Invalid)
            }
            Value::Array(texts) if texts.len() > MAX_TEXTS => Err(InvalidField::TooLong),
            Value::Array(texts) => {
                let text = |value| match value {
                    Value::String(text) => check_text(text, is_steering),
                    _ => Err(InvalidField::Invalid),
                };
                texts.into_iter().map(text).collect::<Result<_, _>>().map(Self::Texts)
            }
            Value::Null | Value::Object(_) => Err(InvalidField::Invalid),
        }
    }
}

impl TryFrom<Value> for AttributeValue {
    type Error = InvalidField;

    /// Reads a value that was kept (ADR 22).
    fn try_from(value: Value) -> Result<Self, InvalidField> {
        Self::checked(value, is_steering_in_documents)
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => text.into(),
            AttributeValue::Texts(texts) => texts.into(),
            AttributeValue::Flag(flag) => flag.into(),
            AttributeValue::Number(number) => number.into(),
        }
    }
}

fn check_text(text: String, is_steering: fn(char) -> bool) -> Result<String, InvalidField> {
    match text.chars().count() {
        0 => Err(InvalidField::Required),
        n if n > MAX_TEXT => Err(InvalidField::TooLong),
        _ if text.chars().any(is_steering) => Err(InvalidField::Invalid),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r16_no_attribute_is_named_like_a_claim_of_the_protocol_or_a_standard_one() {
        for good in ["department", "groups", "Cost-Center_7"] {
            assert!(good.parse::<AttributeName>().is_ok(), "{good}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        for bad in ["sub", "iss", "cnf", "scope", "events", "email", "updated_at", "address", "name", &long] {
            assert!(bad.parse::<AttributeName>().is_err(), "{bad}");
        }
        for bad in ["", "7up", "_claim_sources", "a b", "a=b", "a,b", "ä", "a\n"] {
            assert!(bad.parse::<AttributeName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_value_is_a_text_a_list_of_texts_a_flag_or_a_whole_number() {
        for good in [json!("Research"), json!(["a", "b"]), json!([]), json!(true), json!(-42)] {
            let value = AttributeValue::try_from(good.clone()).unwrap();
            assert_eq!(value.to_value(), good);
        }
        for bad in [
            json!(null),
            json!({"a": 1}),
            json!([["a"]]),
            json!([1]),
            json!(1.5),
            json!(1_i64 << 53),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(""),
            json!("a\u{202e}b"),
            json!("x".repeat(MAX_TEXT + 1)),
            json!(vec!["x"; MAX_TEXTS + 1]),
        ] {
            assert!(AttributeValue::try_from(bad.clone()).is_err(), "{bad}");
        }
    }
}
