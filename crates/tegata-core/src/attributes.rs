//! What is known of a user beyond name, language and e-mail address: the other standard claims (OIDC Core §5.1), and
//! attributes that an installation has for itself.
//!
//! It is one document beside the user, which a store keeps as it is and does not look into. Every value in it was checked
//! where it came in, and is checked again where the document is read.

mod address;
mod change;
mod own;
mod text_claim;
mod unique;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use address::{Address, AddressMember};
pub use change::AttributesChange;
pub use own::{AttributeName, AttributeValue};
pub use text_claim::TextClaim;

use crate::timestamp::Timestamp;
use crate::user::InvalidField;
use unique::Unique;

/// The most that the attributes of an installation may take of one user, in bytes of JSON. What OpenID Connect knows of is
/// bounded by itself, and takes less than twice that.
pub const MAX_OWN_BYTES: usize = 4096;

/// The attributes of a user, as a store keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct Attributes {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<TextClaim, String>,
    #[serde(skip_serializing_if = "is_false")]
    phone_number_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    own: BTreeMap<AttributeName, AttributeValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

/// The attributes of an installation would take more than [`MAX_OWN_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the attributes are too large together")]
pub struct TooLarge;

impl Attributes {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A claim that is one text.
    pub fn text(&self, claim: TextClaim) -> Option<&str> {
        self.claims.get(&claim).map(String::as_str)
    }

    /// Whether the phone number is known to be the user's; `None` without a number.
    pub fn phone_number_verified(&self) -> Option<bool> {
        self.claims.contains_key(&TextClaim::PhoneNumber).then_some(self.phone_number_verified)
    }

    /// The postal address.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// An attribute of the installation.
    pub fn own(&self, name: &AttributeName) -> Option<&AttributeValue> {
        self.own.get(name)
    }

    /// All attributes of the installation.
    pub fn all_own(&self) -> impl Iterator<Item = (&AttributeName, &AttributeValue)> {
        self.own.iter()
    }

    /// When the profile was last changed; `None` when it never was.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    /// The attributes, if they are as large as they may be.
    fn bounded(self) -> Result<Self, TooLarge> {
        let own = serde_json::to_vec(&self.own).map_err(|_| TooLarge)?;
        if own.len() <= MAX_OWN_BYTES { Ok(self) } else { Err(TooLarge) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The document, before it is believed.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    claims: Unique<TextClaim, String>,
    phone_number_verified: bool,
    address: Option<Address>,
    own: Unique<AttributeName, AttributeValue>,
    updated_at: Option<Timestamp>,
}

impl TryFrom<Document> for Attributes {
    type Error = InvalidField;

    fn try_from(document: Document) -> Result<Self, InvalidField> {
        let Document { claims: Unique(claims), phone_number_verified, address, own: Unique(own), updated_at } =
            document;
        // As they are kept, and not in another spelling: the document is written as it was read.
        let is_kept = claims.iter().all(|(claim, text)| claim.check(text).as_ref() == Ok(text));
        if !is_kept || (phone_number_verified && !claims.contains_key(&TextClaim::PhoneNumber)) {
            return Err(InvalidField::Invalid);
        }
        let attributes = Self { claims, phone_number_verified, address, own, updated_at };
        attributes.bounded().map_err(|TooLarge| InvalidField::TooLong)
    }
}

#[cfg(test)]
mod tests;
