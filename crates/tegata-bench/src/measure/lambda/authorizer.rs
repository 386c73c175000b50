//! The authorizer, beside one for Node.js that does the same.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use tegata_authorizer::{Authorizer, NoFetch, Reach, Settings};
use tegata_jose::{AccessTokenClaims, Algorithm, JwkSet, NumericDate, SigningKey};

use super::{Function, Measured, zipped_mib};
use crate::client::Error;
use crate::cpu::side_by_side;
use crate::measure::verify::public_point;
use crate::report::{Row, Target};
use crate::server;

const ISSUER: &str = "https://id.example.com";
const AUDIENCE: &str = "https://api.example.com";
/// More than the authorizer remembers, so that none of them has been seen when its turn comes again.
const TOKENS: usize = 4096;

/// The rows, and what the one for Node.js needs.
pub(super) fn run() -> Result<(Vec<Row>, Measured), Error> {
    let key = SigningKey::generate(Algorithm::Es256)?;
    let environment = vec![
        ("TEGATA_ISSUER", ISSUER.to_owned()),
        ("TEGATA_AUDIENCE", AUDIENCE.to_owned()),
        ("TEGATA_JWKS", JwkSet::new(vec![key.public_jwk()])?.to_json()),
    ];
    let (mut rows, node) = beside_node(&key, &environment)?;
    rows.extend(cost(&key, &environment)?);
    for (measure, binary, bound) in [
        ("the authorizer's zip", "authorizer", 1.0),
        ("the zip of the authorizer for several issuers", "authorizer-federated", 2.5),
    ] {
        let file = server::function(binary)?;
        let size = std::fs::metadata(&file)?.len();
        let result = zipped_mib(&file)?;
        rows.push(Row {
            measure,
            target: Target::AtMost(bound, "MiB"),
            result,
            figures: format!("{size} bytes unpacked"),
        });
    }
    Ok((rows, node))
}

fn beside_node(
    key: &SigningKey,
    environment: &[(&'static str, String)],
) -> Result<(Vec<Row>, Measured), Error> {
    let function = |program: PathBuf, arguments: Vec<PathBuf>| -> Result<Function, Error> {
        let event = event(&token(key, now(), 0)?);
        Ok(Function { program, arguments, environment: environment.to_vec(), event })
    };
    let ours = function(server::function("authorizer")?, Vec::new())?.measure()?;
    let node = function(node()?, vec![node_runtime()?, "authorizer.handler".into()])?.measure()?;
    let rows = vec![
        Row {
            measure: "the authorizer's start to its first answer ÷ one for Node.js",
            target: Target::AtMost(1.0 / 50.0, ""),
            result: ours.first_answer / node.first_answer,
            figures: format!("{:.2} ms ÷ {:.1} ms, the best of each", ours.first_answer, node.first_answer),
        },
        Row {
            measure: "the authorizer's resident memory ÷ one for Node.js",
            target: Target::AtMost(1.0 / 13.0, ""),
            result: ours.resident / node.resident,
            figures: format!("{:.1} MiB ÷ {:.1} MiB", ours.resident, node.resident),
        },
    ];
    Ok((rows, node))
}

/// What an answer costs: the event's JSON in, the answer's JSON out, and everything between.
fn cost(key: &SigningKey, environment: &[(&'static str, String)]) -> Result<Vec<Row>, Error> {
    let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let settings = Settings::parse(variables, Reach::Own).map_err(|problems| problems.join("\n"))?;
    let authorizer: Authorizer<NoFetch> = Authorizer::new(settings, None);
    let now = now();
    let tokens = (0..TOKENS).map(|index| token(key, now, index)).collect::<Result<Vec<_>, _>>()?;
    let events: Vec<_> = tokens.iter().map(|token| event(token)).collect();
    let (signed, signature) = tokens[0].rsplit_once('.').ok_or("not a JWT")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    let raw_key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_point(key)?)?;
    let mut turns = events.iter().cycle();
    let [raw, new, seen] = side_by_side(
        101,
        200,
        [
            &mut || assert!(raw_key.verify_sig(black_box(signed).as_bytes(), &signature).is_ok()),
            &mut || assert!(turns.next().is_some_and(|event| is_answered(&authorizer, event, now))),
            &mut || assert!(is_answered(&authorizer, black_box(&events[0]), now)),
        ],
    );
    Ok(vec![
        Row {
            measure: "an answer of the authorizer ÷ raw signature verification",
            target: Target::AtMost(1.5, ""),
            result: new / raw,
            figures: format!("{:.2} µs ÷ {:.2} µs", new / 1e3, raw / 1e3),
        },
        Row {
            measure: "an answer about a token seen before ÷ raw signature verification",
            target: Target::AtMost(0.3, ""),
            result: seen / raw,
            figures: format!("{:.2} µs ÷ {:.2} µs", seen / 1e3, raw / 1e3),
        },
    ])
}

/// As the function does it between Lambda's Runtime API and itself.
fn is_answered(authorizer: &Authorizer<NoFetch>, event: &str, now: NumericDate) -> bool {
    let Ok(event) = serde_json::from_str::<Box<RawValue>>(event) else { return false };
    let answer = pin!(authorizer.authorize(event.get(), now));
    let Poll::Ready(Ok(answer)) = answer.poll(&mut Context::from_waker(Waker::noop())) else { return false };
    serde_json::to_vec(&answer).map(black_box).is_ok()
}

fn event(token: &str) -> String {
    format!(
        r#"{{"type":"TOKEN","methodArn":"arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/GET/users/me","authorizationToken":"Bearer {token}"}}"#
    )
}

fn token(key: &SigningKey, now: NumericDate, index: usize) -> Result<String, Error> {
    Ok(key.sign_access_token(&AccessTokenClaims {
        issuer: ISSUER,
        subject: "5vJ0wZ1mQ0a1mB9s0r6b1A",
        audience: &[AUDIENCE],
        client_id: "tegata-spa",
        scope: "openid profile",
        issued_at: now,
        expires_at: now.saturating_add(900),
        jwt_id: &format!("q3m0wZ1mQ0a1mB9s{index:06}"),
        session_id: Some("x9m0wZ1mQ0a1mB9s0r6b1A"),
        username: Some("alice"),
        auth_time: None,
        acr: None,
        confirmation: None,
        actor: None,
    })?)
}

/// The time of the functions under test.
fn now() -> NumericDate {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NumericDate::new(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
}

/// AWS's own Runtime Interface Client for Node.js, with which its managed runtime starts, too.
fn node_runtime() -> Result<PathBuf, Error> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or("no repository")?;
    let program = repository.join("target/bench-lambda/node_modules/aws-lambda-ric/bin/index.mjs");
    if program.is_file() {
        Ok(program)
    } else {
        Err("`cargo xtask bench` installs aws-lambda-ric first".into())
    }
}

/// The functions run with an environment of their own, so the program needs its whole path.
fn node() -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").ok_or("PATH is not set")?;
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("node"));
    Ok(programs.find(|program| program.is_file()).ok_or("node is not installed")?)
}
