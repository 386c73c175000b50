//! `kill -9` at random moments under load.
//!
//! Each worker keeps books of what it was promised. After every restart the books are compared with the server: what was
//! acknowledged must be there, what was spent or ended must be dead, and what was in flight may have happened or not, but
//! wholly.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::support::{Connection, Installation, PASSWORD, Response};

const WORKERS: usize = 6;
/// Sessions that a worker keeps at most; more of them only make the comparison longer.
const MAX_SESSIONS: usize = 12;
/// The most writes between two kills.
const MAX_WRITES: usize = 160;

/// The issuer stays when the port does not. The grace has to outlast a round on a busy machine, or a lost answer would look
/// like a replay. A login that was killed counts as an attempt, and there are many.
const SETTINGS: [&str; 6] = [
    "--public-url",
    "http://localhost:1",
    "--set",
    "sessions.refresh_grace=60s",
    "--set",
    "throttle.account.free=99",
];

/// A small generator, so that a failure can be repeated by its seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Below `n`.
    fn below(&mut self, n: usize) -> usize {
        // xorshift64* (Vigna 2016).
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % n
    }
}

/// What a worker knows of a session.
struct Session {
    account: usize,
    access_token: String,
    /// The last refresh token that was promised; its refresh may have been in flight.
    current: String,
    /// Those before it, which were exchanged for certain.
    spent: Vec<String>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Live,
    /// Its end was in flight.
    Unknown,
    Ended,
}

struct Account {
    username: String,
    password: String,
    /// A new password that was in flight.
    in_flight: Option<String>,
    /// Whether its login was already compared.
    is_checked: bool,
}

struct Worker {
    name: String,
    random: Random,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
    acknowledged: Arc<AtomicUsize>,
}

impl Worker {
    fn new(number: usize, seed: u64, acknowledged: &Arc<AtomicUsize>) -> Self {
        let acknowledged = Arc::clone(acknowledged);
        let random = Random::new(seed.wrapping_mul(31).wrapping_add(number as u64));
        Self { name: format!("w{number}"), random, accounts: Vec::new(), sessions: Vec::new(), acknowledged }
    }

    /// Works until the server is gone.
    fn work(&mut self, address: SocketAddr) {
        let Ok(mut connection) = Connection::open(address) else { return };
        while self.step(&mut connection).is_ok() {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One request; `Err` when its answer never came.
    fn step(&mut self, connection: &mut Connection) -> io::Result<()> {
        let live: Vec<_> =
            (0..self.sessions.len()).filter(|i| self.sessions[*i].state == State::Live).collect();
        let settled: Vec<_> =
            (0..self.accounts.len()).filter(|i| self.accounts[*i].in_flight.is_none()).collect();
        match self.random.below(100) {
            0..4 => self.sign_up(connection),
            4..20 if !settled.is_empty() && live.len() < MAX_SESSIONS => {
                let account = settled[self.random.below(settled.len())];
                self.login(connection, account)
            }
            20..90 if !live.is_empty() => {
                let session = live[self.random.below(live.len())];
                self.refresh(connection, session)
            }
            90..96 if !live.is_empty() => {
                let session = live[self.random.below(live.len())];
                self.log_out(connection, session)
            }
            96.. if !live.is_empty() => {
                let session = live[self.random.below(live.len())];
                self.change_password(connection, session)
            }
            _ if settled.is_empty() => self.sign_up(connection),
            _ => self.login(connection, settled[0]),
        }
    }

    fn sign_up(&mut self, connection: &mut Connection) -> io::Result<()> {
        let username = format!("{}-{}-{}", self.name, self.accounts.len(), self.random.below(1_000_000_000));
        let answer = connection.post("/auth/signup", &json!({"username": username, "password": PASSWORD}))?;
        assert_eq!(answer.status, 201, "{answer:?}");
        let password = PASSWORD.to_owned();
        self.accounts.push(Account { username, password, in_flight: None, is_checked: false });
        Ok(())
    }

    fn login(&mut self, connection: &mut Connection, account: usize) -> io::Result<()> {
        let answer = log_in(connection, &self.accounts[account].username, &self.accounts[account].password)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.sessions.push(Session {
            account,
            access_token: answer.text("access_token"),
            current: answer.text("refresh_token"),
            spent: Vec::new(),
            state: State::Live,
        });
        Ok(())
    }

    fn refresh(&mut self, connection: &mut Connection, session: usize) -> io::Result<()> {
        let session = &mut self.sessions[session];
        let answer = exchange(connection, &session.current)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        session.access_token = answer.text("access_token");
        session.spent.push(std::mem::replace(&mut session.current, answer.text("refresh_token")));
        Ok(())
    }

    fn log_out(&mut self, connection: &mut Connection, session: usize) -> io::Result<()> {
        let session = &mut self.sessions[session];
        session.state = State::Unknown;
        let answer = connection.post("/auth/logout", &json!({"refresh_token": session.current}))?;
        assert_eq!(answer.status, 204, "{answer:?}");
        session.state = State::Ended;
        Ok(())
    }

    fn change_password(&mut self, connection: &mut Connection, session: usize) -> io::Result<()> {
        let own = &self.sessions[session];
        let (account, bearer) = (own.account, format!("Bearer {}", own.access_token));
        let new = format!("the {} lanterns went out one by one", self.random.below(1_000_000_000));
        let body = json!({"current_password": self.accounts[account].password, "new_password": new});
        self.accounts[account].in_flight = Some(new);
        self.end_others(account, session, State::Unknown);
        let answer =
            connection.send("POST", "/users/me/password", &[("authorization", &bearer)], Some(&body))?;
        assert_eq!(answer.status, 204, "{answer:?}");
        self.settle_password(account);
        self.end_others(account, session, State::Ended);
        Ok(())
    }

    /// The other sessions of the account, as far as they are not known to have ended.
    fn end_others(&mut self, account: usize, own: usize, state: State) {
        for (i, session) in self.sessions.iter_mut().enumerate() {
            if i != own && session.account == account && session.state != State::Ended {
                session.state = state;
            }
        }
    }

    fn settle_password(&mut self, account: usize) {
        let account = &mut self.accounts[account];
        if let Some(new) = account.in_flight.take() {
            account.password = new;
        }
        account.is_checked = false;
    }

    /// Compares the books with the server.
    fn compare(&mut self, address: SocketAddr) {
        let connection = &mut Connection::open(address).unwrap();
        for account in 0..self.accounts.len() {
            self.compare_account(connection, account);
        }
        for session in &mut self.sessions {
            compare_session(connection, session, &mut self.random);
        }
        self.sessions.retain(|session| session.state == State::Live);
    }

    fn compare_account(&mut self, connection: &mut Connection, number: usize) {
        let account = &mut self.accounts[number];
        if let Some(new) = account.in_flight.take() {
            let answer = log_in(connection, &account.username, &new).unwrap();
            assert!(matches!(answer.status, 200 | 401), "{answer:?}");
            let has_new = answer.status == 200;
            if has_new {
                let status = log_in(connection, &account.username, &account.password).unwrap().status;
                assert_eq!(status, 401, "both passwords of {} are good", account.username);
                account.password = new;
            }
            account.is_checked = has_new;
            // The change of the password and the end of the other sessions are one step.
            let state = if has_new { State::Ended } else { State::Live };
            for session in
                self.sessions.iter_mut().filter(|s| s.account == number && s.state == State::Unknown)
            {
                session.state = state;
            }
        }
        if !std::mem::replace(&mut account.is_checked, true) {
            let answer = log_in(connection, &account.username, &account.password).unwrap();
            assert_eq!(answer.status, 200, "the account {} is lost: {answer:?}", account.username);
        }
    }
}

fn compare_session(connection: &mut Connection, session: &mut Session, random: &mut Random) {
    let answer = exchange(connection, &session.current).unwrap();
    match session.state {
        State::Live => assert_eq!(answer.status, 200, "a session is lost: {answer:?}"),
        State::Ended => assert_eq!(answer.status, 401, "a session that had ended is alive: {answer:?}"),
        State::Unknown => assert!(matches!(answer.status, 200 | 401), "{answer:?}"),
    }
    if answer.status != 200 {
        session.state = State::Ended;
        return;
    }
    session.state = State::Live;
    session.spent.push(std::mem::replace(&mut session.current, answer.text("refresh_token")));
    // The last one spent still gets its successor within the grace; all before it are dead, and showing one ends the session.
    if session.spent.len() >= 3 && random.below(6) == 0 {
        let spent = &session.spent[random.below(session.spent.len() - 2)];
        let answer = exchange(connection, spent).unwrap();
        assert_eq!(answer.status, 401, "a spent token is alive again: {answer:?}");
        let answer = exchange(connection, &session.current).unwrap();
        assert_eq!(answer.status, 401, "a replay did not end its session: {answer:?}");
        session.state = State::Ended;
    }
}

fn log_in(connection: &mut Connection, username: &str, password: &str) -> io::Result<Response> {
    connection
        .post("/auth/login", &json!({"username": username, "password": password, "token_delivery": "body"}))
}

fn exchange(connection: &mut Connection, token: &str) -> io::Result<Response> {
    connection.post("/auth/refresh", &json!({"refresh_token": token}))
}

#[test]
fn killed_at_random_moments_it_keeps_every_promise() {
    let rounds = std::env::var("TEGATA_KILL_ROUNDS").map_or(8, |rounds| rounds.parse::<u32>().unwrap());
    let seed = std::env::var("TEGATA_KILL_SEED")
        .map_or_else(|_| RandomState::new().build_hasher().finish(), |seed| seed.parse().unwrap());
    eprintln!("{rounds} rounds, TEGATA_KILL_SEED={seed}");
    let installation = Installation::new();
    let mut random = Random::new(seed);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut workers: Vec<_> = (0..WORKERS).map(|number| Worker::new(number, seed, &acknowledged)).collect();
    let mut slowest = Duration::ZERO;
    for round in 0..=rounds {
        let begun = Instant::now();
        let server = installation.serve(&SETTINGS);
        let (ready, address) = (begun.elapsed(), server.address);
        slowest = slowest.max(ready);
        assert!(ready <= Duration::from_secs(2), "round {round}: ready only after {ready:?}");
        std::thread::scope(|scope| {
            for worker in &mut workers {
                scope.spawn(|| worker.compare(address));
            }
        });
        if round == rounds {
            server.stop();
            break;
        }
        // Counted in writes, so that there is work between two kills on any machine; then a moment of any length.
        let enough = acknowledged.load(Ordering::Relaxed) + random.below(MAX_WRITES);
        let moment = Duration::from_micros(random.below(20_000) as u64);
        std::thread::scope(|scope| {
            for worker in &mut workers {
                scope.spawn(|| worker.work(address));
            }
            while acknowledged.load(Ordering::Relaxed) < enough && begun.elapsed() < Duration::from_mins(1) {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(moment);
            server.kill();
        });
    }
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    eprintln!("{acknowledged} writes were acknowledged; ready after at most {slowest:?}");
    assert!(acknowledged >= rounds as usize, "there was no load");
    installation.run(&["audit", "verify"]).ok();
    installation.run(&["doctor"]).ok();
}
