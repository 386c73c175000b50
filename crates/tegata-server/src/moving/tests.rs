use std::future::Future;
use std::io::{BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_lc_rs::hmac;
use proptest::prelude::*;
use tegata_core::attempt::AttemptKey;
use tegata_core::attributes::Attributes;
use tegata_core::client::{
    Client, ClientMetadata, ClientOrigin, ClientSecretHash, ClientStatus, GrantType, StoredSecret,
};
use tegata_core::consent::{Consent, ConsentTerms};
use tegata_core::grant::{ClientGrant, Grant};
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::key_set::{KeyPolicy, KeySet};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::scope::Scope;
use tegata_core::seal::SealingKey;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::store::memory::MemoryStore;
use tegata_core::store::{Begun, Created, EmailVerified, Rotated, Store};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserEmail, UserStatus};
use tegata_http::SystemEntropy;
use tegata_jose::Algorithm;
use tegata_store_sqlite::SqliteStore;
use zeroize::Zeroizing;

use super::import::ImportError;
use super::record::{Counts, Header};
use super::writer::last_line;
use super::*;

mod clients;
mod dynamodb;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_hours(1);
const ISSUER: &str = "https://id.example.org";

/// An installation without its files.
struct House {
    store: Arc<dyn Store>,
    sealing: SealingKey,
}

impl House {
    fn new(n: u8) -> Self {
        Self { store: Arc::new(MemoryStore::default()), sealing: SealingKey::new(&[n; 32]) }
    }

    /// One with keys, and with accounts.
    async fn of(accounts: &[(User, Vec<Session>)]) -> Self {
        let house = Self::new(1);
        let key_set = KeySet::first(&policy(), &house.sealing, &SystemEntropy, NOW).unwrap();
        // As many kinds of keys as there are: one that signs, and one that is known.
        let key_set = key_set.rotate(false, &policy(), &house.sealing, &SystemEntropy, NOW).unwrap();
        assert!(house.store.replace_key_set(None, &key_set).await.unwrap());
        for (user, sessions) in accounts {
            house.add(user, sessions).await;
        }
        house
    }

    /// One with clients, too, and with what its users have allowed them.
    async fn of_clients(accounts: &[(User, Vec<Session>)]) -> Self {
        let house = Self::of(accounts).await;
        house.add_clients(&clients()).await;
        for (user, _) in accounts {
            house.add_consents(&consents(user)).await;
        }
        house
    }

    async fn add_clients(&self, clients: &[Client]) {
        for client in clients {
            assert!(self.store.create_client(client).await.unwrap());
        }
    }

    async fn add_consents(&self, consents: &[Consent]) {
        for consent in consents {
            assert!(self.store.put_consent(None, consent).await.unwrap());
        }
    }

    async fn add(&self, user: &User, sessions: &[Session]) {
        let mut unproved = user.clone();
        unproved.email = unproved.email.map(|email| UserEmail { verified: false, ..email });
        assert_eq!(self.store.create_user(&unproved).await.unwrap(), Created::Now);
        if let Some(email) = user.email.as_ref().filter(|email| email.verified) {
            let verified = self.store.verify_email(user.user_id, email.address.canonical()).await.unwrap();
            assert_eq!(verified, EmailVerified::Now);
        }
        for session in sessions {
            let key = AttemptKey::from_bytes([9; 32]);
            let begun = self.store.begin_session(session, user.credential.version, Some(key)).await.unwrap();
            assert_eq!(begun, Begun::Now);
        }
    }

    async fn export(&self) -> Vec<u8> {
        self.export_as_of(NOW).await
    }

    async fn export_as_of(&self, as_of: Timestamp) -> Vec<u8> {
        let (store, sealing, key) = (&self.store, &self.sealing, &transfer_key());
        let from = Export { store, sealing, key, issuer: ISSUER.to_owned(), as_of };
        export(from, Vec::new()).await.unwrap().0
    }

    async fn import(&self, file: &[u8]) -> Result<Imported, ImportError> {
        self.import_from(Cursor::new(file)).await
    }

    async fn import_from(&self, input: impl std::io::BufRead + Seek) -> Result<Imported, ImportError> {
        let (store, sealing, key) = (&self.store, &self.sealing, &transfer_key());
        import(Import { store, sealing, key, entropy: &SystemEntropy }, input).await
    }

    async fn is_empty(&self) -> bool {
        self.store.list_users(None, 1).await.unwrap().is_empty()
            && self.store.list_clients(None, 1).await.unwrap().is_empty()
            && self.store.find_key_set().await.unwrap().is_none()
    }
}

fn policy() -> KeyPolicy {
    KeyPolicy {
        algorithm: Algorithm::Es256,
        others: Vec::new(),
        active_for: 24 * HOUR,
        publish_ahead: HOUR,
        keep_retired: HOUR,
    }
}

fn transfer_key() -> TransferKey {
    TransferKey::from_bytes(Zeroizing::new([3; 32]))
}

fn run<T>(case: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(case)
}

fn check(file: &[u8]) -> Result<Counts, Refusal> {
    Reader::open(Cursor::new(file), &transfer_key())?.check().map(|checked| checked.counts)
}

fn user(n: u8) -> User {
    User {
        user_id: UserId::from_bytes([n; 16]),
        username: format!("User-{n}").parse().unwrap(),
        email: Some(UserEmail {
            address: format!("User-{n}@Example.org").parse().unwrap(),
            verified: n % 2 == 1,
        }),
        name: n.is_multiple_of(3).then(|| "Ünïcode \"Name\"\n\u{2028}".to_owned()),
        locale: Some("de-CH".to_owned()),
        attributes: if n.is_multiple_of(2) { Attributes::default() } else { attributes() },
        granted_scope: if n.is_multiple_of(2) {
            Scope::default()
        } else {
            "users:read admin".parse().unwrap()
        },
        status: UserStatus::Active,
        created_at: NOW - HOUR,
        credential: Credential {
            password_hash: PasswordHash::from_phc(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${n}")),
            version: 1 + u32::from(n),
            changed_at: NOW - HOUR,
        },
    }
}

fn attributes() -> Attributes {
    let document = r#"{"claims":{"given_name":"Ünïcode \"Name\"","phone_number":"+16045551234"},
        "phone_number_verified":true,"address":{"formatted":"1 Long Road\nOxford"},
        "own":{"groups":["a","b"],"level":-1,"manager":true},"updated_at":1800000000123}"#;
    serde_json::from_str(document).unwrap()
}

fn session(user: &User, n: u8) -> Session {
    Session {
        user_id: user.user_id,
        session_id: SessionId::from_bytes([n; 16]),
        username: user.username.clone(),
        client_id: "tegata-spa".to_owned(),
        scope: "openid profile".parse().unwrap(),
        amr: vec!["pwd".to_owned()],
        auth_time: NOW - HOUR,
        device: Device {
            user_agent: Some("Browser/1 \"x\"".to_owned()),
            address: "2001:db8::7".parse().ok(),
        },
        grant: match n {
            4 => Some(Box::new(Grant::Client(client_grant()))),
            3 => Some(Box::new(Grant::Browser { continues: vec![SessionId::from_bytes([n; 16])] })),
            _ => None,
        },
        generation: u32::from(n),
        current_hash: RefreshTokenHash::from_bytes([n; 32]),
        previous_hash: (n % 2 == 1).then(|| RefreshTokenHash::from_bytes([n - 1; 32])),
        rotated_at: NOW - HOUR,
        idle_expires_at: NOW + HOUR,
        absolute_expires_at: NOW + 24 * HOUR,
    }
}

fn client_grant() -> ClientGrant {
    ClientGrant {
        client_since: NOW - HOUR,
        sector: Some("app.example".to_owned()),
        browser_session: Some(SessionId::from_bytes([3; 16])),
        offline: true,
        by_consent: true,
        resources: vec!["https://api.example.org".to_owned()],
        claims: serde_json::from_str(r#"{"userinfo":{"name":null,"email":{"essential":true}}}"#).ok(),
        dpop_jkt: Some("thumbprint".to_owned()),
        acr: None,
        backchannel: true,
    }
}

fn client(name: &str) -> Client {
    let secret = |text: &str, expires_at| StoredSecret {
        hash: ClientSecretHash::of(text),
        created_at: NOW - HOUR,
        expires_at,
    };
    Client {
        client_id: name.parse().unwrap(),
        version: u64::MAX,
        created_at: NOW - HOUR,
        status: ClientStatus::Disabled,
        origin: ClientOrigin::Registration,
        secrets: vec![secret("old", Some(NOW + HOUR)), secret("new", None)],
        registration_access_token: Some(ClientSecretHash::of("token")),
        scope_limit: Some("openid".parse().unwrap()),
        grant_limit: Some(vec![GrantType::AuthorizationCode]),
        metadata: ClientMetadata {
            client_name: Some("Ünïcode \"Name\"\n\u{2028}".to_owned()),
            redirect_uris: vec!["https://app.example/callback?a=b".parse().unwrap()],
            grant_types: GrantType::ALL.to_vec(),
            jwks: serde_json::from_str(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#).ok(),
            ..ClientMetadata::default()
        },
    }
}

/// In the order of the bytes of their names.
fn clients() -> Vec<Client> {
    ["App", "app", "app!", "https://app.example/client"].map(client).to_vec()
}

/// What a user has allowed: one client that there is, and one that is gone. Every second user has allowed nothing.
fn consents(user: &User) -> Vec<Consent> {
    if user.user_id.as_bytes()[0].is_multiple_of(2) {
        return Vec::new();
    }
    let terms = ConsentTerms {
        scope: "openid email".parse().unwrap(),
        resources: vec!["https://api.example.org".to_owned()],
        claims: vec!["name".to_owned()],
        given_at: NOW - HOUR,
    };
    let consent = |client: &str| Consent {
        user_id: user.user_id,
        client_id: client.parse().unwrap(),
        given: terms.clone().into(),
    };
    vec![consent("app"), consent("gone")]
}

/// Two users with three sessions, and one without any.
fn accounts() -> Vec<(User, Vec<Session>)> {
    let mut closed = user(3);
    closed.status = UserStatus::Disabled;
    vec![
        (user(1), vec![session(&user(1), 4), session(&user(1), 2)]),
        (user(2), vec![session(&user(2), 2)]),
        (closed, vec![]),
    ]
}

/// So many users, with two sessions each.
fn many(users: u8) -> Vec<(User, Vec<Session>)> {
    (1..=users).map(|n| (user(n), vec![session(&user(n), 1), session(&user(n), 2)])).collect()
}

fn sqlite(path: &Path, n: u8) -> House {
    let store = SqliteStore::open(path, &tegata_store_sqlite::Options::default()).unwrap();
    House { store: Arc::new(store), sealing: SealingKey::new(&[n; 32]) }
}

fn lines(file: &[u8]) -> Vec<String> {
    String::from_utf8(file.to_vec()).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// These lines and the last one that belongs to them: what someone can make who has the transfer key.
fn made_by_hand(lines: &[String], counts: Counts) -> Vec<u8> {
    let mut mac = hmac::Context::with_key(&transfer_key().mac);
    let mut file = lines.concat().into_bytes();
    mac.update(&file);
    file.extend(last_line(counts, mac).unwrap());
    file
}

#[test]
fn a_move_is_complete_and_can_be_compared_byte_for_byte() {
    run(async {
        let old = House::of_clients(&accounts()).await;
        let file = old.export().await;
        assert_eq!(file, old.export().await, "the same store is exported twice, and differently");
        let new = House::new(2);
        let counts = Counts { users: 3, sessions: 3, clients: 4, consents: 4 };
        assert_eq!(new.import(&file).await.unwrap(), Imported::Now(counts));
        assert_eq!(new.export().await, file);

        assert_eq!(new.store.list_clients(None, 9).await.unwrap(), clients());
        for (user, sessions) in accounts() {
            assert_eq!(new.store.list_consents(user.user_id).await.unwrap(), consents(&user));
            assert_eq!(new.store.find_user(user.user_id).await.unwrap(), Some(user));
            for session in sessions {
                let found = new.store.find_session(session.user_id, session.session_id).await.unwrap();
                assert_eq!(found, Some(session));
            }
        }
        let found = new.store.find_user_by_login_name(&"user-1@example.org".parse().unwrap()).await.unwrap();
        assert_eq!(
            found.map(|user| user.user_id),
            Some(user(1).user_id),
            "a proof of an address stayed behind"
        );
        let keys = |house: &House, set: Option<KeySet>| {
            let set = set.unwrap();
            (set.version, set.signing_keys(&house.sealing).unwrap()[0].to_pkcs8().unwrap().to_vec())
        };
        let (before, after) =
            (old.store.find_key_set().await.unwrap(), new.store.find_key_set().await.unwrap());
        assert_eq!(keys(&old, before), keys(&new, after));
    });
}

#[test]
fn r22_private_keys_leave_only_sealed() {
    run(async {
        let house = House::of(&[]).await;
        let file = String::from_utf8(house.export().await).unwrap();
        let set = house.store.find_key_set().await.unwrap().unwrap();
        let pkcs8 = set.signing_keys(&house.sealing).unwrap()[0].to_pkcs8().unwrap();
        let private = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pkcs8.as_slice());
        assert!(!file.contains(&private[20..60]));
        assert!(!file.contains(&String::from(set.root_secret)), "sealed with the key of the installation");
    });
}

#[test]
fn sessions_that_have_ended_stay_behind_and_an_earlier_export_can_be_made_again() {
    run(async {
        let (mut idle, mut ended) = (session(&user(1), 1), session(&user(1), 2));
        idle.idle_expires_at = NOW;
        ended.absolute_expires_at = NOW - HOUR;
        let house = House::of(&[(user(1), vec![idle, ended, session(&user(1), 3)])]).await;
        let file = house.export().await;
        assert_eq!(check(&file).unwrap(), Counts { users: 1, sessions: 1, ..Counts::default() });
        assert_eq!(check(&house.export_as_of(NOW + 2 * HOUR).await).unwrap().sessions, 0);
        assert_eq!(house.export_as_of(NOW + Duration::from_millis(999)).await, file);
    });
}

#[test]
fn a_file_that_was_changed_in_any_byte_is_refused() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        assert!(check(&file).is_ok());
        for i in 0..file.len() {
            for bit in [0x01, 0x20] {
                let mut changed = file.clone();
                changed[i] ^= bit;
                assert!(check(&changed).is_err(), "byte {i}");
            }
        }
    });
}

#[test]
fn a_file_that_was_cut_anywhere_or_continued_is_refused() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        for length in 0..file.len() {
            assert!(check(&file[..length]).is_err(), "{length} bytes");
        }
        assert!(matches!(check(b""), Err(Refusal::NoExport)));
        let lines = lines(&file);
        assert!(matches!(check(lines[..4].concat().as_bytes()), Err(Refusal::Cut)));
        assert!(matches!(check(&[&file[..], b"\n"].concat()), Err(Refusal::Trailing)));
        assert!(matches!(check(&[&file[..], &file[..]].concat()), Err(Refusal::Trailing)));
    });
}

#[test]
fn lines_that_were_moved_doubled_or_taken_out_are_refused() {
    run(async {
        let lines = lines(&House::of_clients(&accounts()).await.export().await);
        for i in 0..lines.len() {
            let mut without = lines.clone();
            let taken = without.remove(i);
            assert!(check(without.concat().as_bytes()).is_err(), "without line {i}");
            for j in (0..lines.len()).filter(|&j| j != i) {
                let mut moved = without.clone();
                moved.insert(j, taken.clone());
                assert!(check(moved.concat().as_bytes()).is_err(), "line {i} at {j}");
            }
            let mut doubled = lines.clone();
            doubled.insert(i, taken);
            assert!(check(doubled.concat().as_bytes()).is_err(), "line {i} twice");
        }
    });
}

#[test]
fn another_transfer_key_is_told_from_a_changed_file() {
    run(async {
        let file = House::of(&accounts()).await.export().await;
        let other = TransferKey::from_bytes(Zeroizing::new([4; 32]));
        let refusal = Reader::open(Cursor::new(&file), &other).err().unwrap();
        assert!(matches!(refusal, Refusal::OtherKey));
        // Naming the other key does not make it that key's file.
        let named = String::from_utf8(file).unwrap().replace(&transfer_key().id, &other.id);
        let mac = Reader::open(Cursor::new(named), &other).unwrap().check();
        assert!(matches!(mac, Err(Refusal::Changed)));
    });
}

#[test]
fn a_file_of_a_later_version_is_told_from_no_file_at_all() {
    run(async {
        let file = String::from_utf8(House::of(&[]).await.export().await).unwrap();
        for (other, more) in [(0, ""), (4, "\"more\":{},")] {
            let header = format!("\"version\":{other},{more}\"issuer\"");
            let later = file.replace("\"version\":3,\"issuer\"", &header);
            assert!(matches!(check(later.as_bytes()), Err(Refusal::OtherVersion(n)) if n == other));
        }
        let other = file.replacen("tegata export", "something else", 1);
        assert!(matches!(check(other.as_bytes()), Err(Refusal::NoExport)));
        assert!(matches!(check(b"{\"format\":1}\n"), Err(Refusal::NoExport)));
        assert!(matches!(check("é".repeat(9).as_bytes()), Err(Refusal::NoExport)));
    });
}

/// The MAC is right in all of these: what stands in a line is not believed for that.
#[test]
fn what_nobody_exports_is_refused_though_it_was_sealed_with_the_transfer_key() {
    run(async {
        let good = lines(&House::of(&accounts()).await.export().await);
        let (head, key_set) = (good[0].clone(), good[1].clone());
        let (one, s1, s2) = (good[2].clone(), good[3].clone(), good[4].clone());
        let (two, closed) = (good[5].clone(), good[7].clone());
        let refused = |body: &[&String]| {
            let lines: Vec<_> = [&head, &key_set].into_iter().chain(body.iter().copied()).cloned().collect();
            let count = |kind: &str| lines.iter().filter(|line| line.starts_with(kind)).count() as u64;
            let counts =
                Counts { users: count("{\"user\""), sessions: count("{\"session\""), ..Counts::default() };
            check(&made_by_hand(&lines, counts)).err().map(|refusal| refusal.to_string())
        };
        assert_eq!(refused(&[&one, &s1, &s2, &two, &closed]), None, "these lines are good");

        let order = "is not in order, or is there twice";
        assert_eq!(refused(&[&one, &one]), Some(format!("line 4 {order}")));
        assert_eq!(refused(&[&two, &one]), Some(format!("line 4 {order}")));
        assert_eq!(refused(&[&one, &s2, &s1]), Some(format!("line 5 {order}")));
        assert_eq!(refused(&[&one, &s1, &s1]), Some(format!("line 5 {order}")));
        assert_eq!(refused(&[&s1, &one]).as_deref(), Some("line 3 is a session of nobody"));
        assert_eq!(refused(&[&two, &s1]).as_deref(), Some("line 4 is a session of nobody"));
        let of_closed = s1.replace(&user(1).user_id.to_string(), &user(3).user_id.to_string());
        assert_eq!(refused(&[&closed, &of_closed]).as_deref(), Some("line 4 is a session of nobody"));
        assert_eq!(refused(&[&key_set]).as_deref(), Some("line 3 is no record of an export"));

        let with = |line: &String, from: &str, to: &str| {
            assert!(line.contains(from), "{from} is not in {line}");
            line.replacen(from, to, 1)
        };
        for (from, to, problem) in [
            ("{\"user_id\"", "{\"admin\":true,\"user_id\"", "is no record of an export"),
            ("\"username\":", "\"username\":\"User-9\",\"username\":", "is no record of an export"),
            ("\"granted_scope\":\"users:read admin\",", "", "is no record of an export"),
            ("\"status\":\"active\"", "\"status\":\"root\"", "is no record of an export"),
            ("\"version\":2", "\"version\":-2", "is no record of an export"),
            ("\"version\":2", "\"version\":4294967296", "is no record of an export"),
            ("{\"user\":", "{\"superuser\":", "is no record of an export"),
            ("{\"user\":", "[", "is no record of an export"),
            ("\"username\":\"User-1\"", "\"username\":\"a b\"", "has a username that is not valid"),
            ("User-1@Example.org", "nowhere", "has a email that is not valid"),
            ("users:read admin", "users:read  admin", "has a granted_scope that is not valid"),
            ("\"user_id\":\"", "\"user_id\":\"AA", "has a user_id that is not valid"),
        ] {
            assert_eq!(
                refused(&[&with(&one, from, to)]),
                Some(format!("line 3 {problem}")),
                "{from} -> {to}"
            );
        }
        for (from, to, problem) in [
            ("\"generation\"", "\"more\":1,\"generation\"", "is no record of an export"),
            ("2001:db8::7", "somewhere", "is no record of an export"),
            ("openid profile", "openid\\nprofile", "has a scope that is not valid"),
            ("\"current_hash\":\"", "\"current_hash\":\"AA", "has a current_hash that is not valid"),
            ("\"session_id\":\"", "\"session_id\":\"AA", "has a session_id that is not valid"),
        ] {
            let refusal = refused(&[&one, &with(&s1, from, to)]);
            assert_eq!(refusal, Some(format!("line 4 {problem}")), "{from} -> {to}");
        }
        let counts = Counts { users: 2, ..Counts::default() };
        let miscounted = made_by_hand(&[head.clone(), key_set.clone(), one.clone()], counts);
        assert!(matches!(check(&miscounted), Err(Refusal::Changed)));
    });
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let endless = BufReader::new(std::io::repeat(b'x'));
    assert!(matches!(Reader::open(endless, &transfer_key()), Err(Refusal::TooLong(1))));
}

#[test]
fn keys_that_cannot_be_used_leave_the_store_without_any() {
    run(async {
        let mut lines = lines(&House::of(&[]).await.export().await);
        let mut line: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
        // Each private half in the place of the other: sealed with the right key, and for another place.
        let keys = &mut line["key_set"]["keys"];
        let first = keys[0]["private_key"].take();
        keys[0]["private_key"] = keys[1]["private_key"].take();
        keys[1]["private_key"] = first;
        lines[1] = format!("{line}\n");
        let file = made_by_hand(&lines[..2], Counts::default());
        assert!(check(&file).is_ok());
        let house = House::new(2);
        let imported = house.import(&file).await;
        assert!(matches!(imported, Err(ImportError::File(Refusal::Keys(_)))), "{imported:?}");
        assert!(house.is_empty().await);
    });
}

#[test]
fn two_users_of_one_name_never_come_into_use() {
    run(async {
        let mut lines = lines(&House::of(&[(user(1), vec![]), (user(2), vec![])]).await.export().await);
        lines.pop();
        lines[3] = lines[3].replace("User-2\"", "uSER-1\"");
        let file = made_by_hand(&lines, Counts { users: 2, ..Counts::default() });
        assert!(check(&file).is_ok(), "only the store knows all names");
        let house = House::new(2);
        assert!(house.import(&file).await.is_err());
        assert!(house.store.find_key_set().await.unwrap().is_none());
    });
}

#[test]
fn two_installations_are_not_put_together() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        let with_keys = House::of(&[]).await;
        assert!(matches!(with_keys.import(&file).await, Err(ImportError::HasKeys)));
        assert!(with_keys.store.list_users(None, 1).await.unwrap().is_empty());

        let mut namesake = user(7);
        namesake.username = user(1).username;
        let mut changed = user(2);
        changed.credential.password_hash = PasswordHash::from_phc("$argon2id$another");
        for other in [user(9), namesake, changed] {
            let house = House::new(2);
            house.add(&other, &[]).await;
            assert!(matches!(house.import(&file).await, Err(ImportError::HasOthers)));
            assert_eq!(house.store.list_users(None, 9).await.unwrap(), [other], "something was written");
        }
        let house = House::new(2);
        house.add(&user(1), &[session(&user(1), 8)]).await;
        assert!(matches!(house.import(&file).await, Err(ImportError::HasOthers)));
        let house = House::new(2);
        house.add(&user(1), &[]).await;
        let mut consent = consents(&user(1)).remove(0);
        let scope = "openid email admin".parse().unwrap();
        consent.given = ConsentTerms { scope, ..consent.given.summary() }.into();
        house.add_consents(&[consent]).await;
        assert!(
            matches!(house.import(&file).await, Err(ImportError::HasOthers)),
            "a consent to something else"
        );
        let mut other = client("app");
        other.secrets.clear();
        for other in [client("another"), client("zzz"), other] {
            let house = House::new(2);
            house.add_clients(std::slice::from_ref(&other)).await;
            assert!(matches!(house.import(&file).await, Err(ImportError::HasOthers)));
            assert_eq!(house.store.list_clients(None, 9).await.unwrap(), [other], "something was written");
            assert!(house.store.list_users(None, 1).await.unwrap().is_empty());
        }
    });
}

#[test]
fn an_import_that_was_completed_is_never_done_again() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        let house = House::new(2);
        house.import(&file).await.unwrap();
        // The new place is in use: a logout and a refresh since then must not be undone.
        let (ended, rotated) = (session(&user(1), 2), session(&user(1), 4));
        assert!(house.store.end_session(ended.user_id, ended.session_id).await.unwrap());
        let rotation = Rotation {
            user_id: rotated.user_id,
            session_id: rotated.session_id,
            presented: rotated.current_hash,
            successor: RefreshTokenHash::from_bytes([99; 32]),
            idle_ttl: HOUR,
            now: NOW,
        };
        assert!(matches!(house.store.rotate_session(&rotation).await.unwrap(), Rotated::Now(_)));
        let before = house.export().await;
        assert_eq!(house.import(&file).await.unwrap(), Imported::Before);
        assert_eq!(house.export().await, before);
    });
}

#[test]
fn an_import_goes_on_from_whatever_an_interruption_left() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        let mut unproved = user(1);
        unproved.email = unproved.email.map(|email| UserEmail { verified: false, ..email });
        let left: [&[(User, Vec<Session>)]; 4] = [
            &[(unproved, vec![])],
            &[(user(1), vec![])],
            &[(user(1), vec![session(&user(1), 4)])],
            &[(user(2), vec![session(&user(2), 2)]), (accounts()[2].0.clone(), vec![])],
        ];
        for accounts in left {
            let house = House::new(2);
            for (user, sessions) in accounts {
                house.add(user, sessions).await;
            }
            house.import(&file).await.unwrap();
            assert_eq!(house.export().await, file);
        }
        for (clients, consents) in [
            (&clients()[..1], &[][..]),
            (&clients()[2..], &[]),
            (&clients(), &consents(&user(1))[..1]),
            (&[], &consents(&user(1))),
        ] {
            let house = House::new(2);
            house.add_clients(clients).await;
            house.add(&user(1), &[]).await;
            house.add_consents(consents).await;
            house.import(&file).await.unwrap();
            assert_eq!(house.export().await, file);
        }
    });
}

/// A file on a disk that fails after so many bytes.
struct FailingDisk<'f> {
    file: Cursor<&'f [u8]>,
    fails_at: u64,
}

impl Read for FailingDisk<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.file.position() >= self.fails_at {
            return Err(ErrorKind::Other.into());
        }
        let length = buffer.len().min(64);
        self.file.read(&mut buffer[..length])
    }
}

impl Seek for FailingDisk<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn an_import_whose_file_fails_leaves_no_keys_and_can_be_repeated() {
    run(async {
        let file = House::of_clients(&accounts()).await.export().await;
        for fails_at in (0..file.len() as u64).step_by(61) {
            let house = House::new(2);
            let disk = FailingDisk { file: Cursor::new(&file), fails_at };
            let interrupted = house.import_from(BufReader::with_capacity(64, disk)).await;
            assert!(matches!(interrupted, Err(ImportError::File(Refusal::Io(_)))), "{interrupted:?}");
            assert!(house.store.find_key_set().await.unwrap().is_none());
            house.import(&file).await.unwrap();
            assert_eq!(house.export().await, file, "after {fails_at} bytes");
        }
    });
}

/// Gives a future so many turns, and then drops it wherever it is.
async fn broken_off<T>(future: impl Future<Output = T>, turns: u32) {
    let (mut future, mut left) = (Box::pin(future), turns);
    std::future::poll_fn(|context| {
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(()) } else { future.as_mut().poll(context).map(drop) }
    })
    .await;
}

#[test]
fn an_import_into_sqlite_that_is_broken_off_at_any_time_can_be_repeated() {
    let many: Vec<_> =
        (1..=200).map(|n| (user(n), vec![session(&user(n), 1), session(&user(n), 2)])).collect();
    let file = run(async { House::of_clients(&many).await.export().await });
    let mut was_begun = false;
    for turns in (1..24).step_by(2) {
        let dir = tempfile::tempdir().unwrap();
        let open = || sqlite(&dir.path().join("t.db"), 2);
        let house = open();
        run(broken_off(house.import(&file), turns));
        drop(house);
        run(async {
            let house = open();
            let users = house.store.list_users(None, 999).await.unwrap().len();
            was_begun |= (1..200).contains(&users);
            assert!(house.store.find_key_set().await.unwrap().is_none() || users == 200);
            house.import(&file).await.unwrap();
            assert!(house.export().await == file, "after {turns} turns");
        });
    }
    assert!(was_begun, "it was never broken off in the middle");
}

#[test]
fn an_import_waits_for_a_store_that_does_not_answer() {
    let file = run(async { House::of(&many(20)).await.export().await });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.db");
    let options =
        tegata_store_sqlite::Options { busy_timeout: Duration::from_millis(20), ..Default::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, &options).unwrap());
    let house = House { store, sealing: SealingKey::new(&[2; 32]) };
    run(async {
        // Another process that does not let anyone write.
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(house.store.create_user(&user(1)).await.is_err());
        let release = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            drop(other);
        };
        let (imported, ()) = tokio::join!(house.import(&file), release);
        imported.unwrap();
        assert!(house.export().await == file);
    });
}

prop_compose! {
    fn any_session()(
        id in any::<[u8; 16]>(),
        texts in (".{0,20}", proptest::option::of(".{0,40}"), proptest::collection::vec("[a-z]{1,6}", 0..3)),
        scope in "[a-z:]{1,8}",
        address in proptest::option::of(any::<std::net::IpAddr>()),
        generation in any::<u32>(),
        hashes in (any::<[u8; 32]>(), proptest::option::of(any::<[u8; 32]>())),
        times in (any::<i64>(), any::<i64>(), any::<i64>(), any::<i64>()),
    ) -> Session {
        Session {
            session_id: SessionId::from_bytes(id),
            client_id: texts.0,
            scope: scope.parse().unwrap(),
            amr: texts.2,
            auth_time: Timestamp::from_millis(times.0),
            device: Device { user_agent: texts.1, address },
            generation,
            current_hash: RefreshTokenHash::from_bytes(hashes.0),
            previous_hash: hashes.1.map(RefreshTokenHash::from_bytes),
            rotated_at: Timestamp::from_millis(times.1),
            idle_expires_at: Timestamp::from_millis(times.2),
            absolute_expires_at: Timestamp::from_millis(times.3),
            ..session(&user(1), 1)
        }
    }
}

prop_compose! {
    fn any_account()(
        id in any::<[u8; 16]>(),
        username in "[A-Za-z0-9][A-Za-z0-9._-]{2,12}",
        email in proptest::option::of(("[A-Za-z0-9]{1,8}", any::<bool>())),
        texts in (proptest::option::of(".{0,30}"), proptest::option::of(".{0,10}"), ".{0,40}"),
        scope in "([a-z:]{1,8}( [a-z:]{1,8}){0,2})?",
        is_active in any::<bool>(),
        version in any::<u32>(),
        times in (any::<i64>(), any::<i64>()),
        sessions in proptest::collection::vec(any_session(), 0..4),
        consents in proptest::collection::btree_map("[!-~]{1,9}", ("[a-z:]{1,8}", any::<i64>()), 0..3),
    ) -> (User, Vec<Session>, Vec<Consent>) {
        let user = User {
            user_id: UserId::from_bytes(id),
            username: username.parse().unwrap(),
            email: email.map(|(local, verified)| UserEmail {
                address: format!("{local}@example.org").parse().unwrap(),
                verified,
            }),
            name: texts.0,
            locale: texts.1,
            attributes: if version.is_multiple_of(2) { attributes() } else { Attributes::default() },
            granted_scope: scope.parse().unwrap(),
            status: if is_active { UserStatus::Active } else { UserStatus::Disabled },
            created_at: Timestamp::from_millis(times.0),
            credential: Credential {
                password_hash: PasswordHash::from_phc(texts.2),
                version,
                changed_at: Timestamp::from_millis(times.1),
            },
        };
        let own = |s: Session| Session { user_id: user.user_id, username: user.username.clone(), ..s };
        let sessions = if is_active { sessions.into_iter().map(own).collect() } else { vec![] };
        let consents = consents.into_iter().map(|(client, (scope, given_at))| Consent {
            user_id: user.user_id,
            client_id: client.parse().unwrap(),
            given: ConsentTerms {
                scope: scope.parse().unwrap(),
                given_at: Timestamp::from_millis(given_at),
                ..ConsentTerms::default()
            }
            .into(),
        });
        let consents = consents.collect();
        (user, sessions, consents)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_moves_arrives_as_it_was(
        accounts in proptest::collection::vec(any_account(), 0..80),
        names in proptest::collection::btree_set("[!-~]{1,9}", 0..80),
    ) {
        run(async {
            let old = House::of(&[]).await;
            let clients: Vec<_> = names.iter().map(|name| client(name)).collect();
            old.add_clients(&clients).await;
            let (mut names, mut addresses) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
            for (mut user, sessions, consents) in accounts {
                if !names.insert(user.username.canonical().to_owned()) {
                    continue;
                }
                if let Some(email) = &mut user.email {
                    email.verified &= addresses.insert(email.address.canonical().to_owned());
                }
                old.add(&user, &sessions).await;
                old.add_consents(&consents).await;
            }
            let file = old.export().await;
            let counts = check(&file).unwrap();
            let new = House::new(2);
            assert_eq!(new.import(&file).await.unwrap(), Imported::Now(counts));
            assert!(new.export().await == file);
            // Once more, and back under the first key.
            let back = House::new(1);
            back.import(&new.export().await).await.unwrap();
            assert!(back.export().await == file);
        });
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), line in 0usize..9) {
        run(async {
            let mut lines = lines(&House::of_clients(&accounts()).await.export().await);
            lines.insert(line, String::from_utf8_lossy(&bytes).into_owned());
            assert!(bytes.is_empty() || check(lines.concat().as_bytes()).is_err());
        });
    }
}

#[test]
fn the_first_line_says_what_the_file_is() {
    run(async {
        let file = House::of(&[]).await.export().await;
        let checked = Reader::open(Cursor::new(&file), &transfer_key()).unwrap().check().unwrap();
        let Header { issuer, as_of, .. } = checked.header;
        assert_eq!((issuer.as_str(), as_of.as_str()), (ISSUER, "2027-01-15T08:00:00Z"));
        assert!(file.starts_with(b"{\"format\":\"tegata export\",\"version\":3,"));
    });
}
