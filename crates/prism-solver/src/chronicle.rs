//! The chronicle of a run: what its events told, in a value that stays small however long the run is.
//!
//! A [`Chronicle`] is a sink for events. For each engine and site it keeps a [`Track`]: how its searches stood,
//! at some hundreds of moments. Tables and pictures are made from it and from the
//! [report](crate::Report) when the run is over. What it gets to see of searches is in
//! [turns](crate::Event::TurnEnded), which a solver tells only where it is asked to.

use crate::event::{Event, EventSink, TurnEnded};
use crate::thinned::Thinned;
use prism_core::search::{Pipeline, Sample};
use serde::{Deserialize, Serialize};

/// Moments that are kept of a track, evenly spread over its samples.
const ROOM: usize = 400;

/// Bounds and lost sites that are kept.
const FEW: usize = 64;

/// How much later than the last one a moment is kept for the beginning, where things go fast: so many times.
/// Some hundreds of them reach from a microsecond to a year.
const LATER: f64 = 1.07;

/// What the events of a run told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chronicle {
    /// Where the run goes on from, if it does from another one: colours, moves and seconds.
    pub resumed: Option<(usize, u64, f64)>,
    /// The lower bounds, each better than those before.
    pub bounds: Thinned<ProvedBound>,
    /// The number of colours that was searched for last, and the vertices and edges that preprocessing left.
    pub searching: Option<[usize; 3]>,
    /// What each engine did on each site, in the order in which they ended their first turns.
    pub tracks: Vec<Track>,
    /// Sites that were given up, and why.
    pub lost: Thinned<(String, String)>,
}

/// A lower bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProvedBound {
    /// Seconds since the start.
    pub seconds: f64,
    /// No proper colouring has fewer colours.
    pub lower_bound: usize,
    /// What proves it.
    pub proof: String,
}

/// How the searches of an engine on a site stood in the course of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The engine.
    pub engine: String,
    /// Where it ran.
    pub site: String,
    /// Evenly spread moments.
    even: Thinned<TrackPoint>,
    /// Moments that are closer to each other the earlier they are.
    early: Vec<TrackPoint>,
    /// Turns so far.
    turns: u64,
    /// Counts of all turns so far.
    totals: Sample,
    /// What the pipeline of the device did last.
    pub pipeline: Option<Pipeline>,
}

/// How searches stood at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackPoint {
    /// Seconds since the start.
    pub seconds: f64,
    /// The number of the turn.
    pub turn: u64,
    /// Number of colours searched for.
    pub k: usize,
    /// The fewest conflicts of a search in this turn, and its diversity; counts are those of all turns until
    /// then, so that what happened between two moments is how much they grew.
    pub sample: Sample,
}

impl Default for Chronicle {
    fn default() -> Self {
        Self {
            resumed: None,
            bounds: Thinned::new(FEW),
            searching: None,
            tracks: Vec::new(),
            lost: Thinned::new(FEW),
        }
    }
}

impl EventSink for Chronicle {
    fn event(&mut self, event: &Event) {
        match event {
            &Event::Resumed { k, lower_bound, moves, seconds } => {
                self.resumed = Some((k, moves, seconds));
                let proof = "checkpoint".to_owned();
                self.bounds.push(ProvedBound { seconds, lower_bound, proof });
            }
            &Event::LowerBound { lower_bound, proof, seconds } => {
                let proof = proof.to_owned();
                self.bounds.push(ProvedBound { seconds, lower_bound, proof });
            }
            &Event::Searching { k, kernel_vertices, kernel_edges, .. } => {
                self.searching = Some([k, kernel_vertices, kernel_edges]);
            }
            Event::TurnEnded(turn) => self.track(&turn.engine, &turn.site).add(turn),
            Event::SiteLost { site, why } => self.lost.push((site.clone(), why.clone())),
            _ => {}
        }
    }
}

impl Chronicle {
    fn track(&mut self, engine: &str, site: &str) -> &mut Track {
        let is_it = |track: &Track| track.engine == engine && track.site == site;
        let at = self.tracks.iter().position(is_it).unwrap_or_else(|| {
            self.tracks.push(Track::new(engine, site));
            self.tracks.len() - 1
        });
        &mut self.tracks[at]
    }
}

impl Track {
    fn new(engine: &str, site: &str) -> Self {
        Self {
            engine: engine.to_owned(),
            site: site.to_owned(),
            even: Thinned::new(ROOM),
            early: Vec::new(),
            turns: 0,
            totals: Sample::default(),
            pipeline: None,
        }
    }

    fn add(&mut self, turn: &TurnEnded) {
        let before = self.totals;
        for &crate::TurnSample { seconds, sample } in &turn.samples {
            self.totals = Sample {
                moves: before.moves.saturating_add(sample.moves),
                proposed: before.proposed.saturating_add(sample.proposed),
                accepted: before.accepted.saturating_add(sample.accepted),
                exchanges: before.exchanges.saturating_add(sample.exchanges),
                swaps: before.swaps.saturating_add(sample.swaps),
                ..sample
            };
            let (number, k) = (self.turns, turn.k);
            let point = TrackPoint { seconds, turn: number, k, sample: self.totals };
            let last = self.early.last().map_or(0.0, |last| last.seconds);
            // From the first microsecond on.
            if seconds >= (last * LATER).max(1e-6) {
                self.early.push(point);
            }
            self.even.push(point);
        }
        self.turns += 1;
        self.pipeline = turn.pipeline.clone().or(self.pipeline.take());
    }

    /// The moments that were kept, in order: the earlier part of the run has more than its share.
    #[must_use]
    pub fn points(&self) -> Vec<TrackPoint> {
        let mut points: Vec<TrackPoint> = self.even.iter().chain(&self.early).copied().collect();
        // Of those that both have, one.
        points.sort_by(|a, b| {
            let order = |point: &TrackPoint| (point.turn, point.sample.moves);
            order(a).cmp(&order(b)).then(a.seconds.total_cmp(&b.seconds))
        });
        points.dedup();
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Goal, Method, Solver, TurnSample};
    use prism_core::generate;

    fn turn(number: u64, samples: u64) -> TurnEnded {
        let sample = |at: u64| TurnSample {
            // Thousandths, about, which text holds to the last bit.
            seconds: (number * samples + at) as f64 / 1024.0,
            sample: Sample { moves: at, conflicts: samples - at, ..Sample::default() },
        };
        let samples: Vec<TurnSample> = (0..samples).map(sample).collect();
        TurnEnded {
            engine: "tabucol".into(),
            site: "cpu".to_owned(),
            k: 9,
            begun: samples[0].seconds,
            seconds: samples[samples.len() - 1].seconds,
            moves: samples[samples.len() - 1].sample.moves,
            samples,
            pipeline: None,
        }
    }

    #[test]
    fn a_long_run_has_a_short_chronicle() {
        let mut chronicle = Chronicle::default();
        for number in 0..20_000 {
            chronicle.event(&Event::TurnEnded(turn(number, 10)));
            let (lower_bound, seconds) = (number as usize, number as f64);
            chronicle.event(&Event::LowerBound { lower_bound, proof: "clique", seconds });
            let (site, why) = ("cuda:0".to_owned(), "it is on fire".to_owned());
            chronicle.event(&Event::SiteLost { site, why });
        }
        let points = chronicle.tracks[0].points();
        assert!((ROOM / 2..2 * ROOM).contains(&points.len()), "{}", points.len());
        assert!(points.is_sorted_by(|a, b| a.seconds <= b.seconds));
        let counts: Vec<u64> = points.iter().map(|point| point.sample.moves).collect();
        assert!(counts.is_sorted());
        // Nine moves a turn, since the first sample of each has none.
        assert_eq!(points.last().unwrap().sample.moves, 20_000 * 9);
        // The first second, of two hundred, has more than its share, and so has each decade.
        assert!(points.iter().filter(|point| point.seconds < 1.0).count() > 40);
        assert_eq!(chronicle.bounds.last().unwrap().lower_bound, 19_999);
        let text = serde_json::to_string(&chronicle).unwrap();
        assert!(text.len() < 400_000, "{} bytes", text.len());
        let read: Chronicle = serde_json::from_str(&text).unwrap();
        assert!(read == chronicle, "what is written is read back");
    }

    /// A run that is watched, or not, with its chronicle.
    fn run(method: Option<&'static str>, tells: bool) -> (crate::Outcome, Chronicle) {
        let graph = generate::gnp(90, 0.5, 1).unwrap();
        let mut chronicle = Chronicle::default();
        let mut builder = Solver::builder(&graph).threads(3).seed(1).move_limit(2_000_000);
        builder = builder.goal(Goal::Colors(13)).tell_turns(tells);
        if let Some(name) = method {
            builder = builder.method(Method::Engine(name.into()));
        }
        let outcome = builder.on_event(|event: &Event| chronicle.event(event)).build().unwrap();
        (outcome.run(), chronicle)
    }

    #[test]
    fn who_is_watched_finds_the_same_and_tells_the_same_again() {
        let timeless = |chronicle: &Chronicle| -> Vec<_> {
            let tracks = chronicle.tracks.iter();
            // The early moments are those of a clock.
            let points = |track: &Track| -> Vec<_> {
                track.even.iter().map(|point| (point.turn, point.k, point.sample)).collect()
            };
            tracks.map(|track| (track.engine.clone(), points(track))).collect()
        };
        let (alone, silent) = run(None, false);
        assert!(silent.tracks.is_empty());
        let (outcome, chronicle) = run(None, true);
        let (again, same) = run(None, true);
        assert_eq!((&alone.coloring, alone.moves), (&outcome.coloring, outcome.moves));
        assert_eq!(again.coloring, outcome.coloring);
        assert_eq!(timeless(&same), timeless(&chronicle));
        assert!(chronicle.tracks.len() > 1, "{chronicle:?}");
        // The counts are those of the counters.
        for track in &chronicle.tracks {
            let is_it = |done: &&crate::EngineCounters| done.is(&track.engine, &track.site);
            let counters = outcome.engines.iter().find(is_it).unwrap();
            assert_eq!(track.totals.moves, counters.moves, "{}", track.engine);
            assert_eq!(track.turns, counters.rounds, "{}", track.engine);
        }
        assert_eq!(chronicle.searching.unwrap()[0], 13);
        assert!(chronicle.bounds.last().unwrap().lower_bound >= 8);
    }

    #[test]
    fn engines_tell_what_they_have_to_tell() {
        for (method, tells) in [
            ("thermodynamic", [true, true, false]),
            ("annealing", [true, false, false]),
            ("population", [false, false, true]),
            ("memetic", [false, false, true]),
            ("tabucol", [false, false, false]),
        ] {
            let (outcome, chronicle) = run(Some(method), true);
            assert!(outcome.moves > 100_000, "{method} was too lucky");
            // What it comes to is relaxed by tabu search.
            let known = |track: &&Track| [method, "tabucol"].contains(&&*track.engine);
            assert!(chronicle.tracks.iter().all(|track| known(&track)), "{method}: {chronicle:?}");
            let track = chronicle.tracks.iter().find(|track| track.engine == method).unwrap();
            let points = track.points();
            let last = points.last().unwrap().sample;
            let told = [last.accepted > 0, last.swaps > 0, last.diversity.is_some()];
            assert_eq!(told, tells, "{method}: {last:?}");
            assert!(points.len() > 8, "{method}: {}", points.len());
            let is_its = |k: usize| k == 13 || (method == "tabucol" && k > 13);
            assert!(points.iter().all(|point| is_its(point.k)), "{method}");
            assert!(points.iter().all(|point| point.seconds <= outcome.seconds));
        }
    }
}
