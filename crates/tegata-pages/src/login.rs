//! Logging in.

use maud::html;

use crate::form::{Field, Hidden, Weight, form, problem, submit};
use crate::layout::{Document, sentence};
use crate::text::Text;
use crate::url::local_path;
use crate::{Language, Theme};

/// Why someone was not logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginError {
    /// User name or password is wrong; which of the two is not said.
    InvalidCredentials,
    /// Too many attempts, of this account or from this address.
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

impl LoginError {
    fn text(self, text: &Text) -> String {
        let problems = &text.problems;
        match self {
            Self::InvalidCredentials => problems.invalid_credentials.to_owned(),
            Self::TooManyAttempts { retry_after_secs } => (problems.too_many_attempts)(retry_after_secs),
            Self::Overloaded => problems.overloaded.to_owned(),
            Self::Unavailable => problems.unavailable.to_owned(),
            Self::FlowExpired => problems.flow_expired.to_owned(),
        }
    }
}

/// `GET /oauth2/login`. The form sends `identifier` and `password`.
#[derive(Clone, Copy, Debug)]
pub struct LoginPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// For which client someone logs in.
    pub client_name: Option<&'a str>,
    /// The client's logo, if someone has checked that it is the client's.
    pub client_logo: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// What was typed before, or `login_hint` (OpenID Connect Core §3.1.2.1).
    pub identifier: &'a str,
    /// What went wrong at the last attempt.
    pub error: Option<LoginError>,
    /// The path of the sign-up page, where there is one.
    pub signup_link: Option<&'a str>,
    /// The user name of whoever is logged in and must prove it again (`prompt=login`, `max_age`).
    pub reauthentication: Option<&'a str>,
}

impl LoginPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = self.language.text();
        let error = self.error.map(|error| error.text(text));
        // Only this one is the fault of what was typed.
        let problem_id = (self.error == Some(LoginError::InvalidCredentials)).then_some("login-error");
        let known = self.reauthentication.unwrap_or(self.identifier);
        let identifier = Field {
            value: Some(known).filter(|known| !known.is_empty()),
            read_only: self.reauthentication.is_some(),
            autofocus: known.is_empty(),
            problem_id,
            ..Field::new("identifier", text.login.identifier, "username")
        };
        let password = Field {
            autofocus: !known.is_empty(),
            problem_id,
            ..Field::password(text.login.password, "current-password")
        };
        // Whoever confirms that it is them has an account.
        let signup_link = self.signup_link.and_then(local_path).filter(|_| self.reauthentication.is_none());
        let title = if self.reauthentication.is_some() { text.login.title_again } else { text.login.title };
        let document =
            Document { has_problem: error.is_some(), ..Document::new(self.language, self.theme, title) };
        document.render(&html! {
            (crate::client::logo(self.client_logo))
            @if let Some(username) = self.reauthentication {
                p.lead { (sentence(&text.login.lead_again, username)) }
            }
            @if let Some(client_name) = self.client_name {
                p.lead { (sentence(&text.login.lead, client_name)) }
            }
            (form(self.action, self.hidden, &html! {
                (problem("login-error", error.as_deref()))
                (identifier.render())
                (password.render())
                (submit("login-submit", Weight::Primary, None, &html! { (text.login.submit) }))
            }))
            @if let Some(path) = signup_link {
                p.below { (text.login.no_account) " " a href=(path) { (text.login.sign_up) } }
            }
        })
    }
}
