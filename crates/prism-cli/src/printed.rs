//! The JSON object that `prism color --json` prints and `prism bench` reads: the solver's report, and what
//! only a process knows.

use crate::failure::Failure;
use crate::output::Output;
use crate::usage::usage;
use prism_solver::Report;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A report and the process that it comes from.
#[derive(Serialize, Deserialize)]
pub struct Printed<'a> {
    /// The graph's file.
    pub file: String,
    #[serde(flatten)]
    pub report: Report<'a>,
    /// Wall-clock seconds of reading the graph.
    pub read_seconds: f64,
    /// User and system seconds of the whole process.
    pub cpu_seconds: f64,
    pub peak_memory_bytes: u64,
}

impl<'a> Printed<'a> {
    /// By this process, as it stands.
    pub fn new(file: &Path, report: Report<'a>, read_seconds: f64) -> Self {
        let used = usage();
        Self {
            file: file.display().to_string(),
            report,
            read_seconds,
            cpu_seconds: used.cpu_seconds,
            peak_memory_bytes: used.peak_memory_bytes,
        }
    }

    /// To standard output, or elsewhere if it cannot be written there.
    pub fn write(&self) -> Result<(), Failure> {
        Output::Stdout.write_or_rescue("result", |out| {
            serde_json::to_writer(&mut *out, self)?;
            writeln!(out)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::Graph;
    use prism_solver::{Settings, Solver};
    use serde_json::Value;

    #[test]
    fn a_missing_key_is_an_error() {
        let (graph, settings) = (Graph::empty(3), Settings::default());
        let outcome = Solver::builder(&graph).build().unwrap().run();
        let report = Report::of(&settings, &graph, &outcome);
        let whole = serde_json::to_value(Printed::new(Path::new("a.col"), report, 0.0)).unwrap();
        let read = |value: Value| serde_json::from_value::<Printed<'_>>(value);
        assert_eq!(read(whole.clone()).unwrap().report.num_colors, Some(1));
        for name in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            let error = read(part).err().map(|error| error.to_string());
            assert_eq!(error, Some(format!("missing field `{name}`")));
        }
    }
}
