//! Every page in every state that looks different, for the tests and for looking at.

use std::borrow::Cow;

use tegata_pages::{
    Access, AccountPage, App, AppsPage, Client, ConsentPage, DeviceCodeError, DeviceCodePage,
    DeviceConfirmPage, DeviceDonePage, ErrorPage, FieldError, FormPostPage, Hidden, Language, Lifetime,
    LoggedOutPage, LoginError, LoginPage, LogoutPage, ScopeText, SignUpError, SignUpErrors, SignUpPage,
    Theme, Until,
};

const HIDDEN: Hidden<'_> = &[
    ("flow", Cow::Borrowed("c2VhbGVk")),
    ("continue", Cow::Borrowed("/oauth2/authorize?client_id=calendar&scope=openid")),
];

/// The pages of a language with names for them, all with this for the names of clients and users.
pub(crate) fn gallery(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let mut pages = login_pages(language, theme, name);
    pages.extend(signup_pages(language, theme, name));
    pages.extend(consent_pages(language, theme, name));
    pages.extend(device_pages(language, theme, name));
    pages.extend(other_pages(language, theme, name));
    pages
}

fn login_pages(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let page = LoginPage {
        language,
        theme,
        client_name: Some(name),
        client_logo: Some("https://calendar.example/logo.png"),
        action: "/oauth2/login",
        hidden: HIDDEN,
        identifier: "",
        error: None,
        signup_link: Some("/oauth2/signup?flow=c2VhbGVk"),
        reauthentication: None,
    };
    let waiting = LoginError::TooManyAttempts { retry_after_secs: 100 };
    let plain = LoginPage { client_name: None, client_logo: None, signup_link: None, ..page };
    vec![
        ("login", page.render()),
        ("login-plain", plain.render()),
        (
            "login-invalid",
            LoginPage { identifier: name, error: Some(LoginError::InvalidCredentials), ..page }.render(),
        ),
        ("login-waiting", LoginPage { identifier: name, error: Some(waiting), ..plain }.render()),
        ("login-again", LoginPage { reauthentication: Some(name), ..page }.render()),
    ]
}

fn signup_pages(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let page = SignUpPage {
        language,
        theme,
        client_name: Some(name),
        client_logo: None,
        action: "/oauth2/signup",
        hidden: HIDDEN,
        username: "",
        email: "",
        password_min_length: 15,
        errors: SignUpErrors::default(),
        error: None,
        login_link: Some("/oauth2/login?flow=c2VhbGVk"),
    };
    let errors = SignUpErrors {
        username: Some(FieldError::Taken),
        email: Some(FieldError::Invalid),
        password: Some(FieldError::TooShort),
    };
    vec![
        ("signup", page.render()),
        ("signup-invalid", SignUpPage { username: name, email: name, errors, ..page }.render()),
        ("signup-overloaded", SignUpPage { error: Some(SignUpError::Overloaded), ..page }.render()),
    ]
}

fn consent_pages(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let scopes = scopes(language);
    let page = ConsentPage {
        language,
        theme,
        action: "/oauth2/consent",
        hidden: HIDDEN,
        client: verified(name),
        redirect_host: "calendar.example",
        username: "michiko",
        access: Access {
            scopes: &scopes,
            resources: &["https://api.calendar.example"],
            lifetime: Lifetime { access_token_minutes: 15, until: Until::Days(30) },
        },
    };
    let unverified = ConsentPage {
        client: unverified(name),
        access: Access {
            scopes: &[],
            resources: &[],
            lifetime: Lifetime { access_token_minutes: 1, until: Until::LogOut },
        },
        ..page
    };
    vec![
        (
            "account",
            AccountPage {
                language,
                theme,
                client_name: Some(name),
                action: "/oauth2/account",
                hidden: HIDDEN,
                username: name,
            }
            .render(),
        ),
        ("consent", page.render()),
        ("consent-unverified", unverified.render()),
    ]
}

fn device_pages(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let scopes = scopes(language);
    let code = DeviceCodePage {
        language,
        theme,
        action: "/oauth2/device",
        hidden: HIDDEN,
        user_code: "",
        error: None,
    };
    let confirm = DeviceConfirmPage {
        language,
        theme,
        action: "/oauth2/device",
        hidden: HIDDEN,
        client: unverified(name),
        user_code: "WDJB-MJHT",
        username: name,
        access: Access {
            scopes: &scopes,
            resources: &[],
            lifetime: Lifetime { access_token_minutes: 15, until: Until::Never },
        },
    };
    let wrong = DeviceCodePage { user_code: name, error: Some(DeviceCodeError::Unknown), ..code };
    vec![
        ("device", code.render()),
        ("device-unknown", wrong.render()),
        ("device-confirm", confirm.render()),
        ("device-allowed", DeviceDonePage { language, theme, allowed: true }.render()),
        ("device-denied", DeviceDonePage { language, theme, allowed: false }.render()),
    ]
}

fn other_pages(language: Language, theme: &Theme, name: &str) -> Vec<(&'static str, String)> {
    let scopes = scopes(language);
    let logout = LogoutPage {
        language,
        theme,
        client_name: Some(name),
        username: Some(name),
        action: "/oauth2/logout",
        hidden: HIDDEN,
    };
    let error = ErrorPage {
        language,
        theme,
        error: "invalid_request",
        description: "redirect_uri is not registered for this client",
        request_id: Some("9e373ad15e482a6d"),
    };
    let form_post = FormPostPage::new(
        language,
        theme,
        "https://calendar.example/callback",
        &[("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", "af0ifjsldkj"), ("iss", "https://tegata.example")],
    );
    let app = App {
        client_id: "calendar",
        client_name: name,
        verified: true,
        scopes: &scopes,
        since: "2026-03-05T09:30:00Z",
    };
    let apps = [app, App { client_id: "other", verified: false, scopes: &scopes[..1], ..app }];
    let apps = AppsPage {
        language,
        theme,
        username: "michiko",
        action: "/oauth2/apps",
        hidden: HIDDEN,
        apps: &apps,
    };
    vec![
        ("logout", logout.render()),
        ("logged-out", LoggedOutPage { language, theme }.render()),
        ("error", error.render()),
        (
            "error-of-server",
            ErrorPage { error: "server_error", description: "internal error", ..error }.render(),
        ),
        ("form-post", form_post.map_or_else(String::new, |page| page.render())),
        ("apps", apps.render()),
        ("apps-none", AppsPage { apps: &[], ..apps }.render()),
    ]
}

fn verified(name: &str) -> Client<'_> {
    Client {
        name,
        uri: Some("https://calendar.example"),
        policy_uri: Some("https://calendar.example/privacy"),
        tos_uri: Some("https://calendar.example/terms"),
        logo: Some("https://calendar.example/logo.png"),
        described_at: None,
        verified: true,
    }
}

fn unverified(name: &str) -> Client<'_> {
    Client {
        uri: Some("javascript:alert(1)"),
        policy_uri: None,
        tos_uri: None,
        described_at: Some("apps.calendar.example"),
        verified: false,
        ..verified(name)
    }
}

fn scopes(language: Language) -> Vec<ScopeText<'static>> {
    let scope = |name| ScopeText { name, description: language.standard_scope(name) };
    ["openid", "profile", "email", "calendar:read", "offline_access"].map(scope).to_vec()
}
