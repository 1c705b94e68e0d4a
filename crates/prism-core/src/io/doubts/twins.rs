//! A number that is written in two ways, as `2` and `2.0`: two vertices, or one. Spreadsheets and tables write
//! a column with decimals where one of its values is missing, and people write `1)` and `(2)` in front of lists.

use super::Named;
use crate::io::error::ErrorKind;
use crate::io::names::as_integer;

/// Refuses names that are numbers and are written as integers elsewhere.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let names = named.names;
    for name in (0..names.len() as u32).map(|v| names.name(v)) {
        if let Some(integer) = integer(name).filter(|integer| names.get(integer).is_some()) {
            let readings = format!("the vertex {integer}, or another one");
            return Err(named.doubt(name, readings));
        }
    }
    Ok(())
}

/// The integer that a number is, where it is written in another way.
fn integer(name: &str) -> Option<String> {
    let bare = name.trim_matches(['(', ')', '[', ']', '{', '}', ':']);
    if bare.len() < name.len() {
        return as_integer(bare).map(|_| bare.to_owned());
    }
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    if !name.contains(digits) || !name.chars().all(digits) {
        return None;
    }
    let value: f64 = name.parse().ok()?;
    // Larger ones may not be what is written.
    let exact = value.fract() == 0.0 && value < 9e15;
    let integer = exact.then(|| format!("{value}"));
    integer.filter(|integer| integer != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_in_other_ways() {
        for (name, integer) in [
            ("2.0", "2"),
            ("02", "2"),
            ("7.", "7"),
            ("0.00", "0"),
            ("(1)", "1"),
            ("3)", "3"),
            ("[7]", "7"),
        ] {
            assert_eq!(super::integer(name).as_deref(), Some(integer));
        }
        for name in [
            "2",
            "2.5",
            "1.2.3",
            "v2",
            "",
            ".",
            "-2.0",
            "(a)",
            "(02)",
            "1e3",
            "0",
            "99999999999999999999",
        ] {
            assert_eq!(integer(name), None, "{name}");
        }
    }
}
