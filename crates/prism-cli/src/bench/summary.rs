//! The runs of each instance summed up: medians, extremes, counts of success.

use super::runner::Run;
use serde::Serialize;
use std::io::{self, Write};

/// What the seeds of one instance gave together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub instance: String,
    pub target: Option<usize>,
    pub runs: usize,
    pub successes: usize,
    pub colors: Spread,
    /// CPU seconds of all runs, those that missed the target included.
    pub cpu_seconds: Spread,
    /// Wall-clock seconds of all runs.
    pub seconds: Spread,
    /// Wall-clock seconds inside engines, of all runs.
    pub engine_seconds: Spread,
    pub moves_per_cpu_second: Spread,
}

/// Least, median and greatest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    /// The spread of some values; zeros without any.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Self { min: 0.0, median: 0.0, max: 0.0 };
        };
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Self { min, median, max }
    }
}

/// Sums up runs that are sorted by instance.
pub fn summarize(runs: &[Run]) -> Vec<Summary> {
    let same = |a: &Run, b: &Run| a.instance == b.instance && a.target == b.target;
    runs.chunk_by(same)
        .map(|runs| Summary {
            instance: runs[0].instance.clone(),
            target: runs[0].target,
            runs: runs.len(),
            successes: runs.iter().filter(|run| run.success).count(),
            colors: Spread::of(runs.iter().map(|run| run.colors as f64)),
            cpu_seconds: Spread::of(runs.iter().map(|run| run.cpu_seconds)),
            seconds: Spread::of(runs.iter().map(|run| run.seconds)),
            engine_seconds: Spread::of(runs.iter().map(|run| run.engine_seconds)),
            moves_per_cpu_second: Spread::of(runs.iter().map(|run| run.moves_per_cpu_second)),
        })
        .collect()
}

/// Writes the table that a person reads.
pub fn table(out: &mut dyn Write, summaries: &[Summary]) -> io::Result<()> {
    let name = summaries.iter().map(|s| s.instance.len()).max().unwrap_or(0).max(8);
    writeln!(
        out,
        "{:<name$} {:>6} {:>7} {:>17} {:>26} {:>26} {:>9} {:>9}",
        "instance",
        "target",
        "success",
        "colours",
        "CPU s min/median/max",
        "wall s min/median/max",
        "engines s",
        "kmoves/s"
    )?;
    let spread = |s: Spread, digits: usize| {
        format!("{:.digits$}/{:.digits$}/{:.digits$}", s.min, s.median, s.max)
    };
    for s in summaries {
        let median_is_whole = s.colors.median.fract() == 0.0;
        writeln!(
            out,
            "{:<name$} {:>6} {:>7} {:>17} {:>26} {:>26} {:>9.4} {:>9.0}",
            s.instance,
            s.target.map_or("-".to_owned(), |k| k.to_string()),
            format!("{}/{}", s.successes, s.runs),
            spread(s.colors, usize::from(!median_is_whole)),
            spread(s.cpu_seconds, 3),
            spread(s.seconds, 3),
            s.engine_seconds.median,
            s.moves_per_cpu_second.median / 1e3,
        )?;
    }
    if summaries.iter().any(|s| s.target.is_none()) {
        writeln!(out, "without a target, a run succeeds when it proves its colouring optimal")?;
    }
    let with_target: Vec<_> = summaries.iter().filter(|s| s.target.is_some()).collect();
    if with_target.len() > 1 {
        // An instance counts by its median run.
        let within = |slack: f64| {
            let reached =
                |s: &&&Summary| s.target.is_some_and(|k| s.colors.median <= k as f64 + slack);
            with_target.iter().filter(reached).count()
        };
        writeln!(
            out,
            "{} instances with a target: median reaches it on {}, is within one colour on {}",
            with_target.len(),
            within(0.0),
            within(1.0)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads() {
        let of = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), Spread { min: 1.0, median: 2.0, max: 3.0 });
        assert_eq!(of(&[4.0, 1.0]).median, 2.5);
        assert_eq!(of(&[]).max, 0.0);
    }
}
