//! The timeline of a device's pipeline: when upload, kernel and download of successive steps ran. Where boxes
//! of several colours stand above each other, steps overlap.

use crate::axis::Axis;
use crate::frame::{DrawError, Entry, Key, Plot, legend, part, picture};
use crate::palette::COLORS;
use prism_solver::{Pipeline, TimedStep, Track};

/// Units of the height.
const HEIGHT: u32 = 420;

/// Steps that are shown.
const STEPS: usize = 12;

/// Colours of successive steps: as many as can overlap, and one more.
const CYCLE: usize = 4;

const ROWS: [&str; 4] = ["upload", "kernel", "download", "host waits"];

/// The last run of successive steps that is long enough to be looked at.
fn shown(pipeline: &Pipeline) -> &[TimedStep] {
    let follow = |a: &TimedStep, b: &TimedStep| a.burst == b.burst && a.step + 1 == b.step;
    let longest = pipeline.steps.chunk_by(follow).max_by_key(|steps| steps.len());
    let steps = longest.unwrap_or_default();
    &steps[..steps.len().min(STEPS)]
}

/// The picture; nothing if no step was timed.
pub(crate) fn pipeline(track: &Track) -> Result<Option<String>, DrawError> {
    let Some(pipeline) = &track.pipeline else { return Ok(None) };
    let steps = shown(pipeline);
    let parts = |step: &TimedStep| [step.upload, step.kernel, step.download, step.wait];
    let spans = || steps.iter().flat_map(parts).flatten();
    let (Some(begin), Some(end)) =
        (spans().map(|span| span[0]).min(), spans().map(|span| span[1]).max())
    else {
        return Ok(None);
    };
    let seconds = |ns: u64| ns.saturating_sub(begin) as f64 * 1e-9;
    let what = format!("{} on {}: timeline of the pipeline", track.engine, track.site);
    let picture = picture(HEIGHT, &what, false, |root| {
        let (area, key) = part(root);
        let (x, y) = (Axis::time(seconds(end)), Axis::rows(ROWS.len()));
        let mut plot = Plot::new(&area, &x, &y)?;
        for (row, name) in ROWS.into_iter().enumerate() {
            let top = (ROWS.len() - row) as f64;
            plot.row(name, top - 0.5)?;
            for step in steps {
                let Some([from, to]) = parts(step)[row] else { continue };
                let color = COLORS[step.step as usize % CYCLE];
                plot.block([(seconds(from), top - 0.14), (seconds(to), top - 0.86)], color)?;
            }
        }
        let entry = |at: usize| {
            let first = steps.first().map_or(0, |step| step.step);
            let name = format!("steps {}, {}, …", first + at as u64, first as usize + at + CYCLE);
            Entry { name, key: Key::Line(COLORS[(first as usize + at) % CYCLE], 14) }
        };
        let entries: Vec<Entry> = (0..steps.len().min(CYCLE)).map(entry).collect();
        legend(&key, &format!("{}, {}", track.engine, track.site), &entries)
    })?;
    Ok(Some(picture))
}
