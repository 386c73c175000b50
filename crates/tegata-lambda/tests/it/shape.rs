//! The kinds of events: how each carries a request, and what each wants as an answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Rest,
    Http,
    FunctionUrl,
    LoadBalancer,
}

/// A request, before it is put into an event.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
    pub(crate) is_base64: bool,
}

/// An answer, taken out of the JSON of its kind.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: BTreeMap<String, Vec<String>>,
    pub(crate) text: String,
    pub(crate) is_base64: bool,
}

impl Call {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        let (path, headers) = (path.to_owned(), Vec::new());
        Self { method, path, query: Vec::new(), headers, body: None, is_base64: false }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let call = Self::new("POST", path).header("content-type", "application/json");
        Self { body: Some(body.to_string()), ..call }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A form, as a body of text or in base64.
    pub(crate) fn form(path: &str, fields: &[(&str, &str)], is_base64: bool) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = if is_base64 { STANDARD.encode(form) } else { form };
        let call = Self::new("POST", path).header("content-type", "application/x-www-form-urlencoded");
        Self { body: Some(body), is_base64, ..call }
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }
}

impl Shape {
    /// A `GET` of an address below ours, with its query as this kind of event carries it.
    pub(crate) fn get(self, address: &str) -> Call {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        query.split('&').filter(|pair| !pair.is_empty()).fold(Call::get(path), |call, pair| {
            // Only a REST API takes the escapes away.
            let decoded = form_urlencoded::parse(pair.as_bytes()).next().unwrap();
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if self == Self::Rest { call.query(&decoded.0, &decoded.1) } else { call.query(name, value) }
        })
    }

    pub(crate) const ALL: [Self; 4] = [Self::Rest, Self::Http, Self::FunctionUrl, Self::LoadBalancer];

    /// The event as it was recorded.
    pub(crate) fn recorded(self) -> Value {
        let text = match self {
            Self::Rest => include_str!("events/rest.json"),
            Self::Http => include_str!("events/http.json"),
            Self::FunctionUrl => include_str!("events/function-url.json"),
            Self::LoadBalancer => include_str!("events/load-balancer.json"),
        };
        serde_json::from_str(text).unwrap()
    }

    /// The recorded event with another request in it.
    pub(crate) fn event(self, call: &Call) -> Value {
        let mut event = self.recorded();
        event["body"] = json!(call.body);
        event["isBase64Encoded"] = json!(call.is_base64);
        match self {
            Self::Rest | Self::LoadBalancer => {
                event["httpMethod"] = json!(call.method);
                event["path"] = json!(call.path);
                for (name, value) in &call.headers {
                    append(&mut event["multiValueHeaders"], name, value);
                    if self == Self::Rest {
                        event["headers"][*name] = json!(value);
                    }
                }
                for (name, value) in &call.query {
                    append(&mut event["multiValueQueryStringParameters"], name, value);
                    if self == Self::Rest {
                        event["queryStringParameters"][name] = json!(value);
                    }
                }
            }
            Self::Http | Self::FunctionUrl => {
                event["requestContext"]["http"]["method"] = json!(call.method);
                event["rawPath"] = json!(call.path);
                let query: Vec<_> =
                    call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
                event["rawQueryString"] = json!(query.join("&"));
                for (name, value) in &call.headers {
                    if *name == "cookie" {
                        if event["cookies"].is_null() {
                            event["cookies"] = json!([]);
                        }
                        event["cookies"].as_array_mut().unwrap().push(json!(value));
                    } else {
                        let joined = match event["headers"][*name].as_str() {
                            Some(before) => format!("{before},{value}"),
                            None => value.clone(),
                        };
                        event["headers"][*name] = json!(joined);
                    }
                }
            }
        }
        event
    }

    /// What the source of the event makes of the function's answer.
    pub(crate) fn answer(self, answer: &Value) -> Answer {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |name: &str, value: &Value| {
            headers.entry(name.to_lowercase()).or_default().push(value.as_str().unwrap().to_owned());
        };
        let is_v2 = matches!(self, Self::Http | Self::FunctionUrl);
        let maps: &[&str] = if is_v2 { &["headers"] } else { &["multiValueHeaders"] };
        for (name, value) in maps.iter().flat_map(|map| answer[*map].as_object().unwrap()) {
            match value {
                Value::Array(values) => values.iter().for_each(|value| add(name, value)),
                value => add(name, value),
            }
        }
        for cookie in answer["cookies"].as_array().into_iter().flatten() {
            add("set-cookie", cookie);
        }
        if self == Self::Rest {
            assert_eq!(answer["headers"], json!({}), "API Gateway would send these headers twice");
        }
        Answer {
            status: answer["statusCode"].as_u64().unwrap(),
            headers,
            text: answer["body"].as_str().unwrap_or_default().to_owned(),
            is_base64: answer["isBase64Encoded"].as_bool().unwrap_or_default(),
        }
    }
}

fn append(map: &mut Value, name: &str, value: &str) {
    if map[name].is_null() {
        map[name] = json!([]);
    }
    map[name].as_array_mut().unwrap().push(json!(value));
}

impl Answer {
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The cookies that are set: `name=value` of each.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get("set-cookie").map(Vec::as_slice).unwrap_or_default();
        lines.iter().map(|line| line.split(';').next().unwrap().to_owned()).collect()
    }

    #[track_caller]
    pub(crate) fn is_problem(&self, status: u64, code: &str) {
        assert_eq!((self.status, self.body()["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers["content-type"], ["application/problem+json"]);
        assert!(self.headers.contains_key("x-request-id"));
    }
}
