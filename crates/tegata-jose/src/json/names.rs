use super::scan::unescape;
use super::{MAX_MEMBERS, Malformed, Text};

/// Names seen in one object: finds a repeated one without allocating for objects of ordinary size.
pub(super) struct Names<'a> {
    /// One bit per (length, first, last byte) seen, so that most names need no comparison at all.
    seen: u64,
    /// As they are written; no escapes unless `escaped`.
    inline: [&'a str; 16],
    spilled: Vec<&'a str>,
    len: usize,
    escaped: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self { seen: 0, inline: [""; 16], spilled: Vec::new(), len: 0, escaped: false }
    }

    pub(super) fn insert(&mut self, name: Text<'a>) -> Result<(), Malformed> {
        if self.len == MAX_MEMBERS {
            return Err(Malformed);
        }
        let bit = fingerprint(name.raw);
        self.escaped |= name.escaped;
        if (self.escaped || self.seen & bit != 0) && self.contains(name.raw) {
            return Err(Malformed);
        }
        self.seen |= bit;
        match self.inline.get_mut(self.len) {
            Some(slot) => *slot = name.raw,
            None => self.spilled.push(name.raw),
        }
        self.len += 1;
        Ok(())
    }

    fn contains(&self, name: &str) -> bool {
        let mut known = self.inline.iter().chain(&self.spilled).take(self.len);
        if self.escaped {
            let name = unescape(name);
            known.any(|known| unescape(known) == name)
        } else {
            known.any(|known| *known == name)
        }
    }
}

/// A bit out of 64. The multiplier spreads the names of RFC 7519 and RFC 9068 without a clash.
fn fingerprint(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let first = bytes.first().copied().unwrap_or(0);
    let last = bytes.last().copied().unwrap_or(0);
    let len = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    1 << (u32::from_le_bytes([first, last, len, 0]).wrapping_mul(0x9e37_79b1) >> 26)
}
