//! Reading vertices whose colour is given, for a solver that has to keep them: `VERTEX COLOUR` a line,
//! plain or compressed.
//!
//! A vertex is called as in the file of its graph: by its name if it has one, else by its number,
//! counted from where the format of that file counts. Colours count from 0, as in plain colouring
//! files. Lines are those of [`super::vertex_values`]. That a vertex comes twice or that two contradict
//! each other is for the solver to say, which knows the graph. A colouring in any of the forms that are
//! written will do as well.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Loaded;
use super::coloring_lines::{self, is_dimacs};
use super::coloring_read::{Reader, Table, color, whole_form};
use super::error::{ErrorKind, Place, ReadError, counted};
use super::lexer::trim;
use super::source::{Source, with_source};
use super::vertex_values::{self, Count};
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
    with_source(reader, name, |source| {
        let mut table = Table::new(loaded.graph.n(), loaded.naming());
        if let Some(read) = coloring_form(source, &mut table) {
            read(source, &mut table)?;
            let colored = (0u32..).zip(table.colors);
            return Ok(colored.filter_map(|(v, color)| Some((v, color?))).collect());
        }
        let mut fixed = Vec::new();
        vertex_values::read(source, &mut table.names, Count::One, |v, colors| {
            fixed.extend(colors.into_iter().map(|color| (v, color)));
            Ok(())
        })?;
        Ok(fixed)
    })
}

/// The reader of a file that is not one of lines `VERTEX COLOUR`, but a colouring in another form.
fn coloring_form(source: &Source<'_>, table: &mut Table<'_>) -> Option<Reader> {
    let other = whole_form(source, table);
    let mut lines = source.peek().0.split(|&b| b == b'\n').map(trim);
    let first = lines.find(|line| !matches!(line, [] | [b'#' | b'%', ..]))?;
    let bare = table.names.naming().is_one_to_n() && color(first).is_ok();
    let dimacs = is_dimacs(first) && table.named(first).is_none();
    other
        .or(bare.then_some(all_colors as Reader))
        .or(dimacs.then_some(coloring_lines::read as Reader))
}

/// A colour a line, for all vertices.
fn all_colors(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    coloring_lines::read(source, table)?;
    let (n, found) = (table.colors.len(), table.colors.iter().flatten().count());
    if found < n {
        let expected = format!("lines \"VERTEX COLOUR\", or {}", counted(n as u64, "colour"));
        let kind = ErrorKind::expected(expected, counted(found as u64, "colour"));
        return Err(source.error(Place::Whole, kind));
    }
    Ok(())
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
        // A name may begin like a comment.
        assert_eq!(read("a,#1\nb,#1\n", "#1 4\n# 5\n%b 5\nb 6"), Ok(vec![(1, 4), (2, 6)]));
        // A name may end in a number: the colour is the last one.
        assert_eq!(read("Room,Room 1\nRoom 1,c\n", "Room 1 0\nRoom 1\n"), Ok(vec![(1, 0), (0, 1)]));
    }

    #[test]
    fn lists_are_read_as_graphs_are() {
        let rooms = "from,to\n\"Lab, upper\",Attic\nAttic,Cellar\n";
        for heading in ["", "vertex,color\n", "\"Raum\",\"Farbe\"\n", "room color\n"] {
            let text = format!("{heading}\"Lab, upper\",0\r\nCellar,\"2\"\n");
            assert_eq!(read(rooms, &text), Ok(vec![(0, 0), (2, 2)]), "{text}");
        }
        let numbers = "p edge 3 1\ne 1 2\n";
        assert_eq!(read(numbers, "vertex;colour\n1;7\n"), Ok(vec![(0, 7)]));
    }

    #[test]
    fn errors_name_the_line() {
        let dimacs = "p edge 3 1\ne 1 2\n";
        for (text, expected) in [
            ("1 0\n4 0\n", "f, line 2: expected one of 3 vertices, counted from 1, found \"4\""),
            ("0 0\n", "f, line 1: expected one of 3 vertices, counted from 1, found \"0\""),
            ("#\n1 65535\n", "f, line 2: expected a colour (0 to 65534), found \"65535\""),
            ("1 0\n12\n", "f, line 2: expected a vertex and its colour, found \"12\""),
            ("12\n", "f: expected lines \"VERTEX COLOUR\", or 3 colours, found 1 colour"),
        ] {
            assert_eq!(read(dimacs, text), Err(expected.to_owned()));
        }
        let unknown = "f, line 1: expected the name of a vertex of the graph, found \"eve\"";
        assert_eq!(read("a b\nb c\n", "eve 1\n"), Err(unknown.to_owned()));
    }
}
