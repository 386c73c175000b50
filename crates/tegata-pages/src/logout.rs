//! Logging out (OpenID Connect RP-Initiated Logout 1.0).

use maud::html;

use crate::form::{Hidden, Weight, form, submit};
use crate::layout::{Document, sentence};
use crate::{Language, Theme};

/// `GET /oauth2/logout`: whether the user wants it (§2 and §6: a link somewhere must not log people out). The form sends
/// `decision`: `confirm` or `cancel`.
#[derive(Clone, Copy, Debug)]
pub struct LogoutPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// Which client asks for it, if that is known.
    pub client_name: Option<&'a str>,
    /// Who is logged in.
    pub username: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
}

impl LogoutPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().logout;
        Document::new(self.language, self.theme, text.title).render(&html! {
            @if let Some(client_name) = self.client_name {
                p.lead { (sentence(&text.asked_by, client_name)) }
            }
            @if let Some(username) = self.username {
                p { (sentence(&text.logged_in_as, username)) }
            }
            p { (text.lead) }
            (form(self.action, self.hidden, &html! {
                div.choices {
                    (submit("logout-confirm", Weight::Primary, Some(("decision", "confirm")), &html! { (text.confirm) }))
                    (submit("logout-cancel", Weight::Plain, Some(("decision", "cancel")), &html! { (text.cancel) }))
                }
            }))
        })
    }
}

/// The end, where there is no `post_logout_redirect_uri` to go to.
#[derive(Clone, Copy, Debug)]
pub struct LoggedOutPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
}

impl LoggedOutPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().logout;
        Document::new(self.language, self.theme, text.done_title)
            .render(&html! { p.lead role="status" { (text.done) } })
    }
}
