//! The standard claims that are one text each (OIDC Core §5.1), and what each may be.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::identifier::ParseIdentifierError;
use crate::user::{InvalidField, line};

/// The longest part of a name, in characters.
const MAX_NAME: usize = 100;
/// The longest gender, in characters.
const MAX_GENDER: usize = 40;
/// The longest address of a page, in bytes.
const MAX_URL: usize = 512;
/// The longest name of a time zone, in bytes.
const MAX_ZONE: usize = 64;
/// The shortest and the longest number, in digits: country code and all (E.164 §6.1).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The longest extension, in digits.
const MAX_EXTENSION: usize = 10;

/// A standard claim that is one text and that its user may change (OIDC Core §5.1), beside `name`, `locale` and `email`,
/// which a user always had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextClaim {
    /// `given_name`
    GivenName,
    /// `family_name`
    FamilyName,
    /// `middle_name`
    MiddleName,
    /// `nickname`
    Nickname,
    /// `profile`: the address of a page about the user.
    Profile,
    /// `picture`: the address of a picture of the user.
    Picture,
    /// `website`: the address of the user's own page.
    Website,
    /// `gender`
    Gender,
    /// `birthdate`
    Birthdate,
    /// `zoneinfo`
    Zoneinfo,
    /// `phone_number`
    PhoneNumber,
}

impl TextClaim {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::GivenName,
        Self::FamilyName,
        Self::MiddleName,
        Self::Nickname,
        Self::Profile,
        Self::Picture,
        Self::Website,
        Self::Gender,
        Self::Birthdate,
        Self::Zoneinfo,
        Self::PhoneNumber,
    ];

    /// Its name as a claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::MiddleName => "middle_name",
            Self::Nickname => "nickname",
            Self::Profile => "profile",
            Self::Picture => "picture",
            Self::Website => "website",
            Self::Gender => "gender",
            Self::Birthdate => "birthdate",
            Self::Zoneinfo => "zoneinfo",
            Self::PhoneNumber => "phone_number",
        }
    }

    /// Reads a text as a value of this claim, and gives it in the form in which it is kept.
    ///
    /// # Errors
    /// [`InvalidField`], by the format that OIDC Core §5.1 gives it.
    pub fn check(self, text: &str) -> Result<String, InvalidField> {
        match self {
            Self::GivenName | Self::FamilyName | Self::MiddleName | Self::Nickname => line(text, MAX_NAME),
            Self::Gender => line(text, MAX_GENDER),
            Self::Profile | Self::Picture | Self::Website => url(text),
            Self::Birthdate => birthdate(text),
            Self::Zoneinfo => zoneinfo(text),
            Self::PhoneNumber => phone_number(text),
        }
    }
}

impl FromStr for TextClaim {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
        Self::ALL.into_iter().find(|claim| claim.as_str() == text).ok_or(ParseIdentifierError)
    }
}

/// The text, if it has as many bytes as it may have.
fn sized(text: &str, max: usize) -> Result<&str, InvalidField> {
    match text.len() {
        0 => Err(InvalidField::Required),
        n if n > max => Err(InvalidField::TooLong),
        _ => Ok(text),
    }
}

/// An address of the web. Clients put it into links and pictures: nothing but http and https, no user names that look like
/// a host, and no character that would have to be escaped there (RFC 3986 §2).
fn url(text: &str) -> Result<String, InvalidField> {
    let text = sized(text, MAX_URL)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or(InvalidField::Invalid)?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let begins_with_host = authority.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'[');
    if begins_with_host && authority.bytes().all(is_host) && text.bytes().all(is_allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidField::Invalid)
    }
}

/// `YYYY-MM-DD`, with `0000` for a year that is nobody's business, or the year alone (OIDC Core §5.1).
fn birthdate(text: &str) -> Result<String, InvalidField> {
    let text = sized(text, 10)?;
    let number = |digits: &str| {
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_number)
    };
    let is_date = match text.as_bytes() {
        [_, _, _, _] => number(text).is_some_and(|year| year > 0),
        [_, _, _, _, b'-', _, _, b'-', _, _] => {
            match (
                text.get(..4).and_then(number),
                text.get(5..7).and_then(number),
                text.get(8..).and_then(number),
            ) {
                (Some(year), Some(month), Some(day)) => (1..=days_of(year, month)).contains(&day),
                _ => false,
            }
        }
        _ => false,
    };
    if is_date { Ok(text.to_owned()) } else { Err(InvalidField::Invalid) }
}

/// How many days a month has; none where there is no such month. A year that is not said may have been a leap year, as
/// year 0 is in ISO 8601.
const fn days_of(year: u16, month: u16) -> u16 {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// A name as the time zone database has them: `Europe/Paris`, `America/Argentina/Buenos_Aires`, `Etc/GMT+5`.
///
/// Its shape only: the list of names changes several times a year.
fn zoneinfo(text: &str) -> Result<String, InvalidField> {
    let text = sized(text, MAX_ZONE)?;
    let is_part = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+".contains(&b))
    };
    if text.split('/').count() <= 3 && text.split('/').all(is_part) {
        Ok(text.to_owned())
    } else {
        Err(InvalidField::Invalid)
    }
}

/// A number of E.164 with its `+`, and an extension as RFC 3966 §5.3 writes it: `+16045551234;ext=5678`.
///
/// Spaces, hyphens, dots and parentheses are for readers, and are not kept: there is one way to write a number, so that the
/// proof of one is never another's.
fn phone_number(text: &str) -> Result<String, InvalidField> {
    let text = sized(text, 64)?;
    let (number, extension) = match text.split_once(";ext=") {
        Some((number, extension)) => (number, Some(extension)),
        None => (text, None),
    };
    let digits: String =
        number.strip_prefix('+').ok_or(InvalidField::Invalid)?.replace([' ', '-', '.', '(', ')'], "");
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_number = are_digits(&digits) && !digits.starts_with('0') && PHONE_DIGITS.contains(&digits.len());
    match extension {
        None if is_number => Ok(format!("+{digits}")),
        Some(ext) if is_number && are_digits(ext) && (1..=MAX_EXTENSION).contains(&ext.len()) => {
            Ok(format!("+{digits};ext={ext}"))
        }
        _ => Err(InvalidField::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(claim: TextClaim, texts: &[&str]) {
        for text in texts {
            assert_eq!(claim.check(text).as_deref(), Ok(*text), "{claim:?}");
        }
    }

    fn refuses(claim: TextClaim, texts: &[&str]) {
        for text in texts {
            assert!(claim.check(text).is_err(), "{claim:?} {text:?}");
        }
    }

    #[test]
    fn every_claim_is_read_back_by_its_name() {
        for claim in TextClaim::ALL {
            assert_eq!(claim.as_str().parse(), Ok(claim));
            assert_eq!(serde_json::to_value(claim).unwrap(), claim.as_str());
        }
        assert!("sub".parse::<TextClaim>().is_err());
    }

    #[test]
    fn a_page_is_an_address_of_the_web_and_nothing_that_runs() {
        accepts(
            TextClaim::Website,
            &["https://a.example", "http://a.example:8080/x?y=%20#z", "https://[::1]/"],
        );
        refuses(
            TextClaim::Picture,
            &[
                "javascript:alert(1)",
                "data:image/png;base64,AA",
                "//a.example/x",
                "HTTPS://a.example",
                "https://",
                "https:///x",
                "https://bank.example@evil.example/",
                "https://a.example/\"onerror=x",
                "https://a.example/<x>",
                "https://a.example/ x",
                "https://ä.example/",
                "https://a.example\\@b.example/",
                &format!("https://a.example/{}", "x".repeat(MAX_URL)),
            ],
        );
    }

    #[test]
    fn a_birthdate_is_a_day_that_there_is() {
        accepts(TextClaim::Birthdate, &["1990-12-31", "2000-02-29", "0000-02-29", "1990", "9999-01-01"]);
        refuses(
            TextClaim::Birthdate,
            &["", "0000", "1990-13-01", "1990-00-10", "1990-02-29", "1900-02-29", "1990-1-1", "1990-01-00"],
        );
        refuses(
            TextClaim::Birthdate,
            &["1990-04-31", "90-01-01", "+990", "1990-01-01T", "199ä", "1990/01/01"],
        );
    }

    #[test]
    fn a_time_zone_has_the_shape_of_one() {
        accepts(
            TextClaim::Zoneinfo,
            &["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC", "America/Port-au-Prince"],
        );
        refuses(
            TextClaim::Zoneinfo,
            &["", "/", "Europe/", "../etc/passwd", "a/b/c/d", "+01:00", "Europe Paris"],
        );
    }

    #[test]
    fn a_phone_number_is_kept_in_one_form() {
        accepts(TextClaim::PhoneNumber, &["+16045551234", "+16045551234;ext=5678", "+2904123"]);
        for written in ["+1 (604) 555-1234", "+1.604.555.1234"] {
            assert_eq!(TextClaim::PhoneNumber.check(written).as_deref(), Ok("+16045551234"));
        }
        refuses(
            TextClaim::PhoneNumber,
            &["16045551234", "+0123456789", "+1", "+1234567890123456", "+1604555ext=1", "+16045551234;ext="],
        );
        refuses(
            TextClaim::PhoneNumber,
            &["+16045551234;ext=x", "+1604555123４", "++16045551234", "tel:+16045551234"],
        );
    }

    #[test]
    fn no_part_of_a_name_steers_a_line() {
        accepts(TextClaim::GivenName, &["Alice", "アリス", "O’Neil-Smith Jr."]);
        refuses(
            TextClaim::Nickname,
            &["", " ", "a\nb", "a\0", "good\u{202e}live", &"x".repeat(MAX_NAME + 1)],
        );
        assert_eq!(TextClaim::FamilyName.check(" Liddell ").as_deref(), Ok("Liddell"));
    }
}
