//! A postal address (OIDC Core §5.1.1).

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::unique::Unique;
use crate::identifier::ParseIdentifierError;
use crate::steering::{is_steering, is_steering_in_documents};
use crate::user::InvalidField;

/// A member of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressMember {
    /// `formatted`: the whole, as it stands on a letter; it may have several lines.
    Formatted,
    /// `street_address`: street and number, and what belongs to them; it may have several lines.
    StreetAddress,
    /// `locality`: the town.
    Locality,
    /// `region`: the state or the prefecture.
    Region,
    /// `postal_code`
    PostalCode,
    /// `country`
    Country,
}

impl AddressMember {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Formatted, Self::StreetAddress, Self::Locality, Self::Region, Self::PostalCode, Self::Country];

    /// Its name in the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Formatted => "formatted",
            Self::StreetAddress => "street_address",
            Self::Locality => "locality",
            Self::Region => "region",
            Self::PostalCode => "postal_code",
            Self::Country => "country",
        }
    }

    /// Its longest value, in characters, and whether that may have more than one line.
    const fn limits(self) -> (usize, bool) {
        match self {
            Self::Formatted => (300, true),
            Self::StreetAddress => (200, true),
            Self::Locality | Self::Region | Self::PostalCode | Self::Country => (100, false),
        }
    }

    fn check(self, text: &str, is_steering: fn(char) -> bool) -> Result<String, InvalidField> {
        let (max, has_lines) = self.limits();
        // OIDC Core §5.1.1 lets lines end either way; there is one form of them here.
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        let steers = |c: char| is_steering(c) && !(has_lines && c == '\n');
        match text.chars().count() {
            0 => Err(InvalidField::Required),
            n if n > max => Err(InvalidField::TooLong),
            _ if text.chars().any(steers) => Err(InvalidField::Invalid),
            _ => Ok(text.to_owned()),
        }
    }
}

impl FromStr for AddressMember {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
        Self::ALL.into_iter().find(|member| member.as_str() == text).ok_or(ParseIdentifierError)
    }
}

/// The postal address of a user: one member at least (OIDC Core §5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unique<AddressMember, String>", into = "BTreeMap<AddressMember, String>")]
pub struct Address(BTreeMap<AddressMember, String>);

impl Address {
    /// An address of these members.
    ///
    /// # Errors
    /// [`InvalidField`] of the first member that is not valid, and where there is none.
    pub fn new<'a>(
        members: impl IntoIterator<Item = (AddressMember, &'a str)>,
    ) -> Result<Self, InvalidField> {
        Self::checked(members, is_steering)
    }

    fn checked<'a>(
        members: impl IntoIterator<Item = (AddressMember, &'a str)>,
        is_steering: fn(char) -> bool,
    ) -> Result<Self, InvalidField> {
        let read = |(member, text): (AddressMember, &str)| Ok((member, member.check(text, is_steering)?));
        let members: BTreeMap<_, _> = members.into_iter().map(read).collect::<Result<_, _>>()?;
        if members.is_empty() { Err(InvalidField::Required) } else { Ok(Self(members)) }
    }

    /// Its members.
    pub fn members(&self) -> impl Iterator<Item = (AddressMember, &str)> {
        self.0.iter().map(|(member, text)| (*member, text.as_str()))
    }
}

impl TryFrom<Unique<AddressMember, String>> for Address {
    type Error = InvalidField;

    fn try_from(Unique(members): Unique<AddressMember, String>) -> Result<Self, InvalidField> {
        let members = members.iter().map(|(member, text)| (*member, text.as_str()));
        Self::checked(members, is_steering_in_documents)
    }
}

impl From<Address> for BTreeMap<AddressMember, String> {
    fn from(address: Address) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_as_it_was_written() {
        let text = r#"{"formatted":"1 Long Road\nOxford","locality":"Oxford","country":"United Kingdom"}"#;
        let address: Address = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&address).unwrap(), text);
        let lines = Address::new([(AddressMember::StreetAddress, "Flat 2\r\n1 Long Road\r\n")]).unwrap();
        assert_eq!(lines.members().next(), Some((AddressMember::StreetAddress, "Flat 2\n1 Long Road")));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "{}",
            r#"{"planet":"Earth"}"#,
            r#"{"locality":"a\nb"}"#,
            r#"{"formatted":"a\u0000"}"#,
            r#"{"formatted":"a\u202eb"}"#,
            r#"{"country":""}"#,
            r#"{"country":null}"#,
            r#"{"country":"a","country":"b"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Address>(bad).is_err(), "{bad}");
        }
        let long = "x".repeat(101);
        assert_eq!(Address::new([(AddressMember::Region, long.as_str())]), Err(InvalidField::TooLong));
    }
}
