//! `prism convert`: a graph from any format into one that PRISM writes.

use crate::args::ConvertArgs;
use crate::failure::Failure;
use crate::input::{note_repairs, read_graph};
use crate::output::{Output, note};
use crate::plan::graph_format;
use crate::signals::end_on_signal;
use prism_core::io::write_graph;

/// Reads, cleans up and writes a graph.
pub fn run(args: &ConvertArgs) -> Result<u8, Failure> {
    let output = Output::new(Some(args.output.clone()));
    let format = graph_format(args.to, output.path())?;
    let loaded = read_graph(&args.input)?;
    note_repairs(&args.input.file, &loaded);
    let (name, first) = (args.input.file.display(), format.first_vertex());
    match loaded.naming().first() {
        None if !format.keeps_names() => note(format_args!(
            "note: {name}: the names of the vertices are lost, as {format} files number them from {first}"
        )),
        Some(here) if here != first => note(format_args!(
            "note: {name}: vertex {here} becomes vertex {first}, as {format} files number them from {first}"
        )),
        _ => {}
    }
    end_on_signal()?;
    output.write(|out| write_graph(out, &loaded.graph, loaded.labels.as_ref(), format))?;
    Ok(0)
}
