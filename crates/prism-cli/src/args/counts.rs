//! Numbers as options and parameters take them. What is none is answered with the rule for it.

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

/// Reads a number of colours.
pub fn parse_colors(text: &str) -> Result<usize, String> {
    at_least(text, 1)
}

/// Reads a whole number that may be anything its type holds.
pub fn parse_whole<T>(text: &str) -> Result<T, String>
where
    T: FromStr + PartialOrd + std::fmt::Display + Default,
{
    at_least(text, T::default())
}

/// Reads a real number.
pub fn parse_real(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "expected a number like 0.5".to_owned())
}

fn at_least<T>(text: &str, least: T) -> Result<T, String>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let large = digits && text.bytes().any(|b| b > b'0');
        let bits = 8 * size_of::<T>();
        match large {
            true => format!("expected a whole number below 2^{bits}"),
            false => format!("expected a whole number, at least {least}"),
        }
    })
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
        assert_eq!((parse_whole::<u32>("0"), parse_whole("4294967295")), (Ok(0), Ok(u32::MAX)));
        let rule = |text| parse_whole::<u32>(text).unwrap_err();
        assert_eq!(rule("-1"), "expected a whole number, at least 0");
        assert_eq!((rule("1.5"), rule("")), (rule("-1"), rule("-1")));
        assert_eq!(rule("4294967296"), "expected a whole number below 2^32");
        assert_eq!(parse_colors("0").unwrap_err(), "expected a whole number, at least 1");
        assert_eq!((parse_real("-0.5"), parse_real("half").is_err()), (Ok(-0.5), true));
        assert_eq!((parse_seeds("1000000"), parse_seeds("0").is_err()), (Ok(1_000_000), true));
    }
}
