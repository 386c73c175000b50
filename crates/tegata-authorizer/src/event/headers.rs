use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Text;

/// How often a header was sent. Of several values none is kept: it only matters that there are several.
#[derive(Default)]
pub(crate) enum Values<'e> {
    #[default]
    None,
    One(Text<'e>),
    Several,
}

impl Values<'_> {
    /// Both, in one request.
    fn add(&mut self, more: Self) {
        let known = std::mem::take(self);
        *self = match (known, more) {
            (Self::None, values) | (values, Self::None) => values,
            _ => Self::Several,
        };
    }

    /// The same header from `headers` and from `multiValueHeaders`, which repeats it. They have to agree.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, values) | (values, Self::None) => values,
            (Self::One(one), Self::One(other)) if *one == *other => Self::One(one),
            _ => Self::Several,
        }
    }
}

/// The headers that may carry a token, from `headers` (strings) or `multiValueHeaders` (lists of strings). Their names
/// come in any letter case (RFC 9110 §5.1), as the client wrote them.
#[derive(Default)]
pub(super) struct Headers<'e> {
    pub(super) authorization: Values<'e>,
    pub(super) protocols: Values<'e>,
}

impl<'e> Headers<'e> {
    fn find(&mut self, name: &str) -> Option<&mut Values<'e>> {
        if name.eq_ignore_ascii_case("authorization") {
            Some(&mut self.authorization)
        } else if name.eq_ignore_ascii_case("sec-websocket-protocol") {
            Some(&mut self.protocols)
        } else {
            None
        }
    }
}

impl<'de: 'e, 'e> Deserialize<'de> for Headers<'e> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadersVisitor;

        impl<'de> Visitor<'de> for HeadersVisitor {
            type Value = Headers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers<'de>, A::Error> {
                let mut headers = Headers::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    match headers.find(&name) {
                        Some(values) => values.add(map.next_value()?),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(headers)
            }
        }

        deserializer.deserialize_map(HeadersVisitor)
    }
}

impl<'de: 'e, 'e> Deserialize<'de> for Values<'e> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Values<'de>, E> {
                Ok(Values::One(Text::borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Values<'de>, E> {
                Ok(Values::One(Text::owned(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Values<'de>, A::Error> {
                let mut values = Values::None;
                while let Some(value) = seq.next_element()? {
                    values.add(Values::One(value));
                }
                Ok(values)
            }
        }

        deserializer.deserialize_any(ValuesVisitor)
    }
}
