//! The same tokens for Tegata and for npm `jose`: what Tegata accepts, `jose` accepts too, and where only Tegata refuses,
//! the reason is one of [`STRICTER`].

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tegata_jose::{Algorithm, JoseError, verify};

use crate::forge::{base64url, good_payload, header_with, payload_with, sign, sign_payload, sign_segments};
use crate::support::{ISSUER, NOW, RESOURCE, access_profile, key};

/// Where Tegata refuses what `jose` accepts, and why that is right.
const STRICTER: &[(JoseError, &str)] = &[
    (JoseError::TokenTooLarge, "8 KiB are enough for any token, and bound the work of refusing one"),
    (
        JoseError::MalformedToken,
        "base64url has one spelling: no padding, no white space, no unused bits (RFC 7515 §2)",
    ),
    (
        JoseError::InvalidHeader,
        "repeated members (RFC 7515 §4), lone surrogates, odd types, more than 8 levels",
    ),
    (
        JoseError::CriticalExtension,
        "no extension is implemented, so `b64` and `crit` are refused whatever they say",
    ),
    (
        JoseError::InvalidPayload,
        "repeated claims (RFC 7519 §4), lone surrogates, a byte order mark, more than 8 levels",
    ),
    (
        JoseError::InvalidClaim { claim: "exp" },
        "a date is a whole number: fractions are rounded differently elsewhere",
    ),
    (JoseError::InvalidClaim { claim: "iat" }, "as `exp`"),
    (JoseError::InvalidClaim { claim: "nbf" }, "as `exp`"),
    (JoseError::InvalidClaim { claim: "auth_time" }, "as `exp`"),
    (JoseError::InvalidClaim { claim: "aud" }, "every element is a string (RFC 7519 §4.1.3)"),
    (JoseError::InvalidClaim { claim: "sub" }, "a string that is not empty (RFC 7519 §4.1.2)"),
    (JoseError::InvalidClaim { claim: "jti" }, "a string that is not empty (RFC 7519 §4.1.7)"),
    (JoseError::InvalidClaim { claim: "client_id" }, "a string that is not empty (RFC 8693 §4.3)"),
    (JoseError::InvalidClaim { claim: "scope" }, "a string (RFC 8693 §4.2)"),
    (JoseError::InvalidClaim { claim: "sid" }, "a string (OIDC Front-Channel Logout §3)"),
    (JoseError::InvalidClaim { claim: "username" }, "a string (RFC 7662 §2.2)"),
    (JoseError::IssuedInFuture, "`jose` looks at `iat` only if an age is asked for"),
];

const RANDOM_CASES: usize = 1500;

#[test]
fn what_tegata_accepts_jose_accepts_too() {
    let Some(node) = node_with_jose() else { return };
    let tokens = tokens();
    let verdicts = ask_jose(&node, &tokens);
    assert_eq!(verdicts.len(), tokens.len());

    let mut both = 0;
    let mut stricter: BTreeMap<String, usize> = BTreeMap::new();
    for (token, jose) in tokens.iter().zip(&verdicts) {
        let tegata = verify(&access_profile(), token, NOW).map(|_| ());
        match (tegata, jose.as_str()) {
            (Ok(()), "ok") => both += 1,
            (Ok(()), code) => panic!("only Tegata accepts, jose says {code}: {token}"),
            (Err(error), "ok") => {
                assert!(
                    STRICTER.iter().any(|(known, _)| *known == error),
                    "only jose accepts: {error:?}: {token}"
                );
                *stricter.entry(format!("{error:?}")).or_default() += 1;
            }
            (Err(_), _) => {}
        }
    }
    assert!(both > 100, "{both} tokens were accepted; the mutations are too coarse to tell anything");
    for (error, reason) in STRICTER {
        assert!(
            stricter.contains_key(&format!("{error:?}")),
            "no token needs this rule: {error:?} ({reason})"
        );
    }
}

/// The folder of the script, if `node` can run it.
fn node_with_jose() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let has_jose = folder.ancestors().any(|parent| parent.join("node_modules/jose/package.json").exists());
    let has_node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if has_jose && has_node.is_ok_and(|status| status.success()) {
        return Some(folder);
    }
    #[expect(clippy::disallowed_methods, reason = "who runs the tests decides whether node must be there")]
    let required = std::env::var_os("TEGATA_REQUIRE_NODE").is_some_and(|value| value == "1");
    assert!(!required, "TEGATA_REQUIRE_NODE is set, but node or npm `jose` is missing: run `npm ci`");
    // Past the harness, which would keep it to itself.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: differential test, node or npm `jose` is missing: run `npm ci`"
    );
    None
}

fn ask_jose(folder: &Path, tokens: &[String]) -> Vec<String> {
    let jwks = json!({ "keys": [serde_json::from_str::<serde_json::Value>(&key(Algorithm::Es256).public_jwk().to_json()).unwrap()] });
    let settings = json!({ "jwks": jwks, "issuer": ISSUER, "audience": RESOURCE, "now": NOW.as_secs() });
    let mut input = format!("{settings}\n");
    for token in tokens {
        input.push_str(&json!(token).to_string());
        input.push('\n');
    }
    let mut node = Command::new("node")
        .arg("verify.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = node.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "node ended with {}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn tokens() -> Vec<String> {
    let mut tokens = chosen();
    let mut random = Random(1);
    for _ in 0..RANDOM_CASES {
        let mut header = header_with("").into_bytes();
        let mut payload = good_payload().into_bytes();
        // Mostly one spoilt place; a token spoilt in many is refused for the first of them.
        match random.below(4) {
            0 => mutate(&mut header, &mut random),
            1 | 2 => mutate(&mut payload, &mut random),
            _ => {
                mutate(&mut header, &mut random);
                mutate(&mut payload, &mut random);
            }
        }
        tokens.push(sign(&header, &payload));
    }
    let good = sign_payload(good_payload());
    for _ in 0..RANDOM_CASES / 3 {
        let mut token = good.clone().into_bytes();
        mutate(&mut token, &mut random);
        tokens.extend(String::from_utf8(token).ok());
    }
    tokens
}

/// Cases that chance would seldom find.
fn chosen() -> Vec<String> {
    let mut tokens = vec![sign_payload(good_payload())];
    let dates = [
        "1800000000",
        "1800000900.5",
        "18e8",
        "1.8e9",
        "\"1800000900\"",
        "null",
        "true",
        "-1",
        "-0",
        "9007199254740992",
        "[]",
    ];
    for claim in ["exp", "iat", "nbf", "auth_time"] {
        tokens.extend(dates.iter().map(|value| sign_payload(payload_with(claim, *value))));
    }
    tokens.push(sign_payload(payload_with("iat", "1800000001")));
    for claim in ["iss", "sub", "jti", "client_id", "scope", "username", "sid"] {
        let values = ["\"\"", "\"a\"", "1", "null", "[\"a\"]", "{}", r#""\u0000""#, r#""\ud83d\ude00""#];
        tokens.extend(values.iter().map(|value| sign_payload(payload_with(claim, *value))));
    }
    for aud in [
        r#"["https://api.example"]"#,
        r#"["https://api.example",1]"#,
        r#"["x"]"#,
        "[]",
        "{}",
        r#""https:\/\/api.example""#,
    ] {
        tokens.push(sign_payload(payload_with("aud", aud)));
    }
    for value in [
        r#""\ud800""#,
        r#"{"a":1,"a":2}"#,
        "[[[[[[[]]]]]]]",
        "[[[[[[[[]]]]]]]]",
        "1e999",
        "\"\u{7f}\u{2028}\"",
    ] {
        tokens.push(sign_payload(payload_with("x", value)));
    }
    tokens.push(sign_payload(good_payload().replace('}', ",\"sub\":\"admin\"}")));
    tokens.push(sign_payload(format!("\u{feff}{}", good_payload())));
    tokens.push(sign_payload(payload_with("x", format!("\"{}\"", "x".repeat(6200)))));
    for more in [
        r#""b64":true,"crit":["b64"]"#,
        r#""b64":true"#,
        r#""b64":false,"crit":["b64"]"#,
        r#""crit":["x"],"x":1"#,
        r#""alg":"ES256""#,
        r#""alg":"none""#,
        r#""x":"\ud800""#,
        r#""jku":"https://evil.example","x5c":["AA"]"#,
        r#""typ":"at+jwt""#,
    ] {
        tokens.push(sign(header_with(more), good_payload()));
    }
    for typ in
        ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt", "JWT", "", "at+jwt;v=1", "x/at+jwt"]
    {
        tokens.push(sign(header_with("").replace("at+jwt", typ), good_payload()));
    }
    for header in [
        r#"{"typ":"at+jwt","alg":"ES256"}"#,
        r#"{"typ":"at+jwt","alg":"ES256","kid":""}"#,
        r#"{"alg":"ES256"}"#,
    ] {
        tokens.push(sign(header, good_payload()));
    }
    let good = sign_payload(good_payload());
    for end in ["=", "==", "\n", " ", ".", ".A", "A"] {
        tokens.push(format!("{good}{end}"));
    }
    let header = base64url(header_with(""));
    let payload = base64url(good_payload());
    for (header, payload) in [
        (format!("{header}="), payload.clone()),
        (header.clone(), format!("{payload}=")),
        (header.clone(), format!("{payload}\n")),
        (header.clone(), format!("{} {}", &payload[..8], &payload[8..])),
        (header.clone(), String::new()),
    ] {
        tokens.push(sign_segments(&header, &payload));
    }
    tokens
}

/// Spoils one place, with a liking for what matters to JSON.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const FRAGMENTS: &[&[u8]] = &[
        b"\"",
        b"\\",
        b",",
        b":",
        b"{",
        b"}",
        b"[",
        b"]",
        b" ",
        b"\n",
        b"\t",
        b"\0",
        b"0",
        b"-",
        b".",
        b"e1",
        b"null",
        b"\\u0000",
        b"\\ud800",
        b"\\u0061",
        b"\xff",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
        b"=",
        b"A",
        b"\"sub\":\"x\",",
        b"\"alg\":\"ES256\",",
        b"\"x\":{},",
        b"\"crit\":[],",
        b"true",
    ];
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => {
            bytes.remove(at);
        }
        1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        2 => {
            let end = (at + 1 + random.below(8)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        3 => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
        }
        // Behind a brace, comma or colon a fragment often leaves the JSON whole.
        4 => {
            let joints: Vec<_> =
                (0..bytes.len()).filter(|&i| b"{,:".contains(&bytes[i])).map(|i| i + 1).collect();
            let at = joints.get(random.below(joints.len().max(1))).copied().unwrap_or(at);
            let fragment = FRAGMENTS[random.below(FRAGMENTS.len())];
            bytes.splice(at..at, fragment.iter().copied());
        }
        _ => {
            let fragment = FRAGMENTS[random.below(FRAGMENTS.len())];
            bytes.splice(at..at, fragment.iter().copied());
        }
    }
}

/// The generator `SplitMix64`: the same cases in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}
