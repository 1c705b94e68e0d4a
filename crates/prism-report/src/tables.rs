//! The tables of the page.

use crate::axis::{duration, grouped};
use crate::page::{percent, scaled};
use crate::run::Run;
use maud::{Markup, html};
use prism_solver::settings::TABLE;
use prism_solver::{EngineCounters, Improvement};

/// Rows that a table of better colourings has at most.
const ROWS: usize = 200;

/// What each engine did on each site, those with the most moves first.
pub(crate) fn engines(run: &Run<'_>) -> Markup {
    let mut engines: Vec<&EngineCounters> = run.report.engines.iter().collect();
    engines.sort_by(|a, b| {
        (b.moves, b.seconds).partial_cmp(&(a.moves, a.seconds)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let moves = run.report.moves.max(1) as f64;
    let rate = |done: &EngineCounters| {
        if done.moves > 0 && done.seconds > 0.0 {
            scaled(done.moves as f64 / done.seconds)
        } else {
            "–".to_owned()
        }
    };
    if engines.is_empty() {
        return html! { p.note { "No engine was at work." } };
    }
    html! {
        p {
            "Turns are those of searches, or colourings made by engines that make one. Sites work at \
             the same time, so that their seconds may add up to more than the run took."
        }
        div.scroll { table {
            thead { tr {
                th { "engine" } th { "site" } th { "share of the moves" } th.number { "moves" }
                th.number { "moves a second" } th.number { "time" } th.number { "turns" }
                th.number { "successes" } th.number { "better colourings" }
            } }
            tbody { @for done in engines {
                @let share = done.moves as f64 / moves;
                tr {
                    td { (done.engine) }
                    td { (done.site) }
                    td.share {
                        @if done.moves > 0 {
                            meter min="0" max="1" value=(format!("{share:.4}")) {}
                            (percent(share))
                        } @else { "–" }
                    }
                    td.number { (scaled(done.moves as f64)) }
                    td.number { (rate(done)) }
                    td.number { (duration(done.seconds)) }
                    td.number { (grouped(done.rounds)) }
                    td.number { (grouped(done.successes)) }
                    td.number { (grouped(done.improvements)) }
                }
            } }
        } }
    }
}

/// The lower bounds, and what preprocessing left.
pub(crate) fn bounds(run: &Run<'_>) -> Markup {
    let report = run.report;
    let proved = run.chronicle.bounds.iter();
    html! {
        @match (report.lower_bound, report.num_colors) {
            (Some(bound), Some(k)) if bound == k => p {
                "The graph needs exactly " (k) " colours: the best colouring has as few as the lower \
                 bound proves necessary."
            },
            (Some(bound), Some(k)) => p {
                "The number of colours that the graph needs is between " (bound) " and " (k) "."
            },
            _ => p.note { "Without a colouring there is no upper bound." },
        }
        @if let Some([k, vertices, edges]) = run.chronicle.searching {
            p {
                "The last search, for " (k) " colours, was on the " (grouped(vertices as u64))
                " vertices and " (grouped(edges as u64)) " edges that preprocessing had left."
            }
        }
        @if proved.clone().next().is_none() {
            p.note { "No lower bound was looked for, or none was found." }
        } @else {
            div.scroll { table.narrow {
                thead { tr {
                    th.number { "time" } th.number { "lower bound" } th { "proved by" }
                } }
                tbody { @for proved in proved {
                    tr {
                        td.number { (duration(proved.seconds)) }
                        td.number { (proved.lower_bound) }
                        td { (proved.proof) }
                    }
                } }
            } }
        }
    }
}

/// The history: all of it where it is short, evenly thinned where it is long.
pub(crate) fn history(run: &Run<'_>) -> Markup {
    let history = &run.report.history;
    if history.is_empty() {
        return html! { p.note { "No colouring was found." } };
    }
    let every = history.len().div_ceil(ROWS);
    let is_shown = |at: usize| at.is_multiple_of(every) || at + 1 == history.len();
    let shown: Vec<&Improvement> = history
        .iter()
        .enumerate()
        .filter(|&(at, _)| is_shown(at))
        .map(|(_, found)| found)
        .collect();
    let table = html! {
        div.scroll { table.narrow {
            thead { tr {
                th.number { "colours" } th.number { "time" } th.number { "moves" }
                th { "found by" } th { "site" }
            } }
            tbody { @for found in &shown {
                tr {
                    td.number { (found.k) }
                    td.number { (duration(found.seconds)) }
                    td.number { (scaled(found.moves as f64)) }
                    td { (found.engine) }
                    td { (found.site) }
                }
            } }
        } }
    };
    html! {
        @if let Some((k, moves, seconds)) = run.chronicle.resumed {
            p {
                "The run went on from a checkpoint with " (k) " colours, after " (duration(seconds))
                " and " (scaled(moves as f64)) " moves."
            }
        }
        @if every > 1 {
            p.note {
                "Every " (every) "th of " (grouped(history.len() as u64)) " is shown, and the last one."
            }
        }
        @if shown.len() > 12 {
            details { summary { (shown.len()) " colourings" } (table) }
        } @else {
            (table)
        }
    }
}

/// What was asked for, and what the process took.
pub(crate) fn options(run: &Run<'_>) -> Markup {
    let settings = &run.report.settings;
    html! {
        div.scroll { table {
            thead { tr { th { "option" } th { "value" } th { "meaning" } } }
            tbody {
                @for row in TABLE {
                    @let value = (row.get)(settings);
                    tr {
                        td.name { code { (row.name) } }
                        td.wide { @match value {
                            Some(value) => code { (value) },
                            None => span.note { "not set" },
                        } }
                        td.note { (row.help) }
                    }
                }
                @for (name, value) in run.options {
                    tr { td.name { code { (name) } } td.wide { code { (value) } } td {} }
                }
            }
        } }
        p {
            "Reading the graph took " (duration(run.read_seconds)) ", the process "
            (duration(run.cpu_seconds)) " of CPU time and "
            (grouped(run.peak_memory_bytes / 1_000_000)) " MB of memory at most."
        }
    }
}
