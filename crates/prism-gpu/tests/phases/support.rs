//! The phases behind one name, and graphs to try them on.

use prism_core::annealing::{Proposals, TransverseField};
use prism_core::hierarchy::Slots;
use prism_core::search::FixedK;
use prism_core::{Color, Graph, generate};
use prism_gpu::GpuContext;
use prism_gpu::phases::{
    DendriticWhcrGpu, IndividualState, Kind, Phase, PhaseError, PhaseOptions, QuantumEvolutionGpu,
    QuantumOptions, RepairOptions, RunResult, StopHandle, ThermodynamicGpu, ThermodynamicOptions,
    WhcrGpu,
};

/// Any of the phases.
pub trait Search: FixedK {
    fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError>;
    fn search(&mut self) -> Result<RunResult, PhaseError>;
    fn individuals(&self) -> Vec<IndividualState>;
    fn slots(&self) -> Slots;
    fn stop_handle(&self) -> StopHandle;
    /// Its number.
    fn number(&self) -> u32;
}

impl<K: Kind> Search for Phase<K> {
    fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.load(graph, start, k)
    }

    fn search(&mut self) -> Result<RunResult, PhaseError> {
        self.search()
    }

    fn individuals(&self) -> Vec<IndividualState> {
        self.individuals().unwrap()
    }

    fn slots(&self) -> Slots {
        self.slots().unwrap().clone()
    }

    fn stop_handle(&self) -> StopHandle {
        self.stop_handle()
    }

    fn number(&self) -> u32 {
        Self::PHASE
    }
}

/// How phases are run in a test.
#[derive(Clone)]
pub struct Options {
    /// Sweeps are those of repair; a sweep of annealing is as many moves as there are vertices.
    pub phase: PhaseOptions,
    pub annealing_sweeps: u32,
    pub proposals: Proposals,
}

impl Options {
    pub fn new(sweeps: u32, annealing_sweeps: u32, steps: u64, individuals: u32) -> Self {
        let phase = PhaseOptions {
            seed: 7,
            individuals: Some(individuals),
            sweeps,
            steps,
            ..PhaseOptions::default()
        };
        Self { phase, annealing_sweeps, proposals: Proposals::Conflicting }
    }

    pub fn repair(&self) -> RepairOptions {
        RepairOptions { phase: self.phase.clone(), ..RepairOptions::default() }
    }

    /// The temperatures stay, so that a twin need not be told them.
    pub fn thermodynamic(&self) -> ThermodynamicOptions {
        ThermodynamicOptions {
            phase: PhaseOptions { sweeps: self.annealing_sweeps, ..self.phase.clone() },
            rungs: 5,
            proposals: self.proposals,
            exchange_share: 0.0,
            ..ThermodynamicOptions::default()
        }
    }

    pub fn quantum(&self) -> QuantumOptions {
        let field = TransverseField {
            slices: 4,
            fall: 30,
            sweeps: self.annealing_sweeps,
            proposals: self.proposals,
            ..TransverseField::default()
        };
        QuantumOptions { phase: self.phase.clone(), field }
    }

    /// The two repairs, without and with dendrites.
    pub fn repairs(&self, gpu: &GpuContext) -> [Box<dyn Search>; 2] {
        [
            Box::new(WhcrGpu::with_context(gpu, self.repair()).unwrap()),
            Box::new(DendriticWhcrGpu::with_context(gpu, self.repair()).unwrap()),
        ]
    }

    pub fn annealings(&self, gpu: &GpuContext) -> [Box<dyn Search>; 2] {
        [
            Box::new(ThermodynamicGpu::with_context(gpu, self.thermodynamic()).unwrap()),
            Box::new(QuantumEvolutionGpu::with_context(gpu, self.quantum()).unwrap()),
        ]
    }

    pub fn every(&self, gpu: &GpuContext) -> impl Iterator<Item = Box<dyn Search>> + use<> {
        self.repairs(gpu).into_iter().chain(self.annealings(gpu))
    }
}

pub fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

/// Graphs of all sizes that take different layouts, with a number of colours that is hard to reach.
pub fn graphs() -> Vec<(Graph<'static>, usize)> {
    let gnp = |n, p, k| (generate::gnp(n, p, 3).unwrap(), k);
    vec![
        gnp(0, 0.5, 3),
        gnp(1, 0.5, 1),
        gnp(5, 0.9, 3),
        gnp(33, 0.5, 6),
        gnp(125, 0.5, 16),
        gnp(250, 0.5, 26),
        gnp(300, 0.9, 80),
        gnp(500, 0.5, 46),
        gnp(513, 0.1, 12),
        gnp(1000, 0.5, 80),
        // The overlaps of slices lie in device memory.
        gnp(1000, 0.9, 218),
        gnp(2000, 0.01, 12),
    ]
}
