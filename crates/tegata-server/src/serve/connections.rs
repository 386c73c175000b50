//! Connections: taken, served, and brought to an end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service as _;

use super::patient::PatientStream;

/// How long a client may take for the head of a request, and how long a connection may wait for one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may leave its answer unread.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head of a request, in bytes: a URL, a token of 8 KiB, cookies.
const MAX_HEAD: usize = 32 * 1024;
/// How long to wait when the system has nothing left to take a connection with.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(100);

/// The connections of the server.
pub(super) struct Connections {
    router: Router,
    http: http1::Builder,
    limit: Arc<Semaphore>,
    write_timeout: Duration,
    graceful: GracefulShutdown,
}

impl Connections {
    /// At most `limit` at once, each of which may leave its answer unread for `write_timeout`.
    pub(super) fn new(router: Router, limit: usize, write_timeout: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .half_close(false);
        let limit = Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)));
        Self { router, http, limit, write_timeout, graceful: GracefulShutdown::new() }
    }

    /// Takes connections until `stop`.
    pub(super) async fn accept(&self, listener: &TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return,
                (stream, peer, permit) = self.next(listener) => self.serve(stream, peer, permit),
            }
        }
    }

    /// The next connection, once there is room for it; further ones wait in the system's queue.
    async fn next(&self, listener: &TcpListener) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed, so there always is a permit.
        let permit = Arc::clone(&self.limit).acquire_owned().await.ok();
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    // No file descriptor or no memory: it passes when a connection ends.
                    tracing::error!(%error, "cannot take a connection");
                    tokio::time::sleep(OUT_OF_RESOURCES).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, permit: Option<OwnedSemaphorePermit>) {
        // An answer is one small write, and none should wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            // A router is always ready, and a clone of it is a pointer.
            router.clone().call(request)
        });
        let stream = TokioIo::new(PatientStream::new(stream, self.write_timeout));
        let connection = self.graceful.watch(self.http.serve_connection(stream, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection broke off");
            }
            drop(permit);
        });
    }

    /// Lets every request that has begun come to its end.
    pub(super) async fn finish(self) {
        self.graceful.shutdown().await;
    }
}

/// Whether it was this one connection that failed, before it was even taken.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
