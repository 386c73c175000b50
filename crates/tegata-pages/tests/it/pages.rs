use std::collections::BTreeSet;

use tegata_pages::{
    Access, Client, ConsentPage, FORM_POST_SCRIPT_HASH, FormPostPage, Language, Lifetime, LoginPage,
    STYLESHEET, Theme, Until,
};

use crate::gallery::gallery;
use crate::markup::{attribute, attributes, tag_with_id, tags, tags_of};

const HOSTILE: &str = "</strong><script>alert(1)</script>\"' onfocus=alert(1) x=\"&lt;";

fn all(name: &str) -> Vec<(String, String)> {
    let theme = Theme::default();
    let pages = |language: Language| {
        gallery(language, &theme, name)
            .into_iter()
            .map(move |(page, html)| (format!("{page}-{}", language.tag()), html))
            .collect::<Vec<_>>()
    };
    Language::ALL.into_iter().flat_map(pages).collect()
}

fn page(name: &str) -> String {
    let pages = gallery(Language::En, &Theme::default(), "Calendar");
    let Some((_, html)) = pages.into_iter().find(|(page, _)| *page == name) else {
        panic!("there is no page `{name}`")
    };
    html
}

#[test]
fn pages_are_as_they_were_reviewed() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, html) in all("Calendar") {
            // A tag on each line, so that a change is a line.
            insta::assert_snapshot!(name, html.replace("><", ">\n<"));
        }
    });
}

#[test]
fn what_others_have_chosen_is_text_wherever_it_stands() {
    for ((page, hostile), (_, plain)) in all(HOSTILE).into_iter().zip(all("Calendar")) {
        let shapes = |html: &str| tags(html).iter().map(|tag| shape(tag)).collect::<Vec<_>>();
        assert_eq!(
            shapes(&hostile),
            shapes(&plain),
            "{page}: the elements and their attributes are the same"
        );
    }
}

#[test]
fn the_name_of_the_service_is_text() {
    let theme = Theme::new(HOSTILE, None, []).unwrap();
    for (page, html) in gallery(Language::En, &theme, "Calendar") {
        assert_eq!(html.matches("<script>").count(), usize::from(page == "form-post"), "{page}");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{page}");
    }
}

#[test]
fn every_page_is_a_whole_document_in_its_language() {
    for (page, html) in all("Calendar") {
        let language = &page[page.len() - 2..];
        assert!(
            html.starts_with(&format!(
                "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">"
            )),
            "{page}"
        );
        assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"), "{page}");
        assert!(
            html.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"),
            "{page}"
        );
        assert_eq!(tags_of(&html, "h1").len(), 1, "{page}");
        assert_eq!(tags_of(&html, "main").len(), 1, "{page}");
        let is_japanese = html.contains(|letter| ('\u{3041}'..='\u{30ff}').contains(&letter));
        assert_eq!(is_japanese, language == "ja", "{page}");
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere_but_logos_and_nothing_is_inline() {
    for (page, html) in all("Calendar") {
        assert!(attributes(&html, "style").is_empty() && tags_of(&html, "style").is_empty(), "{page}");
        let scripts = usize::from(page.starts_with("form-post"));
        assert_eq!(tags_of(&html, "script").len(), scripts, "{page}");
        let links: Vec<_> = tags_of(&html, "link").iter().filter_map(|tag| attribute(tag, "href")).collect();
        assert_eq!(links, ["/oauth2/pages.css", "/oauth2/theme.css"], "{page}");
        for image in tags_of(&html, "img") {
            assert_eq!(attribute(image, "src"), Some("https://calendar.example/logo.png"), "{page}");
            assert_eq!(attribute(image, "referrerpolicy"), Some("no-referrer"), "{page}");
        }
        assert!(!tags(&html).iter().any(|tag| tag.contains(" on")), "{page}: no handlers");
    }
    assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
}

#[test]
fn every_form_is_sent_by_post_with_what_it_was_given() {
    for (page, html) in all("Calendar") {
        for form in tags_of(&html, "form") {
            assert_eq!(attribute(form, "method"), Some("post"), "{page}");
            assert!(attribute(form, "action").is_some(), "{page}");
        }
        let flows = attributes(&html, "value").iter().filter(|value| **value == "c2VhbGVk").count();
        let forms = tags_of(&html, "form").len();
        assert_eq!(flows, if page.starts_with("form-post") { 0 } else { forms }, "{page}");
        assert!(
            tags_of(&html, "button").iter().all(|button| attribute(button, "type") == Some("submit")),
            "{page}"
        );
    }
}

#[test]
fn every_page_has_the_ids_by_which_it_is_known() {
    let expected: &[(&str, &[&str])] = &[
        ("login", &["identifier", "password", "login-submit"]),
        ("login-invalid", &["login-error", "identifier", "password", "login-submit"]),
        ("login-again", &["identifier", "password", "login-submit"]),
        ("signup", &["username", "username-hint", "email", "password", "password-hint", "signup-submit"]),
        ("account", &["account-continue", "account-other"]),
        ("consent", &["consent-allow", "consent-deny"]),
        ("consent-unverified", &["client-unverified", "consent-allow", "consent-deny"]),
        ("device", &["device-code", "device-code-hint", "device-submit"]),
        ("device-confirm", &["client-unverified", "consent-allow", "consent-deny"]),
        ("device-allowed", &[]),
        ("logout", &["logout-confirm", "logout-cancel"]),
        ("logged-out", &[]),
        ("error", &["error-page"]),
        ("form-post", &["form-post-submit"]),
        ("apps", &["app-1", "revoke-1", "app-2", "revoke-2"]),
    ];
    for (name, ids) in expected {
        assert_eq!(attributes(&page(name), "id"), *ids, "{name}");
    }
    for (name, html) in all("Calendar") {
        let ids = attributes(&html, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: each id is there once");
    }
}

#[test]
fn password_managers_are_told_what_each_field_is() {
    let kinds = |page_name: &str, ids: &[&str]| {
        let html = page(page_name);
        ids.iter()
            .map(|id| {
                let tag = tag_with_id(&html, id).expect("the field is there");
                let get = |name| attribute(tag, name).unwrap_or_default().to_owned();
                (get("name"), get("type"), get("autocomplete"))
            })
            .collect::<Vec<_>>()
    };
    let field = |name: &str, kind: &str, autocomplete: &str| {
        (name.to_owned(), kind.to_owned(), autocomplete.to_owned())
    };
    assert_eq!(
        kinds("login", &["identifier", "password"]),
        [field("identifier", "text", "username"), field("password", "password", "current-password")]
    );
    assert_eq!(
        kinds("signup", &["username", "email", "password"]),
        [
            field("username", "text", "username"),
            field("email", "email", "email"),
            field("password", "password", "new-password"),
        ]
    );
    assert_eq!(kinds("device", &["device-code"]), [field("user_code", "text", "off")]);
}

#[test]
fn a_password_never_comes_back() {
    for (page, html) in all("Calendar") {
        for input in tags_of(&html, "input") {
            if attribute(input, "type") == Some("password") {
                assert_eq!(attribute(input, "value"), None, "{page}");
            }
        }
    }
}

#[test]
fn every_field_has_a_label_and_what_describes_it_is_there() {
    for (page, html) in all("Calendar") {
        let labels: Vec<_> = tags_of(&html, "label").iter().filter_map(|tag| attribute(tag, "for")).collect();
        for input in tags_of(&html, "input") {
            if attribute(input, "type") != Some("hidden") {
                assert!(attribute(input, "id").is_some_and(|id| labels.contains(&id)), "{page}: {input}");
            }
        }
        for relation in ["aria-describedby", "aria-labelledby"] {
            for id in attributes(&html, relation).iter().flat_map(|ids| ids.split(' ')) {
                assert!(tag_with_id(&html, id).is_some(), "{page}: {id}");
            }
        }
    }
}

#[test]
fn what_went_wrong_is_read_out_and_belongs_to_its_field() {
    let html = page("signup-invalid");
    for id in ["username", "email", "password"] {
        let input = tag_with_id(&html, id).unwrap();
        let error = format!("{id}-error");
        assert_eq!(attribute(input, "aria-invalid"), Some("true"));
        assert!(attribute(input, "aria-describedby").unwrap().split(' ').any(|described| described == error));
        assert_eq!(attribute(tag_with_id(&html, &error).unwrap(), "role"), Some("alert"));
    }
    assert!(html.contains("<title>Problem: Sign up · Tegata</title>"));
    // A busy server is nobody's typing error.
    let html = page("login-waiting");
    assert!(attributes(&html, "aria-invalid").is_empty());
    assert!(html.contains("Please try again in 2 minutes."));
}

#[test]
fn one_field_has_the_focus_and_it_is_the_one_to_type_into() {
    let focused = |name: &str| {
        let html = page(name);
        let inputs: Vec<_> = tags_of(&html, "input")
            .into_iter()
            .filter(|tag| tag.contains(" autofocus"))
            .filter_map(|tag| attribute(tag, "id"))
            .map(str::to_owned)
            .collect();
        inputs.join(" ")
    };
    assert_eq!(focused("login"), "identifier");
    assert_eq!(focused("login-invalid"), "password");
    assert_eq!(focused("login-again"), "password");
    assert_eq!(focused("signup"), "username");
    assert_eq!(focused("signup-invalid"), "username");
    assert_eq!(focused("device"), "device-code");
    assert_eq!(focused("consent"), "", "no answer is a key press away");
}

#[test]
fn r42_consent_shows_the_client_the_scopes_and_for_how_long() {
    let html = page("consent");
    for text in [
        "<strong><bdi>Calendar</bdi></strong>",
        "<dd><bdi>michiko</bdi></dd>",
        "calendar.example",
        "See your e-mail address",
        "<code><bdi>calendar:read</bdi></code>",
        "https://api.calendar.example",
        "for 15 minutes at a time",
        "while you are away, for up to 30 days",
        "You can take this back at any time.",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn r43_a_client_that_nobody_has_checked_is_marked() {
    let html = page("consent-unverified");
    assert!(html.contains("Unverified app") && html.contains("calendar.example</bdi>"));
    assert!(tags_of(&html, "img").is_empty(), "its logo could be anyone's");
    assert!(!page("consent").contains("Unverified"));
    assert!(page("device-confirm").contains("Unverified app"));
    assert_eq!(page("apps").matches("Unverified").count(), 1);
}

#[test]
fn r43_a_client_that_describes_itself_is_shown_with_where_it_does() {
    for name in ["consent-unverified", "device-confirm"] {
        let html = page(name);
        assert!(html.contains("Describes itself at") && html.contains("<bdi>apps.calendar.example</bdi>"));
    }
    assert!(!page("consent").contains("Describes itself at"));
}

#[test]
fn r42_access_is_listed_with_a_way_to_take_it_back() {
    let html = page("apps");
    assert!(html.contains("<time datetime=\"2026-03-05T09:30:00Z\">5 March 2026</time>"));
    let clients: Vec<_> = tags_of(&html, "input")
        .into_iter()
        .filter(|tag| attribute(tag, "name") == Some("client_id"))
        .filter_map(|tag| attribute(tag, "value"))
        .collect();
    assert_eq!(clients, ["calendar", "other"]);
}

#[test]
fn r28_a_device_is_confirmed_by_its_code_with_a_warning() {
    let html = page("device-confirm");
    assert!(html.contains("WDJB-MJHT"));
    assert!(html.contains("Only continue if the device in front of you shows this code."));
}

#[test]
fn a_link_that_does_not_lead_to_the_web_is_dropped() {
    let theme = Theme::default();
    let bad = Some("javascript:alert(1)");
    let client = Client {
        name: "x",
        uri: bad,
        policy_uri: Some("data:,x"),
        tos_uri: Some("//x"),
        logo: bad,
        described_at: None,
        verified: true,
    };
    let page = ConsentPage {
        language: Language::En,
        theme: &theme,
        action: "/oauth2/consent",
        hidden: &[],
        client,
        redirect_host: "x",
        username: "x",
        access: Access {
            scopes: &[],
            resources: &[],
            lifetime: Lifetime { access_token_minutes: 15, until: Until::LogOut },
        },
    };
    let html = page.render();
    assert!(tags_of(&html, "a").is_empty() && tags_of(&html, "img").is_empty());

    let login = LoginPage {
        language: Language::En,
        theme: &theme,
        client_name: None,
        client_logo: bad,
        action: "//evil.example",
        hidden: &[],
        identifier: "",
        error: None,
        signup_link: Some("https://evil.example/"),
        reauthentication: None,
    };
    let html = login.render();
    assert!(!html.contains("evil.example") && !html.contains("javascript"));
    assert_eq!(tags_of(&html, "form"), ["form method=\"post\""]);
}

#[test]
fn links_to_a_client_s_pages_tell_nothing_of_this_one() {
    let html = page("consent");
    let links = tags_of(&html, "a");
    assert_eq!(links.len(), 3);
    for link in links {
        assert_eq!(attribute(link, "rel"), Some("noopener noreferrer"));
    }
}

#[test]
fn a_form_post_goes_to_the_web_only_and_works_without_its_script() {
    let theme = Theme::default();
    for action in ["javascript:alert(1)", "data:text/html,x", "/callback", "com.example.app:/callback"] {
        assert!(FormPostPage::new(Language::En, &theme, action, &[]).is_none(), "{action}");
    }
    let html = page("form-post");
    assert_eq!(tags_of(&html, "form"), ["form method=\"post\" action=\"https://calendar.example/callback\""]);
    assert!(tag_with_id(&html, "form-post-submit").is_some());
    assert!(FORM_POST_SCRIPT_HASH.starts_with("'sha256-"));
}

/// A tag without the values of its attributes.
fn shape(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}
