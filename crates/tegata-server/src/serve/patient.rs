//! A stream that waits for its reader, but not for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// So many times the patience for a reader that takes a little now and then, until it has taken everything.
const STRETCH: u32 = 4;

/// A stream whose writes fail with [`io::ErrorKind::TimedOut`] when the other side does not take them.
///
/// A client that never reads its answers would else hold its connection, and with enough of them the server.
pub(super) struct PatientStream<S> {
    stream: S,
    patience: Duration,
    /// Runs while a write is blocked.
    timer: Option<Pin<Box<Sleep>>>,
    /// Set by the first write that is blocked, until everything is flushed.
    end: Option<Instant>,
}

impl<S> PatientStream<S> {
    /// Waits for `patience` without any progress, and for [`STRETCH`] times as long with too little of it.
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, timer: None, end: None }
    }

    /// What is to be answered for the outcome of a write.
    fn limit<T>(&mut self, outcome: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.timer = None;
            return outcome;
        }
        let now = Instant::now();
        let end = *self.end.get_or_insert(now + self.patience * STRETCH);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end.min(now + self.patience))));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answer")))
    }

    /// Like [`Self::limit`], for what is only ready when nothing is left to write.
    fn limit_all(
        &mut self,
        outcome: Poll<io::Result<()>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if outcome.is_ready() {
            self.end = None;
        }
        self.limit(outcome, context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PatientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PatientStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limit(outcome, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limit(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.limit_all(outcome, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.limit_all(outcome, context)
    }
}

#[cfg(test)]
mod tests;
