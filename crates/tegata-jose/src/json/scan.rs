//! The grammar of RFC 8259, byte by byte.

#![expect(
    clippy::inline_always,
    reason = "a member passes through memory at each call that is not inlined: reading a claims set took 60 % longer"
)]

use super::names::Names;
use super::{Malformed, Text, Value};

pub(super) struct Scanner<'a> {
    text: &'a str,
    pos: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, pos: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    pub(super) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.pos += 1;
        }
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(Malformed);
        }
        self.pos += 1;
        Ok(())
    }

    pub(super) fn expect_end(&mut self) -> Result<(), Malformed> {
        self.skip_whitespace();
        if self.pos == self.text.len() { Ok(()) } else { Err(Malformed) }
    }

    /// The next member's name, with the colon after it taken; `None` at the end of the object.
    #[inline(always)]
    pub(super) fn next_name(&mut self, first: &mut bool) -> Result<Option<Text<'a>>, Malformed> {
        self.skip_whitespace();
        if self.peek() == Some(b'}') {
            // `{}` may close at once; `{"a":1,}` may not, and is caught below as a missing name.
            self.pos += 1;
            return Ok(None);
        }
        if *first {
            *first = false;
        } else {
            self.expect(b',')?;
            self.skip_whitespace();
        }
        let name = self.string()?;
        self.skip_whitespace();
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// Whether another element follows, with the comma before it taken.
    pub(super) fn next_in_array(&mut self, first: &mut bool) -> Result<bool, Malformed> {
        self.skip_whitespace();
        if self.peek() == Some(b']') {
            self.pos += 1;
            return Ok(false);
        }
        if *first {
            *first = false;
        } else {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// One value, which may hold `depth` further levels.
    #[inline(always)]
    pub(super) fn value(&mut self, depth: u8) -> Result<Value<'a>, Malformed> {
        self.skip_whitespace();
        let start = self.pos;
        match self.peek().ok_or(Malformed)? {
            b'"' => self.string().map(Value::String),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b'{' => {
                self.skip_object(depth)?;
                Ok(Value::Object(self.since(start)))
            }
            b'[' => {
                self.skip_array(depth)?;
                Ok(Value::Array(self.since(start)))
            }
            b't' => self.literal("true").map(|()| Value::Bool(true)),
            b'f' => self.literal("false").map(|()| Value::Bool(false)),
            b'n' => self.literal("null").map(|()| Value::Null),
            _ => Err(Malformed),
        }
    }

    /// The text from `start` to here; both are always next to an ASCII byte.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.pos).unwrap_or_default()
    }

    fn literal(&mut self, word: &str) -> Result<(), Malformed> {
        let rest = self.text.as_bytes().get(self.pos..).ok_or(Malformed)?;
        if !rest.starts_with(word.as_bytes()) {
            return Err(Malformed);
        }
        self.pos += word.len();
        Ok(())
    }

    fn skip_object(&mut self, depth: u8) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        self.pos += 1;
        let (mut names, mut first) = (Names::new(), true);
        while let Some(name) = self.next_name(&mut first)? {
            names.insert(name)?;
            self.value(depth)?;
        }
        Ok(())
    }

    fn skip_array(&mut self, depth: u8) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        self.pos += 1;
        let mut first = true;
        while self.next_in_array(&mut first)? {
            self.value(depth)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self) -> Result<Text<'a>, Malformed> {
        self.expect(b'"')?;
        let start = self.pos;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Malformed),
            }
        }
        let raw = self.since(start);
        self.pos += 1;
        Ok(Text { raw, start, escaped })
    }

    /// Passes over the bytes that mean themselves: all but the quote, the backslash and control characters.
    #[inline(always)]
    fn skip_plain(&mut self) {
        let mut rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
            let special = special_bytes(u64::from_le_bytes(*chunk));
            if special != 0 {
                self.pos += special.trailing_zeros() as usize / 8;
                return;
            }
            self.pos += 8;
            rest = tail;
        }
        while let Some(0x20..=0x21 | 0x23..=0x5b | 0x5d..) = self.peek() {
            self.pos += 1;
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        self.pos += 1;
        let kind = self.peek().ok_or(Malformed)?;
        self.pos += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => match self.hex4()? {
                0xd800..=0xdbff => {
                    self.literal("\\u")?;
                    if matches!(self.hex4()?, 0xdc00..=0xdfff) { Ok(()) } else { Err(Malformed) }
                }
                0xdc00..=0xdfff => Err(Malformed),
                _ => Ok(()),
            },
            _ => Err(Malformed),
        }
    }

    fn hex4(&mut self) -> Result<u16, Malformed> {
        let digits = self.text.as_bytes().get(self.pos..self.pos + 4).ok_or(Malformed)?;
        self.pos += 4;
        digits.iter().try_fold(0u16, |unit, digit| {
            let nibble = char::from(*digit).to_digit(16).and_then(|nibble| u16::try_from(nibble).ok());
            Ok(unit << 4 | nibble.ok_or(Malformed)?)
        })
    }

    /// A number by the grammar of RFC 8259 §6; what it is worth is the reader's business.
    fn number(&mut self) -> Result<&'a str, Malformed> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        if self.peek() == Some(b'0') {
            self.pos += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.pos += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.pos += 1;
            }
            self.digits()?;
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.pos;
        while let Some(b'0'..=b'9') = self.peek() {
            self.pos += 1;
        }
        if self.pos > start { Ok(()) } else { Err(Malformed) }
    }
}

/// Eight bytes at once: the lowest bit set is the top bit of the first byte that ends a plain run. Bits above it mean
/// nothing, because a subtraction borrows upwards.
const fn special_bytes(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    const fn zero_bytes(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes
    }
    let control = bytes.wrapping_sub(ONES * 0x20) & !bytes;
    (control | zero_bytes(bytes ^ (ONES * b'"' as u64)) | zero_bytes(bytes ^ (ONES * b'\\' as u64))) & TOPS
}

/// Undoes the escapes of a string that the scanner has checked.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let kind = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        let mut taken = at + 2;
        out.push(match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = unit(rest, at + 2);
                taken += 4;
                if (0xd800..0xdc00).contains(&high) {
                    taken += 6;
                    let low = unit(rest, at + 8);
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff))
                } else {
                    char::from_u32(high)
                }
                .unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other),
        });
        rest = rest.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn unit(text: &str, at: usize) -> u32 {
    text.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
}
