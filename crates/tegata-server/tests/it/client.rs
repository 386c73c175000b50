//! `tegata client`, and clients in a file, beside a running server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::support::Installation;

const CALLBACK: &str = "https://wiki.example.org/callback";

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn r10_a_client_is_registered_beside_a_running_server_and_its_secret_is_shown_once() {
    let installation = Installation::new();
    let _server = installation.serve(&[]);
    let made = parse(
        &installation
            .run(&["client", "create", "--name", "Our wiki", "--redirect-uri", CALLBACK, "--json"])
            .ok(),
    );
    let id = made["client_id"].as_str().unwrap();
    assert!(made["client_secret"].as_str().unwrap().starts_with("tgc_"));
    assert_eq!(made["scope"], "openid profile email offline_access");
    assert_eq!(made["grant_types"], serde_json::json!(["authorization_code", "refresh_token"]));
    let shown = installation.run(&["client", "show", id]).ok();
    assert!(!shown.contains("tgc_") && parse(&shown)["secrets"] == 1, "{shown}");
    let listed = installation.run(&["client", "list"]).ok();
    assert!(listed.starts_with(id) && listed.contains("Our wiki"), "{listed}");

    let rotated = parse(&installation.run(&["client", "rotate-secret", id, "--json"]).ok());
    assert!(rotated["client_secret"] != made["client_secret"] && rotated["secrets"] == 2);
    let changed = parse(&installation.run(&["client", "update", id, "--name", "Wiki", "--trusted"]).ok());
    assert_eq!((&changed["client_name"], &changed["skip_consent"]), (&"Wiki".into(), &true.into()));
    assert_eq!(changed["redirect_uris"], made["redirect_uris"]);

    // An operator's own needs nobody to vouch for it.
    let vouched = installation.run(&["client", "vouch", id, "--version", "1"]).ok();
    assert!(vouched.contains("is an operator's"), "{vouched}");
    let shown = parse(&installation.run(&["client", "show", id]).ok());
    assert_eq!((&shown["origin"], &shown["version"]), (&"operator".into(), &changed["version"]));
    installation.run(&["client", "disable", id]).ok();
    assert!(installation.run(&["client", "list"]).ok().contains(" disabled "));
    installation.run(&["client", "enable", id]).ok();
    installation.run(&["client", "delete", id, "--yes"]).ok();
    assert!(installation.run(&["client", "show", id]).failed(1).contains("no client of this name"));
}

#[test]
fn v43_a_client_is_vouched_for_in_the_version_that_was_shown() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "oauth.registration=open"]);
    let body = serde_json::json!({"redirect_uris": [CALLBACK]});
    let id = server.post("/oauth2/register", &body).text("client_id");
    installation.run(&["client", "update", &id, "--scope", "openid"]).ok();
    let shown = parse(&installation.run(&["client", "show", &id]).ok());
    assert_eq!((&shown["version"], &shown["scope_limit"]), (&2.into(), &"openid".into()));
    installation.run(&["client", "vouch", &id]).failed(2);
    let stale = installation.run(&["client", "vouch", &id, "--version", "1"]).failed(1);
    assert!(stale.contains("tegata client show"), "{stale}");
    installation.run(&["client", "vouch", &id, "--version", "2"]).ok();
    assert_eq!(parse(&installation.run(&["client", "show", &id]).ok())["origin"], "vouched");
}

#[test]
fn v43_the_grants_that_an_operator_leaves_a_client_outlast_what_it_registers_itself_with() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "oauth.registration=open"]);
    let grants = serde_json::json!(["authorization_code", "refresh_token"]);
    let body = serde_json::json!({"redirect_uris": [CALLBACK], "grant_types": grants});
    let registered = server.post("/oauth2/register", &body);
    let (id, token) = (registered.text("client_id"), registered.text("registration_access_token"));
    installation.run(&["client", "update", &id, "--grant", "authorization_code"]).ok();
    let (path, bearer) = (format!("/oauth2/register/{id}"), format!("Bearer {token}"));
    let body = serde_json::json!({"client_id": id, "redirect_uris": [CALLBACK], "grant_types": grants});
    let fields = [("authorization", bearer.as_str())];
    let answer = server.connect().send("PUT", &path, &fields, Some(&body)).unwrap();
    assert_eq!(
        (answer.status, &answer.json()["grant_types"]),
        (200, &serde_json::json!(["authorization_code"]))
    );
    let shown = parse(&installation.run(&["client", "show", &id]).ok());
    assert_eq!(
        (&shown["grant_limit"], &shown["grant_types"][1]),
        (&serde_json::json!(["authorization_code"]), &Value::Null)
    );
}

#[test]
fn r8_every_flag_of_a_client_is_taken_back_by_its_opposite() {
    let installation = Installation::made();
    let create = ["client", "create", "--client-id", "app", "--redirect-uri", CALLBACK, "--json"];
    let plain = parse(&installation.run(&create).ok());
    let update =
        |flags: &[&str]| parse(&installation.run(&[&["client", "update", "app"], flags].concat()).ok());
    let said = update(&["--native", "--pairwise", "--trusted", "--no-pkce", "--dpop", "--par"]);
    let back = update(&["--no-native", "--no-pairwise", "--no-trusted", "--pkce", "--no-dpop", "--no-par"]);
    for member in [
        "application_type",
        "subject_type",
        "skip_consent",
        "require_pkce",
        "dpop_bound_access_tokens",
        "require_pushed_authorization_requests",
    ] {
        assert!(said[member] != plain[member] && back[member] == plain[member], "{member}");
    }
    installation.run(&["client", "update", "app", "--pkce", "--no-pkce"]).failed(2);
}

#[test]
fn r8_what_is_wrong_with_a_client_is_said_all_at_once() {
    let installation = Installation::made();
    let create = |more: &[&str]| installation.run(&[&["client", "create"], more].concat()).failed(1);
    let text = create(&["--public", "--no-pkce", "--grant", "client_credentials", "--id-token-alg", "EdDSA"]);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(create(&["--redirect-uri", "https://a.example/#x"]).contains("must not have a fragment"));
    assert!(create(&["--redirect-uri", CALLBACK, "--scope", "reports"]).contains("no such scope"));
    assert!(create(&["--client-id", "tegata-web", "--grant", "x"]).contains("--grant takes one of"));
}

#[test]
fn r68_clients_of_a_file_are_there_after_a_start_and_their_secrets_in_no_log() {
    let installation = Installation::new();
    let write = |name: &str| {
        let text = format!(
            "[[clients]]\nclient_id = \"wiki\"\nclient_name = \"{name}\"\nclient_secret_file = \"wiki.secret\"\n\
             redirect_uris = [\"{CALLBACK}\"]\nscope = \"openid\"\n"
        );
        fs::write(installation.root().join("clients.toml"), text).unwrap();
    };
    let secret = "s3cret".repeat(8);
    let secret_file = installation.root().join("wiki.secret");
    fs::write(&secret_file, format!("{secret}\n")).unwrap();
    fs::set_permissions(&secret_file, fs::Permissions::from_mode(0o600)).unwrap();
    let arguments = ["--set", "oauth.clients_file=clients.toml"];
    for name in ["Wiki", "Our wiki"] {
        write(name);
        installation.serve(&arguments).stop();
        let shown = parse(&installation.run(&["client", "show", "wiki"]).ok());
        assert_eq!((&shown["client_name"], &shown["secrets"]), (&name.into(), &1.into()));
    }
    let refused = |mode: u32, text: &str| {
        fs::set_permissions(&secret_file, fs::Permissions::from_mode(mode)).unwrap();
        fs::write(&secret_file, text).unwrap();
        let serve = ["serve", "--listen", "127.0.0.1:0", "--set", "oauth.clients_file=clients.toml"];
        installation.run(&serve).failed(1)
    };
    assert!(refused(0o644, &secret).contains("open to others"));
    let short = refused(0o600, "hunter2");
    assert!(short.contains("fewer than 43 characters") && !short.contains("hunter2"), "{short}");
}

#[test]
fn authorities_that_cannot_be_trusted_are_named_and_nothing_starts() {
    let installation = Installation::new();
    let file = installation.root().join("ca.pem");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--set", "oauth.ca_file=ca.pem"];
    assert!(
        installation.run(&serve).failed(1).contains("the authorities ca.pem cannot be used: No such file")
    );
    fs::write(&file, "").unwrap();
    assert!(installation.run(&serve).failed(1).contains("there is no certificate in it"));
    fs::write(&file, include_bytes!("../../../tegata-outbound/testdata/authority.pem")).unwrap();
    installation.serve(&["--set", "oauth.ca_file=ca.pem"]).stop();
}

#[test]
fn v58_a_sector_that_cannot_be_asked_now_is_said_as_such() {
    let installation = Installation::new();
    let text = format!(
        "[[clients]]\nclient_id = \"wiki\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\"{CALLBACK}\"]\n\
         sector_identifier_uri = \"http://127.0.0.1:1/uris.json\"\n"
    );
    fs::write(installation.root().join("clients.toml"), text).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--set", "oauth.clients_file=clients.toml"];
    let said = installation.run(&serve).failed(1);
    assert!(said.contains("sector_identifier_uri cannot be fetched now: the connection failed"), "{said}");
}

#[test]
fn the_client_of_the_token_inspector_is_there_exactly_while_it_is_on() {
    let installation = Installation::new();
    let shown = || installation.run(&["client", "show", "token-inspector"]);
    let server = installation.serve(&[]);
    let page = format!("{}/inspector/flow", server.url());
    let client = parse(&shown().ok());
    assert_eq!(client["redirect_uris"], serde_json::json!([page]));
    assert_eq!(client["token_endpoint_auth_method"], "none");
    assert_eq!(client["require_pkce"], true);
    assert_eq!(client["skip_consent"], false);
    server.stop();

    // The system has chosen another port: the address follows.
    let server = installation.serve(&[]);
    let page = format!("{}/inspector/flow", server.url());
    assert_eq!(parse(&shown().ok())["redirect_uris"], serde_json::json!([page]));
    server.stop();

    for off in ["server.token_inspector=false", "oauth.enabled=false"] {
        installation.serve(&["--set", off]).stop();
        assert!(shown().failed(1).contains("no client of this name"), "{off}");
        installation.serve(&[]).stop();
        shown().ok();
    }
    installation.serve(&["--public-url", "https://id.example.org"]).stop();
    assert!(shown().failed(1).contains("no client of this name"), "off unless the issuer is on loopback");
}

#[test]
fn a_client_of_the_operator_s_is_not_taken_for_that_of_the_token_inspector() {
    let installation = Installation::new();
    installation.serve(&["--set", "server.token_inspector=false"]).stop();
    let own = ["--client-id", "token-inspector", "--name", "Ours", "--redirect-uri", CALLBACK];
    installation.run(&[&["client", "create"], &own[..]].concat()).ok();
    for setting in ["server.token_inspector=true", "server.token_inspector=false"] {
        installation.serve(&["--set", setting]).stop();
        let client = parse(&installation.run(&["client", "show", "token-inspector"]).ok());
        assert_eq!(client["client_name"], "Ours", "{setting}");
    }
}
