//! The page: its head, the figures that matter most, and a section for each thing that there is to see. Every
//! section is always there; one without anything to show says why.

use crate::axis::{duration, grouped};
use crate::figures::{Time, classes, course, pipeline, shares};
use crate::frame::{self, DrawError};
use crate::run::Run;
use crate::tables;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use prism_solver::Status;

/// No page of this kind fetches anything; a browser is told to refuse it, too.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The sections, by what links call them, with their titles.
const SECTIONS: [(&str, &str); 9] = [
    ("course", "Colours and conflicts over time"),
    ("engines", "What each engine did"),
    ("diversity", "Diversity of the pool"),
    ("acceptance", "Acceptance and swaps"),
    ("pipeline", "The pipeline of the GPU"),
    ("classes", "Class sizes"),
    ("bounds", "Bounds"),
    ("history", "Every better colouring"),
    ("options", "Options and resources"),
];

/// Why there are no plots of shares.
const NO_POOL: &str = "No engine of this run compares individuals of a pool.";
const NO_ANNEALING: &str = "No engine of this run anneals: moves were made, not proposed.";

/// The page of a run.
///
/// # Errors
/// [`DrawError`]: a plot cannot be drawn.
pub fn page(run: &Run<'_>) -> Result<String, DrawError> {
    let style = format!("{}{}", include_str!("style.css"), frame::style());
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (run.name) " – PRISM" }
                style { (PreEscaped(style)) }
            }
            body {
                main {
                    (head(run))
                    input.choice #logarithmic type="radio" name="scale" checked;
                    label.scale for="logarithmic" { "logarithmic time" }
                    input.choice #linear type="radio" name="scale";
                    label.scale for="linear" { "linear time" }
                    @for (id, title) in SECTIONS {
                        section id=(id) {
                            h2 { (title) }
                            (section(id, run)?)
                        }
                    }
                    footer {
                        "PRISM " (run.report.version) ". This page needs no network and has no script."
                    }
                }
            }
        }
    };
    Ok(frame::cleaned(markup.into_string()))
}

/// What is in a section.
fn section(id: &str, run: &Run<'_>) -> Result<Markup, DrawError> {
    Ok(match id {
        "course" => html! {
            p {
                "Above, the colours of the best colouring; a mark shows who found it. Below, how near \
                 each engine came to a colouring with the colours that it tried, most often one less: \
                 conflicting edges, or vertices left without a colour, of the search that was nearest."
            }
            (twice(|time| course::course(run, time, false).map(Some), "")?)
        },
        "engines" => tables::engines(run),
        "diversity" => html! {
            p {
                "The mean share of the vertices that two individuals of a pool class differently. A pool \
                 whose individuals are all alike finds nothing new."
            }
            (twice(|time| shares::diversity(run, time), NO_POOL)?)
        },
        "acceptance" => html! {
            p {
                "The share of the proposals of annealing that were accepted, and of the tried exchanges \
                 between replicas that were made (swaps)."
            }
            (twice(|time| shares::acceptance(run, time), NO_ANNEALING)?)
        },
        "pipeline" => pipelines(run)?,
        "classes" => classes_section(run)?,
        "bounds" => tables::bounds(run),
        "history" => tables::history(run),
        _ => tables::options(run),
    })
}

/// A plot over logarithmic and over linear time, of which the page shows one; or why there is none.
fn twice(
    draw: impl Fn(Time) -> Result<Option<String>, DrawError>,
    none: &str,
) -> Result<Markup, DrawError> {
    let (Some(logarithmic), Some(linear)) = (draw(Time::Logarithmic)?, draw(Time::Linear)?) else {
        return Ok(html! { p.note { (none) } });
    };
    Ok(html! {
        div.logarithmic { (PreEscaped(logarithmic)) }
        div.linear { (PreEscaped(linear)) }
    })
}

/// The name, what the run came to, and the figures that matter most.
fn head(run: &Run<'_>) -> Markup {
    let report = run.report;
    let density = {
        let (n, m) = (report.vertices as f64, report.edges as f64);
        if n > 1.0 { 200.0 * m / (n * (n - 1.0)) } else { 0.0 }
    };
    let card = |name: &str, figure: &str, note: &str| {
        html! { div.card { dt { (name) } dd { (figure) small { (note) } } } }
    };
    let colors = report.num_colors.map_or("none".to_owned(), |k| grouped(k as u64));
    let bound = report.lower_bound.map_or("none".to_owned(), |k| grouped(k as u64));
    let edges = format!("{} edges, density {density:.1}\u{a0}%", grouped(report.edges as u64));
    let cpu = format!("{} of CPU time", duration(run.cpu_seconds));
    let rate = if report.seconds > 0.0 { report.moves as f64 / report.seconds } else { 0.0 };
    let rate = format!("{} a second", scaled(rate));
    html! {
        header {
            h1 { (run.name) }
            p.lead { (came_to(run)) }
            dl.cards {
                div.card.best { dt { "colours" } dd { (colors) small { (gap(run)) } } }
                (card("lower bound", &bound, "no colouring has fewer colours"))
                (card("vertices", &grouped(report.vertices as u64), &edges))
                (card("time", &duration(report.seconds), &cpu))
                (card("moves", &scaled(report.moves as f64), &rate))
            }
        }
    }
}

/// How far the colours are from the bound.
fn gap(run: &Run<'_>) -> Markup {
    let report = run.report;
    match (report.num_colors, report.lower_bound) {
        (Some(_), Some(_)) if report.optimal => {
            html! { span.optimal { "optimal: it is the lower bound" } }
        }
        (Some(k), Some(bound)) => {
            html! { span.open { (k.saturating_sub(bound)) " above the lower bound" } }
        }
        _ => html! { span.open { "no colouring was found" } },
    }
}

/// One sentence.
fn came_to(run: &Run<'_>) -> String {
    let report = run.report;
    let why = match report.status {
        Status::Optimal => "its colouring is proved to be optimal",
        Status::TargetReached => "the target was reached",
        Status::TargetInfeasible => "the target is below the lower bound",
        Status::Infeasible => "it is proved that there is no colouring within the lists",
        Status::TimeLimit => "the time limit ran out",
        Status::MoveLimit => "the move limit ran out",
        Status::MemoryLimit => "there was no memory left for more",
        Status::EffortSpent => "the moves of a run without a limit were spent",
        Status::Stopped => "it was stopped",
        Status::Constructed => "the engine made its one colouring",
        _ => "its caller ended it",
    };
    if let Some(text) = run.nothing {
        return format!("The run ended after {}: {text}.", duration(report.seconds));
    }
    let last = report.history.last();
    let found = last.map(|last| {
        format!(
            " The best colouring was found after {} by {} ({}).",
            duration(last.seconds),
            last.engine,
            last.site
        )
    });
    format!("The run ended after {}: {why}.{}", duration(report.seconds), found.unwrap_or_default())
}

/// The pipelines of all tracks that have one.
fn pipelines(run: &Run<'_>) -> Result<Markup, DrawError> {
    let mut drawn = Vec::new();
    for track in &run.chronicle.tracks {
        if let (Some(picture), Some(used)) = (pipeline::pipeline(track)?, &track.pipeline) {
            drawn.push((track, picture, used));
        }
    }
    let lost: Vec<_> = run.chronicle.lost.iter().collect();
    Ok(html! {
        @for (site, why) in lost { p.open { (site) " was given up: " (why) "." } }
        @if drawn.is_empty() {
            p.note { "No GPU was at work in this run, or none of its steps was timed." }
        } @else {
            p {
                "Some successive steps of each engine: the config goes up, the kernel runs, the telemetry \
                 comes down. Steps overlap where boxes of several colours stand above each other."
            }
        }
        @for (track, picture, used) in drawn {
            h3 { (track.engine) " on " (track.site) }
            (PreEscaped(picture))
            p.note {
                (duration(used.step_ns * 1e-9)) " a step, of which the longest part takes "
                (duration(used.bound_ns * 1e-9)) "; kernel busy " (percent(used.busy[1])) ", upload "
                (percent(used.busy[0])) ", download " (percent(used.busy[2])) " of the time; "
                (format!("{:.1}", used.in_flight)) " steps in flight; " (used.transport) "."
            }
        }
    })
}

fn classes_section(run: &Run<'_>) -> Result<Markup, DrawError> {
    let Some(picture) = classes::classes(run)? else {
        return Ok(html! { p.note { "There is no colouring, or none of its vertices." } });
    };
    let (least, most) = (run.classes.iter().min().copied(), run.classes.iter().max().copied());
    let mean = run.classes.iter().sum::<usize>() as f64 / run.classes.len().max(1) as f64;
    Ok(html! {
        p {
            "How many vertices have each colour of the best colouring: from "
            (grouped(least.unwrap_or(0) as u64)) " to " (grouped(most.unwrap_or(0) as u64)) ", "
            (format!("{mean:.1}")) " in the mean."
        }
        (PreEscaped(picture))
    })
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent > 0.0 && percent < 9.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// A number in few characters.
pub(crate) fn scaled(number: f64) -> String {
    match number {
        m if m >= 1e12 => format!("{:.2} T", m / 1e12),
        m if m >= 1e9 => format!("{:.2} G", m / 1e9),
        m if m >= 1e6 => format!("{:.2} M", m / 1e6),
        m if m >= 1e4 => format!("{:.0} k", m / 1e3),
        m => grouped(m as u64),
    }
}
