//! Choosing an account.

use maud::html;

use crate::form::{Hidden, Weight, form, submit};
use crate::layout::{Document, sentence};
use crate::{Language, Theme};

/// The page of `prompt=select_account` (OpenID Connect Core §3.1.2.1). The form sends `account`: `continue` or `other`.
#[derive(Clone, Copy, Debug)]
pub struct AccountPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// For which client an account is chosen.
    pub client_name: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// Who is logged in.
    pub username: &'a str,
}

impl AccountPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().account;
        let continue_as = sentence(&text.continue_as, self.username);
        Document::new(self.language, self.theme, text.title).render(&html! {
            @if let Some(client_name) = self.client_name {
                p.lead { (sentence(&text.lead, client_name)) }
            }
            (form(self.action, self.hidden, &html! {
                div.choices.stacked {
                    (submit("account-continue", Weight::Primary, Some(("account", "continue")), &continue_as))
                    (submit("account-other", Weight::Plain, Some(("account", "other")), &html! { (text.other) }))
                }
            }))
        })
    }
}
