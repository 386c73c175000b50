//! Changing attributes: a step that a store does as a whole.

use std::collections::BTreeMap;

use super::{Address, AttributeName, AttributeValue, Attributes, TextClaim, TooLarge};
use crate::steering::unsteered;
use crate::timestamp::Timestamp;
use crate::user::InvalidField;

/// A change of [`Attributes`]; what is not named stays as it is. Its values were checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributesChange {
    claims: BTreeMap<TextClaim, Option<String>>,
    proved_phone_number: Option<String>,
    unproves_phone_number: bool,
    #[expect(clippy::option_option, reason = "absent, removed and given are three things (RFC 7396 §1)")]
    address: Option<Option<Address>>,
    own: BTreeMap<AttributeName, Option<AttributeValue>>,
}

impl AttributesChange {
    /// Sets a claim, or removes it with `None`. Another phone number is not proved, and the proof of the one before is
    /// gone.
    ///
    /// # Errors
    /// [`InvalidField`]; then the change is as it was.
    pub fn set_text(&mut self, claim: TextClaim, text: Option<&str>) -> Result<(), InvalidField> {
        let text = text.map(|text| claim.check(text).and_then(unsteered)).transpose()?;
        self.claims.insert(claim, text);
        Ok(())
    }

    /// Says that this phone number, as it is kept, is known to be the user's. Where another one is there after the change, it says
    /// nothing.
    pub fn prove_phone_number(&mut self, number: &str) {
        self.proved_phone_number = Some(number.to_owned());
    }

    /// Takes back the proof of the phone number, whichever it is then.
    pub fn unprove_phone_number(&mut self) {
        self.unproves_phone_number = true;
    }

    /// Sets the postal address as a whole, or removes it with `None`.
    pub fn set_address(&mut self, address: Option<Address>) {
        self.address = Some(address);
    }

    /// Sets an attribute of the installation, or removes it with `None`. For operators only.
    pub fn set_own(&mut self, name: AttributeName, value: Option<AttributeValue>) {
        self.own.insert(name, value);
    }

    /// The attributes with this change made, at this time.
    ///
    /// # Errors
    /// [`TooLarge`]
    pub(crate) fn apply(
        &self,
        mut attributes: Attributes,
        changed_at: Option<Timestamp>,
    ) -> Result<Attributes, TooLarge> {
        attributes.updated_at = changed_at.or(attributes.updated_at);
        let number = attributes.claims.get(&TextClaim::PhoneNumber).cloned();
        merge(&mut attributes.claims, &self.claims);
        merge(&mut attributes.own, &self.own);
        if let Some(address) = &self.address {
            attributes.address.clone_from(address);
        }
        let next = attributes.claims.get(&TextClaim::PhoneNumber);
        // The same number again keeps its proof.
        attributes.phone_number_verified &= number.as_ref() == next && !self.unproves_phone_number;
        attributes.phone_number_verified |= next.is_some() && self.proved_phone_number.as_ref() == next;
        if self.own.is_empty() { Ok(attributes) } else { attributes.bounded() }
    }
}

fn merge<K: Ord + Clone, V: Clone>(into: &mut BTreeMap<K, V>, changes: &BTreeMap<K, Option<V>>) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(into.insert(key.clone(), value.clone())),
            None => drop(into.remove(key)),
        }
    }
}
