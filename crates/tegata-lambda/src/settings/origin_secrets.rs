//! The secret that the distribution in front of us sends with every request.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use tegata_settings::{Raw, Value};
use zeroize::Zeroizing;

/// One secret, or two while one takes the place of the other.
#[derive(Clone)]
pub struct OriginSecrets(Vec<Zeroizing<String>>);

/// The shortest secret: 128 bits in hexadecimal or base64, or a little less in letters and digits.
const SHORTEST: usize = 20;

impl OriginSecrets {
    /// Whether this is one of them, in a time that tells nothing about them.
    pub fn contains(&self, presented: &[u8]) -> bool {
        let is_it =
            |secret: &Zeroizing<String>| verify_slices_are_equal(secret.as_bytes(), presented).is_ok();
        // Not `any`, which would stop at the first.
        self.0.iter().map(is_it).fold(false, |found, is_it| found | is_it)
    }
}

impl fmt::Debug for OriginSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginSecrets({})", self.0.len())
    }
}

impl Value for OriginSecrets {
    const TYPE: &'static str = "secret";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let Raw::One(text) = raw else { return Err("must be one value".to_owned()) };
        let secrets: Vec<_> = text.split(',').map(|part| Zeroizing::new(part.trim().to_owned())).collect();
        let is_good = |secret: &Zeroizing<String>| {
            secret.len() >= SHORTEST && secret.bytes().all(|b| b.is_ascii_graphic())
        };
        if secrets.len() > 2 || !secrets.iter().all(is_good) {
            return Err(format!(
                "must be a secret of at least {SHORTEST} visible ASCII characters, or two with a comma between"
            ));
        }
        Ok(Self(secrets))
    }

    /// Never.
    fn show(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_two_secrets_is_known_and_neither_is_shown() {
        let secrets =
            OriginSecrets::parse(&Raw::One("old-old-old-old-old-1, new-new-new-new-new-2".to_owned()))
                .unwrap();
        assert!(secrets.contains(b"old-old-old-old-old-1") && secrets.contains(b"new-new-new-new-new-2"));
        for other in ["", "old-old-old-old-old-", "old-old-old-old-old-1,new-new-new-new-new-2"] {
            assert!(!secrets.contains(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{secrets:?}"), "OriginSecrets(2)");
        assert_eq!(secrets.show(), None);
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused_and_not_repeated() {
        let long = "x".repeat(SHORTEST);
        for bad in ["", "short", "with space in between it", &format!("{long},"), &[&*long; 3].join(",")] {
            let text = OriginSecrets::parse(&Raw::One(bad.to_owned())).unwrap_err();
            assert!(bad.is_empty() || !text.contains(bad), "{text}");
        }
    }
}
