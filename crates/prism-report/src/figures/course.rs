//! The course of the run: the colours of the best colouring, and below it the conflicts of what each engine
//! did, on one axis of time.

use super::{Time, entry, stretches};
use crate::axis::Axis;
use crate::frame::{Area, DrawError, Entry, Key, Plot, legend, part, picture, say};
use crate::palette::{INK, Look, MUTED, Shape, looks};
use crate::run::Run;
use prism_solver::{Improvement, Track, TrackPoint};

/// Units of the height, and of the upper part of it.
const HEIGHT: u32 = 1240;
const UPPER: u32 = 600;

/// First colourings and what else no search of this run found.
const OTHER: Look = Look { color: INK, shape: Shape::Disc, hollow: true, width: 2 };

/// The picture, for a page or a file of its own.
pub(crate) fn course(run: &Run<'_>, time: Time, alone: bool) -> Result<String, DrawError> {
    let what = format!("{}: colours and conflicts over time", run.name);
    picture(HEIGHT, &what, alone, |root| {
        let (upper, lower) = root.split_vertically(UPPER);
        colors(run, time, &upper)?;
        conflicts(run, time, &lower)
    })
}

/// The colours of the best colouring.
fn colors(run: &Run<'_>, time: Time, area: &Area<'_>) -> Result<(), DrawError> {
    let (area, key) = part(area);
    let history = &run.report.history;
    let (Some(first), Some(last)) = (history.first(), history.last()) else {
        return say(&area, "no colouring was found");
    };
    let most = history.iter().map(|found| found.k).max().unwrap_or(first.k);
    let bound = run.report.lower_bound.unwrap_or(0);
    let target = run.report.settings.target_colors;
    // A bound that is far away would leave no room for the rest.
    let reach = last.k.saturating_sub(((most - last.k) / 2).max(4));
    let near = |k: &usize| (reach..=most + 1).contains(k);
    let least = [Some(bound), target].into_iter().flatten().filter(near).fold(last.k, usize::min);
    let (x, y) = (
        time.axis(run).unnamed(),
        Axis::whole("colours", least.saturating_sub(1) as f64, most as f64 + 1.0),
    );
    let mut plot = Plot::new(&area, &x, &y)?;
    let end = run.seconds();
    let level = |k: usize| [(0.0, k as f64), (end, k as f64)];
    let mut entries = vec![Entry { name: "best colouring".to_owned(), key: Key::Line(INK, 4) }];
    if near(&bound) {
        let bounds: Vec<_> = run.chronicle.bounds.iter().collect();
        let mut points: Vec<(f64, f64)> = Vec::new();
        for proved in bounds.iter().filter(|proved| proved.lower_bound >= least) {
            points.extend(points.last().map(|&(_, before)| (proved.seconds, before)));
            points.push((proved.seconds, proved.lower_bound as f64));
        }
        points.push((end, bound as f64));
        plot.dashes(&points, MUTED)?;
        entries.push(Entry { name: "lower bound".to_owned(), key: Key::Dashes(MUTED) });
    } else if bound > 0 {
        let name = format!("lower bound {bound}: below");
        entries.push(Entry { name, key: Key::Dashes(MUTED) });
    }
    if let Some(target) = target.filter(near) {
        plot.line(&level(target), MUTED, 2)?;
        entries.push(Entry { name: format!("target {target}"), key: Key::Line(MUTED, 2) });
    }
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for found in history.iter() {
        steps.extend(steps.last().map(|&(_, before)| (found.seconds, before)));
        steps.push((found.seconds, found.k as f64));
    }
    steps.push((end, last.k as f64));
    plot.line(&steps, INK, 4)?;
    let tracks = &run.chronicle.tracks;
    let looks = looks(tracks);
    let mut has_others = false;
    for found in history.iter() {
        let by = tracks
            .iter()
            .position(|track| track.engine == found.engine && track.site == found.site);
        has_others |= by.is_none();
        let look = by.map_or(OTHER, |at| Look { hollow: false, ..looks[at] });
        plot.marks(&[(found.seconds, found.k as f64)], look, 10)?;
    }
    if has_others {
        entries.push(Entry { name: "first colourings".to_owned(), key: Key::Mark(OTHER) });
    }
    for (track, &look) in tracks.iter().zip(&looks) {
        let is_its =
            |found: &&Improvement| track.engine == found.engine && track.site == found.site;
        let found = history.iter().filter(is_its).count();
        if found > 0 {
            let name = format!("{} ({})", track.engine, track.site);
            entries.push(Entry { name, key: Key::Mark(Look { hollow: false, ..look }) });
        }
    }
    legend(&key, "colours, and who found it", &entries)
}

/// The conflicts of each engine on each site.
fn conflicts(run: &Run<'_>, time: Time, area: &Area<'_>) -> Result<(), DrawError> {
    let (area, key) = part(area);
    let tracks = &run.chronicle.tracks;
    let all: Vec<_> = tracks.iter().map(Track::points).collect();
    let Some(most) = all.iter().flatten().map(|point| point.sample.conflicts).max() else {
        return say(&area, "no engine searched: the first colourings and bounds ended the run");
    };
    let (x, y) = (time.axis(run), Axis::counts("conflicts", most as f64));
    let mut plot = Plot::new(&area, &x, &y)?;
    let mut entries = Vec::new();
    for ((track, points), look) in tracks.iter().zip(&all).zip(looks(tracks)) {
        let mut stretches = stretches(points).peekable();
        while let Some(stretch) = stretches.next() {
            let place = |point: &TrackPoint| (point.seconds, point.sample.conflicts as f64);
            let mut places: Vec<_> = stretch.iter().map(place).collect();
            let next = stretches.peek().map_or(f64::INFINITY, |next| next[0].seconds);
            places.extend(solved(run, track, stretch, next).map(|seconds| (seconds, 0.0)));
            plot.line(&places, look.color, 2 * look.width + 1)?;
            plot.marks(&places, look, if places.len() > 1 { 3 } else { 4 })?;
        }
        entries.push(entry(track, look));
    }
    legend(&key, "conflicts, by engine and site", &entries)
}

/// When the searches of a stretch found a colouring, if they did: the moment itself need not be among those
/// that were kept.
fn solved(run: &Run<'_>, track: &Track, stretch: &[TrackPoint], next: f64) -> Option<f64> {
    let last = stretch.last().filter(|last| last.sample.conflicts > 0)?;
    let is_it = |found: &&Improvement| {
        found.engine == track.engine
            && found.site == track.site
            && found.k <= last.k
            && (last.seconds..=next).contains(&found.seconds)
    };
    run.report.history.iter().find(is_it).map(|found| found.seconds)
}
