use std::future::pending;
use std::io::{Read as _, Write as _};

use axum::routing::get;

use super::*;

/// More than the buffers of both sides of a connection hold.
const LARGE: usize = 32 * 1024 * 1024;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: tegata.test\r\nconnection: close\r\n\r\n";

/// A client of a server that has room for one connection, and waits for an unread answer as long as this.
async fn with_one_connection(write_timeout: Duration, client: impl FnOnce(SocketAddr) + Send + 'static) {
    let router = Router::new().route("/", get(async || vec![b'.'; LARGE]));
    let connections = Connections::new(router, 1, write_timeout);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = tokio::task::spawn_blocking(move || client(address));
    tokio::select! {
        () = connections.accept(&listener, pending()) => unreachable!("nothing stops it"),
        outcome = client => outcome.unwrap(),
    }
}

fn ask(address: SocketAddr) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(REQUEST).unwrap();
    stream
}

#[tokio::test]
async fn r69_a_client_that_never_reads_its_answer_does_not_keep_its_connection() {
    with_one_connection(Duration::from_millis(100), |address| {
        let _silent = ask(address);
        let mut other = ask(address);
        let mut start = [0; 12];
        other.read_exact(&mut start).expect("the first client still has the only connection");
        assert_eq!(&start, b"HTTP/1.1 200");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_reads_with_pauses_gets_the_whole_answer() {
    with_one_connection(Duration::from_secs(1), |address| {
        let mut slow = ask(address);
        let mut part = vec![0; LARGE / 8];
        let mut length = 0;
        loop {
            match slow.read(&mut part).unwrap() {
                0 => break,
                n => length += n,
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(length > LARGE, "{length}");
    })
    .await;
}
