//! What a client asks for, and consent to it.

use maud::{Markup, html};

use crate::form::{Hidden, Weight, form, submit};
use crate::layout::{Document, sentence};
use crate::text::{self, Text};
use crate::url::web_url;
use crate::{Language, Theme};

/// What a client says of itself (RFC 7591 §2), and whether anyone has checked it.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// `client_name`, or the `client_id` of a client without one.
    pub name: &'a str,
    /// `client_uri`.
    pub uri: Option<&'a str>,
    /// `policy_uri`.
    pub policy_uri: Option<&'a str>,
    /// `tos_uri`.
    pub tos_uri: Option<&'a str>,
    /// `logo_uri`. That of an unverified client is not shown: it could be anyone's, and would tell its host of each visit.
    pub logo: Option<&'a str>,
    /// Where it describes itself: the host of a `client_id` that is the address of its metadata (OAuth Client ID Metadata Document).
    pub described_at: Option<&'a str>,
    /// Whether the provider's operator knows it. A client that registered itself is not verified, and marked as such.
    pub verified: bool,
}

/// What a client may do once it is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The scopes.
    pub scopes: &'a [ScopeText<'a>],
    /// The resources that tokens will be for (RFC 8707).
    pub resources: &'a [&'a str],
    /// For how long.
    pub lifetime: Lifetime,
}

/// A scope and what it allows, in the language of the page.
#[derive(Clone, Copy, Debug)]
pub struct ScopeText<'a> {
    /// As it is requested.
    pub name: &'a str,
    /// What it allows; [`Language::standard_scope`] has it for those of OpenID Connect, and [`Language::standard_claim`] for a
    /// claim that is asked for by its name. Without one, the name is shown.
    pub description: Option<&'a str>,
}

/// How long access lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// How many minutes an access token is valid.
    pub access_token_minutes: u64,
    /// Until when there are new ones.
    pub until: Until,
}

/// Until when a client gets new access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the user logs out.
    LogOut,
    /// For so many days, also while the user is away: `offline_access` (OpenID Connect Core §11), or a device (RFC 8628).
    Days(u64),
    /// There are none.
    Never,
}

/// `GET /oauth2/consent`. The form sends `decision`: `allow` or `deny`.
#[derive(Clone, Copy, Debug)]
pub struct ConsentPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// Where the form goes.
    pub action: &'a str,
    /// What comes back with it.
    pub hidden: Hidden<'a>,
    /// Who asks.
    pub client: Client<'a>,
    /// Where the browser goes afterwards: the host of the `redirect_uri`, or its scheme where it is an app's own.
    pub redirect_host: &'a str,
    /// Who is asked.
    pub username: &'a str,
    /// What for.
    pub access: Access<'a>,
}

impl ConsentPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = self.language.text();
        let consent = &text.consent;
        Document::new(self.language, self.theme, consent.title).render(&html! {
            (self.client.introduce(&consent.lead, true, text))
            dl.facts {
                (self.client.origin(text))
                div { dt { (consent.leads_to) } dd.address { bdi { (self.redirect_host) } } }
                div { dt { (consent.logged_in_as) } dd { bdi { (self.username) } } }
            }
            (self.access.describe(text))
            (self.client.links(text))
            (decision(self.action, self.hidden, text))
        })
    }
}

impl Client<'_> {
    /// Who asks, and whether that is known. An address, where the page has one, is all there is to go by if it is not.
    pub(crate) fn introduce(&self, lead: &text::Sentence, has_address: bool, text: &Text) -> Markup {
        html! {
            @if self.verified { (logo(self.logo)) }
            p.lead { (sentence(lead, self.name)) }
            @if !self.verified {
                div.warning id="client-unverified" role="note" {
                    p { strong { (text.consent.unverified_title) } }
                    p {
                        (text.consent.unverified)
                        @if has_address { (text.gap) (text.consent.unverified_address) }
                    }
                }
            }
        }
    }

    /// Where the client describes itself, if it does. It is the one thing that it cannot choose freely, so it is shown beside what
    /// it says of itself (the draft's section on phishing).
    pub(crate) fn origin(&self, text: &Text) -> Markup {
        html! {
            @if let Some(host) = self.described_at {
                div { dt { (text.consent.described_at) } dd.address { bdi { (host) } } }
            }
        }
    }

    /// What the client links to. Its pages open beside this one, which is in the middle of something.
    pub(crate) fn links(&self, text: &Text) -> Markup {
        let consent = &text.consent;
        let links: Vec<(&str, &str)> = [
            (self.uri, consent.website),
            (self.policy_uri, consent.privacy_policy),
            (self.tos_uri, consent.terms),
        ]
        .into_iter()
        .filter_map(|(url, label)| Some((web_url(url?)?, label)))
        .collect();
        html! {
            @if !links.is_empty() {
                ul.links {
                    @for (url, label) in links {
                        li {
                            a href=(url) target="_blank" rel="noopener noreferrer" {
                                (label) span.sr-only { " " (consent.opens_in_new_tab) }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Access<'_> {
    pub(crate) fn describe(&self, text: &Text) -> Markup {
        let consent = &text.consent;
        let until = match self.lifetime.until {
            Until::LogOut => consent.until_logout.to_owned(),
            Until::Days(days) => (consent.offline_days)(days),
            Until::Never => consent.never_renewed.to_owned(),
        };
        html! {
            section {
                h2 { (consent.scopes) }
                @if self.scopes.is_empty() {
                    p { (consent.no_scopes) }
                } @else {
                    (scope_list(self.scopes))
                }
            }
            @if !self.resources.is_empty() {
                section {
                    h2 { (consent.resources) }
                    ul.scopes { @for resource in self.resources { li { code { bdi { (resource) } } } } }
                }
            }
            section {
                h2 { (consent.lifetime) }
                p {
                    ((consent.access_token_minutes)(self.lifetime.access_token_minutes)) (text.gap)
                    (until) (text.gap)
                    (consent.revocable)
                }
            }
        }
    }
}

/// Scopes, each by what it allows where that is known, and by its name.
pub(crate) fn scope_list(scopes: &[ScopeText<'_>]) -> Markup {
    html! {
        ul.scopes {
            @for scope in scopes {
                li {
                    @if let Some(description) = scope.description { span { (description) } " " }
                    code { bdi { (scope.name) } }
                }
            }
        }
    }
}

/// The two answers, alike in size: neither is hidden from whoever has to choose.
pub(crate) fn decision(action: &str, hidden: Hidden<'_>, text: &Text) -> Markup {
    form(
        action,
        hidden,
        &html! {
            div.choices {
                (submit("consent-allow", Weight::Primary, Some(("decision", "allow")), &html! { (text.consent.allow) }))
                (submit("consent-deny", Weight::Plain, Some(("decision", "deny")), &html! { (text.consent.deny) }))
            }
        },
    )
}

/// A client's logo. Its name is beside it.
pub(crate) fn logo(url: Option<&str>) -> Markup {
    html! {
        @if let Some(url) = url.and_then(web_url) {
            img.client-logo src=(url) alt="" width="64" height="64" referrerpolicy="no-referrer";
        }
    }
}
