//! A search at rest: what is fetched from the device, and what goes there to go on from it.
//!
//! Of individuals a state has the colourings at hand and then the best ones, of the host what it steers by. It
//! forgets what else individuals keep on the device, such as bars, but for what the phase wants to be
//! [kept](Kind::kept). The device is made to forget it as well, so that this search and one that goes on
//! from the state make the same moves.

use prism_core::search::{Mismatch, Saved, Shape as Sizes};
use prism_core::{Color, Graph};

use super::colorings::{self, by_slot, by_vertex};
use super::kind::{Kind, Shape};
use super::outcome::StepSummary;
use super::residents::{Individual, Residents, State, UNKNOWN};
use super::runner::{LAG, Loaded, Seen};
use super::{Phase, PhaseError};

/// What a state has in front of what the phase and the individuals have.
const HEADING: usize = 6;

/// What it has of a step that is not heeded yet.
const OF_STEP: usize = 4;

/// The numbers of a state, taken apart.
struct Counters {
    seed: u64,
    steps: u64,
    target: u64,
    heeded_moves: u64,
    latest_moves: u64,
    unheeded: Vec<Seen>,
    of_phase: Vec<u64>,
    kept: Vec<u64>,
    iterations: Vec<u64>,
}

impl Counters {
    fn written(&self) -> Vec<u64> {
        let heading = [
            self.seed,
            self.steps,
            self.target,
            self.heeded_moves,
            self.latest_moves,
            self.unheeded.len() as u64,
        ];
        let steps = self.unheeded.iter().flat_map(|seen| {
            let StepSummary { moves, accepted, swaps, .. } = seen.summary;
            [moves, accepted, u64::from(swaps), seen.effort]
        });
        let rest = self.of_phase.iter().chain(&self.kept).chain(&self.iterations).copied();
        heading.into_iter().chain(steps).chain(rest).collect()
    }

    /// Of so many individuals, and a phase that has so many numbers of its own.
    fn read(words: &[u64], individuals: usize, of_phase: usize) -> Option<Self> {
        let (heading, rest) = words.split_at_checked(HEADING)?;
        let &[seed, steps, target, heeded_moves, latest_moves, unheeded] = heading else {
            return None;
        };
        // What is larger would overflow sums, and never came of a search.
        let sums = [steps, target, heeded_moves, latest_moves];
        sums.iter().all(|&sum| sum <= u64::MAX >> 1).then_some(())?;
        let unheeded = usize::try_from(unheeded).ok().filter(|&it| it <= LAG as usize)?;
        let first = steps.checked_sub(unheeded as u64)?;
        let (of_steps, rest) = rest.split_at_checked(OF_STEP * unheeded)?;
        let seen = |(step, words): (u64, &[u64])| {
            let &[moves, accepted, swaps, effort] = words else { return None };
            let swaps = u32::try_from(swaps).ok()?;
            let summary = StepSummary { step, moves, accepted, swaps, ..StepSummary::default() };
            Some(Seen { summary, effort })
        };
        let unheeded: Option<Vec<Seen>> =
            (first..).zip(of_steps.chunks_exact(OF_STEP)).map(seen).collect();
        let (of_phase, rest) = rest.split_at_checked(of_phase)?;
        let (kept, iterations) = rest.split_at_checked(rest.len().checked_sub(individuals)?)?;
        Some(Self {
            seed,
            steps,
            target,
            heeded_moves,
            latest_moves,
            unheeded: unheeded?,
            of_phase: of_phase.to_vec(),
            kept: kept.to_vec(),
            iterations: iterations.to_vec(),
        })
    }
}

/// A colouring's conflicts, as the kernels have them.
fn counted(graph: &Graph<'_>, colors: &[Color]) -> u32 {
    u32::try_from(colorings::conflicts(graph, colors)).unwrap_or(UNKNOWN)
}

impl<K: Kind> Phase<K> {
    /// The search as a plain value; the device forgets what that does not hold.
    pub(super) fn saved(&mut self) -> Result<Saved, PhaseError> {
        self.take_in()?;
        let gpu = self.runner.context.gpu().clone();
        let loaded = self.runner.loaded.as_mut().ok_or(PhaseError::NothingLoaded)?;
        let residents = self.runner.context.kernel_mut::<Residents>()?;
        let [at_hand, bests] = residents.colorings(&gpu)?;
        let mut individuals = residents.individuals(&gpu)?;
        let memory = if K::HAS_MEMORY { residents.memory(&gpu)? } else { Vec::new() };
        let kept = K::kept(&memory, loaded.steps);
        let layout = &loaded.shape.layout;
        let bytes = layout.coloring_bytes();
        let rows = at_hand.chunks_exact(bytes).chain(bests.chunks_exact(bytes));
        let colorings: Vec<Vec<Color>> =
            rows.map(|row| by_vertex(&loaded.slots, layout, row)).collect();
        let (at_hand, bests) = colorings.split_at(individuals.len());
        for (one, (now, best)) in individuals.iter_mut().zip(at_hand.iter().zip(bests)) {
            if one.current == UNKNOWN {
                one.current = counted(&loaded.graph, now);
            }
            if one.conflicts == UNKNOWN {
                one.conflicts = counted(&loaded.graph, best);
            }
        }
        // What has not had its turn yet may be the best by chance.
        let least = individuals.iter().zip(bests).min_by_key(|(one, _)| one.conflicts);
        if let Some((one, colors)) = least
            && u64::from(one.conflicts) < loaded.conflicts
        {
            loaded.conflicts = colorings::conflicts(&loaded.graph, colors);
            loaded.best.clone_from(colors);
        }
        let counters = Counters {
            seed: self.runner.options.seed,
            steps: loaded.steps,
            target: loaded.target,
            heeded_moves: loaded.heeded_moves,
            latest_moves: loaded.latest_moves,
            unheeded: loaded.unheeded.iter().copied().collect(),
            of_phase: self.kind.counters(),
            kept,
            iterations: individuals.iter().map(|one| one.iteration).collect(),
        };
        let state = state::<K>(&self.options, loaded, &colorings, individuals, &counters)
            .ok_or(PhaseError::WrongMemory)?;
        residents.put(&gpu, &state)?;
        let moves = loaded.moves;
        Ok(Saved {
            best: self.best_so_far(),
            individuals: colorings,
            moves,
            random: Vec::new(),
            counters: counters.written(),
        })
    }

    /// Goes on from a state. What the device says to it is what the next call comes to.
    pub(super) fn put(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let Some(loaded) = &self.runner.loaded else {
            return Err(Mismatch::Part("the graph"));
        };
        let graph = loaded.graph.clone();
        let sizes = Sizes {
            k: loaded.k as usize,
            vertices: graph.n(),
            // As many as there were; a device that was lost has given none.
            individuals: saved.individuals.len(),
            random: 0,
            counters: saved.counters.len(),
        };
        saved.check(sizes, graph.edges())?;
        saved.check_colors(sizes.k, false)?;
        let count = saved.individuals.len() / 2;
        let in_groups = count.is_multiple_of(K::group(&self.options).max(1) as usize);
        let fits = saved.individuals.len().is_multiple_of(2) && in_groups;
        Mismatch::unless(fits, "the number of individuals")?;
        let mut kind = K::begin(&self.options);
        let read = Counters::read(&saved.counters, count, kind.counters().len());
        let counters = read.ok_or(Mismatch::Part("the counters"))?;
        Mismatch::unless(kind.resume(&counters.of_phase), "the counters of the phase")?;
        let state = match count {
            0 => self.begun_with(loaded, &saved.best.colors, &counters),
            _ => {
                let colors = |at: usize| counted(&graph, &saved.individuals[at]);
                let individual = |(at, &iteration): (usize, &u64)| {
                    let (conflicts, current) = (colors(count + at), colors(at));
                    Individual { iteration, conflicts, current }
                };
                let individuals = (0..count).zip(&counters.iterations).map(individual).collect();
                state::<K>(&self.options, loaded, &saved.individuals, individuals, &counters)
            }
        };
        let state = state.ok_or(Mismatch::Part("what individuals remember"))?;

        self.kind = kind;
        self.failure = None;
        self.offered.clear();
        self.options.as_mut().seed = counters.seed;
        self.runner.options.seed = counters.seed;
        let put = self.runner.put::<K>(&self.options, &state);
        if let Some(loaded) = &mut self.runner.loaded {
            loaded.best.clone_from(&saved.best.colors);
            loaded.conflicts = saved.best.conflicts;
            loaded.moves = saved.moves;
            loaded.steps = counters.steps;
            loaded.target = counters.target;
            loaded.heeded_moves = counters.heeded_moves;
            loaded.latest_moves = counters.latest_moves;
            loaded.unheeded = counters.unheeded.into();
        }
        if let Err(error) = put {
            self.fail(&error);
        }
        Ok(())
    }

    /// As many individuals as there are, at their beginning, one of which has these colours: where nothing
    /// but the best is left of a search.
    fn begun_with(&self, loaded: &Loaded, best: &[Color], counters: &Counters) -> Option<State> {
        let Shape { layout, individuals } = loaded.shape;
        let starts =
            colorings::starts(Some(best), &layout, &loaded.slots, individuals, counters.seed);
        let state = State::fresh(&layout, starts);
        let memory = K::memory(&self.options, &layout, &state.individuals, 0, &counters.kept)?;
        (counters.steps == 0).then_some(State { memory, ..state })
    }

    /// What is left of a search that the device says nothing of any more.
    pub(super) fn saved_without_device(&self) -> Saved {
        let loaded = self.runner.loaded.as_ref();
        let (moves, latest_moves) = loaded.map_or((0, 0), |it| (it.moves, it.latest_moves));
        let nothing = Counters {
            seed: self.runner.options.seed,
            steps: 0,
            target: moves,
            heeded_moves: moves,
            latest_moves,
            unheeded: Vec::new(),
            of_phase: K::begin(&self.options).counters(),
            kept: Vec::new(),
            iterations: Vec::new(),
        };
        Saved {
            best: self.best_so_far(),
            individuals: Vec::new(),
            moves,
            random: Vec::new(),
            counters: nothing.written(),
        }
    }
}

/// What goes to the device: colourings at hand, and then as many bests.
fn state<K: Kind>(
    options: &K::Options,
    loaded: &Loaded,
    colorings: &[Vec<Color>],
    individuals: Vec<Individual>,
    counters: &Counters,
) -> Option<State> {
    let layout = &loaded.shape.layout;
    let (steps, kept) = (counters.steps, &counters.kept);
    let rows = |colorings: &[Vec<Color>]| {
        colorings.iter().flat_map(|colors| by_slot(&loaded.slots, layout, colors)).collect()
    };
    let (at_hand, bests) = colorings.split_at(individuals.len());
    Some(State {
        memory: K::memory(options, layout, &individuals, steps, kept)?,
        individuals,
        colorings: rows(at_hand),
        bests: rows(bests),
        steps,
    })
}
