//! Which signals the process was started with ignored, as by `nohup`. The tests ask the same.

/// Whether this signal is. Only Linux tells; elsewhere no.
pub fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status) >> (signal - 1) & 1 == 1
}

/// The set of ignored signals in such a file, one bit each.
fn ignored_in(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_set_of_ignored_signals_is_read() {
        let status = "Name:\tprism\nSigBlk:\t0000000000000003\nSigIgn:\t0000000000001001\n";
        assert_eq!(super::ignored_in(status), 1 << 12 | 1);
        assert_eq!(super::ignored_in(""), 0);
    }
}
