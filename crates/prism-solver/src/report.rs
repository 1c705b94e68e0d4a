//! What a run came to, as one JSON object that is written and read back.

use crate::{EngineCounters, Improvement, Outcome, Settings, Status, Unsatisfied};
use prism_core::io::Naming;
use prism_core::{ClassSizes, Color, Coloring, Graph};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A run and its result. In JSON every key has to be there, but for the colours and the names of vertices, which
/// stand together or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report<'a> {
    /// The version of PRISM.
    pub version: Cow<'a, str>,
    /// Number of vertices.
    pub vertices: usize,
    /// Number of edges.
    pub edges: usize,
    /// Different colours in use; none without a colouring.
    #[serde(deserialize_with = "Option::deserialize")]
    pub num_colors: Option<usize>,
    /// No proper colouring has fewer colours; none without a colouring.
    #[serde(deserialize_with = "Option::deserialize")]
    pub lower_bound: Option<usize>,
    /// Whether the colouring is proved to have the fewest colours possible.
    pub optimal: bool,
    /// The sizes of its classes; none without a colouring or without vertices.
    #[serde(deserialize_with = "Option::deserialize")]
    pub class_sizes: Option<SizesReport>,
    /// Why the run ended.
    pub status: Status,
    /// What was asked for.
    #[serde(flatten)]
    pub settings: Settings,
    /// Moves, all threads together.
    pub moves: u64,
    /// Wall-clock seconds of the solver.
    pub seconds: f64,
    /// Every improvement, in order.
    pub history: Cow<'a, [Improvement]>,
    /// What each engine did on each site.
    pub engines: Cow<'a, [EngineCounters]>,
    /// The colour of each vertex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colors: Option<Cow<'a, [Color]>>,
    /// The number of the first vertex, if they are numbers in the order of `colors`; else there are labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_vertex: Option<u32>,
    /// What the vertices are called, in the order of `colors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Cow<'a, str>>>,
}

/// How even the classes of a colouring are, and how even those of another one with as many colours can be at
/// best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizesReport {
    /// Vertices of the smallest class.
    pub smallest: usize,
    /// Vertices of the largest class.
    pub largest: usize,
    /// The second over the first.
    pub ratio: f64,
    /// No colouring with as many colours has a smaller largest class.
    pub largest_bound: usize,
    /// None has a smaller ratio.
    pub ratio_bound: f64,
}

impl SizesReport {
    /// Of a run that found a colouring; `None` without vertices.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Self> {
        let sizes = ClassSizes::of(&outcome.coloring)?;
        Some(Self {
            smallest: sizes.smallest.size,
            largest: sizes.largest.size,
            ratio: sizes.ratio(),
            largest_bound: outcome.sizes.largest,
            ratio_bound: outcome.sizes.ratio,
        })
    }
}

impl<'a> Report<'a> {
    /// Of a run that found a colouring of `graph`.
    #[must_use]
    pub fn of(settings: &Settings, graph: &Graph<'_>, outcome: &'a Outcome) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            vertices: graph.n(),
            edges: graph.m(),
            num_colors: Some(outcome.num_colors()),
            lower_bound: Some(outcome.lower_bound),
            optimal: outcome.is_optimal(),
            class_sizes: SizesReport::of(outcome),
            status: outcome.status,
            settings: settings.clone(),
            moves: outcome.moves,
            seconds: outcome.seconds,
            history: outcome.history.as_slice().into(),
            engines: outcome.engines.as_slice().into(),
            colors: None,
            first_vertex: None,
            labels: None,
        }
    }

    /// Of a run that found none.
    #[must_use]
    pub fn of_none(settings: &Settings, graph: &Graph<'_>, run: &'a Unsatisfied) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            vertices: graph.n(),
            edges: graph.m(),
            num_colors: None,
            lower_bound: None,
            optimal: false,
            class_sizes: None,
            status: run.status,
            settings: settings.clone(),
            moves: run.moves,
            seconds: run.seconds,
            history: Cow::Borrowed(&[]),
            engines: run.engines.as_slice().into(),
            colors: None,
            first_vertex: None,
            labels: None,
        }
    }

    /// The same with the colours, and what the vertices are called.
    #[must_use]
    pub fn with_colors(self, coloring: &'a Coloring, naming: Naming<'a>) -> Self {
        let colors = coloring.colors();
        let is_plain = naming.is_one_to_n();
        let labels = || (0..).take(colors.len()).map(|v| naming.name(v)).collect();
        Self {
            colors: Some(colors.into()),
            first_vertex: is_plain.then_some(1),
            labels: (!is_plain).then(labels),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Solver;
    use prism_core::generate;

    /// A run whose bounds do not meet, and its report as a text.
    fn report(naming: Option<Naming<'_>>) -> String {
        let graph = generate::gnp(125, 0.5, 1).unwrap();
        let settings = Settings { move_limit: Some(50_000), threads: 2, ..Settings::default() };
        let mut outcome = Solver::builder(&graph).settings(&settings).build().unwrap().run();
        // Times that are read back to the last bit.
        outcome.seconds = 0.5;
        outcome.history.iter_mut().for_each(|found| found.seconds = 0.25);
        outcome.engines.iter_mut().for_each(|engine| engine.seconds = 0.125);
        let mut report = Report::of(&settings, &graph, &outcome);
        if let Some(naming) = naming {
            report = report.with_colors(&outcome.coloring, naming);
        }
        serde_json::to_string(&report).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (naming, first) in [
            (None, None),
            (Some(Naming::counted_from(1)), Some(1)),
            (Some(Naming::counted_from(0)), None),
        ] {
            let text = report(naming);
            let read: Report<'static> = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            assert_eq!((read.vertices, read.first_vertex), (125, first));
            assert_eq!(read.settings.move_limit, Some(50_000));
            assert_eq!(read.colors.is_some(), naming.is_some());
            let last = read.labels.and_then(|labels| labels.last().map(ToString::to_string));
            assert_eq!(last, naming.filter(|_| first.is_none()).map(|_| "124".to_owned()));
        }
    }

    #[test]
    fn a_missing_key_is_an_error() {
        let whole: serde_json::Value = serde_json::from_str(&report(None)).unwrap();
        for name in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            let error = serde_json::from_value::<Report<'_>>(part).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{name}`")), "{error}");
        }
        let mut part = whole.clone();
        part["engines"][0].as_object_mut().unwrap().remove("seconds");
        assert!(serde_json::from_value::<Report<'_>>(part).is_err());
    }

    #[test]
    fn the_shares_of_the_engines_add_up() {
        let text = report(None);
        let read: Report<'static> = serde_json::from_str(&text).unwrap();
        assert!(read.moves > 0, "it was too easy");
        assert_eq!(read.engines.iter().map(|engine| engine.moves).sum::<u64>(), read.moves);
        let improvements: u64 = read.engines.iter().map(|engine| engine.improvements).sum();
        assert_eq!(improvements, read.history.len() as u64);
    }
}
