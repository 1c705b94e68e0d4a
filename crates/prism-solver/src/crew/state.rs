//! A crew at rest: what a checkpoint has of it.

use super::{Crew, Orders};
use crate::agenda::Agenda;
use crate::aim::Aim;
use crate::attempt::{Attempt, AttemptState};
use crate::incumbent::Incumbent;
use crate::ledger::is_possible;
use crate::relaxation::Relaxation;
use prism_core::search::Mismatch;
use serde::{Deserialize, Serialize};

/// The crew at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CrewState {
    /// By course, without relaxation, which begins a try anew.
    attempts: [Option<AttemptState>; 2],
    aim: Aim,
    relaxation: Relaxation,
    turn: u64,
    preferred: Option<usize>,
    /// By site.
    agendas: Vec<Agenda>,
}

impl Crew {
    /// Calls all teams home in the middle of their turns, and gives what there is of everyone. Searches forget
    /// what they do not save.
    pub fn save(&mut self, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) -> CrewState {
        self.call_home(true, orders, incumbent);
        self.relaxation.rest();
        let [descent, head_on, relaxation] = &mut self.attempts;
        *relaxation = None;
        let attempt = |attempt: &mut Option<Attempt>| attempt.as_mut().map(Attempt::save);
        CrewState {
            attempts: [descent, head_on].map(attempt),
            aim: self.aim.clone(),
            relaxation: self.relaxation.clone(),
            turn: self.turn,
            preferred: self.preferred,
            agendas: self.sites.iter().map(|site| site.agenda.clone()).collect(),
        }
    }

    /// Goes on from a crew at rest. What the alarm cuts short is begun anew.
    pub fn resume(
        &mut self,
        state: &CrewState,
        orders: Orders<'_>,
        incumbent: &Incumbent<'_>,
    ) -> Result<(), Mismatch> {
        let graph = incumbent.problem.graph();
        let possible = is_possible(state.turn)
            && state.aim.is_possible()
            && state.agendas.iter().all(Agenda::is_possible);
        Mismatch::unless(possible, "a number of turns or moves")?;
        let preferred = state.preferred.is_none_or(|row| row < orders.roster.len());
        Mismatch::unless(preferred, "the last engine")?;
        for (attempt, state) in self.attempts.iter_mut().zip(&state.attempts) {
            let Some(state) = state else { continue };
            let resumed = Attempt::resume(graph, state, orders.seed, &self.field.alarm);
            let Some(resumed) = resumed.transpose()? else { continue };
            let better = incumbent.best_k().is_some_and(|best| resumed.k < best);
            Mismatch::unless(better, "the number of colours")?;
            *attempt = Some(resumed);
        }
        for (site, agenda) in self.sites.iter_mut().zip(&state.agendas) {
            site.agenda = agenda.clone();
        }
        (self.turn, self.preferred) = (state.turn, state.preferred);
        (self.aim, self.relaxation) = (state.aim.clone(), state.relaxation.clone());
        Ok(())
    }
}
