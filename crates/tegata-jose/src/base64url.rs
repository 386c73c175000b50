//! base64url without padding (RFC 7515 §2), in the one form that an encoder writes: no padding, no white space, no
//! trailing bits. Otherwise one signature would belong to several spellings of a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Not canonical base64url.
#[derive(Debug)]
pub(crate) struct NotBase64Url;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn encode_onto(out: &mut String, bytes: &[u8]) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// The length of `len` bytes when encoded.
pub(crate) const fn encoded_len(len: usize) -> usize {
    (len * 4).div_ceil(3)
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Decodes into `out` and gives the part that was filled.
pub(crate) fn decode_into<'o>(text: &str, out: &'o mut [u8]) -> Result<&'o [u8], NotBase64Url> {
    let len = URL_SAFE_NO_PAD.decode_slice(text, out).map_err(|_| NotBase64Url)?;
    out.get(..len).ok_or(NotBase64Url)
}
