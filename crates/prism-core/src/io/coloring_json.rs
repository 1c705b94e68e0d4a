//! Colourings as JSON: an array of colours, or an object that has one.

use super::coloring_read::{Table, color};
use super::error::{ErrorKind, Place, ReadError, counted};
use super::source::Source;

/// Longest JSON text that is read.
const LONGEST_JSON: u64 = 1 << 31;

/// The object that we write. Others call the colours `coloring`.
#[derive(serde::Deserialize)]
struct Object {
    #[serde(alias = "coloring")]
    colors: Vec<u32>,
    labels: Option<Vec<String>>,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    let mut text = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let got = source.fill(&mut piece)?;
        if got == 0 {
            break;
        }
        text.extend_from_slice(&piece[..got]);
        if text.len() as u64 > LONGEST_JSON {
            let kind = ErrorKind::expected(format!("at most {LONGEST_JSON} bytes"), "more");
            return Err(source.error(Place::Whole, kind));
        }
    }
    let parsed = if text.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(&text).map(|colors| Object { colors, labels: None })
    } else {
        serde_json::from_slice(&text)
    };
    let Object { colors, labels } = parsed.map_err(|error| {
        let place = Place::Line(error.line().max(1) as u64);
        let expected = "a JSON array of colours, or an object with one called \"colors\"";
        source.error(place, ErrorKind::expected(expected, error.to_string()))
    })?;
    fill(table, &colors, labels).map_err(|kind| source.error(Place::Whole, kind))
}

/// Too few or too many values in an array.
fn wrong_length(too_few: bool, expected: String, found: usize) -> ErrorKind {
    let found = found.to_string();
    if too_few {
        ErrorKind::truncated(expected, found)
    } else {
        ErrorKind::expected(expected, found)
    }
}

fn fill(
    table: &mut Table<'_>,
    colors: &[u32],
    names: Option<Vec<String>>,
) -> Result<(), ErrorKind> {
    let n = table.colors.len();
    if colors.len() != n {
        let expected = format!("{}, one a vertex", counted(n as u64, "colour"));
        return Err(wrong_length(colors.len() < n, expected, colors.len()));
    }
    if let Some(names) = &names
        && names.len() != n
    {
        let expected = format!("{}, one a vertex", counted(n as u64, "label"));
        return Err(wrong_length(names.len() < n, expected, names.len()));
    }
    for (v, &value) in colors.iter().enumerate() {
        let v = match &names {
            Some(names) => table.names.find(names[v].as_bytes())?,
            None => v,
        };
        table.set(v, color(value.to_string().as_bytes())?)?;
    }
    Ok(())
}
