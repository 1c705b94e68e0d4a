//! How far a population is: what its parameters are, and when it begins again.

use super::{Pace, PoolOptions};

/// Stages in which [`Pace::Patience`] and [`Pace::Steady`] lead to the last parameters.
const STAGES: u64 = 3;

/// Generations without a gain are endured for so many times the patience while members differ.
const WHILE_APART: u64 = 3;

/// What a generation has come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The fewest conflicts of a member.
    pub best: u64,
    /// The conflicts of all.
    pub total: u64,
    /// The moves of the generation.
    pub moves: u64,
}

/// Where a population is on its way, since it began afresh.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Schedule {
    stage: u64,
    moves: u64,
    /// Generations since something got better; at a steady pace since the fresh start.
    idle: u64,
    /// What it has to be better than.
    best: u64,
    total: u64,
}

/// How many numbers a schedule is.
pub(super) const COUNTERS: usize = 5;

impl Schedule {
    pub fn new() -> Self {
        Self { stage: 0, moves: 0, idle: 0, best: u64::MAX, total: u64::MAX }
    }

    /// The part of the way that lies behind it, from 0 to 1.
    pub fn progress(&self, options: &PoolOptions) -> f64 {
        let (done, all) = match options.pace {
            Pace::Patience | Pace::Steady => (self.stage, STAGES),
            Pace::Moves(all) => (self.moves, all.max(1)),
        };
        (done as f64 / all as f64).min(1.0)
    }

    /// The share of the vertices from which on a child is the twin of a member.
    pub fn twins(&self, options: &PoolOptions) -> f64 {
        let [first, last] = options.twins;
        first + (last - first) * self.progress(options)
    }

    /// Iterations of a child: they grow by the same factor in equal parts of the way.
    pub fn iterations(&self, options: &PoolOptions) -> u64 {
        let [first, last] = options.iterations.map(|iterations| iterations.max(1));
        let growth = libm::pow(last as f64 / first as f64, self.progress(options));
        libm::round(first as f64 * growth) as u64
    }

    /// A generation is over. Whether the population should begin afresh; `likeness`, which is asked for only
    /// if that matters, is the mean share of the vertices that members have in common.
    pub fn pass(
        &mut self,
        options: &PoolOptions,
        now: Standing,
        likeness: impl FnOnce() -> f64,
    ) -> bool {
        self.moves = self.moves.saturating_add(now.moves);
        if options.pace == Pace::Steady {
            self.idle += 1;
            let looks = self.idle.is_multiple_of(options.patience.max(1));
            return looks && likeness() > options.together;
        }
        // A hundredth of all conflicts, since a single one less is found again and again.
        let fewer = u128::from(now.total) * 100 < u128::from(self.total) * 99;
        if now.best < self.best || fewer {
            self.best = now.best.min(self.best);
            self.total = now.total;
            self.idle = 0;
            return false;
        }
        if matches!(options.pace, Pace::Moves(_)) && self.progress(options) < 1.0 {
            return false; // on its way
        }
        self.idle += 1;
        if self.idle < options.patience.max(1) {
            return false;
        }
        if options.pace == Pace::Patience && self.stage < STAGES {
            self.stage += 1;
            self.idle = 0;
            self.total = now.total;
            return false;
        }
        let apart = options.patience.max(1).saturating_mul(WHILE_APART);
        self.idle >= apart || likeness() > options.together
    }

    /// That of a population that begins afresh.
    pub fn afresh(&self, options: &PoolOptions) -> Self {
        let stage = match options.pace {
            Pace::Steady => (self.stage + 1).min(STAGES),
            Pace::Patience | Pace::Moves(_) => 0,
        };
        Self { stage, ..Self::new() }
    }

    /// As numbers of a saved state.
    pub fn counters(&self) -> [u64; COUNTERS] {
        [self.stage, self.moves, self.idle, self.best, self.total]
    }

    /// From those; `None` if no schedule has them.
    pub fn read(counters: [u64; COUNTERS]) -> Option<Self> {
        let [stage, moves, idle, best, total] = counters;
        // What is larger would overflow, and never came of a search.
        let sums = moves <= u64::MAX >> 1 && idle <= u64::MAX >> 1;
        (stage <= STAGES && sums).then_some(Self { stage, moves, idle, best, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pace: Pace) -> PoolOptions {
        let (twins, iterations) = ([0.7, 1.0], [100, 800]);
        PoolOptions { twins, iterations, pace, patience: 4, ..PoolOptions::for_vertices(10) }
    }

    fn standing(best: u64, total: u64) -> Standing {
        Standing { best, total, moves: 10 }
    }

    /// Passes generations that are all alike until the schedule changes or says to begin afresh; how many.
    fn endured(schedule: &mut Schedule, options: &PoolOptions, likeness: f64) -> (u64, bool) {
        let before = schedule.progress(options);
        for generation in 1..1000 {
            let over = schedule.pass(options, standing(5, 500), || likeness);
            if over || schedule.progress(options) > before {
                return (generation, over);
            }
        }
        panic!("nothing changes")
    }

    #[test]
    fn patience_leads_through_the_stages_and_then_to_a_fresh_start() {
        let options = options(Pace::Patience);
        let mut schedule = Schedule::new();
        assert!(!schedule.pass(&options, standing(5, 500), || 1.0));
        for (stage, iterations) in [100, 200, 400].into_iter().enumerate() {
            assert_eq!(schedule.iterations(&options), iterations);
            let twins = 0.7 + 0.1 * stage as f64;
            assert!((schedule.twins(&options) - twins).abs() < 1e-9);
            assert_eq!(endured(&mut schedule, &options, 1.0), (4, false));
        }
        assert_eq!((schedule.iterations(&options), schedule.twins(&options)), (800, 1.0));
        let mut apart = schedule.clone();
        assert_eq!(endured(&mut schedule, &options, 0.94), (4, true));
        assert_eq!(endured(&mut apart, &options, 0.93), (12, true), "members still differ");
    }

    #[test]
    fn a_steady_pace_is_the_same_until_the_pool_has_come_together() {
        let options = options(Pace::Steady);
        let mut schedule = Schedule::new();
        for iterations in [100, 200, 400, 800, 800] {
            for generation in 1..100 {
                let looked = std::cell::Cell::new(false);
                let likeness = || {
                    looked.set(true);
                    if generation < 97 { 0.9 } else { 0.94 }
                };
                // What gets better does not matter.
                let now = standing(100 - generation, 500);
                assert!(!schedule.pass(&options, now, likeness));
                assert_eq!(looked.get(), generation % 4 == 0);
                assert_eq!(schedule.iterations(&options), iterations);
            }
            assert!(schedule.pass(&options, standing(0, 0), || 0.94), "it is the hundredth");
            schedule = schedule.afresh(&options);
        }
    }

    #[test]
    fn what_gets_better_is_given_more_time() {
        let options = options(Pace::Patience);
        for better in [standing(4, 500), standing(5, 494)] {
            let mut schedule = Schedule::new();
            schedule.pass(&options, standing(5, 500), || 1.0);
            for _ in 0..20 {
                for _ in 0..3 {
                    schedule.pass(&options, standing(5, 495), || 1.0);
                }
                schedule.pass(&options, better, || 1.0);
                (schedule.best, schedule.total) = (5, 500);
            }
            assert_eq!(schedule.progress(&options), 0.0);
        }
    }

    #[test]
    fn moves_lead_evenly_from_the_first_parameters_to_the_last() {
        let options = options(Pace::Moves(200));
        let mut schedule = Schedule::new();
        let mut iterations = Vec::new();
        for generation in 0..20 {
            let twins = 0.7 + 0.015 * f64::from(generation);
            assert!((schedule.twins(&options) - twins).abs() < 1e-9);
            iterations.push(schedule.iterations(&options));
            assert!(!schedule.pass(&options, standing(5, 500), || 1.0));
        }
        assert!(iterations.is_sorted() && iterations[0] == 100 && iterations[10] == 283);
        assert_eq!((schedule.iterations(&options), schedule.twins(&options)), (800, 1.0));
        assert_eq!(endured(&mut schedule.clone(), &options, 0.94), (3, true));
        // Something better comes, and there is time again.
        assert!(!schedule.pass(&options, standing(4, 500), || 1.0));
        assert_eq!(endured(&mut schedule.clone(), &options, 0.94), (4, true));
        assert_eq!(endured(&mut schedule, &options, 0.5), (12, true));
    }

    #[test]
    fn likeness_is_asked_for_only_where_it_matters() {
        let options = options(Pace::Patience);
        let mut schedule = Schedule::new();
        for _ in 0..1 + 3 * 4 + 3 {
            let asked = || panic!("it does not matter yet");
            assert!(!schedule.pass(&options, standing(5, 500), asked));
        }
    }

    #[test]
    fn counters_are_read_back_and_impossible_ones_refused() {
        let schedule = Schedule { stage: 2, moves: 70, idle: 3, best: 1, total: 9 };
        assert_eq!(Schedule::read(schedule.counters()), Some(schedule));
        assert_eq!(Schedule::read([4, 0, 0, 0, 0]), None);
        assert_eq!(Schedule::read([0, u64::MAX, 0, 0, 0]), None);
    }
}
