//! An attempt at rest: what its parts have come to, and the searches of each.

use super::{Attempt, Bench, NoBench, OpenPart, Part, Plan, State, induced, players};
use crate::elites::{self, Elites};
use crate::site::{Candidate, Site};
use crate::stop::Alarm;
use crate::strategy::{Rotation, Standing};
use crate::task::Task;
use prism_core::search::{Elite, Mismatch, Saved};
use prism_core::{Color, Coloring, Graph};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An attempt at rest. The reduced graph and its parts follow from the graph and k.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AttemptState {
    k: usize,
    parts: Vec<PartState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum PartState {
    Solved(Vec<Color>),
    Open {
        known: Vec<Color>,
        elites: Elites,
        nearest: Option<Elite>,
        benches: Vec<Option<BenchState>>,
    },
}

/// The searches of a site at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BenchState {
    standing: Standing,
    left: Option<u64>,
    /// By row of the roster.
    teams: Vec<Option<Vec<Saved>>>,
}

impl Attempt {
    /// What there is of it. Searches forget what they do not save.
    pub fn save(&mut self) -> AttemptState {
        AttemptState { k: self.k, parts: self.parts.iter_mut().map(Part::save).collect() }
    }

    /// One that goes on from another; `None` if `alarm` is raised meanwhile.
    pub fn resume(
        graph: &Graph<'_>,
        state: &AttemptState,
        seed: u64,
        alarm: &Alarm,
    ) -> Option<Result<Self, Mismatch>> {
        let k = state.k;
        // Of which no part is searched before it has its state.
        let known = Coloring::from_colors(vec![0; graph.n()]);
        let mut attempt = Self::new(graph, k, &known, None, seed, alarm)?;
        if attempt.parts.len() != state.parts.len() {
            return Some(Err(Mismatch::Part("the number of parts")));
        }
        let kernel = attempt.kernel.clone();
        let mut states = attempt.parts.iter_mut().zip(&state.parts);
        let resumed = states.try_for_each(|(part, state)| part.resume(&kernel, k, state, seed));
        Some(resumed.map(|()| attempt))
    }
}

impl Part {
    fn save(&mut self) -> PartState {
        match &mut self.state {
            State::Solved(colors) => PartState::Solved(colors.clone()),
            State::Open(open) => PartState::Open {
                known: open.task.known().to_vec(),
                elites: open.elites.clone(),
                nearest: open.nearest.clone(),
                benches: open.save(),
            },
        }
    }

    fn resume(
        &mut self,
        kernel: &Arc<Graph<'static>>,
        k: usize,
        state: &PartState,
        seed: u64,
    ) -> Result<(), Mismatch> {
        let graph = induced(kernel, &self.vertices);
        let (PartState::Solved(colors) | PartState::Open { known: colors, .. }) = state;
        let coloring = Coloring::from_colors(colors.clone());
        let is_proper = colors.len() == graph.n() && coloring.verify(&graph).is_ok();
        Mismatch::unless(is_proper, "the colouring of a part")?;
        let highest = colors.iter().map(|&color| usize::from(color) + 1).max().unwrap_or(0);
        self.state = match state {
            PartState::Solved(colors) => {
                Mismatch::unless(highest <= k, "the colouring of a solved part")?;
                State::Solved(colors.clone())
            }
            PartState::Open { known, elites, nearest, benches } => {
                let is_open = coloring.num_colors() == highest && highest > k;
                Mismatch::unless(is_open, "the colouring of an open part")?;
                elites.check(&graph, k)?;
                let fits = |elite: &Elite| elites::fits(elite, &graph, k);
                Mismatch::unless(nearest.as_ref().is_none_or(fits), "the nearest assignment")?;
                let task = Arc::new(Task::new(graph, k, known.clone(), seed));
                State::Open(Box::new(OpenPart {
                    task,
                    benches: Vec::new(),
                    at_rest: benches.clone(),
                    elites: elites.clone(),
                    nearest: nearest.clone(),
                }))
            }
        };
        Ok(())
    }
}

impl OpenPart {
    /// The searches of all sites, also of those that have not gone on from theirs yet.
    fn save(&mut self) -> Vec<Option<BenchState>> {
        let sites = self.benches.len().max(self.at_rest.len());
        let bench = |site: usize| match self.benches.get_mut(site).and_then(Option::as_mut) {
            Some(bench) => Some(bench.save()),
            None => self.at_rest.get(site).cloned().flatten(),
        };
        (0..sites).map(bench).collect()
    }
}

impl Bench {
    fn save(&mut self) -> BenchState {
        let Self { rotation, left, teams, at_rest } = self;
        let team = |(team, at_rest): (&mut Option<_>, &Option<_>)| match team {
            Some(team) => Some(crate::team::Team::save(team)),
            None => at_rest.clone(),
        };
        let teams = teams.iter_mut().zip(at_rest.iter()).map(team).collect();
        BenchState { standing: rotation.standing(), left: *left, teams }
    }

    /// One that goes on from another; a new one where that had other engines, as on another device.
    pub(super) fn resume(
        state: BenchState,
        task: &Task,
        site: &Site,
        plan: Plan<'_>,
    ) -> Result<Self, NoBench> {
        let BenchState { standing, left, teams } = state;
        let candidates = site.candidates(plan.roster, plan.class, task.graph(), task.k());
        let played = |candidate: &Candidate| standing.rows.contains(&candidate.row);
        let candidates: Vec<_> = candidates.into_iter().filter(played).collect();
        let playing = match &candidates[..] {
            [one] => vec![one.alone()],
            several => players(several, plan.roster, u64::MAX, false),
        };
        let rotation = Rotation::resume(playing, &standing);
        let Some(rotation) = rotation.filter(|_| teams.len() == plan.roster.len()) else {
            tracing::warn!(site = site.name, "the searches of the checkpoint have no place here");
            return Self::new(task, site, plan);
        };
        let none = plan.roster.iter().map(|_| None).collect();
        Ok(Self { rotation, left, teams: none, at_rest: teams })
    }
}
