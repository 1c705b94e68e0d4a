//! `prism verify`: whether a colouring file is a proper colouring of a graph.

use crate::args::VerifyArgs;
use crate::constraints::Constraints;
use crate::failure::Failure;
use crate::input::{is_stdin, note_repairs, read_graph};
use crate::output::{Output, counted};
use prism_core::io::{Loaded, read_coloring_from, read_coloring_path};
use prism_core::{ClassSizes, Color, Coloring, SizeRule};
use serde::Serialize;
use std::io::{self, Write};

/// The answer for machines.
#[derive(Serialize)]
struct Answer {
    file: String,
    coloring: String,
    vertices: usize,
    edges: usize,
    /// Whether no edge has ends of the same colour.
    proper: bool,
    /// The first thing that is wrong: a conflict, a colour that is not the given one or not allowed, or the
    /// size of a class.
    wrong: Option<String>,
    num_colors: usize,
    /// Vertices of the smallest class and of the largest one, and the ratio of the two; none without
    /// vertices.
    smallest_class: Option<usize>,
    largest_class: Option<usize>,
    class_size_ratio: Option<f64>,
    /// Edges whose ends have the same colour.
    conflicts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicting_edges: Option<Vec<Conflict>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<Class>>,
}

/// An edge whose ends have the same colour, counted from 0; vertices as the graph file calls them.
#[derive(Serialize)]
struct Conflict {
    vertices: [String; 2],
    color: Color,
}

/// A colour, counted from 0, and how many vertices have it.
#[derive(Serialize)]
struct Class {
    color: Color,
    vertices: usize,
}

/// Exit code 0 if it is; [`Failure::Improper`] if not.
pub fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    if is_stdin(&args.input.file) && is_stdin(&args.coloring) {
        let message = "the graph and the colouring cannot both come from standard input";
        return Err(Failure::Usage(message.to_owned()));
    }
    let loaded = read_graph(&args.input)?;
    if !args.quiet {
        note_repairs(&args.input.file, &loaded);
    }
    let (n, naming) = (loaded.graph.n(), loaded.naming());
    let coloring = if is_stdin(&args.coloring) {
        read_coloring_from(io::stdin(), "<stdin>", n, naming)?
    } else {
        read_coloring_path(&args.coloring, n, naming)?
    };
    let constraints =
        Constraints::read(args.precolor.as_deref(), args.allowed.as_deref(), &loaded)?;
    let sizes = SizeRule { equitable: args.equitable, most: args.max_class_size };
    let constraints = Constraints { sizes, ..constraints };
    let wrong = coloring.verify(&loaded.graph).err();
    let wrong = wrong.map(|wrong| loaded.naming().describe_violation(&wrong));
    let wrong = wrong.or_else(|| constraints.broken_by(&coloring, &loaded));
    if args.json || args.classes || args.all || (wrong.is_none() && !args.quiet) {
        let answer = Answer::new(args, &loaded, &coloring, wrong.clone());
        Output::Stdout.write(|out| answer.print(out, args))?;
    }
    if let Some(what) = wrong {
        return Err(Failure::Improper(args.coloring.display().to_string(), what));
    }
    Ok(0)
}

impl Answer {
    fn new(args: &VerifyArgs, loaded: &Loaded, coloring: &Coloring, wrong: Option<String>) -> Self {
        let graph = &loaded.graph;
        let name = |v| loaded.vertex_name(v);
        let conflict = |(u, v, color)| Conflict { vertices: [name(u), name(v)], color };
        let conflicting_edges = || coloring.conflicts(graph).map(conflict).collect();
        let class = |(color, vertices)| Class { color, vertices };
        let classes = || coloring.classes().into_iter().map(class).collect();
        let conflicts = coloring.conflicts(graph).count();
        let sizes = ClassSizes::of(coloring);
        Self {
            file: args.input.file.display().to_string(),
            coloring: args.coloring.display().to_string(),
            vertices: graph.n(),
            edges: graph.m(),
            proper: conflicts == 0,
            wrong,
            num_colors: coloring.num_colors(),
            smallest_class: sizes.map(|sizes| sizes.smallest.size),
            largest_class: sizes.map(|sizes| sizes.largest.size),
            class_size_ratio: sizes.map(|sizes| sizes.ratio()),
            conflicts,
            conflicting_edges: args.all.then(conflicting_edges),
            classes: args.classes.then(classes),
        }
    }

    /// Writes one line of JSON, or lines for a person.
    fn print(&self, out: &mut dyn Write, args: &VerifyArgs) -> io::Result<()> {
        if args.json {
            serde_json::to_writer(&mut *out, self)?;
            return writeln!(out);
        }
        let colors = counted(self.num_colors, "colour");
        match (self.conflicts, &self.wrong) {
            _ if args.quiet => {}
            (0, None) => writeln!(out, "proper, {colors}")?,
            (0, Some(_)) => writeln!(out, "proper, but not as asked for, {colors}")?,
            (some, _) => writeln!(out, "not proper, {colors}, {}", counted(some, "conflict"))?,
        }
        for Conflict { vertices: [u, v], color } in self.conflicting_edges.iter().flatten() {
            writeln!(out, "{u} and {v} are adjacent and both have colour {color}")?;
        }
        for Class { color, vertices } in self.classes.iter().flatten() {
            writeln!(out, "colour {color}: {}", counted_vertices(*vertices))?;
        }
        Ok(())
    }
}

fn counted_vertices(count: usize) -> String {
    format!("{count} {}", if count == 1 { "vertex" } else { "vertices" })
}
