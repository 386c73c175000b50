//! What an operator says of a user, by the names of claims and attributes.

use serde_json::{Map, Value};

use super::{Provider, RequestContext};
use crate::attributes::{Address, AttributeName, AttributeValue, TextClaim};
use crate::error::ProviderError;
use crate::store::ProfileChanged;
use crate::user::{InvalidField, ProfileChange, User, display_name, language_tag};

/// Why nothing was changed, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum SetClaimsError {
    /// Each that cannot be set, with the reason.
    #[error("some claims cannot be set")]
    Invalid(Vec<ClaimProblem>),
    /// The attributes of the installation would take more than [`MAX_OWN_BYTES`](crate::attributes::MAX_OWN_BYTES).
    #[error("the attributes are too large together")]
    TooLarge,
    /// Another user has proved the e-mail address; everything else was changed.
    #[error("another user has verified this e-mail address; everything else was changed")]
    EmailTaken,
    /// The user has another e-mail address or phone number by now than the one that was to be proved; everything else was changed.
    #[error("the user has just changed what was to be verified; everything else was changed")]
    Overtaken,
    /// Anything else. Where the store has failed, everything but the proof of the e-mail address may have been changed: repeated, it
    /// is done.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// What is wrong with a claim, or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProblem {
    /// Its name, as it was given.
    pub name: String,
    /// What is wrong, to follow the name.
    pub problem: &'static str,
}

/// What is to be changed.
#[derive(Default)]
struct Wish {
    change: ProfileChange,
    /// Whether the e-mail address is to be proved.
    proves_email: bool,
    /// Whether the phone number is to be: the one that the operator has named or seen.
    proves_phone: bool,
}

const NO_TEXT: &str = "has to be a text, or null";
const NO_FLAG: &str = "has to be true or false";

impl Provider {
    /// Changes claims and attributes of a user, as an operator: those that are named, to a value or with `null` to none.
    ///
    /// Every standard claim can be set (OIDC Core §5.1) but `sub`, `preferred_username` and `updated_at`, and every attribute of
    /// the installation that the settings name; one that they no longer name can be removed.
    ///
    /// A proof is of the address, or the number, that is named beside it, or else of that of `user`, whom the operator has seen.
    ///
    /// # Errors
    /// [`SetClaimsError`]; nothing was changed, but where it says so.
    pub async fn set_claims(
        &self,
        user: &User,
        claims: &Map<String, Value>,
        ctx: &RequestContext<'_>,
    ) -> Result<User, SetClaimsError> {
        if claims.is_empty() {
            return Ok(user.clone());
        }
        let Wish { mut change, proves_email, proves_phone } = self.read_claims(claims)?;
        change.changed_at = Some(ctx.now);
        // Looked at before anything is done, and what is there to be proved.
        let after = change.apply(user.clone()).map_err(|_| SetClaimsError::TooLarge)?;
        let number = after.attributes.text(TextClaim::PhoneNumber).filter(|_| proves_phone);
        let missing = [
            ("email_verified", proves_email && after.email.is_none()),
            ("phone_number_verified", proves_phone && number.is_none()),
        ];
        let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
        let missing: Vec<_> =
            missing.map(|(name, _)| problem(name, "speaks of nothing that there is")).collect();
        if !missing.is_empty() {
            return Err(SetClaimsError::Invalid(missing));
        }
        if let Some(number) = number {
            change.attributes.prove_phone_number(number);
        }
        let changed = self.ports.store.change_profile(user.user_id, &change).await;
        let changed = match changed.map_err(ProviderError::from)? {
            ProfileChanged::Now(user) => *user,
            ProfileChanged::TooLarge => return Err(SetClaimsError::TooLarge),
            ProfileChanged::Gone => return Err(ProviderError::NotFound.into()),
        };
        self.audit_operator(&changed, ctx);
        let is_other = number.is_some_and(|one| changed.attributes.text(TextClaim::PhoneNumber) != Some(one));
        let changed = if proves_email { self.prove_email(&after, ctx).await? } else { changed };
        if is_other { Err(SetClaimsError::Overtaken) } else { Ok(changed) }
    }

    /// Proves the e-mail address of a user as they were seen, and gives them as they are.
    async fn prove_email(&self, seen: &User, ctx: &RequestContext<'_>) -> Result<User, SetClaimsError> {
        match self.verify_email(seen, ctx).await {
            Ok(()) => Ok(self.find_user(seen.username.as_str()).await?),
            Err(ProviderError::UsernameTaken) => Err(SetClaimsError::EmailTaken),
            Err(ProviderError::NotFound) => Err(SetClaimsError::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads what is to be changed; all that is wrong with it is named at once.
    fn read_claims(&self, claims: &Map<String, Value>) -> Result<Wish, SetClaimsError> {
        let mut wish = Wish::default();
        let read = |(name, value): (&String, &Value)| {
            let read = self.read_claim(name, value, &mut wish);
            read.err().map(|why| problem(name, why))
        };
        let problems: Vec<_> = claims.iter().filter_map(read).collect();
        if problems.is_empty() { Ok(wish) } else { Err(SetClaimsError::Invalid(problems)) }
    }

    fn read_claim(&self, name: &str, value: &Value, wish: &mut Wish) -> Result<(), &'static str> {
        let change = &mut wish.change;
        if let Ok(claim) = name.parse::<TextClaim>() {
            return change.attributes.set_text(claim, text(value)?).map_err(said);
        }
        match name {
            "name" => change.name = Some(text(value)?.map(display_name).transpose().map_err(said)?),
            "locale" => change.locale = Some(text(value)?.map(language_tag).transpose().map_err(said)?),
            "email" => change.email = Some(text(value)?.map(str::parse).transpose().map_err(said)?),
            "email_verified" => {
                wish.proves_email = value.as_bool().ok_or(NO_FLAG)?;
                change.unprove_email = !wish.proves_email;
            }
            "phone_number_verified" => {
                wish.proves_phone = value.as_bool().ok_or(NO_FLAG)?;
                if !wish.proves_phone {
                    change.attributes.unprove_phone_number();
                }
            }
            "address" if value.is_null() => change.attributes.set_address(None),
            "address" => {
                let address = serde_json::from_value::<Address>(value.clone()).map_err(|_| {
                    "has to be an object with one or more of formatted, street_address, locality, region, postal_code and \
                     country, or null"
                })?;
                // It was read as one that was kept, which may hold more than one that comes in.
                change.attributes.set_address(Some(Address::new(address.members()).map_err(said)?));
            }
            "sub" | "preferred_username" | "updated_at" => return Err("is not for anybody to set"),
            _ => {
                let own: AttributeName = name.parse()?;
                let is_known = self.settings.oauth.attributes.contains(&own);
                if !is_known && !value.is_null() {
                    return Err("is neither a claim of OpenID Connect nor one of oauth.attributes");
                }
                let value = Some(value).filter(|value| !value.is_null()).cloned();
                let value = value.map(AttributeValue::new).transpose().map_err(|error| match error {
                    InvalidField::Invalid => {
                        "has to be a text, a list of texts, true, false, a whole number, or null"
                    }
                    error => said(error),
                })?;
                change.attributes.set_own(own, value);
            }
        }
        Ok(())
    }
}

fn problem(name: &str, problem: &'static str) -> ClaimProblem {
    ClaimProblem { name: name.to_owned(), problem }
}

fn text(value: &Value) -> Result<Option<&str>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(NO_TEXT),
    }
}

/// What is wrong with a value, to follow its name.
fn said(error: InvalidField) -> &'static str {
    match error {
        InvalidField::Required => "must not be empty",
        InvalidField::TooShort => "is too short",
        InvalidField::TooLong => "is too long",
        InvalidField::Invalid => "is not valid",
        // What is only ever said of passwords.
        InvalidField::Blocked | InvalidField::ContainsUsername => "is not allowed",
    }
}
