//! Reading graphs, and the notes that come with them.

use crate::args::GraphArgs;
use crate::exit::Failure;
use prism_core::io::{self, Loaded, ReadOptions};

/// Reads the graph, and notes on standard error, unless `quiet`, what was mended in it.
pub fn load(args: &GraphArgs, quiet: bool) -> Result<Loaded, Failure> {
    let options =
        ReadOptions { format: args.format, strict: args.strict, ..ReadOptions::default() };
    let loaded = if args.graph.as_os_str() == "-" {
        io::read_stdin(&options)?
    } else {
        io::read_path(&args.graph, &options)?
    };
    if !quiet {
        for note in notes(&loaded) {
            say(&format!("note: {}: {note}", args.graph.display()));
        }
    }
    Ok(loaded)
}

fn notes(loaded: &Loaded) -> Vec<String> {
    let mut notes: Vec<String> = loaded.notes.iter().map(ToString::to_string).collect();
    let cleanup = loaded.cleanup;
    if cleanup.duplicates > 0 {
        notes.push(format!("{} duplicate edges merged", cleanup.duplicates));
    }
    if cleanup.self_loops > 0 {
        notes.push(format!("{} self-loops dropped", cleanup.self_loops));
    }
    notes
}

/// Prints a line on standard error.
#[allow(clippy::print_stderr)]
pub fn say(line: &str) {
    eprintln!("prism: {line}");
}
