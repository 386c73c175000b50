//! Every setting: its name, its place, and what it is for.

use super::Settings;

/// One setting of the server.
pub(crate) type Setting = tegata_settings::Setting<Settings>;

/// All settings, in the order of the documentation.
pub(crate) static SETTINGS: &[Setting] = tegata_settings::settings! {
    Settings;
    "server.listen" => server.listen:
        "The address that the server listens on. Port 0 takes any free one. Anything but loopback needs an https `server.public_url`."
    "server.public_url" or "`http://` and the address that it listens on" => server.public_url:
        "The address under which browsers reach the server: the issuer (`iss`) of all tokens. Scheme, host and port, nothing after."
    "server.data_dir" => server.data_dir:
        "The directory of the database, the master key and the audit log. Made if absent; nobody else may read it."
    "server.trusted_proxies" => server.trusted_proxies:
        "The proxies whose `X-Forwarded-For` and `X-Request-Id` are believed, as addresses or networks. From anyone else both are ignored."
    "server.token_inspector" or "on when the issuer is a loopback address" => server.token_inspector:
        "Whether the web application shows the decoded tokens, the timeline of requests and, at `/inspector/flow`, a flow step by step. For learning, not for production."
    "server.metrics" or "`loopback`; `off` when the issuer is https and `server.trusted_proxies` is empty" => server.metrics:
        "Who may read `GET /metrics` (OpenMetrics): nobody, a process on this machine that no proxy speaks for, or whoever reaches the server."
    "server.body_limit" => server.body_limit:
        "The longest request body."
    "server.request_timeout" => server.request_timeout:
        "How long a request may take."
    "server.max_connections" => server.max_connections:
        "So many connections are served at once; more have to wait."
    "server.stop_timeout" => server.stop_timeout:
        "How long a stopping server waits for requests that have begun."
    "tokens.access_token_ttl" => rules.tokens.access_token_ttl:
        "The life of an access token, at most 15m: nothing can take one back before it expires."
    "tokens.id_token_ttl" => rules.tokens.id_token_ttl:
        "The life of an ID token, at most 1h."
    "tokens.signing_alg" => rules.tokens.signing_alg:
        "What tokens are signed with. After a change the new key is published first and signs once verifiers know it."
    "tokens.audience" or "the issuer" => audience:
        "The `aud` of access tokens: the API that they are for."
    "tokens.client_id" => rules.tokens.client_id:
        "The `client_id` of your own front end, which is the `aud` of ID tokens."
    "tokens.scope" => rules.tokens.scope:
        "What everyone is granted at login. `tegata user grant` adds to it for one user."
    "sessions.idle_ttl" => rules.sessions.idle_ttl:
        "How long a session lives without being used."
    "sessions.absolute_ttl" => rules.sessions.absolute_ttl:
        "How long a session lives at all, at most 30d."
    "sessions.refresh_grace" => rules.sessions.refresh_grace:
        "How long a refresh token that was just exchanged still gets its successor, for lost answers and two tabs; at most 60s."
    "signup.enabled" => rules.signup_enabled:
        "Whether anyone may make an account. `tegata user create` works in any case."
    "passwords.min_length" => rules.password_min_length:
        "The shortest password that is accepted, in characters, 8 to 64."
    "passwords.service_name" => rules.service_name:
        "The name of your service as people know it: no password may be made of it."
    "passwords.breached_list" or "only the built-in list of common passwords" => passwords.breached_list:
        "A file of breached passwords to refuse: SHA-1 hashes in hexadecimal, one a line, sorted, as Have I Been Pwned gives them."
    "passwords.memory" => passwords.memory:
        "The memory of one password hash (Argon2id `m`), at least 19MiB (less with more iterations)."
    "passwords.iterations" => passwords.iterations:
        "The passes over that memory (Argon2id `t`), at least 2."
    "passwords.pepper_file" or "no pepper" => passwords.pepper_file:
        "A file with at least 32 random bytes that password hashes are bound to. Whoever loses it has lost every password."
    "passwords.permits" or "one fewer than cores" => passwords.permits:
        "So many passwords are hashed at once, at least 1. Each takes `passwords.memory`."
    "passwords.queue" or "64 for each permit" => passwords.queue:
        "So many may wait to be hashed; more get 503 and `Retry-After`."
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
    "cors.allowed_origins" => cors_origins:
        "Other origins whose pages may call the API with credentials, exactly as browsers write them: `https://app.example`."
    "oauth.enabled" => rules.oauth.enabled:
        "Whether other applications can log their users in here: the OpenID Provider, `/oauth2/*`."
    "oauth.id_token_algs" => rules.oauth.id_token_algs:
        "What clients may have their ID tokens signed with. `RS256` has to be among them."
    "oauth.scope" => rules.oauth.scope:
        "What clients may be registered for, beyond OpenID Connect's own scope."
    "oauth.attributes" => rules.oauth.attributes:
        "The attributes of users that are your own, such as `department`: `tegata user set-claims` sets them, and no user can."
    "oauth.claims" => rules.oauth.claims:
        "Which of them clients hear of, for which scope and where: `claim=department attribute=department scope=profile in=userinfo+id_token`. Without `attribute` it has the name of the claim; without `in` the claim is in the user info."
    "oauth.resources" => rules.oauth.resources:
        "The resources that clients may ask tokens for (RFC 8707), beside `tokens.audience`: absolute URIs."
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
        "When a DPoP proof needs a nonce of the server (RFC 9449 §8): never, where the clock of the client is wrong, or always: [what a client meets](../guides/openid-provider.md#nonces-for-proofs-of-a-key)."
    "oauth.registration" => rules.oauth.registration:
        "Who may register clients over HTTP (RFC 7591): nobody, whoever has `oauth.registration_token`, or anyone."
    "oauth.registration_scope" => rules.oauth.registration_scope:
        "What of `oauth.scope` clients may have that register themselves, or are described by a document. Their users are always asked."
    "oauth.registration_token" or "none" => rules.oauth.registration_token:
        "The initial access token of registrations: 32 characters or more. Better in the environment than in a file."
    "oauth.metadata_documents" => rules.oauth.metadata_documents:
        "Whether a client need not be registered whose name is the https address of its metadata (Client ID Metadata Documents)."
    "oauth.clients_file" => clients_file:
        "A file with clients, in TOML or JSON, which are registered or changed at every start: [its form](../guides/openid-provider.md#clients-in-a-file)."
    "oauth.ca_file" or "only those of the web" => ca_file:
        "A PEM file of certificate authorities that are trusted as well, where clients are asked for their keys, metadata and request objects, and told of logouts: your own, or that of a tool such as mkcert."
    "pages.logo_url" or "our own" => logo_url:
        "The logo on the pages of the OpenID Provider: an address, or a path on this server."
    "pages.css_variables" => css_variables:
        "Colours of those pages, by the names in their style sheet: `accent=#004080`, `radius=4px`."
    "keys.active_for" => rules.key_active_for:
        "How long a signing key signs, at most 90d."
    "keys.publish_ahead" => rules.key_publish_ahead:
        "How long a signing key is published before it signs, at least 5m: as long as verifiers cache the key set."
    "keys.master_key_file" or "`master.key` in the data directory" => keys.master_key_file:
        "The file with the key that seals the signing keys. Made with the database; only its owner may read it."
    "store.kind" => store.kind:
        "Where everything is remembered: `sqlite` in a file of the data directory, for one server; `dynamodb` in tables that any number of servers share. All of those need the same master key."
    "store.durability" => store.durability:
        "`full`: what was answered survives a loss of power. `normal`: it survives a crash of the process. For `sqlite`."
    "store.dynamodb_endpoint" or "that of the region, from the AWS environment" => store.dynamodb_endpoint:
        "The endpoint of DynamoDB or of an engine that speaks its API. With one on a loopback address missing tables are made, and credentials may be missing."
    "store.dynamodb_table" => store.dynamodb_table:
        "The table of users and sessions: string keys `pk` and `sk`, and `ttl` as the time-to-live attribute."
    "store.dynamodb_keys_table" => store.dynamodb_keys_table:
        "The table of the sealed signing keys: string keys `pk` and `sk`."
    "store.dynamodb_public_keys_table" => store.dynamodb_public_keys_table:
        "The table of the same keys without their private halves: string keys `pk` and `sk`."
    "log.level" => log.level:
        "`off`, `error`, `warn`, `info`, `debug` or `trace`, or directives such as `info,tegata_http=debug`."
    "log.format" or "`text` for a terminal, `json` for everything else" => log.format:
        "How log lines look. They go to standard error."
    "audit.file" or "`audit.jsonl` in the data directory" => audit_file:
        "The audit log: who did what, when, from where. Each line is chained to the one before it (`tegata audit verify`)."
};
