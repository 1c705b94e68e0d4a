//! Colourings line by line: plain, CSV and DIMACS.
//!
//! Colours of `l` lines count from 1; a file that uses 0 counts from 0. The others count from 0.
//!
//! A vertex may be called `c`, `s` or `l`, like the beginnings of DIMACS lines. `NAME`, a tab and a
//! colour, as we write it, is always a vertex. With a blank in between, `c 1` is a vertex of that
//! name in a plain file and a comment in a DIMACS one; the first line that is clearly one or the
//! other decides. Below a heading, whatever its words are, every line is one of a table; without one, a line
//! that has a comma and no tab is.

use super::coloring_read::{Table, color};
use super::error::{ErrorKind, Place, ReadError, counted};
use super::lexer::{self, quote, trim};
use super::names::names;
use super::source::Source;
use super::vertex_values::{self, Count};

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    let mut next = 0;
    // Whether the file is one of `s` and `l` lines, once that is known.
    let mut dimacs = None;
    // Lines that are vertices of a plain file or comments of another, until that is known.
    let mut unclear = Vec::new();
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        let named = if dimacs == Some(true) { None } else { table.named(line) };
        let taken = match (named, line, dimacs) {
            (Some((v, color)), _, Some(false)) => table.set(v, color),
            (Some((v, color)), _, None) if !reads_as_dimacs(line) => {
                dimacs = Some(false);
                table.set(v, color)
            }
            (Some((v, color)), [b'c' | b'#', ..], None) => {
                unclear.push((source.lines(), v, color));
                Ok(())
            }
            (_, [] | [b'#', ..] | [b'c'] | [b'c', b' ', ..], None | Some(true))
            | (_, [] | [b'#', ..], _) => Ok(()),
            (_, [b's', b' ' | b'\t', ..], None) => {
                dimacs = Some(true);
                Ok(())
            }
            (_, [b'l', b' ' | b'\t', rest @ ..], None | Some(true)) => {
                dimacs = Some(true);
                named_color(table, trim(rest))
            }
            (_, _, Some(true)) => {
                Err(ErrorKind::expected("a line \"l VERTEX COLOUR\"", quote(line)))
            }
            _ => {
                dimacs = Some(false);
                plain_line(table, line, &mut next)
            }
        };
        taken.map_err(|kind| source.error_here(kind))?;
    }
    if dimacs != Some(true) {
        for (line, v, color) in unclear {
            let taken = table.set(v, color);
            taken.map_err(|kind| source.error(Place::Line(line), kind))?;
        }
    }
    // Counted from 1, unless a 0 says otherwise.
    if dimacs == Some(true) && !table.colors.contains(&Some(0)) {
        table.colors.iter_mut().flatten().for_each(|color| *color -= 1);
    }
    Ok(())
}

/// Whether a line that names a vertex and its colour could as well be a comment or a line of a
/// DIMACS file.
fn reads_as_dimacs(line: &[u8]) -> bool {
    let words = lexer::words(line).count();
    let tab = line.iter().rfind(|&&b| lexer::is_blank(b)) == Some(&b'\t');
    match line {
        _ if tab => false,
        [b'#', ..] | [b'c', b' ', ..] => true,
        [b's' | b'l', b' ', ..] => words >= 3,
        _ => false,
    }
}

/// Whether a first line is a heading, whatever its words: colours are numbers, so that two words of which
/// the first is no vertex are no line of a colouring. In ours, `vertex,colour`, it may be one.
///
/// Comments and the lines of DIMACS files have a letter for their first word.
pub(super) fn is_heading(line: &[u8], table: &mut Table<'_>) -> bool {
    let is_color = |name: &str| ["colour", "color"].iter().any(|c| c.eq_ignore_ascii_case(name));
    let ours = line.iter().any(|b| b",;".contains(b))
        && names(line)
            .is_ok_and(|names| names.second.as_deref().is_some_and(is_color) && !names.more);
    let letter = matches!(line, [b'c' | b's' | b'l' | b'p', b' ' | b'\t', ..]);
    let separated = line.iter().any(|b| b",;\t".contains(b));
    let mut find = |name: &[u8]| table.names.find(name).map(|v| v as u32);
    let any = !letter && (separated || lexer::words(line).count() == 2);
    ours || any && vertex_values::may_be_heading(line, &mut find)
}

/// Reads lines of a vertex and its colour, below a heading.
pub(super) fn read_table(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    let mut heading = true;
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        let skipped = matches!(line, [] | [b'#' | b'%', ..]);
        match csv_line(table, line) {
            Ok(()) => heading = false,
            Err(_) if skipped => {}
            Err(_) if heading && is_heading(line, table) => heading = false,
            Err(kind) => return Err(source.error_here(kind)),
        }
    }
    Ok(())
}

fn csv_line(table: &mut Table<'_>, line: &[u8]) -> Result<(), ErrorKind> {
    let mut find = |name: &[u8]| table.names.find(name).map(|v| v as u32);
    let (v, colors) = vertex_values::parse(line, Count::One, &mut find)?;
    colors.into_iter().try_for_each(|color| table.set(v as usize, color))
}

/// A colour alone, or a name and a colour.
fn plain_line(table: &mut Table<'_>, line: &[u8], next: &mut usize) -> Result<(), ErrorKind> {
    if line.contains(&b',') && !line.contains(&b'\t') {
        return csv_line(table, line);
    }
    if line.contains(&b'\t') || lexer::words(line).nth(1).is_some() {
        return named_color(table, line);
    }
    let color = color(line)?;
    if *next >= table.colors.len() {
        let expected = format!("{}, one a vertex", counted(table.colors.len() as u64, "colour"));
        return Err(ErrorKind::expected(expected, "a further line"));
    }
    *next += 1;
    table.set(*next - 1, color)
}

/// A vertex and, as the last word, its colour.
fn named_color(table: &mut Table<'_>, line: &[u8]) -> Result<(), ErrorKind> {
    let Some(blank) = line.iter().rposition(|&b| lexer::is_blank(b)) else {
        return Err(ErrorKind::expected("a vertex and its colour", quote(line)));
    };
    let v = table.names.find(trim(&line[..blank]))?;
    let color = color(&line[blank + 1..])?;
    table.set(v, color)
}

/// Whether a first line can only be one of a DIMACS file.
pub(super) fn is_dimacs(line: &[u8]) -> bool {
    matches!(line, [b's' | b'l', b' ' | b'\t', ..]) && lexer::words(line).count() >= 3
}
