//! Reading graphs: from a file, or from standard input when the name is `-`.

use crate::args::GraphInput;
use crate::failure::Failure;
use crate::output::{counted, note};
use prism_core::io::{self, Loaded, ReadOptions};
use prism_core::memory::{self, Room};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Reads the graph that the arguments name.
pub fn read_graph(input: &GraphInput) -> Result<Loaded, Failure> {
    let reading = &input.reading;
    if let Some(limit) = reading.memory_limit {
        memory::set_limit(limit);
    }
    let options = ReadOptions {
        format: reading.format,
        strict: reading.strict,
        heading: reading.heading,
        end_mark: reading.end_mark,
        bipartite: reading.bipartite,
        ..ReadOptions::default()
    };
    if is_stdin(&input.file) {
        Ok(io::read_stdin(&options)?)
    } else {
        Ok(io::read_path(&input.file, &options)?)
    }
}

/// Fails if there is less memory than `needed` bytes for what is done with a graph.
pub fn require_memory(input: &GraphInput, needed: u64) -> Result<(), Failure> {
    let missing = |missing| Failure::Memory(input.file.display().to_string(), missing);
    Room::now().require(needed).map_err(missing)
}

/// Whether two names mean the same regular file, be it through links; `-` is what standard input comes
/// from. Devices and pipes are never the same: they keep what they are given apart.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    let file = |path: &Path| {
        let path = if is_stdin(path) { Path::new("/dev/stdin") } else { path };
        let found = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some((found.dev(), found.ino()))
    };
    file(a).is_some_and(|a| file(b) == Some(a))
}

/// Whether a name means standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Says on standard error what reading repaired and what is odd about the file.
pub fn note_repairs(name: &Path, loaded: &Loaded) {
    let cleanup = &loaded.cleanup;
    let name = name.display();
    if cleanup.duplicates > 0 {
        let merged = counted(cleanup.duplicates, "repeated edge");
        note(format_args!("note: {name}: merged {merged}"));
    }
    if cleanup.self_loops > 0 {
        let dropped = counted(cleanup.self_loops, "self-loop");
        note(format_args!("note: {name}: dropped {dropped}"));
    }
    for odd in &loaded.notes {
        note(format_args!("note: {name}: {odd}"));
    }
}
