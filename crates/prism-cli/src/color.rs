//! `prism color`: read, solve, verify, write.

use crate::checkpoints::{self, CheckpointFile};
use crate::constraints::Constraints;
use crate::events_file::EventsFile;
use crate::failure::{Failure, IMPOSSIBLE, TARGET_MISSED};
use crate::improvements::Improvements;
use crate::input::{note_repairs, read_graph};
use crate::output::{Output, counted, note};
use crate::plan::ColorPlan;
use crate::printed::Printed;
use crate::progress::{Limits, Progress, scaled};
use crate::saved::{has_content, rank_in, saved_colors};
use crate::setup::{Nothing, Ready};
use crate::signals::on_first_signal;
use crate::status_line::StatusLine;
use prism_core::io::{
    ColoringFormat, Loaded, Naming, check_names, save_unless, write_coloring, write_coloring_as_is,
};
use prism_core::{ClassSizes, Coloring, Graph};
use prism_solver::{
    Chronicle, Event, EventSink, Goal, Outcome, Report, Solver, Status, StopHandle,
};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Runs the plan; the exit code says how it ended.
pub fn run(mut plan: ColorPlan) -> Result<u8, Failure> {
    plan.output.check()?;
    if plan.json {
        Output::Stdout.check()?;
    }
    if let Some((output, _)) = &plan.improvements {
        output.check()?;
    }
    if let Some((path, _)) = &plan.checkpoints {
        Output::File(path.clone()).check()?;
    }
    if let Some(report) = &plan.report {
        report.check()?;
    }
    let events = plan.events.as_deref().map(EventsFile::new).transpose()?;
    let start = Instant::now();
    let loaded = Arc::new(read_graph(&plan.input)?);
    let read_seconds = start.elapsed().as_secs_f64();
    if plan.talk {
        note_repairs(&plan.input.file, &loaded);
    }
    check_written_names(&plan, &loaded)?;
    let (precolor, allowed) = (plan.precolor.as_deref(), plan.allowed.as_deref());
    let constraints = Constraints::read(precolor, allowed, &loaded)?.and_of(&plan.settings);
    let constraints = Arc::new(constraints);
    let resume = plan.resume.as_deref().map(checkpoints::read).transpose()?;
    if let Some(path) = plan.improvements.as_ref().and_then(|(output, _)| output.path())
        && resume.is_some()
        && plan.settings.move_limit.is_none()
    {
        // What was found after the checkpoint is not lost, unless moves decide the result.
        let path = path.to_owned();
        plan.warm_start = plan.warm_start.or_else(|| has_content(&path).then_some(path));
    }
    let saved = saved_colors(&plan, &loaded, &constraints)?;
    let stop = StopHandle::new();
    let mut events_error = None;
    let line = StatusLine::new(plan.talk);
    let limits = Limits::of(plan.settings.time_limit, plan.settings.move_limit);
    let mut progress = Progress::new(line, limits, events, &mut events_error);
    let mut chronicle = Chronicle::default();
    let is_told = plan.report.is_some();
    let on_event = |event: &Event| {
        if is_told {
            chronicle.event(event);
        }
        progress.event(event);
    };
    let improvements = save_improvements(&plan, &loaded, &constraints);
    let checkpoints = plan.checkpoints.clone();
    let checkpoints =
        checkpoints.map(|(path, every)| (CheckpointFile::new(path, plan.talk), every));
    let mut builder = Solver::builder(&loaded.graph).settings(&plan.settings);
    builder = builder.stop_handle(stop.clone()).on_event(on_event).tell_turns(is_told);
    if let Some(improvements) = &improvements {
        builder = builder.on_improvement(|coloring| improvements.found(coloring));
    }
    if let Some((file, every)) = &checkpoints {
        builder = builder.on_checkpoint(*every, |checkpoint| file.write(checkpoint));
    }
    if let Some(checkpoint) = &resume {
        builder = builder.resume(checkpoint.clone());
    }
    let solver = Ready::new(builder, &plan, &loaded, &constraints)?;
    if let (Some(path), Some(checkpoint), true) = (&plan.resume, &resume, plan.talk) {
        checkpoints::note_resumed(path, checkpoint);
    }
    let flag = stop.flag();
    let received = on_first_signal(move || stop.stop(), Some(flag))?;
    let result = solver.run(&loaded);
    let written = improvements.map_or(Ok(None), Improvements::finish);
    let concluded = match &result {
        Ok(outcome) => conclude(&plan, &loaded, &constraints, outcome, read_seconds),
        Err(Nothing { result, .. }) if plan.json => {
            let report = Report::of_none(&plan.settings, &loaded.graph, result);
            Printed::new(&plan.input.file, report, read_seconds).write()
        }
        Err(_) => Ok(()),
    };
    // Nothing is told of a run whose result is discarded.
    if let Some(report) = &plan.report
        && !matches!(concluded, Err(Failure::Improper(..)))
    {
        let written = report.write(&plan, &loaded, &result, &chronicle, read_seconds);
        // The colouring matters more than the page.
        concluded.and(written)?;
    } else {
        concluded?;
    }
    if let Some((output, _)) = &plan.improvements {
        let left = written.map_err(|error| Failure::Output(output.to_string(), error))?;
        // That of an earlier run was spoken of before.
        if let Some(colors) = left.filter(|_| plan.talk && left != saved) {
            let colors = counted(colors, "colour");
            note(format_args!(
                "note: {output}: another run has put a colouring with {colors} there, which stays"
            ));
        }
    }
    if let Some((file, _)) = checkpoints {
        file.finish()?;
    }
    if let Some(error) = events_error {
        return Err(Failure::Output("the events".to_owned(), error));
    }
    let signal = |status| received.exit_code().filter(|_| status == Status::Stopped);
    let (text, status, code) = match (result, plan.settings.goal()) {
        (Ok(outcome), Goal::Colors(k)) if outcome.lower_bound > k => {
            (impossible_target(k, &constraints, &outcome), outcome.status, IMPOSSIBLE)
        }
        // Whoever stops a run knows why the target is missed.
        (Ok(outcome), Goal::Colors(k))
            if outcome.num_colors() > k && signal(outcome.status).is_none() =>
        {
            (missed_target(k, &outcome), outcome.status, TARGET_MISSED)
        }
        (Ok(outcome), _) => return Ok(signal(outcome.status).unwrap_or(0)),
        (Err(Nothing { text, result }), _) => {
            let proved = result.status == Status::Infeasible;
            (text, result.status, if proved { IMPOSSIBLE } else { TARGET_MISSED })
        }
    };
    let text = format!("{}: {text}", plan.input.file.display());
    Err(Failure::NotFound(text, signal(status).unwrap_or(code)))
}

/// Why there is no colouring with `k` colours.
fn impossible_target(k: usize, constraints: &Constraints, outcome: &Outcome) -> String {
    let within = match constraints {
        Constraints { lists: Some(_), .. } => " within the lists",
        Constraints { sizes, .. } if !sizes.is_free() => " with classes of these sizes",
        Constraints { given, .. } if !given.is_empty() => " with the given colours",
        _ => "",
    };
    let (target, least) = (counted(k, "colour"), outcome.lower_bound);
    format!("{target} cannot be had{within}: at least {least} are needed")
}

/// That no colouring with `k` colours was found.
fn missed_target(k: usize, outcome: &Outcome) -> String {
    let (target, best) = (counted(k, "colour"), outcome.num_colors());
    format!(
        "no colouring with {target} was found, and it is not proved that there is none; the best has {best}"
    )
}

/// Refuses names that the files to be written cannot hold, before anything is searched.
fn check_written_names(plan: &ColorPlan, loaded: &Loaded) -> Result<(), Failure> {
    let result = (plan.output.path().is_some() || !plan.json).then_some(plan.output_format);
    let improvements = plan.improvements.as_ref().map(|(_, format)| *format);
    for format in [result, improvements].into_iter().flatten() {
        check_names(loaded.naming(), format)
            .map_err(|error| Failure::Input(format!("{}: {error}", plan.input.file.display())))?;
    }
    Ok(())
}

/// What takes better and better colourings to their file, if that is asked for. What an earlier run has left
/// there, or another one puts there meanwhile, stays if it is as good.
fn save_improvements(
    plan: &ColorPlan,
    loaded: &Arc<Loaded>,
    constraints: &Arc<Constraints>,
) -> Option<Improvements> {
    let (output, format) = plan.improvements.clone()?;
    let path = output.path()?.to_owned();
    let (loaded, constraints, write) = (loaded.clone(), constraints.clone(), writer(plan));
    Some(Improvements::new(move |coloring| {
        let mut there = None;
        let stays = |path: &Path| {
            there = rank_in(path, &loaded, &constraints)?;
            Ok(there.is_some_and(|rank| rank <= constraints.rank(coloring)))
        };
        let write =
            |out: &mut dyn Write| write(out, &loaded.graph, coloring, loaded.naming(), format);
        let written = save_unless(&path, stays, write)?;
        Ok(there.filter(|_| !written).map(|rank| rank.colors))
    }))
}

/// A function that writes a colouring.
type Writer =
    fn(&mut dyn Write, &Graph<'_>, &Coloring, Naming<'_>, ColoringFormat) -> std::io::Result<()>;

/// What writes the colourings of a run.
fn writer(plan: &ColorPlan) -> Writer {
    // The names of given and of allowed colours mean something to the user: keep them.
    let named = plan.precolor.is_some() || plan.allowed.is_some();
    if named { write_coloring_as_is } else { write_coloring }
}

/// Writes the result and says what it is. The solver verifies as well; this is the check that nothing gets
/// past.
fn conclude(
    plan: &ColorPlan,
    loaded: &Loaded,
    constraints: &Constraints,
    outcome: &Outcome,
    read_seconds: f64,
) -> Result<(), Failure> {
    let wrong = outcome.coloring.verify(&loaded.graph).err();
    let wrong = wrong.map(|wrong| loaded.naming().describe_violation(&wrong));
    if let Some(what) = wrong.or_else(|| constraints.broken_by(&outcome.coloring, loaded)) {
        return Err(Failure::Improper("the result is discarded".to_owned(), what));
    }
    let written = write_result(plan, loaded, outcome, read_seconds);
    if plan.talk {
        summarize(plan, outcome);
    }
    written
}

/// Writes the colouring, and the JSON object if asked for. A colouring that cannot be written where it
/// should go ends up elsewhere: in a temporary file, else on standard output.
fn write_result(
    plan: &ColorPlan,
    loaded: &Loaded,
    outcome: &Outcome,
    read_seconds: f64,
) -> Result<(), Failure> {
    let mut in_file = plan.output.path().is_some();
    let mut failed = None;
    if in_file || !plan.json {
        let write = writer(plan);
        let (graph, naming, format) = (&loaded.graph, loaded.naming(), plan.output_format);
        let write = |out: &mut dyn Write| write(out, graph, &outcome.coloring, naming, format);
        failed = match plan.output.write_or_rescue("colouring", write).err() {
            Some(failure @ Failure::Output(..)) if in_file && !failure.is_broken_pipe() => {
                // There is one place left, and with --json it is part of what goes there.
                in_file = false;
                if plan.json || Output::Stdout.write(write).is_ok() {
                    let place = "standard output".to_owned();
                    Some(Failure::Rescued(Box::new(failure), "colouring", place))
                } else {
                    Some(failure)
                }
            }
            other => other,
        };
    }
    if !plan.json {
        return failed.map_or(Ok(()), Err);
    }
    let mut report = Report::of(&plan.settings, &loaded.graph, outcome);
    if !in_file {
        report = report.with_colors(&outcome.coloring, loaded.naming());
    }
    let shown = Printed::new(&plan.input.file, report, read_seconds).write();
    failed.map_or(shown, Err)
}

/// One line for a person.
fn summarize(plan: &ColorPlan, outcome: &Outcome) {
    let why = match outcome.status {
        Status::Optimal => "optimal".to_owned(),
        Status::TargetReached => "target reached".to_owned(),
        Status::TargetInfeasible => "target below the lower bound".to_owned(),
        Status::TimeLimit => "time limit".to_owned(),
        Status::MoveLimit => "move limit".to_owned(),
        Status::MemoryLimit => "memory limit".to_owned(),
        Status::EffortSpent => "effort spent; give a limit to go on longer".to_owned(),
        Status::Stopped => "stopped".to_owned(),
        Status::Constructed => plan.settings.method.to_string(),
        other => format!("{other:?}"),
    };
    let optimal = match outcome.status {
        Status::Optimal => "",
        _ if outcome.is_optimal() => " (optimal)",
        _ => "",
    };
    let bound = match outcome.status {
        // None was looked for.
        Status::Constructed => String::new(),
        _ => format!(", lower bound {}", outcome.lower_bound),
    };
    let sizes = ClassSizes::of(&outcome.coloring).filter(|_| plan.settings.asks_for_sizes());
    let sizes = sizes.map_or(String::new(), |sizes| describe_sizes(&sizes, outcome));
    note(format_args!(
        "{}: {}{optimal}{bound}{sizes}, {}, {:.2} s: {why}",
        plan.input.file.display(),
        counted(outcome.num_colors(), "colour"),
        scaled(outcome.moves as f64),
        outcome.seconds,
    ));
}

/// The sizes of the classes, and whether they could be more even.
fn describe_sizes(sizes: &ClassSizes, outcome: &Outcome) -> String {
    let (least, most) = (sizes.smallest.size, sizes.largest.size);
    let bound = match outcome.sizes.ratio {
        bound if bound < sizes.ratio() => format!("at least {bound:.3}"),
        _ => "the best possible".to_owned(),
    };
    if least == most {
        return format!(", classes of {most}");
    }
    format!(", classes of {least} to {most}, ratio {:.3} ({bound})", sizes.ratio())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;
    use prism_core::{Color, MAX_COLORS};

    /// The plan of a quiet run that writes to `output`.
    fn plan(output: &Path) -> ColorPlan {
        let words = ["prism", "color", "-q", "g.col", "-o"].map(std::ffi::OsString::from);
        let args = Args::try_parse_from(words.into_iter().chain([output.into()])).unwrap();
        match args.command {
            Command::Color(args) => ColorPlan::new(args).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_improper_coloring_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("colors");
        let text = b"p edge 3 2\ne 1 2\ne 2 3\n";
        let loaded = prism_core::io::read_bytes(text, "g.col", &Default::default()).unwrap();
        let outcome = Solver::builder(&loaded.graph).build().unwrap().run();
        let free = Constraints::default();
        for (colors, said) in [
            (vec![0, 1, 1], "vertices 2 and 3 are adjacent and both have colour 1"),
            (vec![0, 1], "2 colours for 3 vertices"),
            (vec![0, 1, MAX_COLORS as Color], "vertex 3 has no colour"),
        ] {
            let wrong = Outcome { coloring: Coloring::from_colors(colors), ..outcome.clone() };
            let failure = conclude(&plan(&output), &loaded, &free, &wrong, 0.0).unwrap_err();
            assert_eq!(failure.exit_code(), 5);
            assert!(failure.to_string().contains(said), "{failure}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
        conclude(&plan(&output), &loaded, &free, &outcome, 0.0).unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "0\n1\n0\n");
    }
}
