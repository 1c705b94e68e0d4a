//! Writing a colouring in any [`ColoringFormat`].
//!
//! One rule for the vertices holds in all of them: they are called as in the file of their graph, by
//! name or by its own numbers, wherever these begin and whatever they pass over. The names are left out
//! only where they are 1, 2 and so on in the order of the vertices.

use std::io::{self, Write};

use serde::ser::{SerializeStruct, Serializer};

use super::coloring_dot::dot;
use super::naming::Naming;
use super::{ColoringFormat, Labels};
use crate::coloring::{Color, Coloring};
use crate::graph::Graph;

/// Writes a colouring of `graph`, whose vertices are called as `naming` says. Colours are renumbered if
/// their numbers have gaps.
///
/// # Errors
/// As [`write_coloring_as_is`].
pub fn write_coloring(
    out: &mut dyn Write,
    graph: &Graph<'_>,
    coloring: &Coloring,
    naming: Naming<'_>,
    format: ColoringFormat,
) -> io::Result<()> {
    let k = coloring.num_colors();
    let gap = coloring.colors().iter().any(|&color| color as usize >= k);
    // A vertex without a colour is refused below; renumbering would hide it.
    if gap && !coloring.colors().contains(&Color::MAX) {
        let mut renumbered = coloring.clone();
        renumbered.normalize();
        return write_coloring_as_is(out, graph, &renumbered, naming, format);
    }
    write_coloring_as_is(out, graph, coloring, naming, format)
}

/// Writes a colouring with the numbers that its colours have, for when those mean something: where
/// vertices were precoloured.
///
/// # Errors
/// What `out` says; and [`io::ErrorKind::InvalidInput`] when a vertex has no colour, or the number of
/// colours or names is not that of the vertices.
pub fn write_coloring_as_is(
    out: &mut dyn Write,
    graph: &Graph<'_>,
    coloring: &Coloring,
    naming: Naming<'_>,
    format: ColoringFormat,
) -> io::Result<()> {
    check(graph.n(), coloring, naming)?;
    check_names(naming, format)?;
    let mut colored = (0u32..).zip(coloring.colors().iter().copied());
    match format {
        ColoringFormat::Plain if naming.is_one_to_n() => {
            colored.try_for_each(|(_, color)| writeln!(out, "{color}"))
        }
        ColoringFormat::Plain => {
            colored.try_for_each(|(v, color)| writeln!(out, "{}\t{color}", naming.name(v)))
        }
        ColoringFormat::Dimacs => {
            writeln!(out, "s col {}", coloring.num_colors())?;
            let called = naming.description();
            writeln!(out, "c vertices: {called}, as in the file of the graph; colours: from 1")?;
            colored.try_for_each(|(v, color)| {
                writeln!(out, "l {} {}", naming.name(v), u32::from(color) + 1)
            })
        }
        ColoringFormat::Json => json(out, coloring, naming),
        ColoringFormat::Csv => csv(out, colored, naming),
        ColoringFormat::Dot => dot(out, graph, coloring, naming),
    }
}

/// Finds out whether a file of this format can hold the names of the vertices, so that a long computation
/// need not end with a colouring that cannot be written. JSON holds all names.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a name that would be read as another one, or not at all: with a
/// line break, or, but in DOT, with blanks around it or nothing to it.
pub fn check_names(naming: Naming<'_>, format: ColoringFormat) -> io::Result<()> {
    let is_held = |name: &str| match format {
        ColoringFormat::Json => true,
        ColoringFormat::Dot => !name.contains(['\n', '\r']),
        ColoringFormat::Plain | ColoringFormat::Dimacs | ColoringFormat::Csv => {
            !name.is_empty() && !name.contains(['\n', '\r']) && name.trim() == name
        }
    };
    let mut names = naming.labels().into_iter().flat_map(Labels::iter);
    match names.find(|name| !is_held(name)) {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("a {format} colouring cannot hold the name {name:?}; choose json");
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        }
    }
}

fn check(n: usize, coloring: &Coloring, naming: Naming<'_>) -> io::Result<()> {
    let refuse = |message| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    let colors = coloring.colors();
    if colors.len() != n {
        return refuse(format!("{} colours for {n} vertices", colors.len()));
    }
    if colors.contains(&Color::MAX) {
        return refuse("a vertex has no colour".to_owned());
    }
    match naming.labels().map(Labels::len) {
        Some(names) if names != n => refuse(format!("{names} names for {n} vertices")),
        _ => Ok(()),
    }
}

fn json(out: &mut dyn Write, coloring: &Coloring, naming: Naming<'_>) -> io::Result<()> {
    let n = coloring.colors().len();
    let mut json = serde_json::Serializer::new(&mut *out);
    let mut object = json.serialize_struct("Coloring", 4)?;
    object.serialize_field("num_vertices", &n)?;
    object.serialize_field("num_colors", &coloring.num_colors())?;
    object.serialize_field("colors", coloring.colors())?;
    if naming.is_one_to_n() {
        object.serialize_field("first_vertex", &1)?;
    } else {
        object.serialize_field("labels", &Names(naming, n as u32))?;
    }
    object.end()?;
    writeln!(out)
}

/// The names of vertices, whose number is given, as a JSON array.
struct Names<'l>(Naming<'l>, u32);

impl serde::Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.1).map(|v| self.0.name(v)))
    }
}

fn csv(
    out: &mut dyn Write,
    colored: impl Iterator<Item = (u32, Color)>,
    naming: Naming<'_>,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["vertex", "colour"])?;
    for (v, color) in colored {
        table.write_record([&*naming.name(v), &color.to_string()])?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_not_come_back_are_refused() {
        let holds = |name: &str, format| {
            let labels = ["a", name].into_iter().collect();
            check_names(Naming::names(&labels), format).is_ok()
        };
        use ColoringFormat::{Csv, Dimacs, Dot, Json, Plain};
        for format in ColoringFormat::ALL {
            assert!(holds("#a, \"b\"\t;\\", format), "{format}");
            assert_eq!(holds("a\nb", format), format == Json, "{format}");
        }
        for name in ["", " a"] {
            assert!(holds(name, Dot) && holds(name, Json));
            assert!([Plain, Dimacs, Csv].iter().all(|&format| !holds(name, format)), "{name:?}");
        }
        assert!(check_names(Naming::counted_from(0), Plain).is_ok());
    }
}
