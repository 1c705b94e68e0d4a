//! All sites at work: attempts that are under way, and the teams that are out on a turn.
//!
//! With a move limit every decision depends on moves alone: all sites set out together, each for a
//! fixed number of moves, and wait for each other. Without one, nobody waits: a site that is home sets
//! out again. A success calls everyone home.

mod sending;
mod state;
#[cfg(test)]
mod tests;

use crate::agenda::Course;
use crate::aim::Aim;
use crate::attempt::{Attempt, OpenPart, Plan};
use crate::elites::Origin;
use crate::incumbent::Incumbent;
use crate::ledger::CORES;
use crate::relaxation::Relaxation;
use crate::roster::Row;
use crate::site::{Readiness, Site};
use crate::stop::Alarm;
use crate::strategy::GraphClass;
use crate::team::{Field, Outing, Return};
use crate::{Event, Goal, TurnEnded};
use prism_core::Color;
use prism_core::memory::Room;
use sending::Sent;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

pub(crate) use state::CrewState;

/// How often whoever waits for the teams looks at how far they are.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// What decides how the crew searches, beside the graph.
#[derive(Clone, Copy)]
pub(crate) struct Orders<'r> {
    pub roster: &'r [Row],
    pub goal: Goal,
    pub seed: u64,
    /// The row of the engine that is to search alone.
    pub alone: Option<usize>,
    pub class: GraphClass,
}

impl Orders<'_> {
    /// What kind of graph it is for the aim. Whoever chooses an engine and a target wants to see that engine
    /// search for that target. Without one, only those search for few colours that are good at it.
    fn class_of_aim(&self) -> GraphClass {
        match self.alone.map(|row| &self.roster[row]) {
            None => self.class,
            Some(_) if self.goal != Goal::Minimize => GraphClass::Random,
            Some(row) if row.leads_on_random() => GraphClass::Random,
            Some(_) => GraphClass::Structured,
        }
    }
}

/// The sites and what they do.
pub(crate) struct Crew {
    sites: Vec<Site>,
    field: Field,
    returns: Receiver<Return>,
    /// By course.
    attempts: [Option<Attempt>; 3],
    aim: Aim,
    relaxation: Relaxation,
    outings: Vec<Errand>,
    /// The number of the last turn.
    turn: u64,
    /// The row of the engine that solved the last attempt.
    preferred: Option<usize>,
    /// Whether turns are told, with what is seen of the searches.
    tells_turns: bool,
}

/// What a team is out for.
struct Errand {
    site: usize,
    row: usize,
    course: Course,
    k: usize,
    part: usize,
    /// Moves that it may make, all threads together.
    limit: u64,
    /// Its moves in the time of one on a core.
    scale: u64,
    outing: Outing,
}

/// A colouring that a team has found for a part of the graph.
struct Solved {
    site: usize,
    row: usize,
    course: Course,
    k: usize,
    part: usize,
    colors: Vec<Color>,
}

impl Crew {
    pub fn new(sites: Vec<Site>, alarm: Arc<Alarm>, lockstep: bool, tells_turns: bool) -> Self {
        let (home, returns) = channel();
        Self {
            sites,
            field: Field { alarm, home, lockstep },
            returns,
            attempts: [None, None, None],
            aim: Aim::default(),
            relaxation: Relaxation::default(),
            outings: Vec::new(),
            turn: 0,
            preferred: None,
            tells_turns,
        }
    }

    /// Whether moves alone decide the result, so that sites wait for each other.
    pub fn is_in_lockstep(&self) -> bool {
        self.field.lockstep
    }

    /// Whether no team is out.
    pub fn is_home(&self) -> bool {
        self.outings.is_empty()
    }

    /// Threads of all sites together.
    pub fn threads(&self) -> usize {
        self.sites.iter().map(|site| site.threads).sum()
    }

    /// Sends every site out that is home, with at most `moves` moves together and with those that are out,
    /// and takes in who comes home. False if there is nothing to do for anyone.
    pub fn work(&mut self, moves: u64, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) -> bool {
        if self.outings.is_empty() {
            // The flag is still up if it ended the race that found the best colouring.
            self.field.alarm.rearm();
        }
        let mut changed = false;
        for site in 0..self.sites.len() {
            let was_lost = self.sites[site].lost;
            if !self.is_free(site, incumbent) {
                // Its work is another one's from now on.
                changed |= self.sites[site].lost && !was_lost;
                continue;
            }
            let promised: u64 = self.outings.iter().map(|errand| errand.limit).sum();
            let left = moves.saturating_sub(promised);
            if left == 0 {
                continue;
            }
            match self.send(site, left, orders, incumbent) {
                Sent::Out | Sent::Nothing => {}
                Sent::Again => {
                    changed = true;
                    break;
                }
                Sent::Solved(coloring) => {
                    if incumbent.adopt(coloring, "preprocessing", CORES) {
                        self.improved(incumbent);
                    }
                    changed = true;
                    break;
                }
            }
        }
        if self.outings.is_empty() {
            return changed || self.expects_someone(incumbent);
        }
        self.wait(incumbent);
        self.take_in(false, orders, incumbent);
        true
    }

    /// Whether a site is at home and can be sent out.
    fn is_free(&mut self, site: usize, incumbent: &Incumbent<'_>) -> bool {
        let here = &mut self.sites[site];
        if here.lost || self.outings.iter().any(|errand| errand.site == site) {
            return false;
        }
        match here.readiness(&incumbent.ledger, self.field.lockstep) {
            Readiness::Ready => true,
            Readiness::NotYet => false,
            Readiness::Absent => {
                here.lost = true;
                false
            }
        }
    }

    /// The sites that cannot be used yet.
    fn early(&self, incumbent: &Incumbent<'_>) -> Vec<usize> {
        let is_early = |site: &Site| {
            !site.lost && site.readiness(&incumbent.ledger, false) == Readiness::NotYet
        };
        (0..self.sites.len()).filter(|&site| is_early(&self.sites[site])).collect()
    }

    /// Whether nobody can work now, but a site will be able to soon. Waits a little for it.
    fn expects_someone(&mut self, incumbent: &Incumbent<'_>) -> bool {
        let coming = !self.early(incumbent).is_empty();
        if coming {
            std::thread::sleep(Duration::from_millis(1));
            self.field.alarm.look();
        }
        coming
    }

    /// Calls all teams home and takes in what they have found.
    pub fn recall(&mut self, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) {
        self.call_home(false, orders, incumbent);
    }

    /// The same, where `pausing` says that they will go on with their turns.
    fn call_home(&mut self, pausing: bool, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) {
        self.field.alarm.raise();
        while !self.outings.is_empty() {
            self.wait(incumbent);
            self.take_in(pausing, orders, incumbent);
        }
    }

    /// Waits until a team is home, or all are where they wait for each other or one has called the others.
    fn wait(&mut self, incumbent: &mut Incumbent<'_>) {
        let alarm = self.field.alarm.clone();
        let early = self.early(incumbent);
        loop {
            let over = self.outings.iter().filter(|errand| errand.outing.is_over()).count();
            let all = self.field.lockstep || alarm.is_raised();
            if over == self.outings.len() || (over > 0 && !all) {
                break;
            }
            // A site that could not work before may be able to now.
            let is_ready = |&site: &usize| {
                self.sites[site].readiness(&incumbent.ledger, false) == Readiness::Ready
            };
            if !self.field.lockstep && early.iter().any(is_ready) {
                break;
            }
            match self.returns.recv_timeout(WATCH_EVERY) {
                Ok(back) => {
                    let errand = self.outings.iter_mut().find(|errand| errand.outing.sent(&back));
                    if let Some(errand) = errand {
                        errand.outing.take_in(back);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.report(incumbent);
                    alarm.look();
                    if Room::now().is_nearly_gone() {
                        alarm.run_out();
                    }
                }
                // There is always a sender: the crew's own.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.report(incumbent);
    }

    /// Tells how far the teams are that are out.
    fn report(&self, incumbent: &mut Incumbent<'_>) {
        let Some(first) = self.outings.first() else { return };
        let moves: u64 = self.outings.iter().map(|errand| errand.outing.moves()).sum();
        let same = self.outings.iter().filter(|errand| errand.k == first.k);
        let conflicts = same.map(|errand| errand.outing.conflicts()).min().unwrap_or(0);
        let best = incumbent.best_k().unwrap_or(0);
        let moves = incumbent.ledger.moves + moves;
        incumbent.ledger.progress(first.k, best, conflicts, moves);
    }

    /// Takes in the teams that are home, in the order of their sites; `pausing` says that they will go on with
    /// what is left of their turns.
    fn take_in(&mut self, pausing: bool, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) {
        let (home, out): (Vec<Errand>, Vec<Errand>) = std::mem::take(&mut self.outings)
            .into_iter()
            .partition(|errand| errand.outing.is_over());
        self.outings = out;
        let mut solved: Vec<Solved> = Vec::new();
        for errand in home {
            let Errand { site, row, course, k, part, scale, limit, .. } = errand;
            let begun = errand.outing.begun();
            let outcome = errand.outing.end(&incumbent.ledger);
            incumbent.ledger.book_turn(outcome.team.engine, &self.sites[site].name, &outcome);
            if self.tells_turns {
                incumbent.ledger.emit(&Event::TurnEnded(TurnEnded {
                    engine: outcome.team.engine.into(),
                    site: self.sites[site].name.clone(),
                    k,
                    begun,
                    seconds: begun + outcome.seconds,
                    moves: outcome.made,
                    samples: outcome.seeing.samples,
                    pipeline: outcome.seeing.pipeline,
                }));
            }
            self.sites[site].agenda.book(course, outcome.made / scale);
            self.aim.book(outcome.made / scale);
            // Fewer if the system gave no more; they would be missing the next time, too.
            self.sites[site].threads = outcome.team.threads().min(self.sites[site].threads);
            if let Some(why) = outcome.failure {
                self.sites[site].lost = true;
                let site = self.sites[site].name.clone();
                tracing::warn!(site, why, "a site is lost");
                incumbent.ledger.emit(&Event::SiteLost { site, why });
            }
            let several = self.sites.len() > 1;
            let plan = self.plan(course, orders);
            let Some(attempt) = &mut self.attempts[course as usize] else { continue };
            if attempt.k != k {
                continue;
            }
            let Some(open) = attempt.part(part) else { continue };
            if several {
                let origin = Origin { row, site };
                outcome.team.elites().for_each(|elite| open.elites.deposit(elite, origin));
            }
            if course == Course::HeadOn {
                outcome.team.elites().for_each(|elite| open.note(elite));
            }
            let each = outcome.made / scale / outcome.team.threads().max(1) as u64;
            let Some(bench) = open.made(site) else { continue };
            let wrong = outcome.team.wrong();
            if pausing && let Some(left) = &mut bench.left {
                let a_move = scale.saturating_mul(outcome.team.threads() as u64).max(1);
                *left += limit.saturating_sub(outcome.made) / a_move;
            }
            bench.teams[row] = Some(outcome.team);
            if outcome.is_starved && outcome.winner.is_none() {
                tracing::warn!(engine = orders.roster[row].name, "a search has no memory to go on");
                if !make_do(open, site, &self.sites[site], plan) {
                    self.field.alarm.run_out();
                }
            } else if bench.left == Some(0) {
                bench.left = None;
                bench.rotation.pass(wrong);
            }
            if let Some(winner) = outcome.winner {
                solved.push(Solved { site, row, course, k, part, colors: winner.colors });
            } else if course == Course::Relaxation && self.relaxation.book(each) {
                self.attempts[course as usize] = None;
            }
        }
        for attempt in self.attempts.iter_mut().flatten() {
            if let Some((_, open)) = attempt.open_part() {
                let graph = open.task.graph().clone();
                open.elites.publish(&graph);
            }
        }
        for Solved { site, row, course, k, part, colors } in solved {
            let Some(attempt) = &mut self.attempts[course as usize] else { continue };
            if attempt.k != k {
                continue;
            }
            attempt.solve(part, colors);
            if attempt.open_part().is_none() {
                let coloring = attempt.coloring(incumbent.problem.graph());
                if course != Course::Relaxation {
                    self.preferred = Some(row);
                }
                if incumbent.adopt(coloring, orders.roster[row].name, &self.sites[site].name) {
                    if course == Course::Descent {
                        self.sites.iter_mut().for_each(|site| site.agenda.descended());
                    }
                    self.improved(incumbent);
                }
            }
        }
    }

    /// Drops the attempts that the best colouring makes pointless.
    pub fn improved(&mut self, incumbent: &Incumbent<'_>) {
        let Some(best) = incumbent.best_k() else { return };
        self.aim.improved();
        for attempt in &mut self.attempts {
            attempt.take_if(|attempt| attempt.k >= best);
        }
    }
}

/// Has a site do with less memory for a part; false if it cannot, or must not: an engine that was asked for
/// is not replaced, nor any in lockstep, where the memory that happens to be left would decide the result.
fn make_do(part: &mut OpenPart, number: usize, site: &Site, plan: Plan<'_>) -> bool {
    !plan.lockstep && plan.alone.is_none() && part.make_do(number, site, plan)
}
