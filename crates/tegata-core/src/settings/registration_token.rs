use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::secret::equal;

/// The initial access token of registrations (RFC 7591 §3). Wiped when dropped; its `Debug` shows nothing.
#[derive(Clone)]
pub struct RegistrationToken(Zeroizing<String>);

/// The shortest token: 128 bits in hexadecimal.
const SHORTEST: usize = 32;

impl RegistrationToken {
    /// Whether a presented text is the token, in a time that does not tell how far it is.
    pub fn matches(&self, presented: &str) -> bool {
        equal(self.0.as_bytes(), presented.as_bytes())
    }
}

impl FromStr for RegistrationToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        // What a bearer token may be made of (RFC 6750 §2.1): any other could never be presented.
        let is_good = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.len() < SHORTEST || !text.bytes().all(is_good) {
            return Err("must be a secret of at least 32 letters, digits and `-._~+/=` (RFC 6750 §2.1)");
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for RegistrationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r68_a_token_is_never_shown() {
        let text = "0123456789abcdef0123456789abcdef";
        let token: RegistrationToken = text.parse().unwrap();
        assert!(token.matches(text) && !token.matches(&text[1..]) && !token.matches(""));
        assert_eq!(format!("{token:?}"), "RegistrationToken(…)");
    }

    #[test]
    fn a_token_that_could_be_guessed_or_not_be_sent_is_refused() {
        for bad in
            ["", "short", &"x".repeat(SHORTEST - 1), &format!("{} y", "x".repeat(SHORTEST)), &"ü".repeat(40)]
        {
            assert!(bad.parse::<RegistrationToken>().is_err(), "{bad}");
        }
    }
}
