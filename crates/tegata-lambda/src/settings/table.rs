//! Every setting: its name, its place, and what it is for.

use super::Settings;

/// One setting of the functions.
pub type Setting = tegata_settings::Setting<Settings>;

/// All settings, in the order of the documentation.
pub static SETTINGS: &[Setting] = tegata_settings::settings! {
    Settings;
    "issuer" => issuer:
        "The address under which browsers reach the API: the issuer (`iss`) of all tokens. Required; https, nothing after the host."
    "audience" or "the issuer" => audience:
        "The `aud` of access tokens: the API that they are for."
    "table" => tables.data:
        "The table of users, sessions and counters."
    "keys_table" => tables.keys:
        "The table of the sealed signing keys."
    "public_keys_table" => tables.public_keys:
        "The table of the public keys and the wrapped master key."
    "kms_key_id" => kms_key_id:
        "The KMS key that wraps the master key. `rotate-keys` needs it; to the others it is the only key they accept."
    "origin_secret" => origin_secret:
        "What CloudFront sends as `x-origin-verify`; two with a comma between while one replaces the other. Requests without it get 403."
    "allowed_origins" => allowed_origins:
        "Other origins whose pages may call the API with credentials, exactly as browsers write them, with commas between."
    "authorizer_function" => authorizer_function:
        "The functions, with commas between, that `rotate-keys` gives the public keys as `TEGATA_JWKS`."
    "tokens.access_token_ttl" => rules.tokens.access_token_ttl:
        "The life of an access token, at most 15m: nothing can take one back before it expires."
    "tokens.id_token_ttl" => rules.tokens.id_token_ttl:
        "The life of an ID token, at most 1h."
    "tokens.signing_alg" => rules.tokens.signing_alg:
        "What tokens are signed with. After a change the new key is published first and signs once verifiers know it."
    "tokens.client_id" => rules.tokens.client_id:
        "The `client_id` of your own front end, which is the `aud` of ID tokens."
    "tokens.scope" => rules.tokens.scope:
        "What everyone is granted at login."
    "sessions.idle_ttl" => rules.sessions.idle_ttl:
        "How long a session lives without being used."
    "sessions.absolute_ttl" => rules.sessions.absolute_ttl:
        "How long a session lives at all, at most 30d."
    "sessions.refresh_grace" => rules.sessions.refresh_grace:
        "How long a refresh token that was just exchanged still gets its successor, for lost answers and two tabs; at most 60s."
    "signup.enabled" => rules.signup_enabled:
        "Whether anyone may make an account."
    "oauth.enabled" => rules.oauth.enabled:
        "Whether other applications can log their users in here: the OpenID Provider, `/oauth2/*`."
    "oauth.id_token_algs" => rules.oauth.id_token_algs:
        "What clients may have their ID tokens signed with, each with a key of its own. `RS256` has to be among them."
    "oauth.scope" => rules.oauth.scope:
        "What clients may be registered for, beyond OpenID Connect's own scope."
    "oauth.attributes" => rules.oauth.attributes:
        "The attributes of users that are your own: an operator sets them, and no user can."
    "oauth.claims" => rules.oauth.claims:
        "Which of them clients hear of, for which scope and where: `claim=department attribute=department scope=profile in=userinfo+id_token`."
    "oauth.resources" => rules.oauth.resources:
        "The resources that clients may ask tokens for (RFC 8707), beside the audience: absolute URIs."
    "oauth.code_ttl" => rules.oauth.code_ttl:
        "The life of an authorization code, at most 60s."
    "oauth.pushed_request_ttl" => rules.oauth.pushed_request_ttl:
        "The life of a pushed authorization request, at most 90s."
    "oauth.require_pushed_requests" => rules.oauth.require_pushed_requests:
        "Whether every authorization request has to be pushed (RFC 9126)."
    "oauth.request_uris" => rules.oauth.request_uris:
        "Whether a client may name a `request_uri` that it has registered, from which its request object is fetched (OpenID Connect Core §6.2)."
    "oauth.device_code_ttl" => rules.oauth.device_code_ttl:
        "How long a user may take to enter the code of a device, 1m to 10m."
    "oauth.browser_session_ttl" => rules.oauth.browser_session_ttl:
        "How long a browser stays logged in here, so that further applications ask for no password; at most 30d."
    "oauth.dpop_nonces" => rules.oauth.dpop_nonces:
        "When a DPoP proof needs a nonce of the server (RFC 9449 §8): never, where the clock of the client is wrong, or always."
    "oauth.registration" => rules.oauth.registration:
        "Who may register clients over HTTP (RFC 7591): nobody, whoever has `oauth.registration_token`, or anyone."
    "oauth.registration_scope" => rules.oauth.registration_scope:
        "What of `oauth.scope` clients may have that register themselves, or are described by a document. Their users are always asked."
    "oauth.registration_token" or "none" => rules.oauth.registration_token:
        "The initial access token of registrations: 32 characters or more. Only the function `oauth` needs it."
    "oauth.metadata_documents" => rules.oauth.metadata_documents:
        "Whether a client need not be registered whose name is the https address of its metadata (Client ID Metadata Documents)."
    "pages.logo_url" or "our own" => logo_url:
        "The logo on the pages of the OpenID Provider: an address, or a path on this server."
    "pages.css_variables" => css_variables:
        "Colours of those pages, by the names in their style sheet: `accent=#004080`, `radius=4px`."
    "passwords.min_length" => rules.password_min_length:
        "The shortest password that is accepted, in characters, 8 to 64."
    "passwords.service_name" => rules.service_name:
        "The name of your service as people know it: no password may be made of it."
    "passwords.memory" => passwords.memory:
        "The memory of one password hash (Argon2id `m`), at least 19MiB (less with more iterations)."
    "passwords.iterations" => passwords.iterations:
        "The passes over that memory (Argon2id `t`), at least 2."
    "throttle.account.free" => rules.throttle.account.free:
        "So many failed logins of one account have no delay."
    "throttle.account.first_delay" => rules.throttle.account.first_delay:
        "The delay after the next one; it doubles with each."
    "throttle.account.max_delay" => rules.throttle.account.max_delay:
        "It grows no further than this."
    "throttle.account.many" => rules.throttle.account.many:
        "From this many failures in a row on, the delay is `throttle.account.long_delay`."
    "throttle.account.long_delay" => rules.throttle.account.long_delay:
        "The longest delay. No account is ever locked for good, and a device that has logged in before is counted apart."
    "throttle.account.forget_after" => rules.throttle.account.forget_after:
        "After so long without a failure all is forgotten."
    "throttle.address.free" => rules.throttle.address.free:
        "So many failed logins from one IPv4 address or IPv6 /64 have no delay."
    "throttle.address.first_delay" => rules.throttle.address.first_delay:
        "The delay after the next one; it doubles with each."
    "throttle.address.max_delay" => rules.throttle.address.max_delay:
        "It grows no further than this."
    "throttle.address.many" => rules.throttle.address.many:
        "From this many failures in a row on, the delay is `throttle.address.long_delay`."
    "throttle.address.long_delay" => rules.throttle.address.long_delay:
        "The longest delay."
    "throttle.address.forget_after" => rules.throttle.address.forget_after:
        "After so long without a failure all is forgotten."
    "throttle.signup.free" => rules.throttle.signup.free:
        "So many sign-ups from one IPv4 address or IPv6 /64 have no delay."
    "throttle.signup.first_delay" => rules.throttle.signup.first_delay:
        "The delay after the next one; it doubles with each."
    "throttle.signup.max_delay" => rules.throttle.signup.max_delay:
        "It grows no further than this."
    "throttle.signup.many" => rules.throttle.signup.many:
        "From this many sign-ups on, the delay is `throttle.signup.long_delay`."
    "throttle.signup.long_delay" => rules.throttle.signup.long_delay:
        "The longest delay."
    "throttle.signup.forget_after" => rules.throttle.signup.forget_after:
        "After so long without a sign-up all is forgotten."
    "throttle.requests.free" => rules.throttle.requests.free:
        "So many pushed requests, and as many device authorizations, of clients that prove nothing or that nobody vouches for have no delay, from one IPv4 address or IPv6 /64."
    "throttle.requests.first_delay" => rules.throttle.requests.first_delay:
        "The delay after the next one; it doubles with each."
    "throttle.requests.max_delay" => rules.throttle.requests.max_delay:
        "It grows no further than this."
    "throttle.requests.many" => rules.throttle.requests.many:
        "From this many on, the delay is `throttle.requests.long_delay`."
    "throttle.requests.long_delay" => rules.throttle.requests.long_delay:
        "The longest delay."
    "throttle.requests.forget_after" => rules.throttle.requests.forget_after:
        "After so long without one all is forgotten."
    "keys.active_for" => rules.key_active_for:
        "How long a signing key signs, at most 90d."
    "keys.publish_ahead" => rules.key_publish_ahead:
        "How long a signing key is published before it signs, at least 5m: as long as verifiers cache the key set."
};
