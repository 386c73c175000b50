//! What an operator decides, as validated values. Reading them from files and variables is the binary's business.

mod oauth;
mod registration_token;

use std::time::Duration;

use tegata_jose::Algorithm;

pub use oauth::{DpopNonces, OAuthSettings, RegistrationMode};
pub use registration_token::RegistrationToken;

use crate::attempt::DelaySchedule;
use crate::identifier::TenantId;
use crate::key_set::KeyPolicy;
use crate::scope::Scope;

/// The leeway that verifiers give to clocks, at most (RFC 7519 §4.1.4).
pub const LEEWAY: Duration = Duration::from_secs(30);

/// The settings of the rules.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer (`iss`): the public URL, without a slash at its end. Fixed here and never taken from a request.
    pub issuer: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The name of the service, as people know it: no good password is made of it.
    pub service_name: String,
    /// Tokens.
    pub tokens: TokenSettings,
    /// Sessions.
    pub sessions: SessionSettings,
    /// The shortest password that is accepted, in characters.
    pub password_min_length: usize,
    /// Whether anyone may make an account.
    pub signup_enabled: bool,
    /// How failures are slowed down.
    pub throttle: ThrottleSettings,
    /// How long a signing key signs.
    pub key_active_for: Duration,
    /// How long it is published before.
    pub key_publish_ahead: Duration,
    /// The OpenID Provider.
    pub oauth: OAuthSettings,
}

/// The settings of tokens.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The life of an access token; at most 15 minutes, since nothing revokes one.
    pub access_token_ttl: Duration,
    /// The life of an ID token; at most an hour.
    pub id_token_ttl: Duration,
    /// What new signing keys sign with.
    pub signing_alg: Algorithm,
    /// The `aud` of access tokens: the API they are for.
    pub audience: String,
    /// The `client_id` of the application's own front end.
    pub client_id: String,
    /// What everyone is granted at login.
    pub scope: Scope,
}

/// The settings of sessions.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// How long a session lives without a refresh.
    pub idle_ttl: Duration,
    /// How long it lives at all; at most 30 days (NIST SP 800-63B-4 §2.1.3).
    pub absolute_ttl: Duration,
    /// How long a refresh token that was just exchanged still gets its successor again, for lost answers and two tabs.
    pub refresh_grace: Duration,
}

/// The settings of the brakes.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleSettings {
    /// For failed logins of one account.
    pub account: DelaySchedule,
    /// For failed logins from one address.
    pub address: DelaySchedule,
    /// For sign-ups from one address.
    pub signup: DelaySchedule,
    /// For what is kept for strangers before they log in, from one address: pushed requests and device authorizations.
    pub requests: DelaySchedule,
}

/// A setting that Tegata does not start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingProblem {
    /// Its name, as an operator writes it.
    pub key: &'static str,
    /// What is wrong, and what would be right.
    pub problem: String,
}

/// OpenID Connect's own scope (OIDC Core §5.4, §11).
pub(crate) const OPENID_SCOPE: [&str; 6] =
    ["openid", "profile", "email", "address", "phone", "offline_access"];

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl Settings {
    /// The default settings of an issuer.
    pub fn new(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        let schedule = |free, forget_after| DelaySchedule {
            free,
            first_delay: Duration::from_secs(1),
            max_delay: 15 * MINUTE,
            many: 100,
            long_delay: DAY,
            forget_after,
        };
        Self {
            tokens: TokenSettings {
                access_token_ttl: 15 * MINUTE,
                id_token_ttl: 15 * MINUTE,
                signing_alg: Algorithm::Es256,
                audience: issuer.clone(),
                client_id: "tegata-spa".to_owned(),
                scope: "openid profile".parse().unwrap_or_default(),
            },
            issuer,
            tenant: TenantId::default(),
            service_name: "Tegata".to_owned(),
            sessions: SessionSettings {
                idle_ttl: 7 * DAY,
                absolute_ttl: 30 * DAY,
                refresh_grace: Duration::from_secs(10),
            },
            password_min_length: 15,
            signup_enabled: true,
            throttle: ThrottleSettings {
                account: schedule(5, DAY),
                address: schedule(50, HOUR),
                signup: schedule(20, HOUR),
                // Many users share an address, and each login may push: a brake, and no wait that grows.
                requests: DelaySchedule {
                    max_delay: Duration::from_secs(1),
                    many: 1000,
                    long_delay: Duration::from_secs(1),
                    ..schedule(300, 10 * MINUTE)
                },
            },
            key_active_for: 60 * DAY,
            key_publish_ahead: 15 * MINUTE,
            oauth: OAuthSettings::default(),
        }
    }

    /// Everything that is wrong with the settings, all at once.
    pub fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, key, problem: &str| {
            if !holds {
                problems.push(SettingProblem { key, problem: problem.to_owned() });
            }
        };
        let second = Duration::from_secs(1);
        let (tokens, sessions) = (&self.tokens, &self.sessions);
        require(
            (second..=15 * MINUTE).contains(&tokens.access_token_ttl),
            "tokens.access_token_ttl",
            "must be between 1s and 15m: nothing can take an access token back before it expires",
        );
        require(
            (second..=HOUR).contains(&tokens.id_token_ttl),
            "tokens.id_token_ttl",
            "must be between 1s and 1h",
        );
        require(tokens.signing_alg.can_sign(), "tokens.signing_alg", "must be one of ES256, RS256, EdDSA");
        require(!tokens.audience.is_empty(), "tokens.audience", "must not be empty");
        require(!tokens.client_id.is_empty(), "tokens.client_id", "must not be empty");
        require(
            (second..=30 * DAY).contains(&sessions.absolute_ttl),
            "sessions.absolute_ttl",
            "must be between 1s and 30d, after which a user has to log in again",
        );
        require(
            (second..=sessions.absolute_ttl.max(second)).contains(&sessions.idle_ttl),
            "sessions.idle_ttl",
            "must be between 1s and sessions.absolute_ttl",
        );
        require(
            sessions.refresh_grace <= MINUTE,
            "sessions.refresh_grace",
            "must be at most 60s: within it a stolen token that was just exchanged goes unnoticed",
        );
        require(
            (8..=64).contains(&self.password_min_length),
            "passwords.min_length",
            "must be between 8 and 64 (15 or more where a password is all that is asked for)",
        );
        require(
            (HOUR..=90 * DAY).contains(&self.key_active_for),
            "keys.active_for",
            "must be between 1h and 90d",
        );
        require(
            (5 * MINUTE..=self.key_active_for).contains(&self.key_publish_ahead),
            "keys.publish_ahead",
            "must be between 5m, for which verifiers cache the keys, and keys.active_for",
        );
        self.throttle.find_problems(&mut require);
        self.oauth.find_problems(&mut require);
        self.oauth.find_claim_problems(&self.known_scope(), &mut require);
        problems
    }

    /// All of the scope that somebody can be granted here: OpenID Connect's own, everyone's, and that of clients.
    pub fn known_scope(&self) -> Scope {
        let own: Scope = OPENID_SCOPE.join(" ").parse().unwrap_or_default();
        own.union(&self.tokens.scope).union(&self.oauth.scope)
    }

    /// What clients may have that nobody vouches for: OpenID Connect's own, and what an operator leaves to them.
    pub(crate) fn registration_scope(&self) -> Scope {
        let own: Scope = OPENID_SCOPE.join(" ").parse().unwrap_or_default();
        own.union(&self.oauth.registration_scope)
    }

    /// Whether the issuer is this very machine: a developer's, where clients are as well.
    pub fn is_on_loopback(&self) -> bool {
        crate::outbound::check_url(&self.issuer, false).is_err()
            && crate::outbound::check_url(&self.issuer, true).is_ok()
    }

    /// When signing keys change.
    pub fn key_policy(&self) -> KeyPolicy {
        KeyPolicy {
            algorithm: self.tokens.signing_alg,
            others: if self.oauth.enabled { self.oauth.id_token_algs.clone() } else { Vec::new() },
            active_for: self.key_active_for,
            publish_ahead: self.key_publish_ahead,
            keep_retired: self.tokens.access_token_ttl.max(self.tokens.id_token_ttl) + LEEWAY,
        }
    }
}

impl ThrottleSettings {
    /// Brakes that would not brake.
    fn find_problems(&self, require: &mut impl FnMut(bool, &'static str, &str)) {
        let schedules = [
            (
                &self.account,
                ["throttle.account.many", "throttle.account.first_delay", "throttle.account.max_delay"],
            ),
            (
                &self.address,
                ["throttle.address.many", "throttle.address.first_delay", "throttle.address.max_delay"],
            ),
            (
                &self.signup,
                ["throttle.signup.many", "throttle.signup.first_delay", "throttle.signup.max_delay"],
            ),
            (
                &self.requests,
                ["throttle.requests.many", "throttle.requests.first_delay", "throttle.requests.max_delay"],
            ),
        ];
        for (schedule, [many, first_delay, max_delay]) in schedules {
            require(
                schedule.first_delay >= Duration::from_secs(1),
                first_delay,
                "must be at least 1s: doubled, nothing stays nothing",
            );
            require(schedule.free < schedule.many, many, "must be more than the free attempts");
            require(
                (schedule.first_delay..=schedule.long_delay).contains(&schedule.max_delay),
                max_delay,
                "must lie between the first delay and the long one",
            );
        }
        require(
            self.account.many <= 100,
            "throttle.account.many",
            "must be at most 100: no account may be guessed at more often in a row (NIST SP 800-63B-4 §3.2.2)",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_settings_are_safe() {
        assert_eq!(Settings::new("https://id.example").problems(), []);
    }

    #[test]
    fn r72_strangers_are_left_nothing_that_is_not_there() {
        let mut settings = Settings::new("https://id.example");
        settings.oauth.scope = "notes".parse().unwrap();
        settings.oauth.registration_scope = "notes".parse().unwrap();
        assert_eq!(settings.problems(), []);
        settings.oauth.registration_scope = "notes nots".parse().unwrap();
        let [problem] = &settings.problems()[..] else { panic!("one problem") };
        assert_eq!(problem.key, "oauth.registration_scope");
        assert_eq!(problem.problem, "has `nots`, which is not in oauth.scope");
    }

    #[test]
    fn r72_unsafe_settings_are_refused_and_all_of_them_are_named() {
        let mut settings = Settings::new("https://id.example");
        settings.tokens.access_token_ttl = HOUR;
        settings.tokens.signing_alg = Algorithm::Hs256;
        settings.sessions.absolute_ttl = 31 * DAY;
        settings.sessions.refresh_grace = HOUR;
        settings.password_min_length = 6;
        let keys: Vec<_> = settings.problems().into_iter().map(|p| p.key).collect();
        assert_eq!(
            keys,
            [
                "tokens.access_token_ttl",
                "tokens.signing_alg",
                "sessions.absolute_ttl",
                "sessions.refresh_grace",
                "passwords.min_length"
            ]
        );
    }
}
