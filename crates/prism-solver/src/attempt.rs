//! One attempt: colour the graph with k colours, given a colouring with more.
//!
//! The graph is first reduced to the kernel that makes k hard, and the kernel split into connected
//! parts. Parts that the known colouring already colours with k colours are done; the others are
//! searched one after the other, hardest (largest) first, since all of them are needed.

use crate::engines::Setting;
use crate::phase::{Phase, Watch};
use crate::stop::Alarm;
use crate::strategy::{Engine, Lean, Rotation};
use prism_core::{Color, Coloring, Graph};
use prism_cpu::preprocess::{ReduceOptions, Reduction, Undo, components};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

/// The state of an attempt.
pub(crate) struct Attempt {
    pub k: usize,
    undo: Undo,
    kernel: Arc<Graph<'static>>,
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
    /// Attempts that may be under way at a time, this one included: they share the memory.
    pub attempts: usize,
    pub lean: Lean,
    /// The engine that solved the last attempt.
    pub preferred: Option<Engine>,
    /// The engine that is to search alone.
    pub alone: Option<Engine>,
}

impl Attempt {
    /// Reduces `graph` for `k` colours. `best` is a proper colouring of it with more than k
    /// colours, numbered without gaps. `None` if `alarm` is raised meanwhile, which is looked at
    /// between passes over the graph.
    pub fn new(
        graph: &Graph<'_>,
        k: usize,
        best: &Coloring,
        manner: Manner,
        alarm: &Alarm,
    ) -> Option<Self> {
        let go_on = || !alarm.interrupt().load(Ordering::Relaxed);
        let reduction = go_on().then(|| Reduction::new(graph, k, &ReduceOptions::default()))?;
        let (kernel, undo) = go_on().then(|| reduction.detach())?;
        let kernel = Arc::new(kernel);
        let known = undo.project(best.colors());
        let components = go_on().then(|| components(&kernel))?;
        let part = |vertices| go_on().then(|| Part::new(&kernel, vertices, k, &known, manner));
        let parts = components.iter().map(part).collect::<Option<_>>()?;
        Some(Self { k, undo, kernel, parts, warmed_up: false })
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
            let Some((engine, colors)) = search.take_turn(moves, watch) else {
                return Verdict::Open;
            };
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
        kernel: &Arc<Graph<'static>>,
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
            let Manner { threads, seed, attempts, lean, preferred, alone } = manner;
            let whole = vertices.len() == kernel.n();
            let graph = if whole { kernel.clone() } else { Arc::new(kernel.induced(vertices)) };
            let (adjacency, known) = (OnceLock::new(), known.into_colors());
            let setting = Setting { k, graph, adjacency, known, threads, seed };
            let rotation = match alone {
                Some(engine) => Rotation::alone(engine),
                None if setting.fits(attempts) => Rotation::new(lean, preferred),
                None => Rotation::alone(Engine::IteratedGreedy),
            };
            State::Open(Box::new(Search { setting, rotation, phases: Default::default() }))
        };
        Self { vertices: vertices.to_vec(), state }
    }
}

impl Search {
    /// Runs the engine whose turn it is; says which it was, and what it found. `None` if it was
    /// called off before it began.
    fn take_turn(
        &mut self,
        moves: u64,
        watch: &mut Watch<'_, '_>,
    ) -> Option<(Engine, Option<Vec<Color>>)> {
        let (engine, share) = self.rotation.turn();
        self.setting.threads = *watch.threads;
        let phase = match &mut self.phases[engine as usize] {
            Some(phase) => phase,
            none => none.insert(self.setting.phase(engine, watch.alarm.interrupt())?),
        };
        let colors = phase.run(share, moves, watch);
        self.rotation.pass(phase.wrong());
        Some((engine, colors))
    }
}
