//! Writing the file, line by line.

use std::io::{self, Write};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::record::{Counts, End, Header, Line};
use super::transfer_key::TransferKey;

/// Writes lines and authenticates them as they pass.
pub(super) struct Writer<W> {
    out: W,
    mac: hmac::Context,
    counts: Counts,
}

impl<W: Write> Writer<W> {
    /// Begins with the first line.
    pub(super) fn begin(out: W, header: &Header, key: &TransferKey) -> io::Result<Self> {
        let mut writer = Self { out, mac: hmac::Context::with_key(&key.mac), counts: Counts::default() };
        writer.put(header)?;
        Ok(writer)
    }

    /// Writes a line.
    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        self.counts.add(line);
        self.put(line)
    }

    /// Ends with the last line, and gives what can be written to after it.
    pub(super) fn finish(mut self) -> io::Result<(W, Counts)> {
        self.out.write_all(&last_line(self.counts, self.mac)?)?;
        Ok((self.out, self.counts))
    }

    fn put(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = line(value)?;
        self.mac.update(&line);
        self.out.write_all(&line)
    }
}

/// The last line, which follows from all that stands before it.
pub(super) fn last_line(counts: Counts, mac: hmac::Context) -> io::Result<Vec<u8>> {
    let mac = URL_SAFE_NO_PAD.encode(mac.sign().as_ref());
    line(&Line::End(End { counts, mac }))
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
