use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use tegata_core::entropy::EntropyError;

use super::*;

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        buffer.fill(0);
        buffer[..8].copy_from_slice(&count.to_le_bytes());
        Ok(())
    }
}

fn hasher_with(
    params: Argon2Params,
    permits: usize,
    queue_length: usize,
    keep_memory: Duration,
) -> Argon2Hasher {
    let permits = NonZeroUsize::new(permits).unwrap();
    let settings = Argon2Settings { params, pepper: None, permits, queue_length };
    Argon2Hasher::keeping_memory_for(settings, Arc::new(Counting(AtomicU64::new(0))), keep_memory).unwrap()
}

fn cheap(permits: usize, queue_length: usize) -> Argon2Hasher {
    hasher_with(Argon2Params::unchecked(64, 1), permits, queue_length, KEEP_MEMORY)
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

/// Keeps a thread busy until the returned sender is dropped; returns once the thread is at it.
async fn occupy(hasher: &Argon2Hasher) -> mpsc::Sender<()> {
    let (end, ended) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let place = hasher.gate.admit().unwrap();
    tokio::spawn(async move {
        let busy = place.run(move |_, _| {
            let _ = begun.send(());
            let _ = ended.recv();
            Ok(())
        });
        busy.await
    });
    has_begun.await.unwrap();
    end
}

/// Waits until the numbers are as expected: they are written by other threads.
async fn until(hasher: &Argon2Hasher, expected: impl Fn(HasherStats) -> bool) {
    let waiting = async {
        while !expected(hasher.stats()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(in_time.is_ok(), "{:?}", hasher.stats());
}

#[tokio::test]
async fn a_password_verifies_against_its_hash_and_no_other() {
    let hasher = Argon2Hasher::new(Argon2Settings::default(), Arc::new(Counting(AtomicU64::new(0)))).unwrap();
    let mut place = hasher.admit().unwrap();
    let hash = place.hash(password("the right one")).await.unwrap();
    assert!(place.verify(password("the right one"), Some(hash.clone())).await.unwrap().matches);
    assert!(!place.verify(password("the wrong one"), Some(hash)).await.unwrap().matches);
    assert_eq!(hasher.stats().hashes, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_logins_at_once_hold_the_memory_of_the_permits() {
    // One pass over 19 MiB: the memory is what counts here.
    let params = Argon2Params::unchecked(19 * 1024, 1);
    let hasher = Arc::new(hasher_with(params, 2, 500, KEEP_MEMORY));
    let tasks: Vec<_> = (0..500)
        .map(|n| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move {
                hasher
                    .admit()
                    .unwrap()
                    .verify(password(&format!("password {n}")), None)
                    .await
                    .unwrap()
                    .matches
            })
        })
        .collect();
    for task in tasks {
        assert!(!task.await.unwrap());
    }
    let stats = hasher.stats();
    assert_eq!((stats.hashes, stats.refused), (500, 0));
    assert!(stats.memory_peak_bytes <= 2 * 19 * 1024 * 1024, "{stats:?}");
    assert!(stats.memory_peak_bytes >= 19 * 1024 * 1024, "{stats:?}");
}

#[tokio::test]
async fn a_full_queue_turns_away_at_once_and_says_for_how_long() {
    let hasher = cheap(2, 3);
    let places: Vec<_> = (0..5).map(|_| hasher.admit().unwrap()).collect();
    let Err(HashError::Overloaded { retry_after }) = hasher.admit().map(|_| ()) else { panic!("let in") };
    // Five places, two threads, 50 ms each until it was measured.
    assert_eq!(retry_after, Duration::from_millis(150));
    assert_eq!(hasher.stats(), HasherStats { places_taken: 5, refused: 1, ..cheap(1, 0).stats() });
    drop(places);
    assert_eq!(hasher.stats().places_taken, 0);
    assert!(hasher.admit().is_ok());
}

#[tokio::test]
async fn who_goes_away_while_waiting_is_not_worked_for() {
    let hasher = cheap(1, 10);
    let end = occupy(&hasher).await;
    {
        let mut place = hasher.admit().unwrap();
        let mut verify = pin!(place.verify(password("never mind"), None));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(verify.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!((hasher.stats().waiting, hasher.stats().places_taken), (1, 2));
    }
    assert_eq!((hasher.stats().waiting, hasher.stats().places_taken), (0, 1));
    drop(end);
    until(&hasher, |stats| stats.places_taken == 0).await;
    assert_eq!(hasher.stats().hashes, 0);
}

#[tokio::test]
async fn who_goes_away_during_the_work_keeps_the_place_until_it_is_done() {
    let hasher = cheap(1, 0);
    let (end, ended) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    {
        let place = hasher.gate.admit().unwrap();
        let mut run = pin!(place.run(move |_, _| {
            let _ = begun.send(());
            let _ = ended.recv();
            Ok(())
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(run.as_mut().poll(&mut context), Poll::Pending));
        has_begun.await.unwrap();
    }
    assert!(matches!(hasher.admit().map(|_| ()), Err(HashError::Overloaded { .. })));
    drop(end);
    until(&hasher, |stats| stats.places_taken == 0).await;
}

#[tokio::test]
async fn the_waiting_are_served_in_the_order_of_their_arrival() {
    let hasher = Arc::new(cheap(1, 100));
    let end = occupy(&hasher).await;
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..50 {
        let (place, done) = (hasher.gate.admit().unwrap(), done.clone());
        tokio::spawn(async move {
            place.run(move |_, _| done.send(n).map_err(|_| HashError::Failed)).await.unwrap();
        });
        until(&hasher, |stats| stats.waiting == n + 1).await;
    }
    drop((end, done));
    for n in 0..50 {
        assert_eq!(order.recv().await, Some(n));
    }
}

#[tokio::test]
async fn an_idle_hasher_holds_no_memory_and_works_again() {
    let hasher = hasher_with(Argon2Params::unchecked(64, 1), 2, 10, Duration::from_millis(20));
    for _ in 0..3 {
        hasher.admit().unwrap().verify(password("once"), None).await.unwrap();
        until(&hasher, |stats| stats.memory_bytes == 0).await;
    }
    assert_eq!(hasher.stats().hashes, 3);
}

#[tokio::test]
async fn memory_that_an_imported_hash_needed_is_given_back() {
    let hasher = hasher_with(Argon2Params::unchecked(64, 1), 1, 1, Duration::from_hours(1));
    let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let mut place = hasher.admit().unwrap();
    let verified = place.verify(password("password"), Some(PasswordHash::from_phc(phc))).await.unwrap();
    assert!(verified.matches && verified.rehashed.is_some());
    until(&hasher, |stats| stats.memory_bytes == 0).await;
    assert_eq!(hasher.stats().memory_peak_bytes, 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_panic_costs_one_caller_the_answer_and_no_thread() {
    let hasher = cheap(1, 1);
    let place = hasher.gate.admit().unwrap();
    assert_eq!(place.run::<()>(|_, _| panic!("as it must not")).await, Err(HashError::Failed));
    assert!(!hasher.admit().unwrap().verify(password("next"), None).await.unwrap().matches);
}

#[tokio::test]
async fn dropping_the_hasher_ends_its_threads_and_fails_who_waits() {
    let hasher = cheap(1, 10);
    let gate = Arc::downgrade(&hasher.gate);
    let end = occupy(&hasher).await;
    let mut place = hasher.admit().unwrap();
    let waiting = tokio::spawn(async move {
        let first = place.verify(password("too late"), None).await.map(|_| ());
        (first, place.hash(password("later still")).await.map(|_| ()))
    });
    until(&hasher, |stats| stats.waiting == 1).await;
    let dropping = tokio::task::spawn_blocking(move || drop(hasher));
    assert_eq!(waiting.await.unwrap(), (Err(HashError::Failed), Err(HashError::Failed)));
    drop(end);
    dropping.await.unwrap();
    // The threads held it; the task that kept one busy ends a moment later.
    while gate.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hashing_runs_at_a_lower_priority() {
    let hasher = cheap(1, 1);
    let place = hasher.gate.admit().unwrap();
    let nice = place.run(|_, _| {
        let thread = Some(rustix::thread::gettid());
        rustix::process::getpriority_process(thread).map_err(|_| HashError::Failed)
    });
    let ours = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
    assert!(nice.await.unwrap() > ours);
}
