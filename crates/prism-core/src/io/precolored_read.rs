//! Reading vertices whose colour is given, for a solver that has to keep them: `VERTEX COLOUR` a line,
//! plain or compressed.
//!
//! A vertex is called as in the file of its graph: by its name if it has one, else by its number,
//! counted from where the format of that file counts. Colours count from 0, as in plain colouring
//! files. The colour is what stands last, behind blanks or a comma, since a name may hold blanks.
//! Empty lines and those that begin with `#` or `%` are skipped. That a vertex comes twice or that
//! two contradict each other is for the solver to say, which knows the graph.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Loaded;
use super::coloring_read::color;
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{is_blank, quote, trim};
use super::source::with_source;
use super::vertex_names::VertexNames;
use crate::coloring::Color;

/// Reads vertices of `loaded` and their colours, both counted from 0, from a file.
///
/// # Errors
/// [`ReadError`]: the file cannot be read, or a line is not a vertex of the graph and a colour.
pub fn read_precolored_path(
    path: impl AsRef<Path>,
    loaded: &Loaded,
) -> Result<Vec<(u32, Color)>, ReadError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| ReadError::new(&name, Place::Whole, e.into()))?;
    read_precolored_from(file, &name, loaded)
}

/// Reads as [`read_precolored_path`] does, from any reader; errors call it `name`.
///
/// # Errors
/// [`ReadError`]: the input cannot be read, or a line is not a vertex of the graph and a colour.
pub fn read_precolored_from(
    reader: impl Read + Send,
    name: &str,
    loaded: &Loaded,
) -> Result<Vec<(u32, Color)>, ReadError> {
    let mut names = VertexNames::new(loaded.graph.n(), loaded.labels.as_ref());
    let first = u64::from(loaded.format.first_vertex());
    with_source(reader, name, |source| {
        let mut fixed = Vec::new();
        while let Some(line) = source.next_line()? {
            let line = trim(line);
            if matches!(line, [] | [b'#' | b'%', ..]) {
                continue;
            }
            let entry = entry(line, &mut names, first);
            fixed.push(entry.map_err(|kind| source.error_here(kind))?);
        }
        Ok(fixed)
    })
}

fn entry(line: &[u8], names: &mut VertexNames<'_>, first: u64) -> Result<(u32, Color), ErrorKind> {
    let Some(end) = line.iter().rposition(|&b| is_blank(b) || b == b',') else {
        return Err(ErrorKind::expected("a vertex and its colour", quote(line)));
    };
    let mut name = trim(&line[..end]);
    while let [rest @ .., b','] = name {
        name = trim(rest);
    }
    let v = names.find(name, first)?;
    Ok((v as u32, color(&line[end + 1..])?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{ReadOptions, read_bytes};

    fn read(graph: &str, text: &str) -> Result<Vec<(u32, Color)>, String> {
        let loaded = read_bytes(graph.as_bytes(), "g", &ReadOptions::default()).unwrap();
        read_precolored_from(text.as_bytes(), "f", &loaded).map_err(|error| error.to_string())
    }

    #[test]
    fn vertices_are_called_as_in_the_graph() {
        let dimacs = "p edge 3 1\ne 1 2\n";
        assert_eq!(read(dimacs, "# first\n1 7\n\n% last\n 3,0\n"), Ok(vec![(0, 7), (2, 0)]));
        assert_eq!(read("0 1\n1 2\n", "0\t7\n"), Ok(vec![(0, 7)]));
        let people = "Ann Lee,Bob\nBob,Cy\n";
        assert_eq!(read(people, "Ann Lee 4\nBob, 5"), Ok(vec![(0, 4), (1, 5)]));
    }

    #[test]
    fn errors_name_the_line() {
        let dimacs = "p edge 3 1\ne 1 2\n";
        for (text, expected) in [
            ("1 0\n4 0\n", "f, line 2: expected one of 3 vertices, counted from 1, found \"4\""),
            ("0 0\n", "f, line 1: expected one of 3 vertices, counted from 1, found \"0\""),
            ("#\n1 65535\n", "f, line 2: expected a colour (0 to 65534), found \"65535\""),
            ("12\n", "f, line 1: expected a vertex and its colour, found \"12\""),
        ] {
            assert_eq!(read(dimacs, text), Err(expected.to_owned()));
        }
        let unknown = "f, line 1: expected the name of a vertex of the graph, found \"eve\"";
        assert_eq!(read("a b\nb c\n", "eve 1\n"), Err(unknown.to_owned()));
    }
}
