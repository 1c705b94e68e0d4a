//! One attempt: colour the graph with k colours, given a colouring with more.
//!
//! The graph is first reduced to the kernel that makes k hard, and the kernel split into connected
//! parts. Parts that the known colouring already colours with k colours are done; the others are
//! searched one after the other, hardest (largest) first, since all of them are needed.

mod state;

use crate::elites::{self, Elites};
use crate::roster::{Row, position};
use crate::site::{Candidate, Site};
use crate::stop::Alarm;
use crate::strategy::{GraphClass, Player, Rotation, Turn};
use crate::task::Task;
use crate::team::Team;
use prism_core::memory::{RESERVE, Room};
use prism_core::search::{Elite, Saved};
use prism_core::{Color, Coloring, Graph};
use prism_cpu::preprocess::{ReduceOptions, Reduction, Undo, components};
use state::BenchState;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) use state::AttemptState;

/// Memory that the tables of all searches may take together, about; what needs more takes no turns.
const SEARCH_MEMORY: u64 = 4 << 30;

/// The tables of a search may be this part of the share of its thread, as every engine has one.
const ENGINES: u64 = 8;

/// The state of an attempt.
pub(crate) struct Attempt {
    pub k: usize,
    undo: Undo,
    kernel: Arc<Graph<'static>>,
    parts: Vec<Part>,
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
    Open(Box<OpenPart>),
}

/// A part that has no colouring with k colours yet.
pub(crate) struct OpenPart {
    pub task: Arc<Task>,
    /// By site, made when it is first needed.
    benches: Vec<Option<Bench>>,
    /// By site, what its searches are to go on from once they are made.
    at_rest: Vec<Option<BenchState>>,
    pub elites: Elites,
    /// The complete assignment with the fewest conflicts that a search has come to.
    pub nearest: Option<Elite>,
}

/// The searches of one site for one part.
pub(crate) struct Bench {
    pub rotation: Rotation,
    /// Moves that are left of a turn that is made in pieces, each thread.
    pub left: Option<u64>,
    /// By row of the roster, those that have had a turn: most are never needed.
    pub teams: Vec<Option<Team>>,
    /// By row, what its searches are to go on from once they are set up.
    pub at_rest: Vec<Option<Vec<Saved>>>,
}

/// How an attempt searches.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'p> {
    pub roster: &'p [Row],
    /// Attempts that may be under way at a time, this one included: they share the memory.
    pub attempts: u64,
    pub class: GraphClass,
    /// The row of the engine that solved the last attempt.
    pub preferred: Option<usize>,
    /// The row of the engine that is to search alone.
    pub alone: Option<usize>,
    /// Whether the result must not depend on the memory that happens to be left.
    pub lockstep: bool,
    /// Whether the engine that begins a rotation has all the turns.
    pub first_alone: bool,
}

impl Attempt {
    /// Reduces `graph` for `k` colours. `best` is a proper colouring of it with more than k
    /// colours, numbered without gaps, and `near` an assignment of k or fewer with few conflicts, if one is
    /// known; `seed` is that of the searches. `None` if `alarm` is raised meanwhile, which is looked at between
    /// passes over the graph.
    pub fn new(
        graph: &Graph<'_>,
        k: usize,
        best: &Coloring,
        near: Option<&[Color]>,
        seed: u64,
        alarm: &Alarm,
    ) -> Option<Self> {
        let go_on = || !alarm.interrupt().load(Ordering::Relaxed);
        let reduction = go_on().then(|| Reduction::new(graph, k, &ReduceOptions::default()))?;
        let (kernel, undo) = go_on().then(|| reduction.detach())?;
        let kernel = Arc::new(kernel);
        let known = undo.project(best.colors());
        let near = near.map(|colors| undo.project(colors));
        let components = go_on().then(|| components(&kernel))?;
        let part = |vertices: &[u32]| {
            go_on().then(|| Part::new(&kernel, vertices, k, &known, near.as_deref(), seed))
        };
        let parts = components.iter().map(part).collect::<Option<_>>()?;
        Some(Self { k, undo, kernel, parts })
    }

    /// Vertices and edges left to search.
    pub fn kernel_size(&self) -> (usize, usize) {
        (self.kernel.n(), self.kernel.m())
    }

    /// The part to search, and its number; none if all have their colours.
    pub fn open_part(&mut self) -> Option<(usize, &mut OpenPart)> {
        self.parts.iter_mut().enumerate().find_map(|(at, part)| match &mut part.state {
            State::Open(open) => Some((at, &mut **open)),
            State::Solved(_) => None,
        })
    }

    /// That part, if it is still open.
    pub fn part(&mut self, number: usize) -> Option<&mut OpenPart> {
        match &mut self.parts.get_mut(number)?.state {
            State::Open(open) => Some(open),
            State::Solved(_) => None,
        }
    }

    /// Gives a part its colours, below k.
    pub fn solve(&mut self, number: usize, colors: Vec<Color>) {
        if let Some(part) = self.parts.get_mut(number) {
            part.state = State::Solved(colors);
        }
    }

    /// The colouring of `graph`, once every part has its colours; before that an assignment in which parts
    /// without any have what is nearest to them.
    pub fn coloring(&self, graph: &Graph<'_>) -> Coloring {
        let mut colors = vec![0; self.kernel.n()];
        for part in &self.parts {
            let part_colors = match &part.state {
                State::Solved(colors) => Some(colors),
                State::Open(open) => open.nearest.as_ref().map(|elite| &elite.colors),
            };
            for (&v, &c) in part.vertices.iter().zip(part_colors.into_iter().flatten()) {
                colors[v as usize] = c;
            }
        }
        self.undo.lift(graph, &colors)
    }

    /// The assignment of the only part without colours that comes nearest to them; `None` where there are
    /// several.
    pub fn nearest(&self) -> Option<&Elite> {
        let mut open = self.parts.iter().filter_map(|part| match &part.state {
            State::Open(open) => Some(open),
            State::Solved(_) => None,
        });
        let only = open.next().filter(|_| open.next().is_none())?;
        only.nearest.as_ref()
    }
}

impl Part {
    fn new(
        kernel: &Arc<Graph<'static>>,
        vertices: &[u32],
        k: usize,
        known: &[Color],
        near: Option<&[Color]>,
        seed: u64,
    ) -> Self {
        let mut known =
            Coloring::from_colors(vertices.iter().map(|&v| known[v as usize]).collect());
        known.normalize();
        let state = if known.num_colors() <= k {
            State::Solved(known.into_colors())
        } else {
            let mut task = Task::new(induced(kernel, vertices), k, known.into_colors(), seed);
            if let Some(near) = near {
                task = task
                    .near(vertices.iter().map(|&v| near[v as usize].min(k as Color - 1)).collect());
            }
            State::Open(Box::new(OpenPart {
                task: Arc::new(task),
                benches: Vec::new(),
                at_rest: Vec::new(),
                elites: Elites::default(),
                nearest: None,
            }))
        };
        Self { vertices: vertices.to_vec(), state }
    }
}

/// The graph on some vertices of the kernel.
fn induced(kernel: &Arc<Graph<'static>>, vertices: &[u32]) -> Arc<Graph<'static>> {
    let whole = vertices.len() == kernel.n();
    if whole { kernel.clone() } else { Arc::new(kernel.induced(vertices)) }
}

/// Why a site has no searches for a part.
pub(crate) enum NoBench {
    /// No engine of the site can search it.
    Nothing,
    /// Memory that happens to be short would decide the result.
    Memory,
}

impl OpenPart {
    /// Keeps an individual if none before has come nearer. Vertices without a colour get one.
    pub fn note(&mut self, elite: Elite) {
        let nearest = self.nearest.as_ref().map_or(u64::MAX, |nearest| nearest.conflicts);
        // To complete it costs a look at the whole graph, and hardly ever less than a conflict a vertex.
        if elite.conflicts < nearest {
            let elite = elites::completed(self.task.graph(), elite);
            if elite.conflicts < nearest {
                self.nearest = Some(elite);
            }
        }
    }

    /// The searches of a site, as far as they have been made.
    pub fn made(&mut self, site: usize) -> Option<&mut Bench> {
        self.benches.get_mut(site)?.as_mut()
    }

    /// The searches of a site.
    pub fn bench(
        &mut self,
        number: usize,
        site: &Site,
        plan: Plan<'_>,
    ) -> Result<(&Arc<Task>, &mut Bench, &Elites), NoBench> {
        let Self { task, benches, at_rest, elites, .. } = self;
        if benches.len() <= number {
            benches.resize_with(number + 1, || None);
        }
        let bench = match &mut benches[number] {
            Some(bench) => bench,
            none => none.insert(match at_rest.get_mut(number).and_then(Option::take) {
                Some(state) => Bench::resume(state, task, site, plan)?,
                None => Bench::new(task, site, plan)?,
            }),
        };
        Ok((task, bench, elites))
    }

    /// Gives up what a site has set up for this part, since memory does not suffice for more, and leaves
    /// the part to the engine that takes least of it. False if that one has it already.
    pub fn make_do(&mut self, number: usize, site: &Site, plan: Plan<'_>) -> bool {
        let candidates = site.candidates(plan.roster, plan.class, self.task.graph(), self.task.k());
        let Some(least) = candidates.iter().min_by_key(|candidate| candidate.memory) else {
            return false;
        };
        let Some(bench) = self.made(number) else { return false };
        bench.teams.iter_mut().for_each(|team| *team = None);
        bench.at_rest.iter_mut().for_each(|state| *state = None);
        bench.left = None;
        if bench.rotation.is_left_to(least.row) {
            return false;
        }
        bench.rotation = Rotation::new(vec![least.alone()], None);
        let benches = self.benches.iter().flatten();
        if benches.flat_map(|bench| &bench.teams).flatten().next().is_none()
            && let Some(task) = Arc::get_mut(&mut self.task)
        {
            task.forget_shared();
        }
        true
    }
}

impl Bench {
    fn new(task: &Task, site: &Site, plan: Plan<'_>) -> Result<Self, NoBench> {
        let candidates = site.candidates(plan.roster, plan.class, task.graph(), task.k());
        let players = match plan.alone {
            // Whatever memory it takes.
            Some(row) => candidates.iter().filter(|c| c.row == row).map(Candidate::alone).collect(),
            None => {
                let left = Room::now().bytes.saturating_sub(RESERVE);
                let share = |memory: u64| memory / plan.attempts / ENGINES / site.threads as u64;
                let last_resort = !site.is_gpu();
                let players =
                    |memory| players(&candidates, plan.roster, share(memory), last_resort);
                let fit = players(SEARCH_MEMORY.min(left));
                let rows = |players: &[Player]| players.iter().map(|p| p.row).collect::<Vec<_>>();
                if plan.lockstep && rows(&fit) != rows(&players(SEARCH_MEMORY)) {
                    return Err(NoBench::Memory);
                }
                fit
            }
        };
        let first = players.iter().min_by_key(|player| player.turn.place).map(|player| player.row);
        let is_left_out = |player: &Player| plan.first_alone && Some(player.row) != first;
        let players: Vec<_> = players.into_iter().filter(|player| !is_left_out(player)).collect();
        if players.is_empty() {
            return Err(NoBench::Nothing);
        }
        let rotation = Rotation::new(players, plan.preferred);
        let teams = plan.roster.iter().map(|_| None).collect();
        let at_rest = plan.roster.iter().map(|_| None).collect();
        Ok(Self { rotation, left: None, teams, at_rest })
    }
}

/// The engines that have turns on a site: those that fit. If there are none, the one that takes least is
/// the last resort.
fn players(
    candidates: &[Candidate],
    roster: &[Row],
    memory: u64,
    last_resort: bool,
) -> Vec<Player> {
    let fit = || candidates.iter().filter(|candidate| candidate.memory <= memory);
    let playing: Vec<_> = fit().filter_map(|c| Some((c.row, c.turn?, c.scale))).collect();
    if playing.is_empty() && last_resort {
        let least = candidates.iter().min_by_key(|candidate| candidate.memory);
        return least.map(Candidate::alone).into_iter().collect();
    }
    let plays = |name| position(roster, name).filter(|at| playing.iter().any(|p| p.0 == *at));
    let player = |&(row, turn, scale): &(usize, Turn, u64)| Player {
        row,
        turn,
        speaks_for: turn.speaks_for.iter().find_map(|&name| plays(name)),
        scale,
    };
    playing.iter().map(player).collect()
}
