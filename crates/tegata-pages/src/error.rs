//! What went wrong, where no client can be told.

use maud::html;

use crate::layout::Document;
use crate::{Language, Theme};

/// An error that stays here: of a request whose client or `redirect_uri` cannot be trusted (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage<'a> {
    /// What the page speaks.
    pub language: Language,
    /// How it looks.
    pub theme: &'a Theme,
    /// The code of RFC 6749 §4.1.2.1, such as `invalid_request`. It says whose fault it is.
    pub error: &'a str,
    /// A sentence for the client's developers, in English.
    pub description: &'a str,
    /// What the log has it under.
    pub request_id: Option<&'a str>,
}

impl ErrorPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().error;
        let advice = match self.error {
            "server_error" | "temporarily_unavailable" => text.of_server,
            _ => text.of_client,
        };
        let document = Document {
            has_problem: true,
            id: Some("error-page"),
            ..Document::new(self.language, self.theme, text.title)
        };
        document.render(&html! {
            p.lead role="alert" { (advice) }
            section {
                h2 { (text.details) }
                dl.facts {
                    div { dt { (text.code) } dd { code { (self.error) } } }
                    div { dt { (text.description) } dd lang="en" { (self.description) } }
                    @if let Some(request_id) = self.request_id {
                        div { dt { (text.request_id) } dd { code { (request_id) } } }
                    }
                }
            }
        })
    }
}
