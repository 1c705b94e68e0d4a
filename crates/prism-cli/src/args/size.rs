//! Sizes as people write them.

/// Reads `500M`, `4G`, `1.5GiB` or `100000K`, in powers of 1024. A unit is needed: a number alone means
/// something else to everybody.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let rule = || "expected a size with its unit, like 500M, 4G or 1.5GiB".to_owned();
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(rule)?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.to_ascii_uppercase();
    let power = match unit.strip_suffix("IB").or(unit.strip_suffix('B')).unwrap_or(&unit) {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err(rule()),
    };
    let number: f64 = number.trim().parse().map_err(|_| rule())?;
    match number * 1024f64.powi(power) {
        bytes if (1.0..1e18).contains(&bytes) => Ok(bytes as u64),
        _ => Err(rule()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("500M"), Ok(500 << 20));
        assert_eq!(parse_size("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_size("2gb"), Ok(2 << 30));
        assert_eq!((parse_size("7B"), parse_size("1k")), (Ok(7), Ok(1024)));
        for bad in ["", "5", "G", "-1G", "0M", "4X", "nanG", "1e300G", "4 Gigs"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
