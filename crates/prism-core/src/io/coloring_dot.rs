//! A coloured graph in the language of Graphviz, and its colours read back from there.
//!
//! A vertex is a line `"NAME" [class="COLOUR", fillcolor="HUE SATURATION VALUE"];`, an edge a line
//! `"NAME" -- "NAME";`. Graphviz hands `class` on to the SVG that it draws and otherwise does not look
//! at it. Only such lines are read: a drawing that was made elsewhere says nowhere which colour is which.

use std::io::{self, Write};

use super::error::ErrorKind;
use super::lexer::quote;
use super::naming::Naming;
use crate::coloring::{Color, Coloring};
use crate::graph::Graph;

/// The first word of such a file.
pub(super) const START: &[u8] = b"graph ";

/// What stands between the name and the colour of a vertex.
const CLASS: &str = " [class=\"";

/// Writes the graph, coloured.
pub(super) fn dot(
    out: &mut dyn Write,
    graph: &Graph<'_>,
    coloring: &Coloring,
    naming: Naming<'_>,
) -> io::Result<()> {
    let called = naming.description();
    writeln!(out, "graph coloring {{")?;
    writeln!(
        out,
        "  // vertices: {called}, as in the file of the graph; class: the colour, from 0"
    )?;
    writeln!(out, "  node [style=filled];")?;
    let id = |v: u32| in_quotes(&naming.name(v));
    for (v, &color) in graph.vertices().zip(coloring.colors()) {
        writeln!(out, "  {}{CLASS}{color}\", fillcolor=\"{}\"];", id(v), fill(color))?;
    }
    graph.edges().try_for_each(|(u, v)| writeln!(out, "  {} -- {};", id(u), id(v)))?;
    writeln!(out, "}}")
}

/// The vertex and the colour of a line, as they are written there; none for a line of something else.
pub(super) fn colored_vertex(line: &[u8]) -> Result<Option<(String, &[u8])>, ErrorKind> {
    let text = std::str::from_utf8(line)
        .map_err(|_| ErrorKind::expected("text in UTF-8", quote(line)))?
        .trim();
    let Some((name, rest)) = from_quotes(text) else { return Ok(None) };
    let color = rest.strip_prefix(CLASS).and_then(|rest| Some(rest.split_once('"')?.0));
    match color {
        Some(color) => Ok(Some((name, color.as_bytes()))),
        None if rest.starts_with(" -- ") => Ok(None),
        None => {
            let expected = "a line \"NAME\" [class=\"COLOUR\", ...] or an edge";
            Err(ErrorKind::expected(expected, quote(line)))
        }
    }
}

fn in_quotes(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name that a line starts with in quotation marks, and what follows it.
fn from_quotes(line: &str) -> Option<(String, &str)> {
    let inside = line.strip_prefix('"')?;
    let mut name = String::new();
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((name, &inside[at + 1..])),
            '\\' => name.push(characters.next()?.1),
            other => name.push(other),
        }
    }
    None
}

/// The fill of a colour: light, so that the name can be read on it. Neighbouring numbers are far apart
/// on the circle of hues, since the golden ratio is far from every fraction.
fn fill(color: Color) -> String {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let hue = (f64::from(color) * GOLDEN).fract();
    let saturation = [0.45, 0.7, 0.25][usize::from(color) / 8 % 3];
    format!("{hue:.3} {saturation:.2} 1.00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertex_is_a_line_that_is_read_back() {
        let graph = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap().0;
        let labels = ["say \"hi\"", "back\\", "a -- b"].into_iter().collect();
        let coloring = Coloring::from_colors(vec![0, 9, 0]);
        let mut out = Vec::new();
        dot(&mut out, &graph, &coloring, Naming::names(&labels)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let found: Vec<_> =
            text.lines().skip(1).filter_map(|l| colored_vertex(l.as_bytes()).unwrap()).collect();
        let expected: Vec<(String, &[u8])> =
            vec![("say \"hi\"".into(), b"0"), ("back\\".into(), b"9"), ("a -- b".into(), b"0")];
        assert_eq!(found, expected, "{text}");
        assert!(text.contains("  \"say \\\"hi\\\"\" -- \"back\\\\\";\n"), "{text}");
        let foreign = colored_vertex(b"\"a\" [fillcolor=red]").unwrap_err().to_string();
        assert!(foreign.contains("class="), "{foreign}");
    }

    #[test]
    fn the_first_hundred_colours_look_different() {
        let fills: std::collections::HashSet<String> = (0..100).map(fill).collect();
        assert_eq!(fills.len(), 100);
    }
}
