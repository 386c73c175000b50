//! The secret with which clients are registered.

use std::fmt;

use tegata_settings::{Raw, Value};
use zeroize::Zeroizing;

/// The initial access token of RFC 7591 §3.
#[derive(Clone)]
pub struct RegistrationToken(Zeroizing<String>);

/// The shortest token: 128 bits in hexadecimal.
const SHORTEST: usize = 32;

impl RegistrationToken {
    /// The token itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RegistrationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationToken(…)")
    }
}

impl Value for RegistrationToken {
    const TYPE: &'static str = "secret";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let Raw::One(text) = raw else { return Err("must be one value".to_owned()) };
        let token = Zeroizing::new(text.trim().to_owned());
        // What a bearer token may be made of (RFC 6750 §2.1): any other could never be presented.
        let is_good = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if token.len() < SHORTEST || !token.bytes().all(is_good) {
            return Err(format!(
                "must be a secret of at least {SHORTEST} letters, digits and `-._~+/=` (RFC 6750 §2.1)"
            ));
        }
        Ok(Self(token))
    }

    /// Never.
    fn show(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RegistrationToken, String> {
        RegistrationToken::parse(&Raw::One(text.to_owned()))
    }

    #[test]
    fn r68_a_token_is_never_shown() {
        let token = parse("0123456789abcdef0123456789abcdef\n").unwrap();
        assert_eq!(token.expose(), "0123456789abcdef0123456789abcdef");
        assert_eq!(format!("{token:?}"), "RegistrationToken(…)");
        assert_eq!(token.show(), None);
    }

    #[test]
    fn a_token_that_could_be_guessed_or_not_be_sent_is_refused_and_not_repeated() {
        for bad in
            ["", "short", &"x".repeat(SHORTEST - 1), &format!("{} y", "x".repeat(SHORTEST)), &"ü".repeat(40)]
        {
            let text = parse(bad).unwrap_err();
            assert!(bad.is_empty() || !text.contains(bad), "{text}");
        }
    }
}
