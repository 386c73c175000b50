//! Requests in request objects (RFC 9101, OIDC Core §6.1), at both endpoints.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_jose::{JwkSet, SigningKey};

use super::*;
use crate::client::RequestObjectAlg;
use crate::provider::oauth::ResponseMode;

pub(super) const OTHER_URI: &str = "https://app.example/other";

/// A client with a key, of the operator's own house.
pub(super) struct Signer {
    pub(super) party: Party,
    key: SigningKey,
}

impl Signer {
    pub(super) async fn new(
        world: &World,
        client_id: &str,
        change: impl FnOnce(&mut ClientMetadata),
    ) -> Self {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let set = JwkSet::new(vec![key.public_jwk()]).unwrap();
        let party = world
            .party(client_id, |metadata| {
                metadata.skip_consent = true;
                metadata.redirect_uris.push(OTHER_URI.parse().unwrap());
                metadata.jwks = serde_json::from_str(&set.to_json()).ok();
                change(metadata);
            })
            .await;
        Self { party, key }
    }

    /// The claims of a good object, with more or others; `null` leaves one out.
    pub(super) fn claims(&self, world: &World, more: &Value) -> Value {
        let mut claims = json!({
            "iss": self.party.id(), "aud": API, "exp": world.now.as_secs() + 60, "jti": "1",
            "client_id": self.party.id(), "response_type": "code", "redirect_uri": REDIRECT_URI, "scope": SCOPE,
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "inner", "nonce": "n",
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let object = claims.as_object_mut().unwrap();
        object.retain(|_, value| !value.is_null());
        claims
    }

    fn sign(&self, claims: &Value) -> String {
        self.key.sign("oauth-authz-req+jwt", claims.to_string().as_bytes()).unwrap()
    }

    pub(super) fn signed(&self, world: &World, more: &Value) -> String {
        self.sign(&self.claims(world, more))
    }

    /// A request with an object and nothing beside it but what RFC 9101 §5 wants there.
    fn with(&self, object: &str) -> Parameters {
        parameters(&[("client_id", self.party.id()), ("request", object)])
    }
}

pub(super) fn unsigned(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims.to_string()))
}

/// The request that a visitor is asked about.
pub(super) async fn asked(world: &World, parameters: &Parameters) -> AuthorizationRequest {
    match world.authorize(parameters, None, &world.flow()).await {
        Ok(Authorization::Question(Question::Login { request, .. })) => *request,
        Ok(_) => panic!("nobody is logged in"),
        Err(error) => panic!("{error:?}"),
    }
}

/// What a client is told, and where.
pub(super) async fn told(world: &World, parameters: &Parameters) -> (ErrorCode, String, Option<String>) {
    match world.authorize(parameters, None, &world.flow()).await {
        Err(AuthorizationError::Client { target, error }) => {
            (refusal::<()>(Err(error)), target.redirect_uri, target.state)
        }
        Err(AuthorizationError::Page(error)) => panic!("a page: {error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

pub(super) async fn shown(world: &World, parameters: &Parameters) -> ErrorCode {
    match world.authorize(parameters, None, &world.flow()).await {
        Err(AuthorizationError::Page(error)) => refusal::<()>(Err(error)),
        Err(AuthorizationError::Client { error, .. }) => panic!("sent to the client: {error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

async fn push(world: &World, party: &Party, pairs: &[(&str, &str)]) -> Result<String, OAuthError> {
    let client = world.prove(party).await?;
    let pushed = world.provider.push_request(&client, &parameters(pairs), None, &world.ctx()).await;
    pushed.map(|(uri, _)| uri)
}

#[tokio::test]
async fn r31_a_signed_request_is_what_its_object_says_and_nothing_else() {
    let world = world().await;
    let app = Signer::new(&world, "app", |_| {}).await;
    let object = app.signed(
        &world,
        &json!({
            "max_age": 300, "resource": [ORDERS, BILLING], "response_mode": "form_post",
            "claims": {"id_token": {"acr": {"essential": true}}},
        }),
    );
    let outer = request(
        &app.party,
        &[
            ("request", object.as_str()),
            ("redirect_uri", OTHER_URI),
            ("state", "outer"),
            ("prompt", "none"),
            ("scope", "openid email"),
            ("login_hint", "mallory"),
        ],
    );
    for parameters in [app.with(&object), outer] {
        let asked = asked(&world, &parameters).await;
        assert_eq!(asked.target.redirect_uri, REDIRECT_URI);
        assert_eq!(asked.target.state.as_deref(), Some("inner"));
        assert_eq!(asked.target.mode, ResponseMode::FormPost);
        assert_eq!((asked.max_age, asked.nonce.as_deref()), (Some(300), Some("n")));
        assert_eq!(asked.resources, [ORDERS, BILLING]);
        assert_eq!(asked.scope, SCOPE.parse().unwrap());
        assert_eq!((asked.prompt.none, asked.login_hint), (false, None), "RFC 9101 §6.3");
        assert!(asked.claims.essential("acr").is_some());
        let opened = asked.opened.unwrap();
        assert!(opened.is_signed && !opened.parameters.has("request") && !opened.parameters.has("iss"));
    }
}

#[tokio::test]
async fn r31_a_visitor_goes_on_with_what_the_object_said_when_it_has_expired() {
    let mut world = world().await;
    let app = Signer::new(&world, "app", |metadata| metadata.require_signed_request_object = true).await;
    let object = app.signed(&world, &json!({}));
    let opened = asked(&world, &app.with(&object)).await.opened.unwrap();
    world.pass(120);
    assert_eq!(shown(&world, &app.with(&object)).await, ErrorCode::InvalidRequestObject, "it has expired");
    let browser = world.log_in_browser("alice").await;
    let signed = Flow { is_signed: true, ..world.flow() };
    let answer = world.authorize(&opened.parameters, Some(&browser), &signed).await.unwrap();
    assert!(world.redeem_code(&app.party, &code_of(answer)).await.is_ok());
    // Without the flow that we have signed for them, they are what anybody could have written.
    let (code, ..) = told(&world, &opened.parameters).await;
    assert_eq!(code, ErrorCode::InvalidRequest);
}

/// Row R31 has signed ones only, as RFC 9101 does. OIDC Core §6.1 knows others, and stands.
#[tokio::test]
async fn an_unsigned_object_says_what_stands_beside_it_anew() {
    let world = world().await;
    let app = Signer::new(&world, "app", |_| {}).await;
    let object = unsigned(&json!({"state": "inner", "redirect_uri": OTHER_URI, "max_age": 60}));
    let outer = [
        ("request", object.as_str()),
        ("state", "outer"),
        ("redirect_uri", "https://evil.example/"),
        ("nonce", "n"),
    ];
    let asked = asked(&world, &request(&app.party, &outer)).await;
    assert_eq!(
        (asked.target.redirect_uri.as_str(), asked.target.state.as_deref()),
        (OTHER_URI, Some("inner"))
    );
    assert_eq!((asked.nonce.as_deref(), asked.max_age), (Some("n"), Some(60)), "OIDC Core §6.1");
    assert!(!asked.opened.unwrap().is_signed);
    let evil = unsigned(&json!({"redirect_uri": "https://evil.example/"}));
    let evil = request(&app.party, &[("request", evil.as_str())]);
    assert_eq!(shown(&world, &evil).await, ErrorCode::InvalidRequest, "it is no more than a query");
    let bare = app.with(&unsigned(&app.claims(&world, &json!({}))));
    assert_eq!(shown(&world, &bare).await, ErrorCode::InvalidRequest, "response_type stands beside it");
}

#[tokio::test]
async fn r31_v12_who_has_said_that_they_sign_is_not_believed_unsigned() {
    let world = world().await;
    let signs = |alg| move |metadata: &mut ClientMetadata| metadata.request_object_signing_alg = Some(alg);
    let es256 = Signer::new(&world, "es256", signs(RequestObjectAlg::Signed(Algorithm::Es256))).await;
    let rs256 = Signer::new(&world, "rs256", signs(RequestObjectAlg::Signed(Algorithm::Rs256))).await;
    let none = Signer::new(&world, "none", signs(RequestObjectAlg::Unsigned)).await;
    let all = Signer::new(&world, "all", |metadata| metadata.require_signed_request_object = true).await;
    for (app, may_sign, may_be_unsigned) in
        [(&es256, true, false), (&rs256, false, false), (&none, false, true), (&all, true, false)]
    {
        let claims = app.claims(&world, &json!({}));
        for (object, is_good) in [(app.sign(&claims), may_sign), (unsigned(&claims), may_be_unsigned)] {
            let parameters = request(&app.party, &[("request", object.as_str())]);
            if is_good {
                asked(&world, &parameters).await;
            } else {
                let (code, ..) = told(&world, &parameters).await;
                assert_eq!(code, ErrorCode::InvalidRequestObject, "{}", app.party.id());
            }
        }
    }
    let bare = told(&world, &request(&all.party, &[])).await;
    assert_eq!(bare.0, ErrorCode::InvalidRequest, "RFC 9101 §10.5");
    asked(&world, &request(&es256.party, &[])).await;
}

#[tokio::test]
async fn r31_v53_what_is_wrong_with_an_object_goes_where_the_parameters_beside_it_lead() {
    let mut world = world().await;
    let app = Signer::new(&world, "app", |_| {}).await;
    let other = Signer::new(&world, "other", |_| {}).await;
    let good = app.claims(&world, &json!({"redirect_uri": OTHER_URI}));
    let changed = |more: Value| app.claims(&world, &more);
    let (input, signature) =
        app.sign(&good).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let header = input.split_once('.').unwrap().0;
    let tampered = changed(json!({"scope": "openid email"})).to_string();
    let long = changed(json!({"state": "x".repeat(8 * 1024)}));
    let twice = good.to_string().replacen('{', r#"{"scope":"openid email","#, 1);
    let bad = [
        other.sign(&good),
        other.sign(&other.claims(&world, &json!({}))),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(tampered)),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(long.to_string())),
        app.key.sign("oauth-authz-req+jwt", twice.as_bytes()).unwrap(),
        app.key.sign("at+jwt", good.to_string().as_bytes()).unwrap(),
        app.key.sign("dpop+jwt", good.to_string().as_bytes()).unwrap(),
        app.key.sign("client-authentication+jwt", good.to_string().as_bytes()).unwrap(),
        app.sign(&changed(json!({"sub": "app"}))),
        app.sign(
            &json!({"iss": "app", "sub": "app", "aud": API, "exp": world.now.as_secs() + 60, "jti": "1"}),
        ),
        app.sign(&changed(json!({"iss": "other"}))),
        app.sign(&changed(json!({"client_id": "other"}))),
        app.sign(&changed(json!({"client_id": null}))),
        app.sign(&changed(json!({"aud": "https://id.example/oauth2/token"}))),
        app.sign(&changed(json!({"aud": null}))),
        app.sign(&changed(json!({"exp": null}))),
        app.sign(&changed(json!({"exp": world.now.as_secs() - 31}))),
        app.sign(&changed(json!({"exp": world.now.as_secs() + 3631}))),
        app.sign(&changed(json!({"nbf": world.now.as_secs() + 31}))),
        app.sign(&changed(json!({"request": "a.b.c"}))),
        app.sign(&changed(json!({"request_uri": "urn:x"}))),
        app.sign(&changed(json!({"response_type": "token"}))),
        app.sign(&changed(json!({"resource": [1]}))),
        unsigned(&changed(json!({"client_id": "other"}))),
        unsigned(&changed(json!({"response_type": "token"}))),
        unsigned(&changed(json!({"request": "a.b.c"}))),
        "a.b.c".to_owned(),
        "a.b.".to_owned(),
        "https://app.example/request.jwt".to_owned(),
    ];
    for (at, object) in bad.iter().enumerate() {
        let outer = request(&app.party, &[("request", object.as_str()), ("state", "outer")]);
        let told = told(&world, &outer).await;
        let expected = (ErrorCode::InvalidRequestObject, REDIRECT_URI.to_owned(), Some("outer".to_owned()));
        assert_eq!(told, expected, "{at}: nothing in it is believed");
        let pushed =
            push(&world, &app.party, &[("request", object.as_str()), ("response_type", "code")]).await;
        assert_eq!(refusal(pushed), expected.0, "{at}");
        let elsewhere = [("request", object.as_str()), ("redirect_uri", "https://evil.example/")];
        assert_eq!(shown(&world, &request(&app.party, &elsewhere)).await, expected.0, "{at}");
    }
    // And the one that all of them have changed is good, until it is too old.
    let object = app.sign(&good);
    assert_eq!(asked(&world, &app.with(&object)).await.target.redirect_uri, OTHER_URI);
    assert_eq!(asked(&world, &app.with(&object)).await.target.redirect_uri, OTHER_URI, "also again");
    world.pass(90);
    assert_eq!(shown(&world, &app.with(&object)).await, ErrorCode::InvalidRequestObject);
}

#[tokio::test]
async fn r31_what_is_right_in_an_object_and_wrong_in_the_request_is_told_as_ever() {
    let world = world().await;
    let app = Signer::new(&world, "app", |_| {}).await;
    for (more, code) in [
        (json!({"scope": "openid address"}), ErrorCode::InvalidScope),
        (json!({"response_type": null}), ErrorCode::InvalidRequest),
        (json!({"code_challenge": null}), ErrorCode::InvalidRequest),
        (json!({"state": "x".repeat(2049)}), ErrorCode::InvalidRequest),
        (json!({"max_age": 1.5}), ErrorCode::InvalidRequest),
        (json!({"registration": {}}), ErrorCode::RegistrationNotSupported),
        (json!({"resource": "https://evil.example/"}), ErrorCode::InvalidTarget),
    ] {
        let object = app.signed(&world, &more);
        let (told, to, _) = told(&world, &app.with(&object)).await;
        assert_eq!((told, to.as_str()), (code, REDIRECT_URI), "{more}");
    }
    let evil = app.signed(&world, &json!({"redirect_uri": "https://evil.example/"}));
    let outer = request(&app.party, &[("request", evil.as_str())]);
    assert_eq!(shown(&world, &outer).await, ErrorCode::InvalidRequest);
    let object = app.signed(&world, &json!({}));
    for more in [("request_uri", "urn:x"), ("request", object.as_str())] {
        let mut outer = request(&app.party, &[("request", object.as_str())]);
        outer = outer.with(more.0, more.1);
        assert_eq!(told(&world, &outer).await.0, ErrorCode::InvalidRequest, "{}", more.0);
    }
    let unknown = parameters(&[("client_id", "nobody"), ("request", object.as_str())]);
    assert_eq!(shown(&world, &unknown).await, ErrorCode::InvalidClient);
}

#[tokio::test]
async fn r30_r31_an_object_can_be_pushed_and_nothing_beside_it_counts() {
    let world = world().await;
    let app = Signer::new(&world, "app", |metadata| metadata.require_signed_request_object = true).await;
    let open = Signer::new(&world, "open", |_| {}).await;
    for (app, object) in [
        (&app, app.signed(&world, &json!({"client_secret": "x"}))),
        (&open, unsigned(&open.claims(&world, &json!({"client_id": null})))),
    ] {
        let pairs = [("request", object.as_str()), ("prompt", "none"), ("state", "outer")];
        let uri = push(&world, &app.party, &pairs).await.unwrap();
        let pushed = parameters(&[("client_id", app.party.id()), ("request_uri", uri.as_str())]);
        let asked = asked(&world, &pushed).await;
        assert_eq!((asked.prompt.none, asked.target.state.as_deref()), (false, Some("inner")));
        let browser = world.log_in_browser("alice").await;
        let code = world.allowed_code(&pushed, &browser).await;
        assert!(world.redeem_code(&app.party, &code).await.is_ok());
    }
    let bare: Vec<(String, String)> =
        request(&app.party, &[]).pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let bare: Vec<(&str, &str)> = bare.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(refusal(push(&world, &app.party, &bare).await), ErrorCode::InvalidRequest);
    let object = app.signed(&world, &json!({}));
    for more in [("client_id", "open"), ("request_uri", "urn:x"), ("request", object.as_str())] {
        let pairs = [("request", object.as_str()), more];
        assert_eq!(refusal(push(&world, &app.party, &pairs).await), ErrorCode::InvalidRequest, "{}", more.0);
    }
}

#[tokio::test]
async fn r30_r31_a_key_that_pushed_an_object_binds_its_tokens() {
    let world = world().await;
    let app = Signer::new(&world, "app", |_| {}).await;
    let client = world.prove(&app.party).await.unwrap();
    for (inner, fits) in
        [(json!({}), true), (json!({"dpop_jkt": KEY}), true), (json!({"dpop_jkt": OTHER_KEY}), false)]
    {
        let object = app.signed(&world, &inner);
        let pairs = parameters(&[("request", object.as_str())]);
        let pushed = world.provider.push_request(&client, &pairs, Some(&new_proof(KEY)), &world.ctx()).await;
        let Ok((uri, _)) = pushed else {
            assert!(!fits, "{inner}");
            continue;
        };
        let pushed = parameters(&[("client_id", "app"), ("request_uri", uri.as_str())]);
        assert_eq!(asked(&world, &pushed).await.dpop_jkt.as_deref(), Some(KEY));
    }
}

#[tokio::test]
async fn r31_v46_objects_are_verified_with_the_keys_at_a_clients_address_which_is_asked_once_in_a_while() {
    let uri = "https://app.example/jwks.json";
    let mut world = world().await;
    let app = Signer::new(&world, "app", |metadata| {
        metadata.jwks = None;
        metadata.jwks_uri = Some(uri.to_owned());
    })
    .await;
    let object = app.signed(&world, &json!({}));
    let unreachable = request(&app.party, &[("request", object.as_str())]);
    assert_eq!(told(&world, &unreachable).await.0, ErrorCode::TemporarilyUnavailable);
    let set = JwkSet::new(vec![app.key.public_jwk()]).unwrap();
    world.clients.serve(uri, &serde_json::from_str(&set.to_json()).unwrap(), None);
    world.pass(10);
    asked(&world, &app.with(&object)).await;
    let before = world.clients.asked();
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let foreign = stranger.sign("JWT", app.claims(&world, &json!({})).to_string().as_bytes()).unwrap();
    for _ in 0..20 {
        assert_eq!(shown(&world, &app.with(&foreign)).await, ErrorCode::InvalidRequestObject);
    }
    assert_eq!(world.clients.asked(), before);
}
