//! Values that options and parameters take beside the settings of a solver. What is none is answered with the
//! rule for it.

use prism_solver::settings::BadValue;
use prism_solver::settings::values::within;

pub use prism_solver::settings::values::{duration as parse_duration, whole as parse_whole};

/// Reads a number of processes: more than any machine has cores would only take memory.
pub fn parse_jobs(text: &str) -> Result<usize, BadValue> {
    within(text, &(1..=1024))
}

/// Reads a number of seeds: what one run of each gave is kept until the end.
pub fn parse_seeds(text: &str) -> Result<u64, BadValue> {
    within(text, &(1..=1_000_000))
}

/// Reads a real number.
pub fn parse_real(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "expected a number like 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_their_range() {
        assert_eq!((parse_jobs("1"), parse_jobs("1024")), (Ok(1), Ok(1024)));
        assert!(parse_jobs("0").is_err() && parse_jobs("1025").is_err());
        assert_eq!((parse_real("-0.5"), parse_real("half").is_err()), (Ok(-0.5), true));
        assert_eq!((parse_seeds("1000000"), parse_seeds("0").is_err()), (Ok(1_000_000), true));
    }
}
