//! Writing, to files that appear complete and to standard output.

use crate::exit::Failure;
use prism_core::io::{self, Format};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Writes to standard output.
pub fn stdout(
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<ExitCode, Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::write("standard output", error))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to a file, or to standard output for `-` and for none.
pub fn file_or_stdout(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<ExitCode, Failure> {
    match path {
        Some(path) if path.as_os_str() != "-" => {
            io::save(path, write)
                .map_err(|error| Failure::write(&path.display().to_string(), error))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => stdout(write),
    }
}

/// The format of a graph to be written: as asked, or by the name of the file.
pub fn graph_format(asked: Option<Format>, path: Option<&Path>) -> Format {
    let name = path.map(|path| path.display().to_string()).unwrap_or_default();
    let name = name.trim_end_matches(".gz");
    let edge_list = [".txt", ".edges", ".el", ".csv", ".tsv"].iter().any(|end| name.ends_with(end));
    asked.unwrap_or(if edge_list { Format::EdgeList } else { Format::DimacsCol })
}

/// Writes a value as one line of JSON.
pub fn json(value: &impl serde::Serialize) -> Result<ExitCode, Failure> {
    stdout(|out| {
        serde_json::to_writer(&mut *out, value)?;
        writeln!(out)
    })
}
