use std::fmt::Write as _;

/// Writes one flat object: the few shapes that tokens and keys have.
///
/// Names are ours and need no escaping, unless a method says otherwise; values are escaped by RFC 8259 §7.
pub(crate) struct ObjectWriter {
    out: String,
}

impl ObjectWriter {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut out = String::with_capacity(capacity);
        out.push('{');
        Self { out }
    }

    pub(crate) fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        push_string(&mut self.out, value);
    }

    pub(crate) fn optional_string(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    pub(crate) fn strings<S: AsRef<str>>(&mut self, name: &str, values: &[S]) {
        self.name(name);
        self.out.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            push_string(&mut self.out, value.as_ref());
        }
        self.out.push(']');
    }

    pub(crate) fn integer(&mut self, name: &str, value: i64) {
        self.name(name);
        // Writing to a `String` cannot fail.
        let _ = write!(self.out, "{value}");
    }

    pub(crate) fn optional_integer(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.integer(name, value);
        }
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push_str(value);
    }

    /// As [`json`](Self::json), under a name that is not ours.
    pub(crate) fn foreign_json(&mut self, name: &str, value: &str) {
        self.separate();
        push_string(&mut self.out, name);
        self.out.push(':');
        self.out.push_str(value);
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    fn separate(&mut self) {
        if self.out.len() > 1 {
            self.out.push(',');
        }
    }
}

fn push_string(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        push_escaped(out, tail.as_bytes()[0]);
        rest = &tail[1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn push_escaped(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b'"' | b'\\' => {
            out.push('\\');
            out.push(char::from(byte));
        }
        control => {
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(control >> 4)]));
            out.push(char::from(HEX[usize::from(control & 15)]));
        }
    }
}
