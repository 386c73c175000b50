//! The user's part of the device authorization grant (RFC 8628 §3.3).

use maud::html;

use crate::client::{Access, Client, decision};
use crate::form::{Field, Hidden, Weight, form, problem, submit};
use crate::layout::Document;
use crate::text::Text;
use crate::{Language, Theme};

/// Why a code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeError {
    /// There is none such that waits: it is wrong, used or too old.
    Unknown,
    /// Too many attempts (RFC 8628 §5.1).
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

impl DeviceCodeError {
    fn text(self, text: &Text) -> String {
        let problems = &text.problems;
        match self {
            Self::Unknown => problems.unknown_code.to_owned(),
            Self::TooManyAttempts { retry_after_secs } => (problems.too_many_attempts)(retry_after_secs),
            Self::Overloaded => problems.overloaded.to_owned(),
            Self::Unavailable => problems.unavailable.to_owned(),
            Self::FlowExpired => problems.flow_expired.to_owned(),
        }
    }
}

/// `GET /oauth2/device`, the `verification_uri`. The form sends `user_code`.
#[derive(Clone, Copy, Debug)]
pub struct DeviceCodePage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// What was typed before, or came with `verification_uri_complete` (RFC 8628 §3.3.1).
    pub user_code: &'a str,
    /// What went wrong at the last attempt.
    pub error: Option<DeviceCodeError>,
}

impl DeviceCodePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = self.language.text();
        let error = self.error.map(|error| error.text(text));
        let code = Field {
            name: "user_code",
            value: Some(self.user_code).filter(|code| !code.is_empty()),
            hint: Some(text.device.code_hint),
            problem_id: (self.error == Some(DeviceCodeError::Unknown)).then_some("device-error"),
            autocapitalize: "characters",
            class: Some("code"),
            autofocus: true,
            ..Field::new("device-code", text.device.code, "off")
        };
        let document = Document {
            has_problem: error.is_some(),
            ..Document::new(self.language, self.theme, text.device.title)
        };
        document.render(&html! {
            p.lead { (text.device.lead) }
            (form(self.action, self.hidden, &html! {
                (problem("device-error", error.as_deref()))
                (code.render())
                (submit("device-submit", Weight::Primary, None, &html! { (text.device.submit) }))
            }))
        })
    }
}

/// The page after the code. The form sends `decision`: `allow` or `deny`.
///
/// It is where remote phishing ends (RFC 8628 §5.4): whoever got a code from someone else is told what it would do.
#[derive(Clone, Copy, Debug)]
pub struct DeviceConfirmPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// What runs on the device.
    pub client: Client<'a>,
    /// The code, as the device shows it.
    pub user_code: &'a str,
    /// Who is asked.
    pub username: &'a str,
    /// What for.
    pub access: Access<'a>,
}

impl DeviceConfirmPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = self.language.text();
        let device = &text.device;
        Document::new(self.language, self.theme, device.confirm_title).render(&html! {
            (self.client.introduce(&device.confirm_lead, false, text))
            dl.facts {
                (self.client.origin(text))
                div { dt { (device.confirm_code) } dd.user-code { bdi { (self.user_code) } } }
                div { dt { (text.consent.logged_in_as) } dd { bdi { (self.username) } } }
            }
            div.warning role="note" {
                p { strong { (device.warning_title) } }
                p { (device.warning) }
            }
            (self.access.describe(text))
            (self.client.links(text))
            (decision(self.action, self.hidden, text))
        })
    }
}

/// The end: what happens now happens on the device.
#[derive(Clone, Copy, Debug)]
pub struct DeviceDonePage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// What was decided.
    pub allowed: bool,
}

impl DeviceDonePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().device;
        let (title, lead) =
            if self.allowed { (text.allowed_title, text.allowed) } else { (text.denied_title, text.denied) };
        Document::new(self.language, self.theme, title).render(&html! { p.lead role="status" { (lead) } })
    }
}
