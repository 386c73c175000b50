//! What the user has allowed (ASVS 10.7.3).

use maud::{Markup, html};

use crate::client::{ScopeText, scope_list};
use crate::form::{Hidden, Weight, form, submit};
use crate::layout::{Document, sentence};
use crate::text::Text;
use crate::{Language, Theme};

/// A client that has access.
#[derive(Clone, Copy, Debug)]
pub struct App<'a> {
    /// Which it is, for the form that takes the access back.
    pub client_id: &'a str,
    /// `client_name`, or the `client_id` of a client without one.
    pub client_name: &'a str,
    /// Whether the provider's operator knows it.
    pub verified: bool,
    /// What it may do.
    pub scopes: &'a [ScopeText<'a>],
    /// Since when, as RFC 3339 writes it: a date, or an instant whose date is shown.
    pub since: &'a str,
}

/// `GET /oauth2/apps`. Each form sends a `client_id`; the buttons are `revoke-1` and so on, as they stand there.
#[derive(Clone, Copy, Debug)]
pub struct AppsPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// Whose page it is.
    pub username: &'a str,
    /// Where the forms go.
    pub action: &'a str,
    /// What comes back with each.
    pub hidden: Hidden<'a>,
    /// What the user has allowed.
    pub apps: &'a [App<'a>],
}

impl AppsPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = self.language.text();
        Document::new(self.language, self.theme, text.apps.title).render(&html! {
            @if self.apps.is_empty() {
                p.lead { (text.apps.none) }
            } @else {
                p.lead { (sentence(&text.apps.lead, self.username)) }
                ul.apps {
                    @for (number, app) in (1..).zip(self.apps) { (self.entry(number, app, text)) }
                }
                p.hint { (text.apps.revoke_hint) }
            }
        })
    }

    fn entry(&self, number: usize, app: &App<'_>, text: &Text) -> Markup {
        let button = format!("revoke-{number}");
        let name = format!("app-{number}");
        html! {
            li {
                h2 id=(name) { bdi { (app.client_name) } }
                p.hint {
                    @if !app.verified { span.badge { (text.apps.unverified) } " " }
                    (text.apps.since.before)
                    time datetime=(app.since) { (date(app.since, text)) }
                    (text.apps.since.after)
                }
                (scope_list(app.scopes))
                (form(self.action, self.hidden, &html! {
                    input type="hidden" name="client_id" value=(app.client_id);
                    // Alike buttons are told apart by what they are said to be about.
                    div.choices role="group" aria-labelledby=(name) {
                        (submit(&button, Weight::Plain, None, &html! { (text.apps.revoke) }))
                    }
                }))
            }
        }
    }
}

/// The date of an instant as the language writes it, or the text as it is.
fn date(instant: &str, text: &Text) -> String {
    let parse = || {
        let mut parts = instant.get(..10)?.split('-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok().filter(|month| (1..=12).contains(month))?;
        let day = parts.next()?.parse().ok()?;
        Some((text.apps.date)(year, month, day))
    };
    parse().unwrap_or_else(|| instant.to_owned())
}
