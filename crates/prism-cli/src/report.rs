//! The file of `--report`: a page about the run, or its first plot.

use crate::args::ColorArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::plan::ColorPlan;
use crate::setup::Nothing;
use crate::usage::usage;
use prism_core::io::Loaded;
use prism_report::{DrawError, Run, course, page};
use prism_solver::{Chronicle, Outcome, Report};
use std::io;
use std::path::{Path, PathBuf};

/// A report to be written.
pub struct ReportFile {
    output: Output,
    make: fn(&Run<'_>) -> Result<String, DrawError>,
    /// Options that are no settings, by name.
    options: Vec<(&'static str, String)>,
}

impl ReportFile {
    /// One whose kind the extension says.
    pub fn new(path: PathBuf, options: Vec<(&'static str, String)>) -> Result<Self, Failure> {
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let make = match extension.as_deref().and_then(|extension| extension.to_str()) {
            Some("html") => page,
            Some("svg") => course,
            _ => {
                return Err(Failure::Usage(format!(
                    "--report {}: name a file ending in .html, for a page, or in .svg, for its first plot alone",
                    path.display()
                )));
            }
        };
        Ok(Self { output: Output::File(path), make, options })
    }

    /// Fails now if writing would surely fail later.
    pub fn check(&self) -> Result<(), Failure> {
        self.output.check()
    }

    /// Writes what there is to say of a run that is over, or puts it elsewhere if it cannot be written there.
    pub fn write(
        &self,
        plan: &ColorPlan,
        loaded: &Loaded,
        result: &Result<Outcome, Nothing>,
        chronicle: &Chronicle,
        read_seconds: f64,
    ) -> Result<(), Failure> {
        let report = match result {
            Ok(outcome) => Report::of(&plan.settings, &loaded.graph, outcome),
            Err(Nothing { result, .. }) => Report::of_none(&plan.settings, &loaded.graph, result),
        };
        let used = usage();
        let run = Run {
            name: &plan.input.file.display().to_string(),
            report: &report,
            chronicle,
            classes: &result.as_ref().map(class_sizes).unwrap_or_default(),
            options: &self.options,
            nothing: result.as_ref().err().map(|nothing| &*nothing.text),
            read_seconds,
            cpu_seconds: used.cpu_seconds,
            peak_memory_bytes: used.peak_memory_bytes,
        };
        let text = (self.make)(&run)
            .map_err(|error| Failure::Output(self.output.to_string(), io::Error::other(error)))?;
        self.output.write_or_rescue("report", |out| out.write_all(text.as_bytes()))
    }
}

/// How many vertices have each colour that is in use.
fn class_sizes(outcome: &Outcome) -> Vec<usize> {
    let colors = outcome.coloring.colors();
    let most = colors.iter().max().map_or(0, |&most| usize::from(most) + 1);
    let mut sizes = vec![0; most];
    colors.iter().for_each(|&color| sizes[usize::from(color)] += 1);
    sizes.retain(|&size| size > 0);
    sizes
}

/// The options of a command line that are no settings, by name.
pub fn options(args: &ColorArgs) -> Vec<(&'static str, String)> {
    let file =
        |path: &Option<PathBuf>| path.as_deref().map(Path::display).map(|path| path.to_string());
    let named = [
        ("output", file(&args.output)),
        ("save-improvements", file(&args.save_improvements)),
        ("checkpoint", file(&args.checkpoint)),
        ("resume", file(&args.resume)),
        ("warm-start", file(&args.warm_start)),
        ("precolor", file(&args.precolor)),
        ("allowed", file(&args.allowed)),
        ("events", file(&args.events)),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_says_what_is_written() {
        let new = |name: &str| ReportFile::new(PathBuf::from(name), Vec::new());
        for name in ["a.html", "b.HTML", "dir.d/c.svg"] {
            assert!(new(name).is_ok(), "{name}");
        }
        for name in ["a.pdf", "html", "-", "a.html.gz", "a.htm", ""] {
            let failure = new(name).err().map(|failure| (failure.exit_code(), failure.to_string()));
            let (code, text) = failure.unwrap();
            assert_eq!(code, 2);
            assert!(text.contains(".html") && text.contains(".svg"), "{text}");
        }
    }
}
