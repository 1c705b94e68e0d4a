//! Sending a site out: what it searches, with how many colours, and which of its teams.

use super::{Crew, Errand, Orders, make_do};
use crate::Event;
use crate::agenda::Course;
use crate::aim::{Outline, Reach};
use crate::attempt::{Attempt, NoBench, Plan};
use crate::deferred::Deferred;
use crate::incumbent::Incumbent;
use crate::memory;
use crate::relaxation::Nearest;
use crate::roster::Row;
use crate::site::{Place, Site};
use crate::strategy::{GraphClass, Player};
use crate::task::{Task, Unready};
use crate::team::Team;
use prism_core::Coloring;
use prism_core::memory::Room;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Moves, each thread, after which sites wait for each other where a move limit decides the result.
const SYNC_MOVES: u64 = 1 << 16;

/// Moves of a core after which a site looks at what else there is to do.
const PIECE: u64 = 320_000;

/// Threads of all sites, a GPU being one, with which a pair of individuals searches and no population.
const FEW: usize = 2;

/// What a team of a site is to do.
pub(super) enum Sent {
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
    /// Sends one site out, if there is something to do for it.
    pub(super) fn send(
        &mut self,
        site: usize,
        left: u64,
        orders: Orders<'_>,
        incumbent: &mut Incumbent<'_>,
    ) -> Sent {
        let Some(best) = incumbent.best_k() else { return Sent::Nothing };
        let (course, k) = self.course(site, best, orders, incumbent);
        let attempt = &mut self.attempts[course as usize];
        attempt.take_if(|attempt| attempt.k != k);
        if attempt.is_none() {
            match self.begin(course, k, orders, incumbent) {
                Ok(attempt) => self.attempts[course as usize] = Some(attempt),
                Err(sent) => return sent,
            }
        }
        let (alarm, lockstep) = (self.field.alarm.clone(), self.field.lockstep);
        let plan = self.plan(course, orders);
        let Some(attempt) = &mut self.attempts[course as usize] else { return Sent::Nothing };
        let Some((part, open)) = attempt.open_part() else {
            return Sent::Solved(attempt.coloring(incumbent.problem.graph()));
        };
        let here = &self.sites[site];
        if let Some(row) = plan.alone {
            // On a GPU if it can.
            let gpu = |site: &Site| site.is_gpu() && site.takes(&orders.roster[row], &open.task);
            if site != self.sites.iter().position(gpu).unwrap_or(0) {
                return Sent::Nothing;
            }
        }
        let (task, bench, elites) = match open.bench(site, here, plan) {
            Ok(bench) => bench,
            Err(NoBench::Nothing) if course == Course::Relaxation => return self.relaxes_nothing(),
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
                Err(Unready::Unfit) if course == Course::Relaxation => {
                    return self.relaxes_nothing();
                }
                Err(Unready::Unfit) => return Sent::Nothing,
                Err(error @ Unready::OutOfMemory(_)) => {
                    let engine = orders.roster[row].name;
                    tracing::warn!(engine, %error, "a search does not fit");
                    if course == Course::Relaxation {
                        return self.relaxes_nothing();
                    }
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
        let piece = share.min(if lockstep { SYNC_MOVES } else { PIECE });
        let piece =
            if course == Course::Relaxation { piece.min(self.relaxation.left()) } else { piece };
        bench.left = Some(share - piece);
        let limit = piece.saturating_mul(scale).saturating_mul(team.threads() as u64).min(left);
        self.turn += 1;
        let (clock, moves) = (incumbent.ledger.clock(), incumbent.ledger.moves);
        let ledger = &mut incumbent.ledger;
        let between = &mut |conflicts, made| ledger.progress(k, best, conflicts, moves + made);
        let mut field = self.field.clone();
        // What a relaxation finds changes nothing for those who search for fewer colours.
        field.lockstep |= course == Course::Relaxation;
        let outing = team.set_out(self.turn, limit, &field, clock, between);
        self.outings.push(Errand { site, row, course, k, part, limit, scale, outing });
        Sent::Out
    }

    /// What a site is to search, and with how many colours.
    fn course(
        &mut self,
        site: usize,
        best: usize,
        orders: Orders<'_>,
        incumbent: &Incumbent<'_>,
    ) -> (Course, usize) {
        let nearest = self.attempts[Course::HeadOn as usize].as_ref().and_then(|attempt| {
            let elite = attempt.nearest()?;
            let (k, vertices) = (elite.k, elite.colors.len());
            Some(Nearest { k, conflicts: elite.conflicts, vertices })
        });
        // The cores do it, also for an engine that searches alone on a GPU: a tabu search takes no time there.
        let graph = incumbent.problem.graph();
        let has_room = || Room::now().holds(memory::attempt(graph, self.threads()));
        let relaxed = nearest.filter(|_| !self.sites[site].is_gpu() && has_room());
        if let Some(k) = relaxed.and_then(|nearest| self.relaxation.next(nearest, best)) {
            return (Course::Relaxation, k);
        }
        // Where most vertices have fewer neighbours than there are colours, a core decides, and the fewer the
        // colours, the more of the others come back beside it.
        let is_core_alone = 2 * graph.m() < graph.n().saturating_mul(best);
        let class = if is_core_alone { GraphClass::Structured } else { orders.class_of_aim() };
        let outline = Outline {
            class,
            vertices: graph.n(),
            threads: self.threads(),
            bound: incumbent.lower_bound(),
            reach: match orders.alone {
                Some(_) => Reach::Far,
                None if self.threads() > FEW => Reach::Near,
                None => Reach::Stages,
            },
        };
        let ahead = self.aim.next(orders.goal, outline, best);
        self.sites[site].agenda.next(ahead, best)
    }

    /// No engine of the site relaxes.
    fn relaxes_nothing(&mut self) -> Sent {
        self.relaxation.give_up();
        self.attempts[Course::Relaxation as usize] = None;
        Sent::Again
    }

    /// Begins an attempt at `k` colours.
    fn begin(
        &self,
        course: Course,
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
        let near = self.attempts[Course::HeadOn as usize].as_ref();
        let near = near.filter(|_| course == Course::Relaxation).map(|near| near.coloring(graph));
        let near = near.as_ref().map(Coloring::colors);
        let Some(attempt) = Attempt::new(graph, k, best, near, orders.seed, alarm) else {
            return Err(Sent::Again);
        };
        if course != Course::Relaxation {
            let (kernel_vertices, kernel_edges) = attempt.kernel_size();
            let seconds = incumbent.ledger.seconds();
            incumbent.ledger.emit(&Event::Searching { k, kernel_vertices, kernel_edges, seconds });
        }
        Ok(attempt)
    }

    /// How attempts search.
    pub(super) fn plan<'r>(&self, course: Course, orders: Orders<'r>) -> Plan<'r> {
        Plan {
            roster: orders.roster,
            attempts: self.attempts.len() as u64,
            class: orders.class,
            preferred: self.preferred,
            alone: orders.alone.filter(|_| course != Course::Relaxation),
            lockstep: self.field.lockstep,
            first_alone: course == Course::Relaxation,
        }
    }
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
