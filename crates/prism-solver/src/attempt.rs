//! One attempt: colour the graph with k colours, given a colouring with more.
//!
//! The graph is first reduced to the kernel that makes k hard, and the kernel split into connected
//! parts. Parts that the known colouring already colours with k colours are done; the others are
//! searched one after the other, hardest (largest) first, since all of them are needed.

use crate::phase::{Phase, Watch};
use crate::strategy::{Setting, next_round};
use prism_core::{Color, Coloring, Graph};
use prism_cpu::preprocess::{ReduceOptions, Reduction, Undo, components};

/// The state of an attempt.
pub(crate) struct Attempt {
    pub k: usize,
    undo: Undo,
    kernel: Graph<'static>,
    parts: Vec<Part>,
    /// Whether every phase of the part at hand has had its first turn.
    pub warmed_up: bool,
}

/// One connected part of the kernel.
struct Part {
    /// Its vertices, as vertices of the kernel.
    vertices: Vec<u32>,
    phases: Vec<Phase>,
    /// The phase whose turn is next.
    turn: usize,
    /// A proper colouring with k colours, once there is one.
    colors: Option<Vec<Color>>,
}

/// What one turn came to.
pub(crate) enum Verdict {
    /// A proper colouring with at most k colours, and the engine that completed it.
    Solved(Coloring, &'static str),
    /// Not yet.
    Open,
    /// There is no engine for a graph of this size.
    TooLarge,
}

/// How an attempt searches.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub threads: usize,
    pub seed: u64,
    pub preferred: Option<&'static str>,
}

impl Attempt {
    /// Reduces `graph` for `k` colours. `best` is a proper colouring of it with more than k colours,
    /// numbered without gaps.
    pub fn new(graph: &Graph<'_>, k: usize, best: &Coloring, manner: Manner) -> Self {
        let (kernel, undo) = Reduction::new(graph, k, &ReduceOptions::default()).detach();
        let known = undo.project(best.colors());
        let parts = components(&kernel)
            .iter()
            .map(|vertices| Part::new(&kernel, vertices, k, &known, manner))
            .collect();
        Self { k, undo, kernel, parts, warmed_up: false }
    }

    /// Vertices and edges left to search.
    pub fn kernel_size(&self) -> (usize, usize) {
        (self.kernel.n(), self.kernel.m())
    }

    /// Gives the next phase of the first open part its turn, with at most `moves` moves, all threads
    /// together.
    pub fn turn(&mut self, graph: &Graph<'_>, moves: u64, watch: &mut Watch<'_, '_>) -> Verdict {
        let mut engine = "preprocessing";
        if let Some(part) = self.parts.iter_mut().find(|part| part.colors.is_none()) {
            let Some(name) = part.take_turn(moves, watch) else { return Verdict::TooLarge };
            engine = name;
            self.warmed_up |= part.turn == 0;
            if self.parts.iter().any(|part| part.colors.is_none()) {
                return Verdict::Open;
            }
        }
        let mut colors = vec![0; self.kernel.n()];
        for part in &self.parts {
            for (&v, &c) in part.vertices.iter().zip(part.colors.iter().flatten()) {
                colors[v as usize] = c;
            }
        }
        Verdict::Solved(self.undo.lift(graph, &colors), engine)
    }
}

impl Part {
    fn new(
        kernel: &Graph<'static>,
        vertices: &[u32],
        k: usize,
        known: &[Color],
        manner: Manner,
    ) -> Self {
        let mut known =
            Coloring::from_colors(vertices.iter().map(|&v| known[v as usize]).collect());
        let mut part =
            Self { vertices: vertices.to_vec(), phases: Vec::new(), turn: 0, colors: None };
        known.normalize();
        if known.num_colors() <= k {
            part.colors = Some(known.into_colors());
        } else {
            let graph = &kernel.induced(vertices);
            let known = known.colors();
            let Manner { threads, seed, preferred } = manner;
            part.phases = Setting { k, graph, known, threads, seed, preferred }.phases();
        }
        part
    }

    /// Runs the next phase; names it, or `None` if there is none.
    fn take_turn(&mut self, moves: u64, watch: &mut Watch<'_, '_>) -> Option<&'static str> {
        let phases = self.phases.len();
        let phase = self.phases.get_mut(self.turn)?;
        let share = (moves / phase.searches.len() as u64).max(1);
        self.colors = phase.run(phase.round.min(share), watch);
        phase.round = next_round(phase.round);
        self.turn = (self.turn + 1) % phases;
        Some(phase.engine)
    }
}
