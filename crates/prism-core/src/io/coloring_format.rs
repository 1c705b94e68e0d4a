//! The colouring formats, and writing them.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use serde::ser::{SerializeStruct, Serializer};

use super::Labels;
use super::format::UnknownFormatName;
use crate::coloring::{Color, Coloring};

/// A way to write a colouring down. [`super::read_coloring_path`] reads all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColoringFormat {
    /// One colour a line, in the order of the vertices, counted from 0. Where the vertices have names,
    /// each line is a name, a tab and the colour.
    #[default]
    Plain,
    /// `s col K`, then `l VERTEX COLOUR` for each vertex, both counted from 1; or names for vertices.
    Dimacs,
    /// One object: `num_vertices`, `num_colors`, `colors` (counted from 0), and `labels` if there are.
    Json,
}

impl ColoringFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Dimacs, Self::Json];

    /// The name that [`FromStr`] takes and [`fmt::Display`] gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Dimacs => "dimacs",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for ColoringFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColoringFormat {
    type Err = UnknownFormatName;

    fn from_str(text: &str) -> Result<Self, UnknownFormatName> {
        let found = Self::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownFormatName::new(text, Self::ALL.map(Self::name).join(", ")))
    }
}

/// Writes a colouring. Colours are renumbered if their numbers have gaps.
///
/// # Errors
/// As [`write_coloring_as_is`].
pub fn write_coloring(
    out: &mut dyn Write,
    coloring: &Coloring,
    labels: Option<&Labels>,
    format: ColoringFormat,
) -> io::Result<()> {
    let k = coloring.num_colors();
    let gap = coloring.colors().iter().any(|&color| color as usize >= k);
    // A vertex without a colour is refused below; renumbering would hide it.
    if gap && !coloring.colors().contains(&Color::MAX) {
        let mut renumbered = coloring.clone();
        renumbered.normalize();
        return write_coloring_as_is(out, &renumbered, labels, format);
    }
    write_coloring_as_is(out, coloring, labels, format)
}

/// Writes a colouring with the numbers that its colours have, for when those mean something: where
/// vertices were precoloured.
///
/// # Errors
/// What `out` says; and [`io::ErrorKind::InvalidInput`] when a vertex has no colour, or the number of
/// names is not that of the vertices.
pub fn write_coloring_as_is(
    out: &mut dyn Write,
    coloring: &Coloring,
    labels: Option<&Labels>,
    format: ColoringFormat,
) -> io::Result<()> {
    let colors = coloring.colors();
    let n = colors.len();
    let refuse = |message| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    if colors.contains(&Color::MAX) {
        return refuse("a vertex has no colour".to_owned());
    }
    if let Some(labels) = labels
        && labels.len() != n
    {
        return refuse(format!("{} names for {n} vertices", labels.len()));
    }
    let k = coloring.num_colors();
    let name = |v: usize| labels.and_then(|labels| labels.get(v as u32));
    match format {
        ColoringFormat::Plain => {
            colors.iter().enumerate().try_for_each(|(v, color)| match name(v) {
                None => writeln!(out, "{color}"),
                Some(name) => writeln!(out, "{name}\t{color}"),
            })
        }
        ColoringFormat::Dimacs => {
            writeln!(out, "s col {k}")?;
            colors.iter().enumerate().try_for_each(|(v, &color)| {
                let color = u32::from(color) + 1;
                match name(v) {
                    None => writeln!(out, "l {} {color}", v + 1),
                    Some(name) => writeln!(out, "l {name} {color}"),
                }
            })
        }
        ColoringFormat::Json => {
            let mut json = serde_json::Serializer::new(&mut *out);
            let mut object = json.serialize_struct("Coloring", 4)?;
            object.serialize_field("num_vertices", &n)?;
            object.serialize_field("num_colors", &k)?;
            object.serialize_field("colors", colors)?;
            if let Some(labels) = labels {
                object.serialize_field("labels", &Names(labels))?;
            }
            object.end()?;
            writeln!(out)
        }
    }
}

/// Names as a JSON array.
struct Names<'l>(&'l Labels);

impl serde::Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}
