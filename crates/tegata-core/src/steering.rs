//! Characters that are no part of a text but steer how it is shown: they break a line, turn its direction, or cannot be seen.

use crate::user::InvalidField;

/// Whether a character is one of them.
///
/// The joiners U+200C and U+200D are not: names in some scripts, and people's emoji, are spelled with them.
pub fn is_steering(c: char) -> bool {
    is_steering_in_documents(c)
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{2060}'
                ..='\u{206f}' | '\u{feff}'
        )
}

/// Those that no document of a user has had from the beginning. The bound of what is read is never narrowed (ADR 22): a value
/// that was accepted once stays readable.
pub(crate) fn is_steering_in_documents(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that comes in and has none of them.
pub(crate) fn unsteered(text: String) -> Result<String, InvalidField> {
    if text.chars().any(is_steering) { Err(InvalidField::Invalid) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r66_what_cannot_be_seen_or_turns_a_line_steers_and_what_is_spelled_does_not() {
        for c in "\n\u{7f}\u{85}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202e}\u{2060}\u{2069}\u{206f}\u{feff}".chars() {
            assert!(is_steering(c), "{c:?}");
        }
        for c in "a\u{e9}\u{5d0}\u{627}\u{200c}\u{200d}\u{1f469}".chars() {
            assert!(!is_steering(c), "{c:?}");
        }
    }
}
