//! What forms are made of.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::url::local_path;

/// Fields that a form gives back as they are: name and value.
pub type Hidden<'a> = &'a [(&'a str, Cow<'a, str>)];

/// A form. An action elsewhere would be a mistake of ours, and is then none: the form goes to the page's own address.
pub(crate) fn form(action: &str, hidden: Hidden<'_>, content: &Markup) -> Markup {
    html! {
        form method="post" action=[local_path(action)] {
            (hidden_fields(hidden))
            (content)
        }
    }
}

pub(crate) fn hidden_fields(fields: &[(&str, impl AsRef<str>)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value.as_ref()); } }
}

/// Why a form was not accepted. It is the first thing in it, and read out.
pub(crate) fn problem(id: &str, text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.problem id=(id) role="alert" { (text) } } }
}

/// A field with its label, its hint and what is wrong with it.
///
/// The id is also the name under which it is sent, unless there is another.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) autocomplete: &'a str,
    pub(crate) value: Option<&'a str>,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    /// The id of a problem of the whole form that this field has a part in.
    pub(crate) problem_id: Option<&'a str>,
    pub(crate) min_length: Option<usize>,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) autofocus: bool,
    pub(crate) autocapitalize: &'a str,
    pub(crate) class: Option<&'a str>,
}

impl<'a> Field<'a> {
    pub(crate) fn new(id: &'a str, label: &'a str, autocomplete: &'a str) -> Self {
        Self {
            id,
            name: id,
            label,
            kind: "text",
            autocomplete,
            value: None,
            hint: None,
            error: None,
            problem_id: None,
            min_length: None,
            required: true,
            read_only: false,
            autofocus: false,
            autocapitalize: "none",
            class: None,
        }
    }

    /// A field for a password. It never has a value: what was typed does not come back in a page.
    pub(crate) fn password(label: &'a str, autocomplete: &'a str) -> Self {
        Self { kind: "password", ..Self::new("password", label, autocomplete) }
    }

    pub(crate) fn render(&self) -> Markup {
        let hint_id = format!("{}-hint", self.id);
        let error_id = format!("{}-error", self.id);
        let described_by: Vec<&str> =
            [self.problem_id, self.error.map(|_| error_id.as_str()), self.hint.map(|_| hint_id.as_str())]
                .into_iter()
                .flatten()
                .collect();
        let described_by = (!described_by.is_empty()).then(|| described_by.join(" "));
        let is_invalid = self.error.is_some() || self.problem_id.is_some();
        html! {
            div.field {
                label for=(self.id) { (self.label) }
                input id=(self.id) name=(self.name) type=(self.kind) class=[self.class]
                    autocomplete=(self.autocomplete) autocapitalize=(self.autocapitalize) spellcheck="false"
                    value=[self.value] minlength=[self.min_length]
                    required[self.required] readonly[self.read_only] autofocus[self.autofocus]
                    aria-invalid=[is_invalid.then_some("true")] aria-describedby=[described_by];
                @if let Some(error) = self.error { p.field-error id=(error_id) role="alert" { (error) } }
                @if let Some(hint) = self.hint { p.hint id=(hint_id) { (hint) } }
            }
        }
    }
}

/// How a button looks.
#[derive(Clone, Copy)]
pub(crate) enum Weight {
    Primary,
    Plain,
}

/// A button that sends its form, with what it stands for where a form has several.
pub(crate) fn submit(id: &str, weight: Weight, choice: Option<(&str, &str)>, label: &Markup) -> Markup {
    let class = match weight {
        Weight::Primary => "button primary",
        Weight::Plain => "button",
    };
    html! {
        button id=(id) class=(class) type="submit" name=[choice.map(|it| it.0)] value=[choice.map(|it| it.1)] { (label) }
    }
}
