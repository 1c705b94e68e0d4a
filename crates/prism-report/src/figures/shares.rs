//! Shares over time: how much the individuals of pools differ, and which part of proposals and exchanges is
//! accepted.

use super::{Time, entry, stretches};
use crate::axis::Axis;
use crate::frame::{DrawError, Entry, Key, Plot, legend, part, picture};
use crate::palette::{Look, looks};
use crate::run::Run;
use prism_solver::{Sample, Track, TrackPoint};

/// Units of the height.
const HEIGHT: u32 = 640;

/// A share of an engine's track over time.
struct Series {
    entry: Entry,
    look: Look,
    dashed: bool,
    /// Lines of their own.
    lines: Vec<Vec<(f64, f64)>>,
}

/// The diversity of pools; nothing if no engine compares individuals.
pub(crate) fn diversity(run: &Run<'_>, time: Time) -> Result<Option<String>, DrawError> {
    let of = |track: &Track, look| {
        let points = track.points();
        let known: Vec<TrackPoint> =
            points.into_iter().filter(|point| point.sample.diversity.is_some()).collect();
        let place = |point: &TrackPoint| (point.seconds, point.sample.diversity.unwrap_or(0.0));
        let lines: Vec<Vec<_>> =
            stretches(&known).map(|stretch| stretch.iter().map(place).collect()).collect();
        Series { entry: entry(track, look), look, dashed: false, lines }
    };
    let tracks = &run.chronicle.tracks;
    let series = tracks.iter().zip(looks(tracks)).map(|(track, look)| of(track, look));
    let what = format!("{}: diversity of pools over time", run.name);
    let legend = "diversity of the pool";
    draw(run, time, (&what, "vertices classed differently", legend), series.collect())
}

/// The accepted part of proposals and exchanges; nothing if no engine proposes.
pub(crate) fn acceptance(run: &Run<'_>, time: Time) -> Result<Option<String>, DrawError> {
    let tracks = &run.chronicle.tracks;
    let mut series = Vec::new();
    for (track, look) in tracks.iter().zip(looks(tracks)) {
        let points = track.points();
        let lines = growth(&points, |sample| [sample.proposed, sample.accepted]);
        series.push(Series { entry: entry(track, look), look, dashed: false, lines });
        let lines = growth(&points, |sample| [sample.exchanges, sample.swaps]);
        let name = format!("swaps: {}, {}", track.engine, track.site);
        let entry = Entry { name, key: Key::Dashes(look.color) };
        series.push(Series { entry, look, dashed: true, lines });
    }
    let what = format!("{}: acceptance and swaps over time", run.name);
    draw(run, time, (&what, "accepted", "proposals and swaps accepted"), series)
}

/// The part of what was tried between two moments that was made.
fn growth(points: &[TrackPoint], counts: impl Fn(&Sample) -> [u64; 2]) -> Vec<Vec<(f64, f64)>> {
    let mut lines = Vec::new();
    let mut before = [0; 2];
    for stretch in stretches(points) {
        let mut line = Vec::new();
        for point in stretch {
            let now = counts(&point.sample);
            let [tried, made] =
                [now[0].saturating_sub(before[0]), now[1].saturating_sub(before[1])];
            if tried > 0 {
                line.push((point.seconds, (made as f64 / tried as f64).min(1.0)));
                before = now;
            }
        }
        lines.push(line);
    }
    lines
}

/// Draws what there is to be drawn.
fn draw(
    run: &Run<'_>,
    time: Time,
    (what, name, title): (&str, &str, &str),
    mut series: Vec<Series>,
) -> Result<Option<String>, DrawError> {
    series.iter_mut().for_each(|one| one.lines.retain(|line| !line.is_empty()));
    series.retain(|one| !one.lines.is_empty());
    let shares = series.iter().flat_map(|one| one.lines.iter().flatten().map(|&(_, share)| share));
    let Some(most) = shares.reduce(f64::max) else { return Ok(None) };
    let picture = picture(HEIGHT, what, false, |root| {
        let (area, key) = part(root);
        let (x, y) = (time.axis(run), Axis::share(name, most));
        let mut plot = Plot::new(&area, &x, &y)?;
        for Series { look, dashed, lines, .. } in &series {
            for line in lines {
                if *dashed && line.len() > 1 {
                    plot.dashes(line, look.color)?;
                } else {
                    plot.line(line, look.color, 2 * look.width + 1)?;
                }
                plot.marks(line, *look, if line.len() > 1 { 3 } else { 5 })?;
            }
        }
        let entries: Vec<Entry> = series.into_iter().map(|one| one.entry).collect();
        legend(&key, title, &entries)
    })?;
    Ok(Some(picture))
}
