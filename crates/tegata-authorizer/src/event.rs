//! What API Gateway sends to an authorizer, read without copying.
//!
//! Only the members that decide are read; API Gateway may add others.

mod headers;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, de};

use crate::error::Refusal;
use headers::Headers;
pub(crate) use headers::Values;

/// A request to let in or not.
pub(crate) struct Event<'e> {
    /// The ARN of what is asked for: `arn:…:api-id/stage/…`.
    pub(crate) arn: Text<'e>,
    pub(crate) form: Form<'e>,
}

/// The forms of authorizer that API Gateway knows.
pub(crate) enum Form<'e> {
    /// REST API, `TOKEN`: the value of the one header.
    Token { authorization: Text<'e> },
    /// REST API or WebSocket API, `REQUEST`, and HTTP API with payload format 1.0: the headers.
    Request { authorization: Values<'e>, protocols: Values<'e> },
    /// HTTP API, payload format 2.0: the headers, and the key of the matched route.
    Http { authorization: Values<'e>, route_key: Option<Text<'e>> },
}

impl<'e> Event<'e> {
    /// Reads an event.
    ///
    /// # Errors
    /// [`Refusal::InvalidEvent`]: whatever sends such a thing is not API Gateway, or is set up for something else.
    pub(crate) fn parse(json: &'e str) -> Result<Self, Refusal> {
        let members: Members<'e> = serde_json::from_str(json).map_err(|_| Refusal::InvalidEvent)?;
        members.into_event().ok_or(Refusal::InvalidEvent)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'e> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'e>>,
    #[serde(borrow)]
    version: Option<Text<'e>>,
    #[serde(borrow)]
    authorization_token: Option<Text<'e>>,
    #[serde(borrow)]
    method_arn: Option<Text<'e>>,
    #[serde(borrow)]
    route_arn: Option<Text<'e>>,
    #[serde(borrow)]
    route_key: Option<Text<'e>>,
    #[serde(borrow)]
    headers: Option<Headers<'e>>,
    #[serde(borrow)]
    multi_value_headers: Option<Headers<'e>>,
    request_context: Option<RequestContext>,
}

/// Tells a WebSocket's handshake from other requests.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    connection_id: Option<de::IgnoredAny>,
}

impl<'e> Members<'e> {
    fn into_event(self) -> Option<Event<'e>> {
        let kind = self.kind?;
        if &*kind == "TOKEN" {
            let form = Form::Token { authorization: self.authorization_token? };
            return Some(Event { arn: self.method_arn?, form });
        }
        if &*kind != "REQUEST" {
            return None;
        }
        let single = self.headers.unwrap_or_default();
        if self.version.as_deref() == Some("2.0") {
            let form = Form::Http { authorization: single.authorization, route_key: self.route_key };
            return Some(Event { arn: self.route_arn?, form });
        }
        let multiple = self.multi_value_headers.unwrap_or_default();
        // Elsewhere a protocol of a WebSocket is a header like any other.
        let is_handshake = self.request_context.is_some_and(|context| context.connection_id.is_some());
        let protocols = if is_handshake { single.protocols.and(multiple.protocols) } else { Values::None };
        let authorization = single.authorization.and(multiple.authorization);
        Some(Event { arn: self.method_arn?, form: Form::Request { authorization, protocols } })
    }
}

/// A string of the event; borrowed unless it has escapes.
pub(crate) struct Text<'e>(Cow<'e, str>);

impl<'e> Text<'e> {
    fn borrowed(text: &'e str) -> Self {
        Self(Cow::Borrowed(text))
    }

    fn owned(text: &str) -> Self {
        Self(Cow::Owned(text.to_owned()))
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'e, 'e> Deserialize<'de> for Text<'e> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text::borrowed(text))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text::owned(text))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
