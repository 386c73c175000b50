//! A table of settings: each name with its place.

use crate::value::{Raw, Value};

/// One setting, kept in a struct `S` of them.
pub struct Setting<S> {
    /// Its name: section, dot, name.
    pub key: &'static str,
    /// The type of its values.
    pub value_type: &'static str,
    /// What happens when it is not set and its default depends on something else.
    pub otherwise: &'static str,
    /// What it is for, in one or two sentences.
    pub about: &'static str,
    /// Reads a value into its place.
    pub apply: fn(&mut S, &Raw) -> Result<(), String>,
    /// What stands in its place.
    pub show: fn(&S) -> Option<String>,
}

impl<S> Setting<S> {
    /// The section: everything before the first dot.
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(section, _)| section)
    }

    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("TEGATA_{}", self.key.to_uppercase().replace('.', "__"))
    }

    /// The setting with this name.
    pub fn find(table: &'static [Self], key: &str) -> Option<&'static Self> {
        table.iter().find(|setting| setting.key == key)
    }
}

/// The type of a place, for [`settings!`](crate::settings).
#[doc(hidden)]
pub const fn type_of<S, T: Value>(_: fn(&S) -> &T) -> &'static str {
    T::TYPE
}

/// A table: the struct, and then `"section.name" or "what is done otherwise" => place.in.struct: "What it is for."`, one after another.
#[macro_export]
macro_rules! settings {
    ($of:ty; $($key:literal $(or $otherwise:literal)? => $first:ident $(. $rest:ident)* : $about:literal)*) => {
        &[$($crate::Setting {
            key: $key,
            value_type: $crate::type_of(|settings: &$of| &settings.$first $(. $rest)*),
            otherwise: concat!("", $($otherwise)?),
            about: $about,
            apply: |settings, raw| {
                settings.$first $(. $rest)* = $crate::Value::parse(raw)?;
                Ok(())
            },
            show: |settings| $crate::Value::show(&settings.$first $(. $rest)*),
        }),*]
    };
}
