//! Conflict repair as what improves the individuals of a population: all of them at once, from colourings
//! that the host has made.
//!
//! Children replace the individuals on the device, which forget what was barred, and work in steps of equal
//! length that nothing comes between; then their best colourings come back. That is one transfer there and
//! one back for each generation.

use std::sync::atomic::{AtomicBool, Ordering};

use prism_core::Color;
use prism_core::pool::{Improved, Order};
use prism_core::search::Elite;

use super::colorings::{self, by_slot, by_vertex};
use super::kind::Kind;
use super::residents::{Individual, State, UNKNOWN};
use super::runner::{Ended, Limit};
use super::whcr::Repair;
use super::{Phase, PhaseError};

impl<const DENDRITES: bool> Phase<Repair<DENDRITES>> {
    /// How many individuals there are on the device; none before a graph is loaded.
    pub(crate) fn individuals_at_once(&self) -> usize {
        self.runner.loaded.as_ref().map_or(0, |loaded| loaded.shape.individuals as usize)
    }

    /// Whether kernels can count a colouring.
    pub(crate) fn takes(&self, colors: &[Color]) -> bool {
        let Some(loaded) = &self.runner.loaded else { return false };
        colorings::is_countable(&loaded.graph, loaded.k, colors, Self::LARGEST_CLASS)
    }

    /// The most vertices that may have one colour.
    const LARGEST_CLASS: u64 = <Repair<DENDRITES> as Kind>::KERNEL.largest_class;

    /// The best colouring that the host knows of.
    pub(crate) fn rescued(&self) -> Option<Elite> {
        self.runner.loaded.as_ref().map(|_| self.best_so_far())
    }

    /// Improves colourings of k colours, as many as there are individuals.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before a graph is loaded, [`PhaseError::WrongStart`] for colourings of
    /// another length, [`PhaseError::Gpu`] for what the device says, [`PhaseError::WrongResult`] if it reports
    /// what is not so.
    pub(crate) fn improve(
        &mut self,
        starts: &[Vec<Color>],
        order: Order<'_>,
    ) -> Result<Improved, PhaseError> {
        let state = self.begun(starts, order.round)?;
        self.runner.put::<Repair<DENDRITES>>(&self.options, &state)?;
        let most = u64::from(self.options.phase.sweeps.max(1));
        let steps = order.iterations.div_ceil(most).max(1);
        self.runner.options.seed = order.seed;
        self.runner.options.sweeps = order.iterations.div_ceil(steps) as u32;
        let before = self.runner.loaded()?.moves;
        let stop: &AtomicBool = order.stop;
        let ended = self.runner.run(&mut self.kind, &self.options, Limit::Steps(steps), || {
            stop.load(Ordering::Relaxed)
        })?;
        let moves = self.runner.loaded()?.moves - before;
        let individuals = self.bests()?;
        Ok(Improved { individuals, moves, stopped: ended == Ended::Stopped })
    }

    /// Individuals that have these colourings and remember nothing. Their random numbers are those of
    /// the round.
    fn begun(&self, starts: &[Vec<Color>], round: u32) -> Result<State, PhaseError> {
        let loaded = self.runner.loaded()?;
        let (layout, expected) = (&loaded.shape.layout, loaded.graph.n());
        if let Some(wrong) = starts.iter().find(|start| start.len() != expected) {
            return Err(PhaseError::WrongStart { found: wrong.len(), expected });
        }
        let iteration = u64::from(round) << 32;
        let one = Individual { iteration, conflicts: UNKNOWN, current: UNKNOWN };
        let individuals = vec![one; starts.len()];
        let colorings: Vec<u8> =
            starts.iter().flat_map(|start| by_slot(&loaded.slots, layout, start)).collect();
        let memory = Repair::<DENDRITES>::memory(&self.options, layout, &individuals, 0, &[]);
        Ok(State {
            memory: memory.ok_or(PhaseError::WrongMemory)?,
            individuals,
            bests: colorings.clone(),
            colorings,
            steps: loaded.steps,
        })
    }

    /// The best of each individual.
    fn bests(&self) -> Result<Vec<Elite>, PhaseError> {
        let (loaded, residents) = (self.runner.loaded()?, self.runner.residents()?);
        let gpu = self.runner.context.gpu();
        let rows = residents.bests(gpu)?;
        let layout = &loaded.shape.layout;
        let bytes = layout.coloring_bytes();
        let individuals = residents.individuals(gpu)?;
        let elite = |(one, row): (Individual, &[u8])| {
            let colors = by_vertex(&loaded.slots, layout, row);
            let k = loaded.k as usize;
            match one.conflicts {
                // It was stopped before it began.
                UNKNOWN => Elite::new(k, colors, loaded.graph.edges()),
                conflicts => Elite { k, colors, conflicts: conflicts.into() },
            }
        };
        Ok(individuals.into_iter().zip(rows.chunks_exact(bytes)).map(elite).collect())
    }
}
