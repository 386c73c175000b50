//! Strict bodies: one JSON object of strings, and of objects of strings, every member known, none twice.

use std::borrow::Cow;
use std::fmt;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::error::{FieldProblem, HttpError};
use crate::state::AppState;

/// The most members that are read: no request of ours has a quarter of that.
const MAX_MEMBERS: usize = 32;
/// Of the name of an unknown member, so much is told back, in characters.
const MAX_NAME: usize = 64;

/// The body of a request, read whole. It may hold a password or a token, so it is wiped when dropped.
pub(crate) struct RequestBody {
    bytes: Zeroizing<Vec<u8>>,
    is_json: bool,
}

impl FromRequest<AppState> for RequestBody {
    type Rejection = HttpError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, HttpError> {
        let settings = app.settings();
        let is_json = is_json(request.headers());
        let reading = read(request.into_body(), settings.body_limit);
        // Whoever sends a byte a second must not hold a place for as long as they like.
        let bytes = tokio::time::timeout(settings.request_timeout / 2, reading)
            .await
            .map_err(|_| HttpError::RequestTimeout)??;
        Ok(Self { bytes, is_json })
    }
}

async fn read(mut body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    use axum::body::HttpBody as _;
    let hint = body.size_hint();
    if hint.lower() > limit as u64 {
        return Err(HttpError::ContentTooLarge);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(hint.lower()).unwrap_or(0)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| HttpError::Malformed("the body did not arrive whole"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(HttpError::ContentTooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Whether the body is JSON by its `Content-Type`. A page of another origin cannot send that without a preflight.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    // RFC 8259 §11 knows no parameter; clients send this one, and only this one is true.
    is_json
        && parts.all(|parameter| {
            let parameter = parameter.to_ascii_lowercase();
            matches!(parameter.as_str(), "charset=utf-8" | "charset=\"utf-8\"")
        })
}

impl RequestBody {
    /// The bytes, for a body that is no JSON.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of a body that says it is JSON.
    ///
    /// # Errors
    /// [`HttpError::UnsupportedMediaType`]
    pub(crate) fn json(&self) -> Result<&[u8], HttpError> {
        if self.is_json { Ok(&self.bytes) } else { Err(HttpError::UnsupportedMediaType) }
    }

    /// The members of the object.
    ///
    /// # Errors
    /// [`HttpError::Malformed`] for anything but a JSON object, [`HttpError::UnsupportedMediaType`].
    pub(crate) fn members(&self) -> Result<Members<'_>, HttpError> {
        if self.bytes.is_empty() {
            return Err(HttpError::Malformed("a JSON object is expected as the body"));
        }
        self.members_if_any()
    }

    /// As [`RequestBody::members`]; no body is an empty object.
    ///
    /// # Errors
    /// As [`RequestBody::members`].
    pub(crate) fn members_if_any(&self) -> Result<Members<'_>, HttpError> {
        if self.bytes.is_empty() {
            return Ok(Members::default());
        }
        serde_json::from_slice(self.json()?).map_err(|error| {
            HttpError::Malformed(match error.classify() {
                serde_json::error::Category::Data => "the body must be a JSON object of few members",
                _ => "the body is not valid JSON",
            })
        })
    }
}

/// The members of a body, taken one by one; what is wrong with any of them comes out at [`Members::finish`].
#[derive(Default)]
pub(crate) struct Members<'b> {
    members: Vec<(Cow<'b, str>, Member<'b>)>,
    problems: Vec<FieldProblem>,
}

/// The strings of an object, under names that are known.
pub(crate) type Named<'b, K> = Vec<(K, Cow<'b, str>)>;

/// A value, as far as we read any.
enum Member<'b> {
    Null,
    Text(Cow<'b, str>),
    /// An object within the body's.
    Object(Members<'b>),
    Other,
}

impl<'b> Members<'b> {
    /// A string that must be there.
    pub(crate) fn required(&mut self, name: &'static str) -> Cow<'b, str> {
        match self.take(name) {
            Some(Member::Text(text)) => return text,
            Some(Member::Other | Member::Object(_)) => self.problems.push(FieldProblem::wrong_type(name)),
            Some(Member::Null) | None => self.problems.push(FieldProblem::required(name)),
        }
        Cow::Borrowed("")
    }

    /// A string that may be absent, or `null`.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<Cow<'b, str>> {
        self.nullable(name).flatten()
    }

    /// A string that may be absent; `null` means its removal.
    #[expect(clippy::option_option, reason = "absent, removed and given are three things (RFC 7396 §1)")]
    pub(crate) fn nullable(&mut self, name: &'static str) -> Option<Option<Cow<'b, str>>> {
        match self.take(name)? {
            Member::Text(text) => Some(Some(text)),
            Member::Null => Some(None),
            Member::Other | Member::Object(_) => {
                self.problems.push(FieldProblem::wrong_type(name));
                None
            }
        }
    }

    /// An object of strings under names that `known` knows, which may be absent; `null` means its removal.
    #[expect(clippy::option_option, reason = "absent, removed and given are three things (RFC 7396 §1)")]
    pub(crate) fn nullable_object<K>(
        &mut self,
        name: &'static str,
        known: impl Fn(&str) -> Option<K>,
    ) -> Option<Option<Named<'b, K>>> {
        let within = match self.take(name)? {
            Member::Null => return Some(None),
            Member::Object(within) => within,
            Member::Text(_) | Member::Other => {
                self.problems.push(FieldProblem::no_object(name));
                return None;
            }
        };
        let mut read = Vec::new();
        for (member, value) in within.members {
            match (known(&member), value) {
                (Some(member), Member::Text(text)) => read.push((member, text)),
                (Some(_), _) => {
                    self.problems.push(FieldProblem::wrong_type(shorten(&member)).within(name));
                }
                (None, _) => self.problems.push(FieldProblem::unknown(shorten(&member)).within(name)),
            }
        }
        let repeated = within.problems.into_iter();
        self.problems.extend(repeated.map(|problem| problem.within(name)));
        Some(Some(read))
    }

    /// Notes that a member that was taken has a value that is not allowed.
    pub(crate) fn refuse(&mut self, name: &'static str) {
        self.problems.push(FieldProblem::invalid(name));
    }

    /// Ends the reading: whatever was not taken is not known here.
    ///
    /// # Errors
    /// [`HttpError::Fields`] with everything that is wrong.
    pub(crate) fn finish(mut self) -> Result<(), HttpError> {
        let unknown = self.members.into_iter().map(|(name, _)| FieldProblem::unknown(shorten(&name)));
        self.problems.extend(unknown);
        if self.problems.is_empty() { Ok(()) } else { Err(HttpError::Fields(self.problems)) }
    }

    fn take(&mut self, name: &str) -> Option<Member<'b>> {
        let place = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.swap_remove(place).1)
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members<'de>, A::Error> {
                read_members(map)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

fn read_members<'de, A: MapAccess<'de>>(mut map: A) -> Result<Members<'de>, A::Error> {
    let mut members = Members::default();
    while let Some(Text(name)) = map.next_key()? {
        if members.members.len() == MAX_MEMBERS {
            return Err(serde::de::Error::custom("too many members"));
        }
        let value = map.next_value()?;
        // Which of two wins is anybody's guess, and guesses of two parsers differ.
        if members.members.iter().any(|(known, _)| *known == name) {
            if members.problems.len() < MAX_MEMBERS {
                members.problems.push(FieldProblem::repeated(shorten(&name)));
            }
        } else {
            members.members.push((name, value));
        }
    }
    Ok(members)
}

/// A string, borrowed from the body where it has no escapes.
struct Text<'b>(Cow<'b, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Member::deserialize(deserializer)? {
            Member::Text(text) => Ok(Self(text)),
            Member::Null | Member::Object(_) | Member::Other => Err(serde::de::Error::custom("not a string")),
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Member<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Member<'de>, E> {
                Ok(Member::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Member<'de>, E> {
                Ok(Member::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Member<'de>, E> {
                Ok(Member::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member<'de>, A::Error> {
                read_members(map).map(Member::Object)
            }
        }

        deserializer.deserialize_any(Value)
    }
}
