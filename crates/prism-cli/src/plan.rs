//! What the arguments of `prism color` mean: everything decided before a file is opened.

use crate::args::{ColorArgs, GraphInput};
use crate::devices;
use crate::failure::Failure;
use crate::input::{is_same_file, is_stdin};
use crate::output::Output;
use prism_core::io::{ColoringFormat, Format};
use prism_solver::{Goal, Method};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A run of `prism color`, worked out.
pub struct ColorPlan {
    pub input: GraphInput,
    pub output: Output,
    pub output_format: ColoringFormat,
    pub goal: Goal,
    pub method: Method,
    pub time_limit: Option<Duration>,
    pub moves: Option<u64>,
    pub seed: u64,
    pub threads: usize,
    pub warm_start: Option<PathBuf>,
    pub precolor: Option<PathBuf>,
    /// Whether the summary is a JSON object on standard output.
    pub json: bool,
    /// Whether a progress line is drawn.
    pub progress: bool,
    /// Whether notes and the summary are shown to a person.
    pub talk: bool,
    /// Where events go as JSON lines; `-` is standard error.
    pub events: Option<PathBuf>,
}

impl ColorPlan {
    /// Works the arguments out.
    pub fn new(args: Box<ColorArgs>) -> Result<Self, Failure> {
        let args = *args;
        devices::choose(args.device)?;
        let inputs = [Some(&args.input.file), args.warm_start.as_ref(), args.precolor.as_ref()];
        if inputs.into_iter().skip(1).flatten().any(|path| is_stdin(path)) {
            let message = "only the graph can come from standard input".to_owned();
            return Err(Failure::Usage(message));
        }
        let written = [("-o", &args.output), ("--events", &args.events)];
        for (option, path) in
            written.iter().filter_map(|&(option, path)| Some((option, path.as_ref()?)))
        {
            // There `-` is an output.
            let taken = |input: &&&PathBuf| !is_stdin(path) && is_same_file(path, input);
            if let Some(input) = inputs.iter().flatten().find(taken) {
                let input = if is_stdin(input) {
                    "standard input".into()
                } else {
                    input.display().to_string()
                };
                return Err(Failure::Usage(format!(
                    "{option} {}: this is the file of an input ({input}); name another one",
                    path.display()
                )));
            }
        }
        if let (Some(output), Some(events)) = (&args.output, &args.events)
            && !is_stdin(output)
            && (output == events || is_same_file(output, events))
        {
            let message = "-o and --events name the same file".to_owned();
            return Err(Failure::Usage(message));
        }
        if args.json && args.output_format.is_some() && args.output.as_deref().is_none_or(is_stdin)
        {
            let message =
                "--output-format is for the file of -o; without -o, --json has the colours";
            return Err(Failure::Usage(message.to_owned()));
        }
        if args.method.is_construction() && args.warm_start.is_some() {
            let message = format!("--method {} does not start from a colouring", args.method);
            return Err(Failure::Usage(message));
        }
        if args.target_colors == Some(0) {
            let message = "--target-colors must be at least 1".to_owned();
            return Err(Failure::Usage(message));
        }
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = args.threads.unwrap_or_else(cores);
        let output = Output::new(args.output);
        let output_format = coloring_format(args.output_format, output.path())?;
        let events_on_stderr = args.events.as_deref().is_some_and(is_stdin);
        Ok(Self {
            output,
            output_format,
            goal: args.target_colors.map_or(Goal::Minimize, Goal::Colors),
            method: args.method,
            time_limit: args.time_limit,
            moves: args.moves,
            seed: args.seed,
            threads,
            warm_start: args.warm_start,
            precolor: args.precolor,
            json: args.json,
            progress: !args.quiet && !events_on_stderr && std::io::stderr().is_terminal(),
            talk: !args.quiet && !events_on_stderr,
            events: args.events,
            input: args.input,
        })
    }
}

/// The format of a colouring to be written: as asked for, or by the extension of its file. An unknown one
/// is plain text.
fn coloring_format(
    asked: Option<ColoringFormat>,
    path: Option<&Path>,
) -> Result<ColoringFormat, Failure> {
    let extension = path.and_then(extension);
    Ok(match (asked, extension.as_deref()) {
        (Some(format), _) => format,
        (None, Some("json")) => ColoringFormat::Json,
        (None, Some("col" | "sol")) => ColoringFormat::Dimacs,
        (None, Some("csv")) => ColoringFormat::Csv,
        (None, Some("dot" | "gv")) => ColoringFormat::Dot,
        (None, Some("svg" | "svgz")) => {
            let name = path.unwrap_or_else(|| Path::new("-")).display();
            return Err(Failure::Usage(format!(
                "{name}: pictures are not drawn yet; write a .dot file, which Graphviz draws, or name the format by --output-format"
            )));
        }
        _ => ColoringFormat::Plain,
    })
}

/// The format of a graph to be written: as asked for, by the extension of its file, or DIMACS.
pub fn graph_format(asked: Option<Format>, path: Option<&Path>) -> Result<Format, Failure> {
    let format = match (asked, path) {
        (Some(format), _) => format,
        (None, None) => Format::DimacsCol,
        (None, Some(path)) => {
            let named = extension(path).and_then(|extension| extension.parse().ok());
            named.ok_or_else(|| {
                let name = path.display();
                Failure::Usage(format!(
                    "{name}: the extension names no graph format; name it by an option or use .col or .edges"
                ))
            })?
        }
    };
    match format {
        Format::DimacsCol | Format::EdgeList => Ok(format),
        _ => Err(Failure::Usage(format!(
            "{format} files are read but not written; choose dimacs or edge-list"
        ))),
    }
}

/// The extension in lower case, without that of a compression.
fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map(|(_, extension)| extension.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_extensions() {
        let of = |name: &str| coloring_format(None, Some(Path::new(name))).ok();
        for (name, format) in [
            ("a.json", ColoringFormat::Json),
            ("a.SOL.gz", ColoringFormat::Dimacs),
            ("a.csv", ColoringFormat::Csv),
            ("a.dot", ColoringFormat::Dot),
            ("a.txt", ColoringFormat::Plain),
            ("a", ColoringFormat::Plain),
        ] {
            assert_eq!(of(name), Some(format), "{name}");
        }
        assert_eq!(of("a.svg"), None);
        let asked = coloring_format(Some(ColoringFormat::Plain), Some(Path::new("a.svg")));
        assert_eq!(asked.ok(), Some(ColoringFormat::Plain));
        let graph = |name: &str| graph_format(None, Some(Path::new(name))).ok();
        assert_eq!(graph("dir/a.col.gz"), Some(Format::DimacsCol));
        assert_eq!(graph("a.csv"), Some(Format::EdgeList));
        assert_eq!((graph("a.mtx"), graph("a")), (None, None));
    }
}
