use super::OAuthError;

/// What a request wants its user to be asked (OIDC Core §3.1.2.1, `prompt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the values of one parameter, in any combination")]
pub struct Prompt {
    /// Nothing, whatever comes of it.
    pub none: bool,
    /// Who they are, even where that is known.
    pub login: bool,
    /// Whether they allow it, even where they did before.
    pub consent: bool,
    /// As whom they want to go on.
    pub select_account: bool,
    /// To make an account (Initiating User Registration 1.0).
    pub create: bool,
}

impl Prompt {
    /// Reads the parameter.
    ///
    /// # Errors
    /// `invalid_request` for an unknown value, and for `none` beside others.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut prompt = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "create" => prompt.create = true,
                _ => return Err(OAuthError::invalid_request("The parameter prompt has an unknown value.")),
            }
        }
        if prompt.none && prompt != (Self { none: true, ..Self::default() }) {
            return Err(OAuthError::invalid_request(
                "The value none of the parameter prompt cannot stand beside others.",
            ));
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r37_none_stands_alone_and_unknown_values_are_refused() {
        assert!(Prompt::parse("login consent").unwrap().consent);
        for bad in ["none login", "never", "Login"] {
            assert!(Prompt::parse(bad).is_err(), "{bad}");
        }
    }
}
