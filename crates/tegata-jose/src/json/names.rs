use super::{MAX_MEMBERS, Malformed, Text};

/// Names seen in one object: finds a repeated one without allocating for objects of ordinary size.
pub(super) struct Names<'a> {
    /// One bit per (length, first, last byte) seen, so that most names need no comparison at all.
    seen: u64,
    len: usize,
    inline: [Option<Text<'a>>; 16],
    spilled: Vec<Text<'a>>,
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self { seen: 0, len: 0, inline: [None; 16], spilled: Vec::new() }
    }

    pub(super) fn insert(&mut self, name: Text<'a>) -> Result<(), Malformed> {
        if self.len == MAX_MEMBERS {
            return Err(Malformed);
        }
        let bit = if name.escaped {
            // May equal any other name: from here on, compare them all.
            self.seen = u64::MAX;
            0
        } else {
            fingerprint(name.raw)
        };
        if (name.escaped || self.seen & bit != 0) && self.iter().any(|known| known.same_as(name)) {
            return Err(Malformed);
        }
        self.seen |= bit;
        match self.inline.get_mut(self.len) {
            Some(slot) => *slot = Some(name),
            None => self.spilled.push(name),
        }
        self.len += 1;
        Ok(())
    }

    fn iter(&self) -> impl Iterator<Item = Text<'a>> {
        self.inline.iter().flatten().chain(&self.spilled).copied()
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
