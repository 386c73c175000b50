//! Creating an account.

use maud::html;

use crate::form::{Field, Hidden, Weight, form, problem, submit};
use crate::layout::{Document, sentence};
use crate::text::Text;
use crate::url::local_path;
use crate::{Language, Theme};

/// Why a field was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// It is empty.
    Required,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// It is not what it should be.
    Invalid,
    /// The user name belongs to someone else.
    Taken,
    /// The password is on a list of known ones.
    Blocked,
    /// The password contains the user name.
    ContainsUsername,
}

/// What is wrong with the fields, one thing for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignUpErrors {
    /// Of the user name.
    pub username: Option<FieldError>,
    /// Of the e-mail address.
    pub email: Option<FieldError>,
    /// Of the password.
    pub password: Option<FieldError>,
}

/// Why no account was made, where no field is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpError {
    /// Too many attempts from this address.
    TooManyAttempts {
        /// After how many seconds the next one is heard.
        retry_after_secs: u64,
    },
    /// The server has too much to do.
    Overloaded,
    /// The server cannot answer, such as without its store.
    Unavailable,
    /// The page is older than it may be.
    FlowExpired,
}

impl SignUpError {
    fn text(self, text: &Text) -> String {
        let problems = &text.problems;
        match self {
            Self::TooManyAttempts { retry_after_secs } => (problems.too_many_attempts)(retry_after_secs),
            Self::Overloaded => problems.overloaded.to_owned(),
            Self::Unavailable => problems.unavailable.to_owned(),
            Self::FlowExpired => problems.flow_expired.to_owned(),
        }
    }
}

/// `GET /oauth2/signup`. The form sends `username`, `email` and `password`.
#[derive(Clone, Copy, Debug)]
pub struct SignUpPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// For which client someone signs up.
    pub client_name: Option<&'a str>,
    /// The client's logo, if someone has checked that it is the client's.
    pub client_logo: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// What was typed before.
    pub username: &'a str,
    /// What was typed before.
    pub email: &'a str,
    /// How many characters a password has at least.
    pub password_min_length: usize,
    /// What is wrong with the fields.
    pub errors: SignUpErrors,
    /// What else went wrong at the last attempt.
    pub error: Option<SignUpError>,
    /// The path of the login page.
    pub login_link: Option<&'a str>,
}

impl SignUpPage<'_> {
    /// The page. The first field that was not accepted has the focus.
    pub fn render(&self) -> String {
        let text = self.language.text();
        let SignUpErrors { username, email, password } = self.errors;
        let has_wrong_field = username.or(email).or(password).is_some();
        let summary = match self.error {
            Some(error) => Some(error.text(text)),
            None => has_wrong_field.then(|| text.problems.check_fields.to_owned()),
        };
        let username_error = username.map(|error| self.field_text(error, text.fields.invalid_username));
        let email_error = email.map(|error| self.field_text(error, text.fields.invalid));
        let password_error = password.map(|error| self.field_text(error, text.fields.invalid));
        let password_hint = (text.signup.password_hint)(self.password_min_length);
        let username = Field {
            value: Some(self.username).filter(|value| !value.is_empty()),
            hint: Some(text.signup.username_hint),
            error: username_error.as_deref(),
            autofocus: username.is_some() || !has_wrong_field,
            ..Field::new("username", text.signup.username, "username")
        };
        let email = Field {
            kind: "email",
            value: Some(self.email).filter(|value| !value.is_empty()),
            error: email_error.as_deref(),
            required: false,
            autofocus: email.is_some() && !username.autofocus,
            ..Field::new("email", text.signup.email, "email")
        };
        let password = Field {
            hint: Some(&password_hint),
            error: password_error.as_deref(),
            // Browsers count UTF-16 units, which are never fewer than the characters that the rule counts.
            min_length: Some(self.password_min_length),
            autofocus: !username.autofocus && !email.autofocus,
            ..Field::password(text.login.password, "new-password")
        };
        let document = Document {
            has_problem: summary.is_some(),
            ..Document::new(self.language, self.theme, text.signup.title)
        };
        document.render(&html! {
            (crate::client::logo(self.client_logo))
            @if let Some(client_name) = self.client_name {
                p.lead { (sentence(&text.signup.lead, client_name)) }
            }
            (form(self.action, self.hidden, &html! {
                (problem("signup-error", summary.as_deref()))
                (username.render())
                (email.render())
                (password.render())
                (submit("signup-submit", Weight::Primary, None, &html! { (text.signup.submit) }))
            }))
            @if let Some(path) = self.login_link.and_then(local_path) {
                p.below { (text.signup.have_account) " " a href=(path) { (text.login.submit) } }
            }
        })
    }

    fn field_text(&self, error: FieldError, invalid: &str) -> String {
        let fields = &self.language.text().fields;
        match error {
            FieldError::Required => fields.required.to_owned(),
            FieldError::TooShort => (fields.too_short)(self.password_min_length),
            FieldError::TooLong => fields.too_long.to_owned(),
            FieldError::Invalid => invalid.to_owned(),
            FieldError::Taken => fields.username_taken.to_owned(),
            FieldError::Blocked => fields.blocked.to_owned(),
            FieldError::ContainsUsername => fields.contains_username.to_owned(),
        }
    }
}
