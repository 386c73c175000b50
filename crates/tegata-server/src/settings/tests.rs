use std::path::Path;

use tegata_settings::Raw;

use super::*;

fn read(file: Option<&Path>, environment: &[(&str, &str)], flags: &[&str]) -> Result<Settings, Vec<String>> {
    let own = |text: &str| text.to_owned();
    let sources = Sources {
        config: file.map(Path::to_owned),
        environment: environment.iter().map(|(name, value)| (own(name), own(value))).collect(),
        flags: flags.iter().map(|flag| (own("--set"), own(flag))).collect(),
    };
    let line = |problem: &source::Problem| format!("{} ({}): {}", problem.key, problem.origin, problem.text);
    load(&sources).map_err(|Problems(problems)| problems.iter().map(line).collect())
}

fn set(flags: &[&str]) -> Result<Settings, Vec<String>> {
    read(None, &[], flags)
}

/// The problems of flags; each must begin like the expected one.
fn assert_refused(flags: &[&str], expected: &[&str]) {
    let problems = set(flags).expect_err("it was accepted");
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem:?} does not say {expected:?}");
    }
}

#[test]
fn the_defaults_are_accepted() {
    let settings = set(&[]).unwrap();
    assert_eq!(settings.issuer(settings.server.listen), "http://127.0.0.1:8080");
    let rules = settings.core("http://127.0.0.1:9".to_owned());
    assert_eq!(rules.tokens.audience, "http://127.0.0.1:9");
    assert_eq!(rules.tenant.as_str(), "default");
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tegata.toml");
    std::fs::write(
        &file,
        "[tokens]\naccess_token_ttl = \"1m\"\nid_token_ttl = \"1m\"\n[sessions]\nidle_ttl = \"1d\"\n",
    )
    .unwrap();
    let variables = [("TEGATA_TOKENS__ACCESS_TOKEN_TTL", "2m"), ("TEGATA_TOKENS__ID_TOKEN_TTL", "2m")];
    let settings = read(Some(&file), &variables, &["tokens.access_token_ttl=3m"]).unwrap();
    let rules = settings.core(String::new());
    assert_eq!(rules.tokens.access_token_ttl, Duration::from_mins(3));
    assert_eq!(rules.tokens.id_token_ttl, Duration::from_mins(2));
    assert_eq!(rules.sessions.idle_ttl, Duration::from_hours(24));
}

#[test]
fn every_problem_of_every_source_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tegata.toml");
    let text = "[tokens]\naccess_tokn_ttl = \"1m\"\n\n[passwords]\nmin_length = \"many\"\nmemory = 19\n[sessions]\nidle_ttl = 1.5\n";
    std::fs::write(&file, text).unwrap();
    let problems = read(
        Some(&file),
        &[
            ("TEGATA_SESSIONS__ABSOLUTE_TTL", "7"),
            ("TEGATA_PORT", "tcp://10.0.0.1:80"),
            ("TEGATA_SERVER_LISTEN", "x"),
        ],
        &["signup.enabled=perhaps", "nothing", "tokens.access_token_ttl=1h"],
    )
    .unwrap_err();
    let at = |line: usize| format!("({}:{line})", file.display());
    for expected in [
        format!("tokens.access_tokn_ttl {}: there is no such setting; did you mean `tokens.access_token_ttl`?", at(2)),
        format!("passwords.min_length {}: `many` must be a whole number", at(5)),
        format!("passwords.memory {}: `19` must be a number of mebibytes", at(6)),
        format!("sessions.idle_ttl {}: must be a decimal number", at(8)),
        "sessions.absolute_ttl (environment variable TEGATA_SESSIONS__ABSOLUTE_TTL): `7` must be a number with a unit".into(),
        "server_listen (environment variable TEGATA_SERVER_LISTEN): write it with two underscores".into(),
        "signup.enabled (--set): `perhaps` must be true or false".into(),
        "nothing (--set): must be written as key=value".into(),
        "tokens.access_token_ttl (--set): must be between 1s and 15m".into(),
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(&expected)), "{expected}\nnot in {problems:#?}");
    }
    assert_eq!(problems.len(), 9, "{problems:#?}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_name() {
    assert_refused(&["session.idle_ttl=1d"], &["did you mean `sessions.idle_ttl`?"]);
    assert_refused(&["server.access_token_ttl=1m"], &["did you mean `tokens.access_token_ttl`?"]);
    assert_refused(&["qqq.zzz=1"], &["`tegata settings` lists them all"]);
}

#[test]
fn a_table_in_the_place_of_a_value_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tegata.toml");
    for (text, expected) in [
        ("server = 1", "server ("),
        ("[server.listen]\na = 1", "must be a value, not a table"),
        ("[cors]\nallowed_origins = [[\"a\"]]", "must not be a list in a list"),
        ("server.listen = [\"a\"]", "must be one value, not a list"),
        ("server.listen", "is not TOML"),
    ] {
        std::fs::write(&file, text).unwrap();
        let problems = read(Some(&file), &[], &[]).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(expected), "{text}: {problems:?}");
    }
}

#[test]
fn v48_a_file_that_was_named_and_cannot_be_read_is_refused() {
    let problems = read(Some(Path::new("/nowhere/tegata.toml")), &[], &[]).unwrap_err();
    assert!(problems[0].contains("cannot be read"), "{problems:?}");
}

#[test]
fn r72_an_http_issuer_that_is_not_loopback_is_refused() {
    assert_refused(&["server.public_url=http://id.example.org"], &["must be https"]);
    for good in
        ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:8080", "https://id.example.org:8443"]
    {
        assert!(set(&[&format!("server.public_url={good}")]).is_ok(), "{good}");
    }
}

#[test]
fn r72_listening_for_other_machines_needs_tls_in_front() {
    for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
        assert_refused(&[&format!("server.listen={address}")], &["Put a proxy with TLS in front"]);
        assert_refused(
            &[&format!("server.listen={address}"), "server.public_url=http://localhost:8080"],
            &["Put a proxy with TLS in front"],
        );
        assert!(
            set(&[&format!("server.listen={address}"), "server.public_url=https://id.example.org"]).is_ok()
        );
    }
}

#[test]
fn r72_an_issuer_has_exactly_one_spelling() {
    for bad in [
        "id.example.org",
        "ftp://id.example.org",
        "https://id.example.org/",
        "https://id.example.org/auth",
        "https://id.example.org?a",
        "https://id.example.org#a",
        "https://user:pw@id.example.org",
        "https://Id.example.org",
        "https://id.example.org:443",
        "http://localhost:80",
        "https://id.example.org:",
        "https://id.example.org:0",
        "https://id.example.org:99999",
        "https://",
        "https://-a.example",
        "https://[::1",
        "https://[::1]x",
        "https://例え.jp",
    ] {
        assert_refused(&[&format!("server.public_url={bad}")], &["server.public_url"]);
    }
}

#[test]
fn r72_weak_password_hashing_and_long_tokens_are_refused() {
    assert_refused(&["passwords.memory=8MiB"], &["cheap to guess"]);
    assert_refused(&["passwords.iterations=1"], &["cheap to guess"]);
    assert_refused(&["passwords.memory=4096MiB"], &["at most 1024MiB"]);
    assert_refused(&["tokens.access_token_ttl=16m", "passwords.min_length=5"], &["15m", "between 8 and 64"]);
    assert_refused(&["cors.allowed_origins=*"], &["cors.allowed_origins"]);
    assert_refused(&["tokens.signing_alg=none"], &["ES256, RS256, EdDSA"]);
    assert_refused(&["tokens.signing_alg=HS256"], &["ES256, RS256, EdDSA"]);
}

#[test]
fn r59_brakes_that_would_not_brake_are_refused() {
    assert_refused(&["throttle.account.many=101"], &["at most 100"]);
    assert_refused(&["throttle.account.free=100"], &["more than the free attempts"]);
    assert_refused(&["throttle.address.first_delay=0s"], &["at least 1s"]);
    assert_refused(&["throttle.signup.max_delay=0s"], &["between the first delay and the long one"]);
}

#[test]
fn v35_a_proxy_list_that_trusts_everyone_is_refused() {
    assert_refused(&["server.trusted_proxies=10.0.0.0/8,0.0.0.0/0"], &["server.trusted_proxies"]);
}

#[test]
fn v35_metrics_are_off_behind_a_proxy_that_is_not_named() {
    let metrics = |flags: &[&str]| {
        let settings = set(flags).unwrap();
        settings.http(&settings.issuer(settings.server.listen)).metrics
    };
    let https = "server.public_url=https://id.example.org";
    assert_eq!(metrics(&[]), MetricsAccess::Loopback);
    assert_eq!(metrics(&["server.public_url=http://localhost:8080"]), MetricsAccess::Loopback);
    assert_eq!(metrics(&[https]), MetricsAccess::Off);
    assert_eq!(metrics(&[https, "server.trusted_proxies=127.0.0.1"]), MetricsAccess::Loopback);
    assert_eq!(metrics(&[https, "server.metrics=loopback"]), MetricsAccess::Loopback, "it was asked for");
    assert_eq!(metrics(&[https, "server.metrics=anyone"]), MetricsAccess::Anyone, "it was asked for");
}

#[test]
fn a_log_level_that_would_log_nothing_is_refused() {
    assert_refused(&["log.level=verbose"], &["must be off, error, warn"]);
    assert_refused(&["log.level=info,[request]=debug"], &["must be off, error, warn"]);
    let settings = set(&["log.level=info, tegata_http=debug,"]).unwrap();
    let targets = settings.log.level.targets();
    assert!(targets.would_enable("tegata_http::edge", &tracing::Level::DEBUG));
    assert!(targets.would_enable("tegata", &tracing::Level::INFO));
    assert!(!targets.would_enable("tegata", &tracing::Level::DEBUG));
}

#[test]
fn lists_are_separated_by_commas_outside_the_file() {
    let settings = set(&["cors.allowed_origins=https://a.example, https://b.example"]).unwrap();
    assert_eq!(settings.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn r72_the_claim_map_speaks_of_what_there_is() {
    let attributes = "oauth.attributes=department,groups";
    let map = "oauth.claims=claim=unit attribute=department scope=profile in=userinfo+id_token, claim=groups scope=team:read";
    let settings = set(&[attributes, "oauth.scope=team:read", map]).unwrap();
    let rules = settings.core(String::new());
    let shown: Vec<_> = rules.oauth.claims.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "claim=unit attribute=department scope=profile in=userinfo+id_token",
            "claim=groups attribute=groups scope=team:read in=userinfo",
        ]
    );
    assert_refused(&[attributes, map], &["gives `groups` for the scope `team:read`, which is neither"]);
    let without = "makes `unit` from the attribute `department`, which is not one of oauth.attributes";
    assert_refused(&["oauth.claims=claim=unit attribute=department scope=profile"], &[without]);
    let twice = "oauth.claims=claim=groups scope=profile, claim=groups scope=email";
    assert_refused(&[attributes, twice], &["has the claim `groups` twice"]);
    assert_refused(&["oauth.attributes=email"], &["OpenID Connect or JWT gives a meaning of its own"]);
    for (bad, why) in [
        ("claim=sub scope=profile", "has a meaning in the protocol"),
        ("claim=email scope=profile", "OpenID Connect itself defines"),
        ("claim=groups scope=openid", "tells users nothing"),
        ("claim=groups scope=profile in=access_token", "goes into userinfo, id_token or both"),
        ("groups", "must be written like `claim="),
    ] {
        assert_refused(&[attributes, &format!("oauth.claims={bad}")], &[why]);
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tegata.toml");
    let text = "[oauth]\nattributes = [\"groups\"]\nclaims = [\"claim=groups scope=profile in=id_token\"]\n";
    std::fs::write(&file, text).unwrap();
    assert_eq!(read(Some(&file), &[], &[]).unwrap().core(String::new()).oauth.claims.len(), 1);
}

#[test]
fn every_default_is_read_back_as_it_is_shown() {
    let defaults = Settings::default();
    for setting in SETTINGS {
        let Some(shown) = (setting.show)(&defaults) else { continue };
        let raw = match shown.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(list) if setting.value_type == "list" => list.to_owned(),
            _ => shown.clone(),
        };
        let mut settings = Settings::default();
        (setting.apply)(&mut settings, &Raw::One(raw))
            .unwrap_or_else(|error| panic!("{}: {error}", setting.key));
        assert_eq!((setting.show)(&settings), Some(shown), "{}", setting.key);
    }
}

#[test]
fn every_setting_has_its_own_place() {
    // What one setting writes, no other shows: a slip in the table would let one overwrite another.
    // A secret is never shown, so it has nothing to be told by.
    for setting in SETTINGS.iter().filter(|setting| setting.key != "oauth.registration_token") {
        let mut settings = Settings::default();
        let before: Vec<_> = SETTINGS.iter().map(|each| (each.show)(&settings)).collect();
        let values = [
            "true",
            "false",
            "7",
            "77s",
            "77MiB",
            "127.0.0.1:7",
            "10.0.0.7",
            "RS256",
            "normal",
            "dynamodb",
            "json",
            "off",
            "open",
            "accent=#004080",
            "claim=department scope=profile",
            "seven",
        ];
        let changed = values.iter().any(|text| {
            let raw = Raw::One((*text).to_owned());
            (setting.apply)(&mut settings, &raw).is_ok()
                && before != SETTINGS.iter().map(|each| (each.show)(&settings)).collect::<Vec<_>>()
        });
        assert!(changed, "{} changes nothing", setting.key);
        for (other, before) in SETTINGS.iter().zip(&before) {
            assert_eq!(
                (other.show)(&settings) != *before,
                other.key == setting.key,
                "{} and {}",
                setting.key,
                other.key
            );
        }
    }
}

#[test]
fn durations_are_shown_as_people_write_them() {
    use tegata_settings::Value as _;
    let shown = |secs| Duration::from_secs(secs).show().unwrap();
    assert_eq!([2, 90, 900, 86_400, 604_800].map(shown), ["2s", "90s", "15m", "24h", "7d"]);
    for vague in ["1month", "1y", "1M", "15", "", "-1s"] {
        assert!(Duration::parse(&Raw::One(vague.to_owned())).is_err(), "{vague}");
    }
}

#[test]
fn tables_in_the_open_or_shared_with_keys_are_refused() {
    let one = "store.dynamodb_keys_table=tegata";
    assert_refused(&[one], &["must be a table of its own"]);
    assert_refused(&["store.dynamodb_table=a b"], &["must be 3 to 255 of"]);
    assert_refused(&["store.dynamodb_endpoint=http://10.0.0.1:8000"], &["must be https"]);
    assert_refused(&["store.kind=mysql"], &["must be one of sqlite, dynamodb"]);
    let own = set(&["store.kind=dynamodb", "store.dynamodb_endpoint=http://127.0.0.1:8000"]).unwrap();
    assert!(own.store.is_own_dynamodb());
    let regional = set(&["store.dynamodb_endpoint=https://dynamodb.eu-west-1.amazonaws.com"]).unwrap();
    assert!(!regional.store.is_own_dynamodb());
}
