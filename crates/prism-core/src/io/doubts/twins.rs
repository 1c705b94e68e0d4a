//! A name that is written in two ways: two vertices, or one. Spreadsheets and tables write a column with
//! decimals where one of its values is missing (`2.0`), R writes 100000 as `1e+05`, people write `1)` and `(2)` in
//! front of lists, and text from web pages holds characters that nobody sees.

use super::Named;
use crate::io::error::ErrorKind;
use crate::io::names::as_integer;

/// Characters without a width: the zero-width space, the word joiner, marks of direction, the soft hyphen.
const UNSEEN: [char; 5] = ['\u{200b}', '\u{2060}', '\u{200e}', '\u{200f}', '\u{ad}'];

/// Refuses names that are numbers and are written as integers elsewhere, and those that look like others.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let names = named.names;
    for name in (0..names.len() as u32).map(|v| names.name(v)) {
        if let Some(integer) = integer(name).filter(|integer| names.get(integer).is_some()) {
            let readings = format!("the vertex {integer}, or another one");
            return Err(named.doubt(name, readings));
        }
        if name.is_ascii() || !name.contains(UNSEEN) {
            continue;
        }
        let seen = name.replace(UNSEEN, "");
        if names.get(&seen).is_some() {
            let readings = format!("the vertex {seen:?}, or another one");
            return Err(named.doubt(name.escape_unicode().to_string(), readings));
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
    let digits = |text: &str| {
        text.contains(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    // `1e3` may be a name; a point in front of the letter or a sign behind it shows a number.
    let is_number = match name.split_once(['e', 'E']) {
        None => digits(name),
        Some((value, exponent)) => {
            let power = exponent.trim_start_matches('+');
            let signed = power.len() < exponent.len() || value.contains('.');
            signed && digits(value) && digits(power) && !power.contains('.')
        }
    };
    if !is_number {
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
            ("1e+05", "100000"),
            ("2.000000e+00", "2"),
            ("1.5E1", "15"),
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
            "1e-3",
            "e+1",
            "1e+",
            "1.5e+00",
            "0",
            "99999999999999999999",
        ] {
            assert_eq!(integer(name), None, "{name}");
        }
    }
}
