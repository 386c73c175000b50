//! A strict JSON reader that copies nothing, and a writer for flat objects.
//!
//! Stricter than RFC 8259: member names are distinct (RFC 7515 §4, RFC 7519 §4), surrogates come in pairs, nothing
//! nests deeper than [`MAX_DEPTH`], and no object has more than [`MAX_MEMBERS`] members. A header is read before its
//! signature is checked, so what it may cost is bounded.

mod names;
mod scan;
mod write;

use std::borrow::Cow;

use names::Names;
use scan::Scanner;

pub(crate) use write::ObjectWriter;

/// Objects and arrays within each other, the outermost counted.
pub(crate) const MAX_DEPTH: u8 = 8;
/// Members of one object.
pub(crate) const MAX_MEMBERS: usize = 128;

/// Not JSON, or JSON beyond the limits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A string as it stands between its quotes, already checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    raw: &'a str,
    start: usize,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string itself; borrowed unless it has escapes.
    pub(crate) fn decode(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(scan::unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Where the string lies in the text it was read from; `None` if it has escapes and so is nowhere literally.
    pub(crate) fn literal_range(self) -> Option<std::ops::Range<usize>> {
        (!self.escaped).then(|| self.start..self.start + self.raw.len())
    }
}

/// A value. Composite ones are checked throughout, and kept as their text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(Text<'a>),
    Array(&'a str),
    Object(&'a str),
}

impl<'a> Value<'a> {
    pub(crate) fn as_text(self) -> Option<Text<'a>> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The value as an integer that every JSON reader agrees on: no fraction, no exponent, within ±(2^53 − 1)
    /// (RFC 8259 §6).
    pub(crate) fn as_integer(self) -> Option<i64> {
        const MAX: i64 = (1 << 53) - 1;
        let Self::Number(digits) = self else { return None };
        if digits == "-0" {
            return None;
        }
        let number: i64 = digits.parse().ok()?;
        (-MAX..=MAX).contains(&number).then_some(number)
    }
}

/// Whether a text can stand as the value of a member, `levels` objects deep in a document that we read ourselves. The
/// outermost object is the first level.
pub(crate) fn is_value_at(levels: u8, text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    let value = MAX_DEPTH.checked_sub(levels).ok_or(Malformed).and_then(|depth| scanner.value(depth));
    value.is_ok() && scanner.expect_end().is_ok()
}

/// The members of one object, in order.
pub(crate) struct Object<'a> {
    scanner: Scanner<'a>,
    names: Names<'a>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Opens a text that is one object and nothing else.
    pub(crate) fn open(text: &'a str) -> Result<Self, Malformed> {
        let mut scanner = Scanner::new(text);
        scanner.skip_whitespace();
        scanner.expect(b'{')?;
        Ok(Self { scanner, names: Names::new(), first: true })
    }

    /// The next member; `None` once the object has ended, and the text with it.
    #[expect(clippy::inline_always, reason = "as in `scan`")]
    #[inline(always)]
    pub(crate) fn next_member(&mut self) -> Result<Option<(Text<'a>, Value<'a>)>, Malformed> {
        let Some(name) = self.scanner.next_name(&mut self.first)? else {
            self.scanner.expect_end()?;
            return Ok(None);
        };
        self.names.insert(name)?;
        let value = self.scanner.value(MAX_DEPTH - 1)?;
        Ok(Some((name, value)))
    }
}

/// The elements of one array, in order.
pub(crate) struct Array<'a> {
    scanner: Scanner<'a>,
    first: bool,
}

impl<'a> Array<'a> {
    /// Opens a text that is one array and nothing else.
    pub(crate) fn open(text: &'a str) -> Result<Self, Malformed> {
        let mut scanner = Scanner::new(text);
        scanner.skip_whitespace();
        scanner.expect(b'[')?;
        Ok(Self { scanner, first: true })
    }

    /// The next element; `None` once the array has ended, and the text with it.
    pub(crate) fn next_element(&mut self) -> Result<Option<Value<'a>>, Malformed> {
        if !self.scanner.next_in_array(&mut self.first)? {
            self.scanner.expect_end()?;
            return Ok(None);
        }
        self.scanner.value(MAX_DEPTH - 1).map(Some)
    }
}

#[cfg(test)]
mod tests;
