//! Numbers of threads, processes and seeds.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// Threads or processes: more than any machine has cores would only take memory.
const THREADS: RangeInclusive<usize> = 1..=1024;

/// Seeds: what one run of each gave is kept until the end.
const SEEDS: RangeInclusive<u64> = 1..=1_000_000;

/// Reads a number of threads or processes.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    parse(text, &THREADS)
}

/// Reads a number of seeds.
pub fn parse_seeds(text: &str) -> Result<u64, String> {
    parse(text, &SEEDS)
}

fn parse<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!("expected a number, at least {} and at most {}", range.start(), range.end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_their_range() {
        assert_eq!((parse_threads("1"), parse_threads("1024")), (Ok(1), Ok(1024)));
        for bad in ["0", "1025", "-1", "two", "", "99999999999999999999"] {
            assert!(parse_threads(bad).is_err(), "{bad}");
        }
        assert_eq!((parse_seeds("1000000"), parse_seeds("0").is_err()), (Ok(1_000_000), true));
    }
}
