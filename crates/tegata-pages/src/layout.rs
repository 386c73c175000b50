//! What is around each page.

use maud::{Markup, PreEscaped, html};

use crate::text::{Sentence, Text};
use crate::url::web_url_or_path;
use crate::{Language, Theme};

/// The stylesheet of all pages: of the same colours and type as the web application.
pub const STYLESHEET: &str = include_str!("assets/pages.css");
/// Where pages look for [`STYLESHEET`].
pub const STYLESHEET_PATH: &str = "/oauth2/pages.css";
/// Where pages look for what [`crate::theme_css`] makes of the theme.
pub const THEME_PATH: &str = "/oauth2/theme.css";

/// What a document needs beside its content.
pub(crate) struct Document<'a> {
    pub(crate) language: Language,
    pub(crate) theme: &'a Theme,
    pub(crate) heading: &'a str,
    /// Whether the page shows a problem: its title says so, being what a screen reader reads first.
    pub(crate) has_problem: bool,
    /// The id of the main element, where it has one.
    pub(crate) id: Option<&'a str>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(language: Language, theme: &'a Theme, heading: &'a str) -> Self {
        Self { language, theme, heading, has_problem: false, id: None }
    }

    pub(crate) fn text(&self) -> &'static Text {
        self.language.text()
    }

    /// The whole of it. What a page has to hide from search engines is not its content but that it is there.
    pub(crate) fn render(&self, content: &Markup) -> String {
        let service_name = self.theme.service_name();
        html! {
            (PreEscaped("<!doctype html>"))
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    meta name="color-scheme" content="light dark";
                    title {
                        @if self.has_problem { (self.text().problem_title) }
                        (self.heading) " · " (service_name)
                    }
                    link rel="stylesheet" href=(STYLESHEET_PATH);
                    link rel="stylesheet" href=(THEME_PATH);
                }
                body {
                    header.brand {
                        @match self.theme.logo_url().and_then(web_url_or_path) {
                            // The name beside it says what it shows.
                            Some(url) => img.brand-logo src=(url) alt="" referrerpolicy="no-referrer";,
                            None => (PreEscaped(SEAL)),
                        }
                        span.brand-name { bdi { (service_name) } }
                    }
                    main id=[self.id] {
                        h1 { (self.heading) }
                        (content)
                    }
                    (PreEscaped(HILLS))
                }
            }
        }
        .into_string()
    }
}

/// A sentence with its name. The name is somebody else's choice, so its direction must not turn the sentence around it.
pub(crate) fn sentence(sentence: &Sentence, name: &str) -> Markup {
    html! { (sentence.before) strong { bdi { (name) } } (sentence.after) }
}

/// As in the web application; here within the page, where the colours of the theme reach it.
const SEAL: &str = include_str!("assets/seal.svg");
const HILLS: &str = include_str!("assets/hills.svg");
