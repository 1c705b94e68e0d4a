//! Values as people write them: whole numbers, times, words.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Why a text is not among the values of a setting: what values there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadValue {
    /// It is no whole number, or too small a one.
    #[error("expected a whole number, at least {least}")]
    TooSmall {
        /// The least that is taken.
        least: String,
    },
    /// It is too large a whole number.
    #[error("expected a whole number below 2^{bits}")]
    TooLarge {
        /// The bits that the number has room for.
        bits: usize,
    },
    /// It is no number, or outside a range.
    #[error("expected a number, at least {least} and at most {most}")]
    Outside {
        /// The least that is taken.
        least: String,
        /// The most that is taken.
        most: String,
    },
    /// It is no time.
    #[error("expected a time that is not negative, like 500ms, 30s, 5m or 1h")]
    NoTime,
    /// It is a time in another unit.
    #[error("unknown unit \"{0}\"; expected ms, s, m or h")]
    Unit(String),
    /// It is a time that no clock measures.
    #[error("expected a shorter time")]
    TooLong,
    /// It is no device.
    #[error("expected auto, cpu or cuda:N")]
    NoDevice,
    /// It is none of some words.
    #[error("expected one of {}", .0.join(", "))]
    NoSuchWord(Vec<&'static str>),
}

/// Reads a whole number that may be anything its type holds.
///
/// # Errors
/// [`BadValue::TooSmall`] or [`BadValue::TooLarge`].
pub fn whole<T>(text: &str) -> Result<T, BadValue>
where
    T: FromStr + PartialOrd + Display + Default,
{
    at_least(text, T::default())
}

/// Reads a whole number that is not below `least`.
///
/// # Errors
/// [`BadValue::TooSmall`] or [`BadValue::TooLarge`].
pub fn at_least<T>(text: &str, least: T) -> Result<T, BadValue>
where
    T: FromStr + PartialOrd + Display,
{
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let large = digits && text.bytes().any(|b| b > b'0');
        match large {
            true => BadValue::TooLarge { bits: 8 * size_of::<T>() },
            false => BadValue::TooSmall { least: least.to_string() },
        }
    })
}

/// Reads a number of a range.
///
/// # Errors
/// [`BadValue::Outside`].
pub fn within<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, BadValue>
where
    T: FromStr + PartialOrd + Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| BadValue::Outside {
        least: range.start().to_string(),
        most: range.end().to_string(),
    })
}

/// Reads `500ms`, `30s`, `5m`, `1h`, `1.5h` or `90` (seconds).
///
/// # Errors
/// [`BadValue::NoTime`], [`BadValue::Unit`] or [`BadValue::TooLong`].
pub fn duration(text: &str) -> Result<Duration, BadValue> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(BadValue::NoTime);
    }
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(BadValue::Unit(unit.to_owned())),
    };
    let number: f64 = number.trim().parse().map_err(|_| BadValue::NoTime)?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| BadValue::TooLong)
}

/// A time as [`duration`] reads it.
#[must_use]
pub fn show_duration(time: Duration) -> String {
    format!("{}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        assert_eq!((whole::<u32>("0"), whole("4294967295")), (Ok(0), Ok(u32::MAX)));
        let rule = |text| whole::<u32>(text).unwrap_err().to_string();
        assert_eq!(rule("-1"), "expected a whole number, at least 0");
        assert_eq!((rule("1.5"), rule("")), (rule("-1"), rule("-1")));
        assert_eq!(rule("4294967296"), "expected a whole number below 2^32");
        let rule = at_least::<usize>("0", 1).unwrap_err().to_string();
        assert_eq!(rule, "expected a whole number, at least 1");
    }

    #[test]
    fn numbers_within_their_range() {
        let range = 1usize..=1024;
        assert_eq!((within("1", &range), within("1024", &range)), (Ok(1), Ok(1024)));
        for bad in ["0", "1025", "-1", "two", "", "99999999999999999999"] {
            let rule = within(bad, &range).unwrap_err().to_string();
            assert_eq!(rule, "expected a number, at least 1 and at most 1024", "{bad}");
        }
    }

    #[test]
    fn durations() {
        let ms = |text| duration(text).map(|d| d.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("1.5h"), Ok(5_400_000));
        assert_eq!(ms("90"), Ok(90_000));
        for bad in ["-1", "-1s", "-", "x", "", "s", "nan"] {
            assert_eq!(duration(bad), Err(BadValue::NoTime), "{bad}");
        }
        assert_eq!(duration("5 days"), Err(BadValue::Unit("days".to_owned())));
        assert_eq!(duration("1e300h"), Err(BadValue::Unit("e300h".to_owned())));
        assert_eq!(duration(&format!("{}h", "9".repeat(30))), Err(BadValue::TooLong));
    }

    #[test]
    fn shown_times_are_read_back() {
        for (millis, text) in [(0, "0s"), (1, "0.001s"), (30_000, "30s"), (5_400_000, "5400s")] {
            let time = Duration::from_millis(millis);
            assert_eq!(show_duration(time), text);
            assert_eq!(duration(text), Ok(time));
        }
        let long = Duration::new(123_456, 789_012_345);
        assert_eq!(duration(&show_duration(long)), Ok(long));
    }
}
