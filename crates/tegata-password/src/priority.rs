//! Hashing yields to everything else.

/// The nice value of the threads that hash: a tenth of the processor beside a busy thread of the ordinary 0, all of
/// it beside idle ones. At 19 another program on the machine could all but stop logins.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread, so that a storm of logins takes only what refreshes and other requests
/// leave. Linux only: elsewhere a nice value belongs to the whole process.
#[cfg(target_os = "linux")]
pub(crate) fn lower() {
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
        tracing::debug!(%error, "password hashing keeps the ordinary priority");
    }
}

/// Lowers the priority of the calling thread: Linux only.
#[cfg(not(target_os = "linux"))]
pub(crate) fn lower() {}
