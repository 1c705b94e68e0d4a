//! Times as people write them.

use std::time::Duration;

/// Reads `500ms`, `30s`, `5m`, `1h`, `1.5h` or `90` (seconds).
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let rule = || "expected a time that is not negative, like 500ms, 30s, 5m or 1h".to_owned();
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(rule());
    }
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("unknown unit \"{unit}\"; expected ms, s, m or h")),
    };
    let number: f64 = number.trim().parse().map_err(|_| rule())?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| "expected a shorter time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let ms = |text| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("1.5h"), Ok(5_400_000));
        assert_eq!(ms("90"), Ok(90_000));
        for bad in ["-1", "-1s", "-", "x"] {
            assert!(parse_duration(bad).unwrap_err().contains("not negative"), "{bad}");
        }
        for bad in ["", "s", "5 days", "nan", "1e300h"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
