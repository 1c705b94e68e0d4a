//! All sites at work: attempts that are under way, and the teams that are out on a turn.
//!
//! With a move limit every decision depends on moves alone: all sites set out together, each for a
//! fixed number of moves, and wait for each other. Without one, nobody waits: a site that is home sets
//! out again. A success calls everyone home.

#[cfg(test)]
mod tests;

use crate::agenda::Agenda;
use crate::agenda::Course;
use crate::attempt::{Attempt, AttemptState, NoBench, OpenPart, Plan};
use crate::deferred::Deferred;
use crate::elites::Origin;
use crate::incumbent::Incumbent;
use crate::ledger::{CORES, is_possible};
use crate::memory;
use crate::roster::Row;
use crate::site::{Place, Readiness, Site};
use crate::stop::Alarm;
use crate::strategy::{GraphClass, Player};
use crate::task::{Task, Unready};
use crate::team::{Field, Outing, Return, Team};
use crate::{Event, Goal, TurnEnded};
use prism_core::memory::Room;
use prism_core::search::Mismatch;
use prism_core::{Color, Coloring};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How often whoever waits for the teams looks at how far they are.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// Moves, each thread, after which sites wait for each other where a move limit decides the result.
const SYNC_MOVES: u64 = 1 << 16;

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

/// The sites and what they do.
pub(crate) struct Crew {
    sites: Vec<Site>,
    field: Field,
    returns: Receiver<Return>,
    /// By course.
    attempts: [Option<Attempt>; 2],
    outings: Vec<Errand>,
    /// The number of the last turn.
    turn: u64,
    /// The row of the engine that solved the last attempt.
    preferred: Option<usize>,
    /// Whether turns are told, with what is seen of the searches.
    tells_turns: bool,
}

/// The crew at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CrewState {
    /// By course.
    attempts: [Option<AttemptState>; 2],
    turn: u64,
    preferred: Option<usize>,
    /// By site.
    agendas: Vec<Agenda>,
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

/// What a team of a site is to do.
enum Sent {
    /// It is out.
    Out,
    /// There is nothing for it, or no memory.
    Nothing,
    /// Things have changed meanwhile.
    Again,
    /// It had nothing to search.
    Solved(Coloring),
}

impl Crew {
    pub fn new(sites: Vec<Site>, alarm: Arc<Alarm>, lockstep: bool, tells_turns: bool) -> Self {
        let (home, returns) = channel();
        Self {
            sites,
            field: Field { alarm, home, lockstep },
            returns,
            attempts: [None, None],
            outings: Vec::new(),
            turn: 0,
            preferred: None,
            tells_turns,
        }
    }

    /// Calls all teams home in the middle of their turns, and gives what there is of everyone. Searches forget
    /// what they do not save.
    pub fn save(&mut self, orders: Orders<'_>, incumbent: &mut Incumbent<'_>) -> CrewState {
        self.call_home(true, orders, incumbent);
        let attempt = |attempt: &mut Option<Attempt>| attempt.as_mut().map(Attempt::save);
        CrewState {
            attempts: self.attempts.each_mut().map(attempt),
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
        let possible = is_possible(state.turn) && state.agendas.iter().all(Agenda::is_possible);
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
        Ok(())
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

    /// Sends one site out, if there is something to do for it.
    fn send(
        &mut self,
        site: usize,
        left: u64,
        orders: Orders<'_>,
        incumbent: &mut Incumbent<'_>,
    ) -> Sent {
        let Some(best) = incumbent.best_k() else { return Sent::Nothing };
        let (course, k) = self.sites[site].agenda.next(orders.goal, best);
        if self.attempts[course as usize].is_none() {
            match self.begin(k, orders, incumbent) {
                Ok(attempt) => self.attempts[course as usize] = Some(attempt),
                Err(sent) => return sent,
            }
        }
        let (alarm, lockstep) = (self.field.alarm.clone(), self.field.lockstep);
        let plan = self.plan(orders);
        let Some(attempt) = &mut self.attempts[course as usize] else { return Sent::Nothing };
        let Some((part, open)) = attempt.open_part() else {
            return Sent::Solved(attempt.coloring(incumbent.problem.graph()));
        };
        let here = &self.sites[site];
        if let Some(row) = orders.alone {
            // On a GPU if it can.
            let gpu = |site: &Site| site.is_gpu() && site.takes(&orders.roster[row], &open.task);
            if site != self.sites.iter().position(gpu).unwrap_or(0) {
                return Sent::Nothing;
            }
        }
        let (task, bench, elites) = match open.bench(site, here, plan) {
            Ok(bench) => bench,
            Err(NoBench::Nothing) => return Sent::Nothing,
            Err(NoBench::Memory) => {
                alarm.run_out();
                return Sent::Again;
            }
        };
        let (Player { row, scale, .. }, share) = bench.rotation.turn();
        let mut team = match bench.teams[row].take() {
            Some(team) => team,
            None => match set_up(&orders.roster[row], here, task, alarm.interrupt()) {
                Ok(mut team) => {
                    if let Some(saved) = bench.at_rest[row].take()
                        && let Err(mismatch) = team.resume(&saved)
                    {
                        let engine = orders.roster[row].name;
                        tracing::warn!(engine, %mismatch, "a search of the checkpoint begins anew");
                    }
                    if self.tells_turns {
                        team.watch();
                    }
                    team
                }
                Err(Unready::Stopped) => return Sent::Again,
                Err(Unready::Unfit) => return Sent::Nothing,
                Err(error @ Unready::OutOfMemory(_)) => {
                    let engine = orders.roster[row].name;
                    tracing::warn!(engine, %error, "a search does not fit");
                    if !make_do(open, site, here, plan) {
                        alarm.run_out();
                    }
                    return Sent::Again;
                }
            },
        };
        if bench.left.is_none() {
            team.migrate();
            if let Some(elite) = elites.best_from_elsewhere(site) {
                team.offer(elite);
            }
        }
        let share = bench.left.unwrap_or(share);
        let piece = if lockstep { share.min(SYNC_MOVES) } else { share };
        bench.left = Some(share - piece);
        let limit = piece.saturating_mul(scale).saturating_mul(team.threads() as u64).min(left);
        self.turn += 1;
        let (clock, moves) = (incumbent.ledger.clock(), incumbent.ledger.moves);
        let ledger = &mut incumbent.ledger;
        let between = &mut |conflicts, made| ledger.progress(k, best, conflicts, moves + made);
        let outing = team.set_out(self.turn, limit, &self.field, clock, between);
        self.outings.push(Errand { site, row, course, k, part, limit, scale, outing });
        Sent::Out
    }

    /// Begins an attempt at `k` colours.
    fn begin(
        &self,
        k: usize,
        orders: Orders<'_>,
        incumbent: &mut Incumbent<'_>,
    ) -> Result<Attempt, Sent> {
        let alarm = &self.field.alarm;
        let graph = incumbent.problem.graph();
        if !Room::now().holds(memory::attempt(graph, self.threads())) {
            alarm.run_out();
            return Err(Sent::Nothing);
        }
        let Some(best) = incumbent.best() else { return Err(Sent::Nothing) };
        let Some(attempt) = Attempt::new(graph, k, best, orders.seed, alarm) else {
            return Err(Sent::Again);
        };
        let (kernel_vertices, kernel_edges) = attempt.kernel_size();
        let seconds = incumbent.ledger.seconds();
        incumbent.ledger.emit(&Event::Searching { k, kernel_vertices, kernel_edges, seconds });
        Ok(attempt)
    }

    /// How attempts search.
    fn plan<'r>(&self, orders: Orders<'r>) -> Plan<'r> {
        Plan {
            roster: orders.roster,
            attempts: match orders.goal {
                Goal::Minimize => 1,
                Goal::Colors(_) => 2,
            },
            class: orders.class,
            preferred: self.preferred,
            alone: orders.alone,
            lockstep: self.field.lockstep,
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
        let plan = self.plan(orders);
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
            // Fewer if the system gave no more; they would be missing the next time, too.
            self.sites[site].threads = outcome.team.threads().min(self.sites[site].threads);
            if let Some(why) = outcome.failure {
                self.sites[site].lost = true;
                let site = self.sites[site].name.clone();
                tracing::warn!(site, why, "a site is lost");
                incumbent.ledger.emit(&Event::SiteLost { site, why });
            }
            let several = self.sites.len() > 1;
            let Some(attempt) = &mut self.attempts[course as usize] else { continue };
            if attempt.k != k {
                continue;
            }
            let Some(open) = attempt.part(part) else { continue };
            if several {
                let origin = Origin { row, site };
                outcome.team.elites().for_each(|elite| open.elites.deposit(elite, origin));
            }
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
                self.preferred = Some(row);
                if incumbent.adopt(coloring, orders.roster[row].name, &self.sites[site].name) {
                    self.improved(incumbent);
                }
            }
        }
    }

    /// Drops the attempts that the best colouring makes pointless.
    pub fn improved(&mut self, incumbent: &Incumbent<'_>) {
        let Some(best) = incumbent.best_k() else { return };
        self.sites.iter_mut().for_each(|site| site.agenda.improved());
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

/// Sets the searches of an engine up on a site.
fn set_up(row: &Row, site: &Site, task: &Arc<Task>, stop: &AtomicBool) -> Result<Team, Unready> {
    let search = row.search().ok_or(Unready::Unfit)?;
    match &site.place {
        Place::Cores => {
            let seating = search.cores.as_ref().ok_or(Unready::Unfit)?;
            Team::new(row, seating, search.stream, task, site.threads, stop)
        }
        Place::Gpu { gpu, asynchronous, .. } => {
            let seating = search.gpu.ok_or(Unready::Unfit)?;
            let stream = task.stream(search.stream, 0);
            let deferred = match gpu.context() {
                Some(Ok(context)) => {
                    Deferred::new(task.clone(), context.clone(), seating, stream, *asynchronous)
                }
                Some(Err(why)) => Deferred::failed(task.clone(), why.to_owned()),
                None => return Err(Unready::Unfit),
            };
            Ok(Team::single(row, Box::new(deferred)))
        }
    }
}
