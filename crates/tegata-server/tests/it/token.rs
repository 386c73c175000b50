//! `tegata token`: looking, and verifying.

use super::support::Installation;

fn token(installation: &Installation) -> (String, String) {
    let server = installation.serve(&["--public-url", "http://localhost:1"]);
    server.sign_up("alice");
    let login = server.login("alice");
    (login.text("access_token"), login.text("id_token"))
}

#[test]
fn a_token_is_explained_and_said_to_be_unverified() {
    let installation = Installation::new();
    let (access, _) = token(&installation);
    let shown = installation.run(&["token", "inspect", &access]).ok();
    assert!(shown.starts_with("NOT VERIFIED"), "{shown}");
    for part in ["it expires", "the user's id", "\"alice\"", "in 14m ", "present, not checked"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    // A forged one looks the same, and is said to be as unverified.
    let forged = format!("{}.{}.AAAA", access.split('.').next().unwrap(), access.split('.').nth(1).unwrap());
    assert!(installation.run(&["token", "inspect", &forged]).ok().starts_with("NOT VERIFIED"));
    let piped = installation.run_with_input(&["token", "inspect", "-"], &format!("{access}\n")).ok();
    // How long ago is another matter a second later.
    let ageless = |shown: &str| {
        shown.lines().filter(|line| !line.contains("(it ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ageless(&piped), ageless(&shown));
}

#[test]
fn what_is_no_token_is_said_to_be_none() {
    let installation = Installation::new();
    for (text, why) in [
        ("nothing", "not three parts"),
        ("a.b.c", "header"),
        ("e30.e30", "not three parts"),
        ("e30.W10.x", "payload"),
        ("tgr_abc", "refresh token"),
        (&"a".repeat(9000), "longer than 8 KiB"),
    ] {
        let error = installation.run(&["token", "inspect", text]).failed(1);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn control_characters_of_a_token_do_not_reach_the_terminal() {
    let installation = Installation::new();
    // {"alg":"none"} and {"\u001b[2J":"\u001b[31m"}
    let shown = installation
        .run(&["token", "inspect", "eyJhbGciOiJub25lIn0.eyJcdTAwMWJbMkoiOiJcdTAwMWJbMzFtIn0."])
        .ok();
    assert!(!shown.contains('\u{1b}') && shown.contains("signature  absent"), "{shown:?}");
}

#[test]
fn a_token_is_verified_with_the_keys_of_the_data_directory() {
    let installation = Installation::new();
    let (access, id) = token(&installation);
    let issuer = ["--issuer", "http://localhost:1"];
    let verify = |token: &str, more: &[&str]| installation.run(&[&["token", "verify", token], more].concat());
    assert!(verify(&access, &issuer).ok().starts_with("valid\n"));
    let wrong = verify(&access, &[]).failed(4);
    assert!(wrong.contains("NOT valid") && wrong.contains("http://127.0.0.1:8080"), "{wrong}");
    assert!(verify(&id, &issuer).failed(4).contains("only access tokens"));
    let mut changed = access.clone().into_bytes();
    let middle = access.rfind('.').unwrap() + 10;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    assert!(verify(&changed, &issuer).failed(4).contains("signature is not valid"));
}

#[test]
fn a_token_is_verified_with_a_key_set_from_a_file_and_no_installation() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let access = server.login("alice").text("access_token");
    let elsewhere = Installation::new();
    std::fs::write(elsewhere.root().join("keys.json"), server.get("/.well-known/jwks.json").body).unwrap();
    let url = server.url();
    let verified = elsewhere.run(&["token", "verify", &access, "--issuer", &url, "--jwks", "keys.json"]).ok();
    assert!(verified.contains("alice"), "{verified}");
    let error =
        elsewhere.run(&["token", "verify", &access, "--issuer", &url, "--jwks", "none.json"]).failed(1);
    assert!(error.contains("none.json cannot be read"), "{error}");
}
