use std::future::poll_fn;

use tokio::net::{TcpListener, TcpStream};

use super::*;

const PATIENCE: Duration = Duration::from_millis(200);
/// More than the buffers of both sides of a connection hold.
const LARGE: usize = 32 * 1024 * 1024;

async fn pair(patience: Duration) -> (PatientStream<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reader = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (writer, _) = listener.accept().await.unwrap();
    (PatientStream::new(writer, patience), reader)
}

async fn write_and_flush(stream: &mut PatientStream<TcpStream>, length: usize) -> io::Result<()> {
    let bytes = vec![b'.'; length];
    let mut left = &bytes[..];
    while !left.is_empty() {
        let written = poll_fn(|context| Pin::new(&mut *stream).poll_write(context, left)).await?;
        left = &left[written..];
    }
    poll_fn(|context| Pin::new(&mut *stream).poll_flush(context)).await
}

/// Reads until this much has come, with a pause after each part.
async fn read(reader: &TcpStream, length: usize, part: usize, pause: Duration) {
    let mut buffer = vec![0; part];
    let mut left = length;
    while left > 0 {
        reader.readable().await.unwrap();
        match reader.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => left = left.saturating_sub(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        }
        tokio::time::sleep(pause).await;
    }
}

#[tokio::test]
async fn a_write_that_nobody_reads_fails() {
    let (mut stream, _reader) = pair(PATIENCE).await;
    let begun = Instant::now();
    let error = write_and_flush(&mut stream, LARGE).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_reader_that_takes_everything_is_waited_for() {
    let (mut stream, reader) = pair(PATIENCE).await;
    let reading = read(&reader, LARGE, LARGE, Duration::from_millis(1));
    let (written, ()) = tokio::join!(write_and_flush(&mut stream, LARGE), reading);
    written.unwrap();
    assert!(stream.timer.is_none() && stream.end.is_none());
}

#[tokio::test]
async fn a_reader_that_takes_a_little_now_and_then_is_not_waited_for_for_ever() {
    let patience = Duration::from_millis(500);
    let (mut stream, reader) = pair(patience).await;
    let begun = Instant::now();
    // A hundredth in each pause: there is progress, and it would take many times too long.
    let reading = read(&reader, LARGE, LARGE / 100, patience / 10);
    let error = tokio::select! {
        written = write_and_flush(&mut stream, LARGE) => written.unwrap_err(),
        () = reading => panic!("all was read"),
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= patience * 2, "{:?}: there was progress", begun.elapsed());
}

#[tokio::test]
async fn every_answer_that_was_taken_whole_starts_the_time_anew() {
    let (mut stream, reader) = pair(PATIENCE).await;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE * (STRETCH + 2) {
        let reading = read(&reader, LARGE, LARGE, Duration::from_millis(1));
        let (written, ()) = tokio::join!(write_and_flush(&mut stream, LARGE), reading);
        written.unwrap();
    }
}
