use std::fmt;

use zeroize::Zeroizing;

use super::OAuthError;

/// The most parameters that are read.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a request, as they came (RFC 6749 §3.1, §3.2): one without a value counts as absent, one that is
/// given twice is an error when it is asked for. They may hold secrets, so their `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Parameters(Vec<(String, Zeroizing<String>)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text: a body or a query.
    ///
    /// # Errors
    /// `invalid_request` for more parameters than anybody needs.
    pub fn parse(text: &[u8]) -> Result<Self, OAuthError> {
        let pairs = form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned()));
        Self::new(pairs)
    }

    /// From names and values.
    ///
    /// # Errors
    /// As [`Parameters::parse`].
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let mut parameters = Vec::new();
        for (name, value) in pairs {
            if parameters.len() == MAX_PARAMETERS {
                return Err(OAuthError::invalid_request("The request has too many parameters."));
            }
            parameters.push((name, Zeroizing::new(value)));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter that may be there once.
    ///
    /// # Errors
    /// `invalid_request` when it is there twice.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => {
                Err(OAuthError::invalid_request(format!("The parameter {name} is given more than once.")))
            }
        }
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` when it is absent or there twice.
    pub fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name)?
            .ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    }

    /// Whether a parameter is there, once or several times.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The values of a parameter that may be there several times.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// All of them, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same without one name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// The same with these names alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(known, _)| names.contains(&known.as_str())).cloned().collect())
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        self
    }

    /// As a query or a body.
    pub fn encode(&self) -> String {
        encode_form(self.pairs())
    }
}

/// `application/x-www-form-urlencoded` text of names and values: a query or a body.
pub fn encode_form<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push_encoded(&mut text, name);
        text.push('=');
        push_encoded(&mut text, value);
    }
    text
}

/// What needs no escapes is copied at once: codes and tokens are long, and need none.
fn push_encoded(text: &mut String, part: &str) {
    if part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._*".contains(&b)) {
        text.push_str(part);
    } else {
        text.extend(form_urlencoded::byte_serialize(part.as_bytes()));
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_parameter_without_a_value_is_absent_and_one_given_twice_an_error() {
        let found = parameters("a=1&b=&c=2&c=3&d=x+y%2B");
        assert_eq!(found.get("a").unwrap(), Some("1"));
        assert_eq!(found.get("b").unwrap(), None);
        assert!(found.get("c").is_err());
        assert_eq!(found.get("d").unwrap(), Some("x y+"));
        assert_eq!(found.all("c").collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(found.without("c").encode(), "a=1&b=&d=x+y%2B");
    }

    #[test]
    fn r69_more_parameters_than_anybody_needs_are_refused() {
        assert!(Parameters::parse("a&".repeat(65).as_bytes()).is_err());
    }

    #[test]
    fn r68_values_are_not_shown() {
        assert_eq!(format!("{:?}", parameters("client_secret=hush")), r#"["client_secret"]"#);
    }
}
