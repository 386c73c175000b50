//! Checks answers against `openapi.json`: the part of JSON Schema that it uses. A keyword that is not known here panics, so
//! that no rule of the document goes unchecked.

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(tegata_http::OPENAPI).unwrap());

/// What a `$ref` points at.
pub(crate) fn resolve(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => OPENAPI.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// The path of the document that a path of a request is an instance of.
pub(crate) fn template(path: &str) -> Option<(&'static str, &'static Value)> {
    let is_instance = |template: &str| {
        let (mut known, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (known.next(), given.next()) {
                (None, None) => return true,
                (Some(known), Some(given))
                    if known == given || (known.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let paths = OPENAPI["paths"].as_object().unwrap();
    // A path without parameters comes before one with (OpenAPI §4.8.8).
    let exact = paths.get_key_value(path);
    exact.or_else(|| paths.iter().find(|(template, _)| is_instance(template))).map(|(k, v)| (k.as_str(), v))
}

/// Checks the answer of a documented operation.
pub(crate) fn check_answer(operation: &'static Value, status: u16, content_type: Option<&str>, body: &[u8]) {
    let documented = operation["responses"].get(status.to_string());
    let Some(response) = documented.map(resolve) else {
        panic!("{} answers {status}, which is not documented", operation["operationId"])
    };
    let Some(content) = response.get("content") else {
        assert!(body.is_empty(), "{}: a body with {status}", operation["operationId"]);
        return;
    };
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let content = content.get(media_type);
    let schema =
        &content.unwrap_or_else(|| panic!("{media_type:?} is not documented for {status}"))["schema"];
    if media_type.ends_with("json") && !body.is_empty() {
        check(schema, &serde_json::from_slice(body).unwrap(), "$");
    }
}

/// Checks a value against a schema of the document.
pub(crate) fn check(schema: &'static Value, value: &Value, place: &str) {
    for (keyword, rule) in resolve(schema).as_object().unwrap() {
        let holds = match keyword.as_str() {
            "description" | "default" => true,
            "type" => match rule {
                Value::Array(types) => types.iter().any(|name| is_of_type(name, value)),
                name => is_of_type(name, value),
            },
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "maximum" => value.as_i64() <= rule.as_i64(),
            "minLength" => length(value).is_none_or(|n| n >= rule.as_u64().unwrap()),
            "maxLength" => length(value).is_none_or(|n| n <= rule.as_u64().unwrap()),
            "minItems" => value.as_array().unwrap().len() as u64 >= rule.as_u64().unwrap(),
            "maxItems" => value.as_array().unwrap().len() as u64 <= rule.as_u64().unwrap(),
            "pattern" => {
                let prefix = rule.as_str().unwrap().strip_prefix('^').unwrap();
                assert!(prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "no simple pattern");
                value.as_str().unwrap().starts_with(prefix)
            }
            "format" => match rule.as_str().unwrap() {
                "uri" => value.as_str().unwrap().contains("://"),
                "date-time" => is_instant(value.as_str().unwrap()),
                other => panic!("format {other} is not known to this check"),
            },
            "items" => {
                for (i, item) in value.as_array().unwrap().iter().enumerate() {
                    check(rule, item, &format!("{place}[{i}]"));
                }
                true
            }
            "required" => {
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                for (name, member) in value.as_object().unwrap() {
                    if let Some(schema) = rule.get(name) {
                        check(schema, member, &format!("{place}.{name}"));
                    }
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, false);
                let known = &resolve(schema)["properties"];
                value.as_object().unwrap().keys().all(|name| known.get(name).is_some())
            }
            other => panic!("keyword {other} is not known to this check"),
        };
        assert!(holds, "{place} breaks `{keyword}: {rule}`: {value}");
    }
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other} is not known to this check"),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

/// `2026-11-24T12:00:00Z`
fn is_instant(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}
