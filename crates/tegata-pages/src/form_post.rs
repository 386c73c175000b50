//! An authorization response in a form (OAuth 2.0 Form Post Response Mode §2).

use maud::{PreEscaped, html};

use crate::form::{Weight, hidden_fields, submit};
use crate::layout::Document;
use crate::url::web_url;
use crate::{Language, Theme};

/// What sends the form. A field could be called `submit` and hide the form's own.
const SCRIPT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/// What allows the script, and no other, in the content security policy: `script-src 'sha256-…'`.
pub const FORM_POST_SCRIPT_HASH: &str = "'sha256-ox4bri+xTrW3kuLTyRoak73QX8KZGuyP3JlQYusbSlA='";

/// The answer to an authorization request with `response_mode=form_post`. It sends itself, and without scripts it is a
/// button. It holds an authorization code: it must not be stored (§4).
#[derive(Clone, Copy, Debug)]
pub struct FormPostPage<'a> {
    language: Language,
    theme: &'a Theme,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

impl<'a> FormPostPage<'a> {
    /// A page that sends these fields, the parameters of the response, to the `redirect_uri`; none if that is not an
    /// address of the web, since a form that goes to `javascript:` is a script.
    pub fn new(
        language: Language,
        theme: &'a Theme,
        action: &'a str,
        fields: &'a [(&'a str, &'a str)],
    ) -> Option<Self> {
        let action = web_url(action)?;
        Some(Self { language, theme, action, fields })
    }

    /// The page.
    pub fn render(&self) -> String {
        let text = &self.language.text().form_post;
        Document::new(self.language, self.theme, text.title).render(&html! {
            p.lead { (text.lead) }
            form method="post" action=(self.action) {
                (hidden_fields(self.fields))
                (submit("form-post-submit", Weight::Primary, None, &html! { (text.submit) }))
            }
            script { (PreEscaped(SCRIPT)) }
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_hash_is_the_script_s() {
        let hash = STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
        assert_eq!(FORM_POST_SCRIPT_HASH, format!("'sha256-{hash}'"));
    }
}
