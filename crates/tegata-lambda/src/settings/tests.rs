use std::time::Duration;

use tegata_core::settings::RegistrationMode;
use tegata_jose::Algorithm;

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let own = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    Settings::load(own)
        .map_err(|problems| problems.0.into_iter().map(|p| p.variable + " " + &p.text).collect())
}

const ISSUER: (&str, &str) = ("TEGATA_ISSUER", "https://id.example.org");

#[test]
fn an_issuer_is_all_that_has_to_be_set() {
    let settings = load(&[ISSUER, ("AWS_REGION", "x"), ("PATH", "y")]).unwrap();
    assert_eq!(settings.core().issuer, "https://id.example.org");
    assert_eq!(settings.core().tokens.audience, "https://id.example.org");
    assert_eq!(settings.tables, Settings::default().tables);
    assert!(settings.origin_secret.is_none() && settings.authorizer_function.is_empty());
    assert_eq!(settings.http().metrics, MetricsAccess::Off);
}

#[test]
fn a_setting_of_the_server_means_the_same_here() {
    let settings = load(&[
        ISSUER,
        ("TEGATA_AUDIENCE", "https://api.example.org"),
        ("TEGATA_TOKENS__ACCESS_TOKEN_TTL", "2s"),
        ("TEGATA_SESSIONS__REFRESH_GRACE", "0s"),
        ("TEGATA_SIGNUP__ENABLED", "false"),
        ("TEGATA_PASSWORDS__MIN_LENGTH", "20"),
        ("TEGATA_THROTTLE__ACCOUNT__FREE", "3"),
        ("TEGATA_ALLOWED_ORIGINS", "https://a.example, https://b.example"),
        ("TEGATA_AUTHORIZER_FUNCTION", "one,two"),
        ("TEGATA_OAUTH__ID_TOKEN_ALGS", "RS256,EdDSA"),
        ("TEGATA_OAUTH__SCOPE", "orders:read"),
        ("TEGATA_OAUTH__ATTRIBUTES", "department,groups"),
        ("TEGATA_OAUTH__CLAIMS", "claim=department scope=profile,claim=groups scope=orders:read in=id_token"),
        ("TEGATA_OAUTH__REGISTRATION", "open"),
        ("TEGATA_PAGES__LOGO_URL", "https://cdn.example/logo.svg"),
        ("TEGATA_PAGES__CSS_VARIABLES", "accent=#004080,radius=4px"),
    ])
    .unwrap();
    let rules = settings.core();
    assert_eq!(rules.tokens.audience, "https://api.example.org");
    assert_eq!(rules.tokens.access_token_ttl, Duration::from_secs(2));
    assert_eq!(rules.sessions.refresh_grace, Duration::ZERO);
    assert!(!rules.signup_enabled);
    assert_eq!(rules.password_min_length, 20);
    assert_eq!(rules.throttle.account.free, 3);
    assert_eq!(rules.key_policy().others, [Algorithm::Rs256, Algorithm::EdDsa]);
    assert_eq!(rules.oauth.scope.as_str(), "orders:read");
    assert_eq!(rules.oauth.attributes.len(), 2);
    assert_eq!(
        rules.oauth.claims[1].to_string(),
        "claim=groups attribute=groups scope=orders:read in=id_token"
    );
    assert_eq!(rules.oauth.registration, RegistrationMode::Open);
    let http = settings.http();
    assert_eq!(http.logo_url.as_deref(), Some("https://cdn.example/logo.svg"));
    assert_eq!(http.css_variables[0], ("accent".to_owned(), "#004080".to_owned()));
    assert_eq!(http.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(settings.authorizer_function, ["one", "two"]);
}

#[test]
fn every_setting_with_a_section_is_one_of_the_server() {
    let page = include_str!("../../../../docs/reference/settings.md");
    for setting in SETTINGS.iter().filter(|setting| setting.key.contains('.')) {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", setting.key)));
        let row = row.unwrap_or_else(|| panic!("{} is no setting of the server", setting.key));
        // The same default, too; a secret has none.
        if let Some(default) = (setting.show)(&Settings::default()) {
            assert!(row.contains(&format!("| `{default}` |")), "{row}");
        }
    }
}

#[test]
fn every_setting_is_in_the_reference() {
    let page = include_str!("../../../../docs/reference/functions.md");
    for setting in SETTINGS.iter().filter(|setting| !setting.key.contains('.')) {
        assert!(page.contains(&format!("| `{}` |", setting.variable())), "{}", setting.variable());
        assert!(page.contains(setting.about), "{}", setting.about);
    }
}

#[test]
fn r72_all_problems_are_named_at_once_in_one_line() {
    let variables = [
        ("TEGATA_ISSUER", "http://id.example.org"),
        ("TEGATA_TOKENS__ACCESS_TOKEN_TTL", "1h"),
        ("TEGATA_SESSIONS__IDLE_TTL", "soon"),
        ("TEGATA_PASSWORDS__MEMORY", "1MiB"),
        ("TEGATA_ALLOWED_ORIGINS", "*"),
        ("TEGATA_SERVER__LISTEN", "0.0.0.0:80"),
        ("TEGATA_JWKS", "{}"),
        ("TEGATA_TOKENS_CLIENT_ID", "x"),
    ];
    let own = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let line = Settings::load(own).unwrap_err().to_string();
    assert!(!line.contains('\n'));
    for part in [
        "TEGATA_ISSUER `http://id.example.org` must be https",
        "TEGATA_TOKENS__ACCESS_TOKEN_TTL must be between 1s and 15m",
        "TEGATA_SESSIONS__IDLE_TTL must be a number with a unit",
        "TEGATA_PASSWORDS__MEMORY must be at least 19MiB",
        "TEGATA_ALLOWED_ORIGINS `*` has a wildcard",
        "TEGATA_SERVER__LISTEN is no setting of a function",
        "TEGATA_JWKS is no setting of a function",
        "TEGATA_TOKENS_CLIENT_ID write it TEGATA_TOKENS__CLIENT_ID",
    ] {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
}

#[test]
fn a_missing_issuer_is_one_problem() {
    assert_eq!(load(&[]).unwrap_err().len(), 1);
    assert!(load(&[]).unwrap_err()[0].starts_with("TEGATA_ISSUER must be set"));
    assert!(load(&[ISSUER, ("TEGATA_Issuer", "x")]).unwrap_err()[0].starts_with("TEGATA_Issuer "));
}

#[test]
fn plain_http_is_for_names_that_stay_on_the_machine() {
    for issuer in ["http://abc.execute-api.localhost:4566", "http://127.0.0.1:80801"] {
        let outcome = load(&[("TEGATA_ISSUER", issuer)]);
        assert_eq!(outcome.is_ok(), !issuer.ends_with("80801"), "{outcome:?}");
    }
    assert!(load(&[("TEGATA_ISSUER", "https://id.example.org/")]).is_err());
}

#[test]
fn r68_the_value_of_a_secret_is_in_no_problem() {
    let problems = load(&[ISSUER, ("TEGATA_ORIGIN_SECRET", "too short")]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("TEGATA_ORIGIN_SECRET must be") && !problems[0].contains("too short"));

    let variable = "TEGATA_OAUTH__REGISTRATION_TOKEN";
    let problems = load(&[ISSUER, (variable, "hunter2")]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with(variable) && !problems[0].contains("hunter2"), "{}", problems[0]);
    let settings = load(&[ISSUER, (variable, "0123456789abcdef0123456789abcdef")]).unwrap();
    assert!(settings.core().oauth.registration_token.is_some());
    assert!(!format!("{settings:?}").contains("0123456789abcdef"));
}
