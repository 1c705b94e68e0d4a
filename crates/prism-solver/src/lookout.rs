//! Lookouts: who watches the searches of a team, and what they have seen in a turn.
//!
//! Each search has a lookout, which writes down what the search tells of itself, and how it stands after each
//! slice, with the time. After the turn what all have seen becomes the samples of the turn. There are none
//! unless somebody asked for turns to be told.

use crate::event::TurnSample;
use crate::ledger::Clock;
use crate::thinned::Thinned;
use prism_core::search::{Pipeline, Sample, Watcher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Samples that are kept of a search in a turn, and of a turn.
const ROOM: usize = 64;

/// Watches one search.
#[derive(Debug)]
pub(crate) struct Lookout(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    clock: Clock,
    /// How the search stood when the turn began.
    start: Sample,
    /// How it stood last.
    last: Sample,
    samples: Thinned<(f64, Sample)>,
    pipeline: Option<Pipeline>,
}

impl Lookout {
    pub fn new() -> Self {
        Self(Mutex::new(Seen {
            clock: Clock::default(),
            start: Sample::default(),
            last: Sample::default(),
            samples: Thinned::new(ROOM),
            pipeline: None,
        }))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn begins for the search, which has made so many moves and has so many conflicts.
    pub fn begin(&self, clock: Clock, moves: u64, conflicts: u64) {
        let mut seen = self.seen();
        (seen.last.moves, seen.last.conflicts) = (moves, conflicts);
        (seen.clock, seen.start) = (clock, seen.last);
        (seen.samples, seen.pipeline) = (Thinned::new(ROOM), None);
    }

    /// A slice has ended with so many moves and conflicts.
    pub fn note(&self, moves: u64, conflicts: u64) {
        let last = self.seen().last;
        self.sample(Sample { moves, conflicts, ..last });
    }
}

impl Watcher for Lookout {
    fn sample(&self, sample: Sample) {
        let mut seen = self.seen();
        seen.last = sample;
        let seconds = seen.clock.seconds();
        seen.samples.push((seconds, sample));
    }

    fn pipeline(&self, pipeline: Pipeline) {
        self.seen().pipeline = Some(pipeline);
    }
}

/// What the searches of a team have done in a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seeing {
    pub samples: Vec<TurnSample>,
    pub pipeline: Option<Pipeline>,
}

impl Seeing {
    /// What the lookouts of all searches have seen: the fewest conflicts, the sums of counts, the mean of
    /// diversities. Samples follow each other by the moves of their search, so that they do not depend on
    /// who was faster.
    pub fn of<'l>(lookouts: impl IntoIterator<Item = &'l Lookout>) -> Self {
        let mut told: Vec<(u64, usize, f64, Sample)> = Vec::new();
        let mut latest: Vec<Sample> = Vec::new();
        let mut pipeline = None;
        for (search, lookout) in lookouts.into_iter().enumerate() {
            let mut seen = lookout.seen();
            let start = seen.start;
            latest.push(since(&start, start));
            let samples = seen.samples.iter();
            told.extend(samples.map(|&(seconds, sample)| {
                let since = since(&start, sample);
                (since.moves, search, seconds, since)
            }));
            pipeline = pipeline.or(seen.pipeline.take());
        }
        told.sort_by_key(|&(moves, search, ..)| (moves, search));
        let mut samples = Thinned::new(ROOM);
        let mut now = 0.0_f64;
        for (_, search, seconds, sample) in told {
            latest[search] = sample;
            now = now.max(seconds);
            samples.push(TurnSample { seconds: now, sample: together(latest.iter()) });
        }
        Self { samples: samples.into_iter().collect(), pipeline }
    }
}

/// A sample whose counts begin with the turn.
fn since(start: &Sample, sample: Sample) -> Sample {
    Sample {
        moves: sample.moves.saturating_sub(start.moves),
        proposed: sample.proposed.saturating_sub(start.proposed),
        accepted: sample.accepted.saturating_sub(start.accepted),
        exchanges: sample.exchanges.saturating_sub(start.exchanges),
        swaps: sample.swaps.saturating_sub(start.swaps),
        ..sample
    }
}

/// How several searches stand together.
fn together<'s>(samples: impl Iterator<Item = &'s Sample> + Clone) -> Sample {
    let sum = |count: fn(&Sample) -> u64| samples.clone().map(count).fold(0, u64::saturating_add);
    let diversities = samples.clone().filter_map(|sample| sample.diversity);
    let known = diversities.clone().count();
    Sample {
        moves: sum(|sample| sample.moves),
        conflicts: samples.clone().map(|sample| sample.conflicts).min().unwrap_or(0),
        proposed: sum(|sample| sample.proposed),
        accepted: sum(|sample| sample.accepted),
        exchanges: sum(|sample| sample.exchanges),
        swaps: sum(|sample| sample.swaps),
        diversity: (known > 0).then(|| diversities.sum::<f64>() / known as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(moves: u64, conflicts: u64) -> Sample {
        let (proposed, accepted) = (moves, moves / 2);
        Sample { moves, conflicts, proposed, accepted, ..Sample::default() }
    }

    #[test]
    fn what_several_searches_tell_is_one_story() {
        let [one, two] = [Lookout::new(), Lookout::new()];
        // What was before the turn does not count.
        one.sample(Sample { diversity: Some(0.4), ..sample(1000, 90) });
        two.sample(sample(500, 80));
        one.begin(Clock::default(), 1000, 40);
        two.begin(Clock::default(), 500, 35);
        two.sample(sample(504, 38));
        one.note(1010, 30);
        two.sample(sample(508, 20));
        one.sample(Sample { diversity: Some(0.2), ..sample(1020, 25) });
        two.pipeline(Pipeline::default());
        let Seeing { samples, pipeline } = Seeing::of([&one, &two]);
        let told = |at: usize| {
            let Sample { moves, conflicts, proposed, accepted, diversity, .. } = samples[at].sample;
            (moves, conflicts, proposed, accepted, diversity)
        };
        // Of the other one it is known how it began.
        assert_eq!(told(0), (4, 38, 4, 2, Some(0.4)));
        assert_eq!(told(1), (8, 20, 8, 4, Some(0.4)));
        // A slice says nothing of proposals.
        assert_eq!(told(2), (18, 20, 8, 4, Some(0.4)));
        assert_eq!(told(3), (28, 20, 28, 14, Some(0.2)));
        assert_eq!((samples.len(), pipeline.is_some()), (4, true));
        one.begin(Clock::default(), 1020, 25);
        two.begin(Clock::default(), 504, 20);
        assert!(Seeing::of([&one, &two]).samples.is_empty());
    }

    #[test]
    fn a_long_turn_has_few_samples() {
        let lookout = Lookout::new();
        lookout.begin(Clock::default(), 0, 100_000);
        (0..100_000).for_each(|moves| lookout.note(moves, 100_000 - moves));
        let samples = Seeing::of([&lookout]).samples;
        assert!((ROOM / 2..=ROOM + 1).contains(&samples.len()), "{}", samples.len());
        assert_eq!(samples.last().unwrap().sample.moves, 99_999);
        assert!(samples.is_sorted_by(|a, b| a.seconds <= b.seconds));
    }
}
