//! What the arguments of `prism color` mean: everything decided before a file is opened.

use crate::args::{ColorArgs, GraphInput};
use crate::checkpoints;
use crate::devices;
use crate::failure::Failure;
use crate::input::{is_same_file, is_stdin};
use crate::output::Output;
use crate::report::{self, ReportFile};
use prism_core::io::{ColoringFormat, Format};
use prism_solver::{CheckpointEvery, Device, Method, Settings};
use std::path::{Path, PathBuf};

/// A run of `prism color`, worked out.
pub struct ColorPlan {
    pub input: GraphInput,
    pub output: Output,
    pub output_format: ColoringFormat,
    /// Where each better colouring goes, and its format.
    pub improvements: Option<(Output, ColoringFormat)>,
    /// Where checkpoints go, and how far apart they are.
    pub checkpoints: Option<(PathBuf, CheckpointEvery)>,
    /// The checkpoint that the run goes on from.
    pub resume: Option<PathBuf>,
    pub settings: Settings,
    pub warm_start: Option<PathBuf>,
    pub precolor: Option<PathBuf>,
    pub allowed: Option<PathBuf>,
    /// Where the page about the run goes, or its first plot.
    pub report: Option<ReportFile>,
    /// Whether the summary is a JSON object on standard output.
    pub json: bool,
    /// Whether notes, progress and the summary are shown to a person.
    pub talk: bool,
    /// Where events go as JSON lines; `-` is standard error.
    pub events: Option<PathBuf>,
}

impl ColorPlan {
    /// Works the arguments out.
    pub fn new(args: Box<ColorArgs>) -> Result<Self, Failure> {
        let args = *args;
        devices::check(args.settings.0.device)?;
        let inputs = [
            Some(&args.input.file),
            args.warm_start.as_ref(),
            args.precolor.as_ref(),
            args.allowed.as_ref(),
            args.resume.as_ref(),
        ];
        if inputs.into_iter().skip(1).flatten().any(|path| is_stdin(path)) {
            let message = "only the graph can come from standard input".to_owned();
            return Err(Failure::Usage(message));
        }
        let written = [
            ("-o", &args.output),
            ("--save-improvements", &args.save_improvements),
            ("--checkpoint", &args.checkpoint),
            ("--report", &args.report),
            ("--events", &args.events),
        ];
        for (option, path) in
            written.iter().filter_map(|&(option, path)| Some((option, path.as_ref()?)))
        {
            // There `-` is an output. A start is read before the search, and may be replaced by what is
            // better, or by what goes on from it.
            let start = match option {
                "--save-improvements" => args.warm_start.as_deref(),
                "--checkpoint" => args.resume.as_deref(),
                _ => None,
            };
            let is_start = |input: &Path| start == Some(input);
            let taken = |input: &&&PathBuf| {
                !is_stdin(path) && !is_start(input) && is_same_file(path, input)
            };
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
        check_different(&written)?;
        if args.save_improvements.as_deref().is_some_and(is_stdin) {
            let message = "--save-improvements needs a file, which is replaced again and again";
            return Err(Failure::Usage(message.to_owned()));
        }
        if args.checkpoint.as_deref().is_some_and(is_stdin) {
            let message = "--checkpoint needs a file, which is replaced again and again";
            return Err(Failure::Usage(message.to_owned()));
        }
        for path in args.checkpoint.iter().chain(&args.resume) {
            if path.extension().is_some_and(|extension| extension == "gz") {
                let message = "checkpoints are not compressed; name a file without .gz";
                return Err(Failure::Usage(format!("{}: {message}", path.display())));
            }
        }
        if args.allowed.is_some() && (args.checkpoint.is_some() || args.resume.is_some()) {
            let message = "a colouring within the lists of --allowed has no checkpoints";
            return Err(Failure::Usage(message.to_owned()));
        }
        if args.json
            && args.output_format.is_some()
            && args.output.as_deref().is_none_or(is_stdin)
            && args.save_improvements.is_none()
        {
            let message =
                "--output-format is for the file of -o; without -o, --json has the colours";
            return Err(Failure::Usage(message.to_owned()));
        }
        let new_report = |path: &PathBuf| ReportFile::new(path.clone(), report::options(&args));
        let report = args.report.as_ref().map(new_report).transpose()?;
        let settings = args.settings.0;
        let method = &settings.method;
        if method.is_construction() && args.warm_start.is_some() {
            let message = format!("--method {method} does not start from a colouring");
            return Err(Failure::Usage(message));
        }
        if method.is_construction() && args.allowed.is_some() {
            let message = format!("--method {method} does not heed the lists of --allowed");
            return Err(Failure::Usage(message));
        }
        if settings.asks_for_sizes() {
            let option = sizes_option(&settings);
            let other = [
                (args.allowed.is_some(), "--allowed"),
                (args.checkpoint.is_some(), "--checkpoint"),
                (args.resume.is_some(), "--resume"),
                (*method != Method::Portfolio, "--method"),
            ];
            if let Some((_, other)) = other.into_iter().find(|(is_given, _)| *is_given) {
                let message = format!("{option} does not go together with {other}");
                return Err(Failure::Usage(message));
            }
        }
        if settings.exact_colors.is_some() && settings.target_colors.is_some() {
            let message = "--exact-colors and --target-colors are two numbers of colours; give one";
            return Err(Failure::Usage(message.to_owned()));
        }
        if settings.device == Device::Cpu && !settings.phases.is_empty() {
            let message = "--phases says what searches on a GPU; --device cpu uses none";
            return Err(Failure::Usage(message.to_owned()));
        }
        let output = Output::new(args.output);
        let output_format = coloring_format(args.output_format, output.path())?;
        let improvements = args.save_improvements.map(|path| {
            let format = extension_format(Some(&path)).transpose()?;
            let format = format.or(args.output_format).unwrap_or_default();
            Ok::<_, Failure>((Output::new(Some(path)), format))
        });
        let every = checkpoints::every(args.checkpoint_every, settings.move_limit.is_some())?;
        let events_on_stderr = args.events.as_deref().is_some_and(is_stdin);
        Ok(Self {
            output,
            output_format,
            improvements: improvements.transpose()?,
            checkpoints: args.checkpoint.map(|path| (path, every)),
            resume: args.resume,
            settings,
            warm_start: args.warm_start,
            precolor: args.precolor,
            allowed: args.allowed,
            report,
            json: args.json,
            talk: !args.quiet && !events_on_stderr,
            events: args.events,
            input: args.input,
        })
    }
}

/// The first option that asks for sizes of classes or a number of colours.
fn sizes_option(settings: &Settings) -> &'static str {
    match settings {
        Settings { equitable: true, .. } => "--equitable",
        Settings { max_class_size: Some(_), .. } => "--max-class-size",
        Settings { balance: true, .. } => "--balance",
        _ => "--exact-colors",
    }
}

/// Refuses to write two things to one file.
fn check_different(written: &[(&str, &Option<PathBuf>)]) -> Result<(), Failure> {
    let files = || {
        let named = written.iter().filter_map(|&(option, path)| Some((option, path.as_deref()?)));
        named.filter(|(_, path)| !is_stdin(path))
    };
    for (at, (option, path)) in files().enumerate() {
        let same = |other: &Path| path == other || is_same_file(path, other);
        if let Some((other, _)) = files().take(at).find(|&(_, other)| same(other)) {
            return Err(Failure::Usage(format!("{other} and {option} name the same file")));
        }
    }
    Ok(())
}

/// The format of a colouring to be written: as asked for, or by the extension of its file. An unknown one
/// is plain text.
fn coloring_format(
    asked: Option<ColoringFormat>,
    path: Option<&Path>,
) -> Result<ColoringFormat, Failure> {
    match asked {
        Some(format) => Ok(format),
        None => extension_format(path).unwrap_or(Ok(ColoringFormat::Plain)),
    }
}

/// The format of a colouring by the extension of its file, if that names one.
fn extension_format(path: Option<&Path>) -> Option<Result<ColoringFormat, Failure>> {
    let path = path?;
    Some(Ok(match extension(path)?.as_str() {
        "json" => ColoringFormat::Json,
        "col" | "sol" => ColoringFormat::Dimacs,
        "csv" => ColoringFormat::Csv,
        "dot" | "gv" => ColoringFormat::Dot,
        "svg" | "svgz" => {
            return Some(Err(Failure::Usage(format!(
                "{}: pictures are not drawn yet; write a .dot file, which Graphviz draws, or name the format by --output-format",
                path.display()
            ))));
        }
        _ => return None,
    }))
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
    if !format.is_written() {
        let written = Format::ALL.into_iter().filter(|format| format.is_written());
        let names: Vec<&str> = written.map(Format::name).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "{format} files are read but not written; choose one of {names}"
        )));
    }
    Ok(format)
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
        assert_eq!(graph("a.mtx.gz"), Some(Format::MatrixMarket));
        assert_eq!((graph("a.egr"), graph("a")), (None, None));
    }
}
