//! The OpenID Provider's function: its redirects, pages, cookies and forms through every kind of event.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tegata_core::client::{Client, ClientSecret};
use tegata_core::store::ClientStore as _;
use tegata_http::SystemEntropy;
use tegata_lambda::Function;

use crate::shape::{Answer, Call, Shape};
use crate::world::{ISSUER, PASSWORD, World};

const REDIRECT_URI: &str = "https://app.example/callback?from=tegata&x=1";
/// What has to survive being taken apart and put together: everything that means something in a query.
const STATE: &str = "a+b c&d=e%26%2B#é?/";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Registers a client as an operator does, and gives its secret.
async fn register(world: &World) -> String {
    let secret = ClientSecret::random("tgc_", &SystemEntropy).unwrap();
    let client = json!({
        "client_id": "shop", "version": 1, "created_at": 1_700_000_000_000_i64, "status": "active",
        "origin": "operator", "secrets": [{ "hash": secret.hash(), "created_at": 1_700_000_000_000_i64 }],
        "metadata": { "redirect_uris": [REDIRECT_URI], "skip_consent": true, "scope": "openid profile" },
    });
    let client: Client = serde_json::from_value(client).unwrap();
    assert!(world.store.create_client(&client).await.unwrap());
    secret.expose().to_owned()
}

fn request() -> String {
    let parameters = [
        ("response_type", "code"),
        ("client_id", "shop"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile"),
        ("state", STATE),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    form_urlencoded::Serializer::new("/oauth2/authorize?".to_owned()).extend_pairs(parameters).finish()
}

/// A browser in front of the function: it keeps cookies.
struct Browser<'w> {
    world: &'w World,
    shape: Shape,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn send(&mut self, mut call: Call) -> Answer {
        for (name, value) in &self.cookies {
            call = call.header("cookie", format!("{name}={value}"));
        }
        let answer = self.world.send(self.shape, Function::OAuth, call).await;
        assert!(!answer.is_base64, "{:?}: {}", self.shape, answer.text);
        for cookie in answer.cookies() {
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    async fn get(&mut self, address: &str) -> Answer {
        self.send(self.shape.get(address)).await
    }
}

#[track_caller]
fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"][0].clone()
}

/// The value of a field of a page's form.
fn field(page: &Answer, name: &str) -> String {
    let (_, rest) = page.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn a_login_for_a_client_passes_through_every_kind_of_event() {
    for shape in Shape::ALL {
        let world = World::new().await;
        let secret = register(&world).await;
        world.sign_up(shape, "alice").await;
        let mut browser = Browser { world: &world, shape, cookies: BTreeMap::new() };

        let here = location(&browser.get(&request()).await);
        // The flow is signed for the request to the letter, so each reading has to give the same.
        for _ in 0..8 {
            let page = browser.get(&here).await;
            assert_eq!(page.status, 200, "{shape:?}: {:?}", page.headers);
            assert_eq!(page.headers["content-type"], ["text/html; charset=utf-8"]);
        }
        let page = browser.get(&here).await;
        let (flow, place) = (field(&page, "tegata_flow"), field(&page, "continue"));
        let typed = [
            ("tegata_flow", flow.as_str()),
            ("continue", &place),
            ("identifier", "alice"),
            ("password", PASSWORD),
        ];
        let is_base64 = shape == Shape::FunctionUrl || shape == Shape::LoadBalancer;
        let login = Call::form("/oauth2/login", &typed, is_base64).header("origin", ISSUER);
        let logged_in = browser.send(login).await;
        assert_eq!(logged_in.cookies().len(), 2, "{shape:?}: {:?}", logged_in.headers);

        let callback = location(&browser.get(&location(&logged_in)).await);
        let answer = callback.strip_prefix(&format!("{REDIRECT_URI}&")).unwrap();
        let answer: BTreeMap<_, _> = form_urlencoded::parse(answer.as_bytes()).collect();
        assert_eq!((&*answer["state"], &*answer["iss"]), (STATE, ISSUER), "{shape:?}");

        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &*answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let basic = format!("Basic {}", STANDARD.encode(format!("shop:{secret}")));
        let exchange = Call::form("/oauth2/token", &exchange, !is_base64).header("authorization", basic);
        let tokens = world.send(shape, Function::OAuth, exchange).await;
        assert_eq!(tokens.status, 200, "{shape:?}: {}", tokens.text);
        let header = tokens.body()["id_token"].as_str().unwrap().split('.').next().unwrap().to_owned();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header["alg"], "RS256", "what a client gets that asks for nothing");

        let access = tokens.body()["access_token"].as_str().unwrap().to_owned();
        let user = world.send(shape, Function::OAuth, Call::get("/oauth2/userinfo").bearer(&access)).await;
        assert_eq!(user.status, 200, "{shape:?}: {}", user.text);
    }
}

#[tokio::test]
async fn what_a_page_needs_is_served_beside_it() {
    let world = World::new().await;
    for shape in Shape::ALL {
        for path in ["/oauth2/pages.css", "/oauth2/theme.css"] {
            let answer = world.send(shape, Function::OAuth, Call::get(path)).await;
            assert_eq!((answer.status, answer.is_base64), (200, false), "{shape:?} {path}");
            assert_eq!(answer.headers["content-type"], ["text/css; charset=utf-8"]);
        }
        let nowhere = world.send(shape, Function::OAuth, shape.get("/oauth2/authorize?client_id=x")).await;
        assert_eq!((nowhere.status, nowhere.is_base64), (404, false), "{shape:?}");
        assert_eq!(nowhere.headers["content-type"], ["text/html; charset=utf-8"]);
        let csp = &nowhere.headers["content-security-policy"];
        assert!(csp.len() == 1 && csp[0].starts_with("default-src 'none'"), "{csp:?}");
    }
}

/// A parameter that is given twice is an error (RFC 6749 §3.1), so it must arrive twice.
#[tokio::test]
async fn v48_a_parameter_that_is_given_twice_arrives_twice() {
    let world = World::new().await;
    register(&world).await;
    for shape in Shape::ALL {
        let call = shape.get(&format!("{}&client_id=other", request()));
        let answer = world.send(shape, Function::OAuth, call).await;
        assert_eq!(answer.status, 400, "{shape:?}");
        assert!(answer.text.contains("client_id"), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_metadata_names_the_endpoints_of_the_provider_that_there_is() {
    let metadata = async |variables: &[(&str, &str)]| {
        let world = World::with(variables).await;
        let openid = Call::get("/.well-known/openid-configuration");
        let found = world.send(Shape::Rest, Function::Account, openid).await.body();
        (found, world)
    };
    let (found, world) = metadata(&[]).await;
    for (member, path) in
        found.as_object().unwrap().iter().filter(|(member, _)| member.ends_with("_endpoint"))
    {
        let path = path.as_str().unwrap().strip_prefix(ISSUER).unwrap();
        // Whatever is wrong with the request, the endpoint is there, and only in its function.
        let answer = world.send(Shape::Rest, Function::OAuth, Call::get(path)).await;
        assert_ne!(answer.status, 404, "{member}: {}", answer.text);
        world.send(Shape::Rest, Function::Account, Call::get(path)).await.is_problem(404, "not_found");
    }
    assert_eq!(found["id_token_signing_alg_values_supported"], json!(["ES256", "RS256"]));

    let (found, world) = metadata(&[("TEGATA_OAUTH__ENABLED", "false")]).await;
    assert!(found["token_endpoint"].is_null(), "{found}");
    let token = Call::form("/oauth2/token", &[], false);
    world.send(Shape::Rest, Function::OAuth, token).await.is_problem(404, "not_found");
}
