//! The client against servers on this machine, which mean it no good.

mod server;

use std::net::TcpListener;

use proptest::prelude::*;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use tokio::time::Instant;

use super::*;
use server::{Answer, Server};

const ENDLESS_BODY: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";

/// A client of an issuer that is on this machine.
fn local() -> HttpsOutbound {
    HttpsOutbound::new(true)
}

#[tokio::test]
async fn a_document_comes_with_its_type_and_its_age() {
    let headers = "Content-Type: Application/JSON; charset=utf-8\r\ncache-control: max-age=60\r\nage: 10\r\n";
    let server = Server::says("200 OK", headers, "{}");
    let document = local().get(&server.url()).await.unwrap();
    assert_eq!(document.body, b"{}");
    assert_eq!(document.media_type.as_deref(), Some("application/json"));
    assert_eq!(document.max_age, Some(Duration::from_secs(50)));
    let request = server.requests().concat();
    assert!(request.starts_with("GET /document?a=b HTTP/1.1\r\n"), "{request}");
    for header in ["cookie", "authorization", "referer", "origin"] {
        assert!(!request.contains(header), "{request}");
    }
    let server = Server::says("200 OK", "content-type: text/html\r\ncontent-type: application/json\r\n", "");
    let document = local().get(&server.url()).await.unwrap();
    assert_eq!((document.media_type, document.max_age), (None, None));
}

#[tokio::test]
async fn a_form_is_posted_and_its_status_is_the_answer() {
    for status in [200, 204, 302, 307, 400, 501] {
        let server = Server::says(&format!("{status} A"), "location: /other\r\n", "");
        let answer = local().post_form(&server.url(), "logout_token=a.b.c").await;
        assert_eq!(answer, Ok(status));
        let requests = server.requests();
        assert_eq!(requests.len(), 1, "{status}");
        assert!(requests[0].starts_with("POST /document?a=b HTTP/1.1\r\n"), "{requests:?}");
        assert!(requests[0].contains("content-type: application/x-www-form-urlencoded\r\n"), "{requests:?}");
        assert!(requests[0].ends_with("\r\n\r\nlogout_token=a.b.c"), "{requests:?}");
    }
}

#[tokio::test]
async fn r70_v46_no_redirect_is_followed_and_no_other_status_is_a_document() {
    let elsewhere = Server::says("200 OK", "", "{}");
    for status in [201, 204, 206, 300, 301, 302, 303, 307, 308, 400, 401, 404, 500, 503] {
        let location = format!("location: {}\r\n", elsewhere.url());
        let server = Server::says(&format!("{status} A"), &location, "");
        assert_eq!(local().get(&server.url()).await, Err(OutboundError::Status(status)));
        assert_eq!(server.requests().len(), 1, "{status}");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn r70_a_document_has_a_largest_size() {
    let of = |length| Server::says("200 OK", "", &"a".repeat(length));
    let document = local().get(&of(MAX_DOCUMENT_LEN).url()).await.unwrap();
    assert_eq!(document.body.len(), MAX_DOCUMENT_LEN);
    let url = of(MAX_DOCUMENT_LEN + 1).url();
    assert_eq!(local().get(&url).await, Err(OutboundError::TooLarge));
    assert_eq!(
        local().fetch(&url, usize::MAX).await,
        Err(OutboundError::TooLarge),
        "a caller cannot lift it"
    );
    let server = of(100);
    assert_eq!(local().fetch(&server.url(), 99).await, Err(OutboundError::TooLarge));
    assert!(local().fetch(&server.url(), 100).await.is_ok());
    let endless = Server::start(Answer::Endless(ENDLESS_BODY, b'a', 65536, Duration::ZERO));
    assert_eq!(local().get(&endless.url()).await, Err(OutboundError::TooLarge));
    // Nor are there headers without end.
    let endless = Server::start(Answer::Endless("HTTP/1.1 200 OK\r\na: ", b'a', 4096, Duration::ZERO));
    assert_eq!(local().get(&endless.url()).await, Err(OutboundError::Connection));
}

#[tokio::test]
async fn r70_what_is_no_http_is_no_document() {
    for garbage in [
        &b""[..],
        b"\0\x01\x02\xff\xfe",
        b"{\"keys\":[]}",
        b"<html>",
        b"HTTP/1.1",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 999999 A\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/2 200\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ] {
        let server = Server::start(Answer::Bytes(garbage.to_vec()));
        let answer = local().get(&server.url()).await;
        assert_eq!(answer, Err(OutboundError::Connection), "{}", garbage.escape_ascii());
        assert_eq!(server.requests().len(), 1, "it is asked once: {}", garbage.escape_ascii());
    }
}

#[tokio::test]
async fn r70_an_exchange_ends_after_three_seconds() {
    let silent = Server::start(Answer::Endless("", b'a', 0, Duration::from_millis(50)));
    let slow = Server::start(Answer::Endless(ENDLESS_BODY, b'a', 1, Duration::from_millis(50)));
    // Accepts no connection, so the handshake of TLS does not begin.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let deaf = format!("https://127.0.0.1:{}/", deaf.local_addr().unwrap().port());
    let (started, outbound) = (Instant::now(), local());
    let (slow, silent) = (slow.url(), silent.url());
    let (first, second, third, fourth) = tokio::join!(
        outbound.get(&silent),
        outbound.get(&slow),
        outbound.post_form(&silent, ""),
        outbound.get(&deaf),
    );
    assert_eq!(first, Err(OutboundError::TimedOut));
    assert_eq!(second, Err(OutboundError::TimedOut));
    assert_eq!(third, Err(OutboundError::TimedOut));
    assert_eq!(fourth, Err(OutboundError::TimedOut));
    let lasted = started.elapsed();
    assert!(lasted >= TIMEOUT && lasted < TIMEOUT + Duration::from_secs(2), "{lasted:?}");
}

#[tokio::test]
async fn r70_servers_that_never_answer_take_a_bounded_number_of_places() {
    let silent = Server::start(Answer::Endless("", b'a', 0, Duration::from_millis(50)));
    let (outbound, url) = (local(), silent.url());
    let exchange = tokio::spawn({
        let outbound = outbound.clone();
        async move { outbound.get(&url).await }
    });
    while silent.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(outbound.places.available_permits(), MAX_EXCHANGES - 1, "an exchange takes one");
    assert_eq!(exchange.await.unwrap(), Err(OutboundError::TimedOut));
    assert_eq!(outbound.places.available_permits(), MAX_EXCHANGES, "and gives it back");

    let server = Server::says("200 OK", "", "{}");
    let all = outbound.places.acquire_many(u32::try_from(MAX_EXCHANGES).unwrap()).await.unwrap();
    assert_eq!(outbound.get(&server.url()).await, Err(OutboundError::TimedOut));
    assert_eq!(server.requests().len(), 0, "who finds no place asks nobody");
    drop(all);
    assert!(outbound.get(&server.url()).await.is_ok(), "the places are free again");
}

#[tokio::test]
async fn r70_v46_a_url_that_is_not_allowed_reaches_nobody() {
    let server = Server::says("200 OK", "", "{}");
    let (port, outbound) = (server.port, HttpsOutbound::new(false));
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"]
    {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            assert_eq!(outbound.get(&url).await, Err(OutboundError::NotAllowed), "{url}");
            assert_eq!(outbound.post_form(&url, "").await, Err(OutboundError::NotAllowed), "{url}");
        }
    }
    for url in [
        format!("http://user@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/#fragment"),
        format!("http://client.example@127.0.0.1:{port}/"),
    ] {
        assert_eq!(local().get(&url).await, Err(OutboundError::NotAllowed), "{url}");
    }
    assert_eq!(server.requests().len(), 0);
}

/// Asks without a look at the URL, so that only the resolver is in the way.
async fn ask_unchecked(outbound: &HttpsOutbound, url: &str) -> Result<u16, OutboundError> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = url.parse().unwrap();
    let exchange = async { Ok(outbound.send(request).await?.status().as_u16()) };
    outbound.in_time(exchange).await
}

#[tokio::test]
async fn r70_v46_a_name_that_leads_to_this_machine_is_not_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    // A resolver takes each of them for 127.0.0.1, and the last for 169.254.169.254.
    for host in ["2130706433", "0x7f000001", "127.1", "017700000001", "0xa9fea9fe"] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(ask_unchecked(&local(), &url).await, Err(OutboundError::NotAllowed), "{url}");
        // No certificate has such a name, so that this is refused even before it is resolved.
        let url = format!("https://{host}:{port}/");
        let answer = ask_unchecked(&HttpsOutbound::new(false), &url).await;
        assert_eq!(answer, Err(OutboundError::Connection), "{url}");
    }
    let url = format!("https://localhost:{port}/");
    assert_eq!(ask_unchecked(&HttpsOutbound::new(false), &url).await, Err(OutboundError::NotAllowed));
    assert!(listener.accept().is_err(), "nobody has come");
}

#[tokio::test]
async fn r70_plain_http_is_no_way_out_of_this_machine() {
    let server = Server::says("200 OK", "", "{}");
    let answer = ask_unchecked(&HttpsOutbound::new(false), &server.url()).await;
    assert_eq!(answer, Err(OutboundError::Connection));
    assert_eq!(server.requests().len(), 0);
    assert_eq!(ask_unchecked(&local(), &server.url()).await, Ok(200));
}

#[tokio::test]
async fn this_machine_is_asked_by_its_names() {
    let server = Server::says("200 OK", "", "{}");
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/", server.port);
        assert!(local().get(&url).await.is_ok(), "{url}");
    }
}

/// The certificates of the tests are valid at this time, whatever the clock says.
#[derive(Debug)]
struct NewYear2027;

impl TimeProvider for NewYear2027 {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_hours(499_656)))
    }
}

/// A client that trusts the authority of the tests.
fn trusting() -> HttpsOutbound {
    let roots = authorities::roots(include_bytes!("../testdata/authority.pem")).unwrap();
    let provider = Arc::clone(ClientConfig::builder().crypto_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(NewYear2027))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    HttpsOutbound::over(HttpsConnectorBuilder::new().with_tls_config(config), true)
}

#[tokio::test]
async fn r70_v30_a_server_is_asked_under_the_name_of_its_certificate_alone() {
    let answer = Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec());
    let server = Server::start_tls(answer);
    let url = |host: &str| format!("https://{host}:{}/", server.port);
    assert_eq!(trusting().get(&url("localhost")).await.unwrap().body, b"{}");
    assert_eq!(server.requests().len(), 1);
    // Another name, an authority that nobody knows, and no TLS at all.
    assert_eq!(trusting().get(&url("127.0.0.1")).await, Err(OutboundError::Connection));
    assert_eq!(local().get(&url("localhost")).await, Err(OutboundError::Connection));
    let plain = Server::says("200 OK", "", "{}");
    let url = format!("https://localhost:{}/", plain.port);
    assert_eq!(trusting().get(&url).await, Err(OutboundError::Connection));
    assert_eq!((server.requests().len(), plain.requests().len()), (1, 0));
}

proptest! {
    #[test]
    fn r70_v46_what_is_checked_is_what_is_asked(
        scheme in "https?",
        authority in r"([A-Za-z0-9.:@%\[\]\\-]{1,24}|[a-z]{1,6}\.example(:[0-9]{1,5})?|(25[0-5]\.){3}[0-9]{1,3}|\[[0-9a-f:.]{2,16}\])",
        rest in r"([/?#\\][\x20-\x7e]{0,16})?",
    ) {
        let url = format!("{scheme}://{authority}{rest}");
        if check_url(&url, true).is_ok() {
            let uri: Uri = url.parse().unwrap();
            prop_assert_eq!(uri.scheme_str(), Some(scheme.as_str()));
            prop_assert_eq!(uri.authority().map(ToString::to_string), Some(authority.clone()));
            let after = uri.path_and_query().map_or("", |it| it.as_str());
            prop_assert_eq!(after.trim_start_matches('/'), rest.trim_start_matches('/'));
        }
    }
}
