//! CPU time, of this thread and of another process: on a shared machine, wall time moves two- to threefold.

use rustix::time::{ClockId, clock_gettime};

/// The CPU time that this thread has used, in seconds.
pub(crate) fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The CPU time that a process has used, user and system, in seconds, to the tick of the kernel (10 ms).
pub(crate) fn process_time(pid: u32) -> std::io::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program, in parentheses, may hold spaces; the fields that count come after it.
    let fields: Vec<u64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    let ticks: u64 = fields.iter().sum();
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The CPU time that the threads of a process have used, in seconds, to the nanosecond: for stretches that are short
/// beside a tick. It wants threads that do not end meanwhile, since they take theirs along.
pub(crate) fn threads_time(pid: u32) -> std::io::Result<f64> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let schedstat = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += schedstat.split(' ').next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(nanos as f64 / 1e9)
}

/// A figure of `/proc/PID/status` in MiB, e.g. `VmRSS` or its peak, `VmHWM`.
pub(crate) fn memory_mib(pid: u32, figure: &str) -> std::io::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kib: f64 =
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(f64::NAN);
    Ok(kib / 1024.0)
}

/// The CPU time of one call in nanoseconds, for each of several calls that take turns: medians over many rounds, so that
/// a disturbance hits all alike.
pub(crate) fn side_by_side<const N: usize>(
    rounds: usize,
    calls: usize,
    mut work: [&mut dyn FnMut(); N],
) -> [f64; N] {
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        for (work, times) in work.iter_mut().zip(&mut times) {
            let start = thread_time();
            for _ in 0..calls {
                work();
            }
            times.push((thread_time() - start) * 1e9 / calls as f64);
        }
    }
    times.map(median)
}

/// The median.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this part of the values lies.
pub(crate) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * part) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
