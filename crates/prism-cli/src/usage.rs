//! What the process has used so far: CPU time and memory, from `getrusage`.

use nix::sys::resource::{UsageWho, getrusage};

/// What this process used since it started, all threads together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system CPU seconds.
    pub cpu_seconds: f64,
    /// The largest resident set, in bytes.
    pub peak_memory_bytes: u64,
}

/// Asks the system; zeros if it does not tell.
pub fn usage() -> Usage {
    let Ok(used) = getrusage(UsageWho::RUSAGE_SELF) else { return Usage::default() };
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Usage {
        cpu_seconds: seconds(used.user_time()) + seconds(used.system_time()),
        peak_memory_bytes: u64::try_from(used.max_rss()).unwrap_or(0) * unit,
    }
}
