//! Reading graphs: from a file, or from standard input when the name is `-`.

use crate::args::GraphInput;
use crate::failure::Failure;
use crate::output::note;
use prism_core::io::{self, Loaded, ReadOptions};
use std::path::Path;

/// Reads the graph that the arguments name.
pub fn read_graph(input: &GraphInput) -> Result<Loaded, Failure> {
    let options =
        ReadOptions { format: input.format, strict: input.strict, ..ReadOptions::default() };
    if is_stdin(&input.file) {
        Ok(io::read_stdin(&options)?)
    } else {
        Ok(io::read_path(&input.file, &options)?)
    }
}

/// Whether a name means standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Says on standard error what reading repaired.
pub fn note_repairs(name: &Path, loaded: &Loaded) {
    let cleanup = &loaded.cleanup;
    let name = name.display();
    if cleanup.duplicates > 0 || cleanup.self_loops > 0 {
        note(format_args!(
            "prism: note: {name}: merged {} repeated edges, dropped {} self-loops",
            cleanup.duplicates, cleanup.self_loops
        ));
    }
    for odd in &loaded.notes {
        note(format_args!("prism: note: {name}: {odd}"));
    }
}
