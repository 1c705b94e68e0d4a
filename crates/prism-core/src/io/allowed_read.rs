//! Reading the colours that vertices may have: `VERTEX COLOUR COLOUR ...` a line, plain or compressed.
//!
//! Vertices and lines are those of [`super::vertex_values`]; colours count from 0. A vertex without a
//! line may have any colour.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Loaded;
use super::error::{ErrorKind, Place, ReadError};
use super::source::with_source;
use super::vertex_names::VertexNames;
use super::vertex_values::{self, Count};
use crate::coloring::Color;

/// Reads vertices of `loaded` and the colours that each may have, from a file: vertices counted from 0
/// and increasing, their colours increasing, at least one each.
///
/// # Errors
/// [`ReadError`]: the file cannot be read, a line is not a vertex of the graph and colours, or a vertex
/// has two lines that differ.
///
/// ```
/// use prism_core::io::{read_allowed_from, read_bytes};
///
/// let graph = read_bytes(b"u a\nu b\n", "graph", &Default::default())?;
/// let lists = read_allowed_from(&b"u 0 1\nb 1\n"[..], "lists", &graph)?;
/// assert_eq!(lists, [(0, vec![0, 1]), (2, vec![1])]);
/// # Ok::<(), prism_core::io::ReadError>(())
/// ```
pub fn read_allowed_path(
    path: impl AsRef<Path>,
    loaded: &Loaded,
) -> Result<Vec<(u32, Vec<Color>)>, ReadError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| ReadError::new(&name, Place::Whole, e.into()))?;
    read_allowed_from(file, &name, loaded)
}

/// Reads as [`read_allowed_path`] does, from any reader; errors call it `name`.
///
/// # Errors
/// As [`read_allowed_path`].
pub fn read_allowed_from(
    reader: impl Read + Send,
    name: &str,
    loaded: &Loaded,
) -> Result<Vec<(u32, Vec<Color>)>, ReadError> {
    let mut lists: BTreeMap<u32, Vec<Color>> = BTreeMap::new();
    with_source(reader, name, |source| {
        let mut names = VertexNames::new(loaded.graph.n(), loaded.naming());
        vertex_values::read(source, &mut names, Count::Many, |v, mut colors| {
            colors.sort_unstable();
            colors.dedup();
            match lists.insert(v, colors.clone()) {
                Some(before) if before != colors => {
                    let vertex = loaded.vertex_name(v);
                    let expected = format!("one list of colours for vertex {vertex}");
                    Err(ErrorKind::expected(expected, "another one"))
                }
                _ => Ok(()),
            }
        })
    })?;
    Ok(lists.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{ReadOptions, read_bytes};

    fn read(graph: &str, text: &str) -> Result<Vec<(u32, Vec<Color>)>, String> {
        let loaded = read_bytes(graph.as_bytes(), "g", &ReadOptions::default()).unwrap();
        read_allowed_from(text.as_bytes(), "f", &loaded).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_in_all_kinds_of_lines() {
        let rooms = "Room 1,\"Lab, upper\"\n\"Lab, upper\",Attic\n";
        for text in [
            "Room 1 0 2\n\"Lab, upper\" 1\nAttic 0 1 2\n",
            "Room 1\t2\t0\nLab, upper\t1\nAttic\t2\t1\t0\n",
            "room,colours\r\nRoom 1,0,2\r\n\"Lab, upper\",1,\r\n\r\n\"Attic\",\"0\",\"1\",\"2\"\r\n",
            "Room;colours\nRoom 1;0 2\n\"Lab, upper\";1\nAttic;0,1,2\n",
            "# lists\n% here\nRoom 1: 0 2 2\nLab, upper: 1\nAttic : 0, 1, 2\n",
            "Room 1,0,2 # all\n\"Lab, upper\",1 # one\nAttic: 0 1 2 % 7\n",
        ] {
            let expected = vec![(0, vec![0, 2]), (1, vec![1]), (2, vec![0, 1, 2])];
            assert_eq!(read(rooms, text), Ok(expected), "{text}");
        }
        assert_eq!(
            read("p edge 3 1\ne 1 2\n", "3 7 8\n1 0\n"),
            Ok(vec![(0, vec![0]), (2, vec![7, 8])])
        );
        assert_eq!(read("0 1\n1 2\n", "0,65534\n"), Ok(vec![(0, vec![65534])]));
        assert_eq!(read("0 1\n1 2\n", "# none\n"), Ok(vec![]));
    }

    #[test]
    fn errors_name_the_line() {
        let graph = "Room,Room 1\nRoom 1,Attic\n";
        for (text, expected) in [
            (
                "Attic 0\nAttic 1\n",
                "f, line 2: expected one list of colours for vertex Attic, found another one",
            ),
            ("Attic\n", "f, line 1: expected a vertex and its colours, found \"Attic\""),
            ("Attic 0\nAttic,\n", "f, line 2: expected a vertex and its colours, found \"Attic,\""),
            (
                "Attic 0\nCellar 1 2\n",
                "f, line 2: expected the name of a vertex of the graph, found \"Cellar\"",
            ),
            ("Attic x 2\n", "f, line 1: expected a colour (0 to 65534), found \"x\""),
            ("Attic,-1\n", "f, line 1: expected a colour (0 to 65534), found \"-1\""),
            (
                "vertex colours\n",
                "f, line 1: expected the name of a vertex of the graph, found \"vertex\"",
            ),
            (
                "\"Attic,0\n",
                "f, line 1: expected a closing quotation mark in the same line, found \"\"Attic,0\"",
            ),
            (
                "Room 1 0\n",
                "f, line 1: expected a line that can be read in one way (put tabs or commas behind names), found \"Room 1 0\"",
            ),
        ] {
            assert_eq!(read(graph, text), Err(expected.to_owned()), "{text}");
        }
    }
}
