//! One attempt: colour the graph with k colours, given a colouring with more.
//!
//! The graph is first reduced to the kernel that makes k hard, and the kernel split into connected
//! parts. Parts that the known colouring already colours with k colours are done; the others are
//! searched one after the other, hardest (largest) first, since all of them are needed.

use crate::engines::Setting;
use crate::phase::{Phase, Watch};
use crate::strategy::{Engine, Lean, Rotation};
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
    state: State,
}

enum State {
    /// A proper colouring with k colours.
    Solved(Vec<Color>),
    Open(Box<Search>),
}

/// The search for the colouring of a part.
struct Search {
    setting: Setting,
    rotation: Rotation,
    /// The phases that have had a turn, by engine: most are never needed.
    phases: [Option<Phase>; Engine::COUNT],
}

/// What one turn came to.
pub(crate) enum Verdict {
    /// A proper colouring with at most k colours, and the engine that completed it, if any had to.
    Solved(Coloring, Option<Engine>),
    /// Not yet.
    Open,
    /// There is no colouring yet to improve on.
    Nothing,
}

/// How an attempt searches.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub threads: usize,
    pub seed: u64,
    pub lean: Lean,
    /// The engine that solved the last attempt.
    pub preferred: Option<Engine>,
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

    /// Gives the next engine its turn on the first open part, with at most `moves` moves, all threads
    /// together.
    pub fn turn(&mut self, graph: &Graph<'_>, moves: u64, watch: &mut Watch<'_, '_>) -> Verdict {
        let mut solved_by = None;
        for part in &mut self.parts {
            let State::Open(search) = &mut part.state else { continue };
            if solved_by.is_some() {
                return Verdict::Open; // this part is for the next turn
            }
            let (engine, colors) = search.take_turn(moves, watch);
            self.warmed_up |= search.rotation.warmed_up();
            let Some(colors) = colors else { return Verdict::Open };
            part.state = State::Solved(colors);
            solved_by = Some(engine);
        }
        let mut colors = vec![0; self.kernel.n()];
        for part in &self.parts {
            if let State::Solved(part_colors) = &part.state {
                for (&v, &c) in part.vertices.iter().zip(part_colors) {
                    colors[v as usize] = c;
                }
            }
        }
        Verdict::Solved(self.undo.lift(graph, &colors), solved_by)
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
        known.normalize();
        let state = if known.num_colors() <= k {
            State::Solved(known.into_colors())
        } else {
            let Manner { threads, seed, lean, preferred } = manner;
            let (graph, known) = (kernel.induced(vertices), known.into_colors());
            let setting = Setting { k, graph, known, threads, seed };
            let rotation = if setting.fits() {
                Rotation::new(lean, preferred)
            } else {
                Rotation::without_tables(lean)
            };
            State::Open(Box::new(Search { setting, rotation, phases: Default::default() }))
        };
        Self { vertices: vertices.to_vec(), state }
    }
}

impl Search {
    /// Runs the engine whose turn it is; says which it was, and what it found.
    fn take_turn(&mut self, moves: u64, watch: &mut Watch<'_, '_>) -> (Engine, Option<Vec<Color>>) {
        let (engine, share) = self.rotation.turn();
        let phase = self.phases[engine as usize].get_or_insert_with(|| self.setting.phase(engine));
        let colors = phase.run(share, moves, watch);
        self.rotation.pass(phase.wrong());
        (engine, colors)
    }
}
