//! `tegata serve`: the first start, the story of a user, and what must not start.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::json;

use super::support::{Installation, PASSWORD, Server};

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn without_flags_it_makes_everything_it_needs_and_tells_the_first_steps() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    assert_eq!(mode(&installation.data("")), 0o700);
    for file in ["tegata.db", "master.key", "audit.jsonl"] {
        assert_eq!(mode(&installation.data(file)), 0o600, "{file}");
    }
    let welcome = server.welcome();
    assert!(welcome.contains(&format!("curl -s {}/auth/signup", server.url())), "{welcome}");
    assert!(welcome.contains("Keep a copy of ./tegata-data/master.key"), "{welcome}");
}

#[test]
fn the_first_steps_work_as_they_are_printed() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let bodies: Vec<serde_json::Value> = server
        .welcome()
        .lines()
        .filter_map(|line| serde_json::from_str(line.split_once("-d '")?.1.strip_suffix('\'')?).ok())
        .filter(|body: &serde_json::Value| body.get("username").is_some())
        .collect();
    let [sign_up, login] = &bodies[..] else { panic!("{}", server.welcome()) };
    assert_eq!(server.post("/auth/signup", sign_up).status, 201);
    assert_eq!(server.post("/auth/login", login).status, 200);
}

#[test]
fn a_user_signs_up_logs_in_calls_the_api_refreshes_and_logs_out() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let login = server.login("alice");
    assert_eq!(login.status, 200, "{login:?}");
    let bearer = format!("Bearer {}", login.text("access_token"));
    let mut connection = server.connect();
    let answer = connection.send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap();
    assert_eq!((answer.status, answer.json()["user"]["username"].as_str()), (200, Some("alice")));
    let refreshed = server.refresh(&login.text("refresh_token"));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let token = refreshed.text("refresh_token");
    assert_eq!(server.post("/auth/logout", &json!({"refresh_token": token})).status, 204);
    assert_eq!(server.refresh(&token).status, 401);
}

#[test]
fn the_issuer_follows_the_port_that_the_system_chose() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    assert_eq!(server.get("/.well-known/openid-configuration").text("issuer"), server.url());
}

#[test]
fn v35_a_proxy_that_is_not_named_is_warned_of_and_reads_no_metrics() {
    let installation = Installation::new();
    let https = ["--public-url", "https://id.example.org"];
    let warns = |log: Vec<String>| log.iter().any(|line| line.contains("set server.trusted_proxies"));

    let server = installation.serve(&https);
    assert_eq!(server.get("/metrics").status, 404);
    assert!(warns(server.stop()));

    let named = [&https[..], &["--set", "server.trusted_proxies=127.0.0.1"]].concat();
    let server = installation.serve(&named);
    assert_eq!(server.get("/metrics").status, 200);
    assert!(!warns(server.stop()));
}

#[test]
fn settings_reach_the_tokens() {
    let installation = Installation::new();
    let url = "https://id.example.org";
    let server = installation.serve(&[
        "--public-url",
        url,
        "--set",
        "tokens.access_token_ttl=2s",
        "--set",
        "tokens.signing_alg=EdDSA",
    ]);
    server.sign_up("alice");
    let login = server.login("alice");
    assert_eq!(login.json()["expires_in"], 2);
    let token = login.text("access_token");
    let inspected = installation.run(&["token", "inspect", &token]).ok();
    assert!(inspected.contains("\"EdDSA\"") && inspected.contains(url), "{inspected}");
}

#[test]
fn what_was_stored_is_there_after_a_restart() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let token = server.login("alice").text("refresh_token");
    server.stop();
    let server = installation.serve(&[]);
    assert_eq!(server.refresh(&token).status, 200);
    assert_eq!(server.login("alice").status, 200);
}

#[test]
fn a_second_server_on_one_data_directory_is_refused_and_the_first_lives_on() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains(&format!("another server (process {})", server.id())), "{error}");
    assert!(error.contains("help: "), "{error}");
    server.sign_up("alice");
}

#[test]
fn a_killed_server_leaves_no_lock() {
    let installation = Installation::new();
    installation.serve(&[]).kill();
    installation.serve(&[]).stop();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let address = server.address.to_string();
    let error = installation.run(&["serve", "--data-dir", "other", "--listen", &address]).failed(1);
    assert!(error.contains(&format!("cannot listen on {address}")) && error.contains("--listen"), "{error}");
}

#[test]
fn r72_a_data_directory_that_others_can_open_is_refused() {
    let installation = Installation::made();
    std::fs::set_permissions(installation.data(""), std::fs::Permissions::from_mode(0o750)).unwrap();
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains("open to others (mode 750)") && error.contains("chmod go= "), "{error}");
}

#[test]
fn r72_a_master_key_that_others_can_read_is_refused() {
    let installation = Installation::made();
    std::fs::set_permissions(installation.data("master.key"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains("master key") && error.contains("open to others (mode 644)"), "{error}");
}

#[test]
fn r72_a_database_without_its_master_key_gets_no_new_one() {
    let installation = Installation::made();
    std::fs::remove_file(installation.data("master.key")).unwrap();
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains("master key") && error.contains("restore it"), "{error}");
    assert!(!installation.data("master.key").exists());
}

#[test]
fn r72_a_master_key_of_another_installation_is_refused() {
    let (installation, other) = (Installation::made(), Installation::made());
    std::fs::copy(other.data("master.key"), installation.data("master.key")).unwrap();
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains("cannot be unsealed"), "{error}");
}

#[test]
fn v48_a_wrong_setting_stops_the_start_before_anything_is_touched() {
    let installation = Installation::new();
    let error = installation
        .run(&[
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--set",
            "tokens.access_token_ttl=1h",
            "--set",
            "cors.origin=x",
        ])
        .failed(3);
    assert!(error.contains("3 settings are not acceptable"), "{error}");
    assert!(error.contains("Put a proxy with TLS in front"), "{error}");
    assert!(!installation.data("").exists());
}

#[test]
fn r68_the_log_holds_no_password_and_no_token() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "log.level=trace"]);
    server.sign_up("alice");
    let login = server.login("alice");
    let refreshed = server.refresh(&login.text("refresh_token"));
    server.refresh(&login.text("refresh_token"));
    let bearer = format!("Bearer {}", login.text("access_token"));
    server.connect().send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap();
    let secrets = [
        PASSWORD.to_owned(),
        login.text("access_token"),
        login.text("id_token"),
        login.text("refresh_token"),
        refreshed.text("refresh_token"),
    ];
    let log = server.stop();
    assert!(!log.is_empty());
    for line in &log {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "not JSON: {line}");
        assert!(secrets.iter().all(|secret| !line.contains(secret.as_str())), "a secret in {line}");
    }
}

#[test]
fn it_serves_the_application_for_pages_and_problems_for_everything_else() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let page = server.connect().send("GET", "/login", &[("accept", "text/html")], None).unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").is_some(), "{page:?}");
    let unknown = server.connect().send("GET", "/nothing", &[("accept", "application/json")], None).unwrap();
    assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("application/problem+json")));
    for member in ["title", "detail", "code", "request_id"] {
        assert!(unknown.json()[member].is_string(), "{member} in {unknown:?}");
    }
}

#[test]
fn r69_a_head_that_is_too_large_is_refused_and_the_server_lives_on() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let answer = server.connect().send("GET", "/healthz", &[("x-large", &"a".repeat(64 * 1024))], None);
    assert!(answer.map_or(true, |answer| answer.status == 431));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn more_connections_than_allowed_wait_for_their_turn() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "server.max_connections=2"]);
    let mut first = server.connect();
    assert_eq!(first.send("GET", "/healthz", &[], None).unwrap().status, 200);
    let mut second = server.connect();
    assert_eq!(second.send("GET", "/healthz", &[], None).unwrap().status, 200);
    let mut third = server.connect();
    third.write("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    drop(first);
    assert_eq!(third.read().unwrap().status, 200);
}

#[test]
fn running_out_of_file_descriptors_does_not_end_it() {
    let installation = Installation::new();
    let mut shell = std::process::Command::new("sh");
    shell
        .args([
            "-c",
            "ulimit -n 96 && exec \"$0\" serve --listen 127.0.0.1:0 --set log.level=off",
            super::PROGRAM,
        ])
        .current_dir(installation.root())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = Server::start(&mut shell);
    let crowd: Vec<_> = (0..200).map(|_| server.connect()).collect();
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(crowd);
    assert_eq!(server.get("/healthz").status, 200);
}
