//! The pool: who is in it, who is crossed with whom, who enters.

use super::{Chained, Chains, Likeness, gpx};
use crate::search::Elite;
use crate::threads::with_pool;
use crate::{Color, Rng};
use rayon::prelude::*;

/// Individuals with k colours for one graph, kept apart.
#[derive(Clone, Debug)]
pub struct Pool {
    k: usize,
    size: usize,
    parallel: bool,
    members: Vec<Elite>,
    chains: Vec<Chains>,
    /// By member, when it entered: the later the larger.
    entered: Vec<u64>,
    /// How many have entered.
    entries: u64,
}

/// Assignments to be improved, and where they come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Brood {
    /// The assignments.
    pub children: Vec<Vec<Color>>,
    /// The places of the members that the first ones are children of; all others are fresh.
    pub parents: Vec<[usize; 2]>,
}

/// What became of children.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Admission {
    /// Those that entered.
    pub entered: usize,
    /// Those that entered for one with more conflicts.
    pub better: usize,
    /// Those that were the twin of a member.
    pub twins: usize,
}

/// How much children are like the members and like the children before them; nothing of those that cannot
/// enter.
struct Table {
    members: Vec<Vec<u32>>,
    children: Vec<Vec<u32>>,
}

impl Pool {
    /// An empty pool for so many individuals with `k` colours; `parallel` says whether rayon's threads share the
    /// work.
    #[must_use]
    pub fn new(k: usize, size: usize, parallel: bool) -> Self {
        let (members, chains, entered) = (Vec::new(), Vec::new(), Vec::new());
        Self { k, size: size.max(1), parallel, members, chains, entered, entries: 0 }
    }

    /// The individuals.
    #[must_use]
    pub fn members(&self) -> &[Elite] {
        &self.members
    }

    /// By member, when it entered: the later the larger.
    #[must_use]
    pub fn entered(&self) -> &[u64] {
        &self.entered
    }

    /// Makes the pool what it was when it had these members, which entered in the order of these numbers.
    pub fn put(&mut self, members: Vec<Elite>, entered: Vec<u64>) {
        self.entries = entered.iter().max().map_or(0, |latest| latest.saturating_add(1));
        self.chains = members.iter().map(|one| Chains::new(&one.colors, self.k)).collect();
        (self.members, self.entered) = (members, entered);
    }

    /// Forgets everyone.
    pub fn clear(&mut self) {
        self.put(Vec::new(), Vec::new());
    }

    /// So many assignments to be improved, and none beyond the size of the pool: children of random pairs of
    /// neighbours in a ring, so that everyone is a parent about as often; but as long as the pool is not full,
    /// `fresh` ones in the place of those that are missing.
    pub fn children(
        &self,
        count: usize,
        rng: &mut Rng,
        mut fresh: impl FnMut(&mut Rng) -> Vec<Color>,
    ) -> Brood {
        let missing = self.size.saturating_sub(self.members.len()).min(count);
        let crossed = if self.members.is_empty() { 0 } else { count - missing };
        let mut ring: Vec<usize> = (0..self.members.len()).collect();
        let mut pairs: Vec<(usize, usize, u64)> = Vec::with_capacity(crossed);
        while pairs.len() < crossed {
            rng.shuffle(&mut ring);
            let next = ring.iter().cycle().skip(1);
            let room = crossed - pairs.len();
            pairs.extend(ring.iter().zip(next).take(room).map(|(&a, &b)| (a, b, rng.bits())));
        }
        let cross = |&(a, b, seed): &(usize, usize, u64)| {
            let [a, b] = [a, b].map(|at| self.members[at].colors.as_slice());
            gpx(a, b, self.k, &mut Rng::new(seed, 0))
        };
        let mut children: Vec<Vec<Color>> = if self.parallel {
            with_pool(|| pairs.par_iter().map(cross).collect())
        } else {
            pairs.iter().map(cross).collect()
        };
        children.extend((crossed..count).map(|_| fresh(rng)));
        Brood { children, parents: pairs.into_iter().map(|(a, b, _)| [a, b]).collect() }
    }

    /// Has children of these parents succeed them, one after the other: each takes the place of the parent
    /// that has more conflicts, the first of equal ones, however many it has itself. Those without parents
    /// take places that are free, and are dropped where none is.
    ///
    /// # Panics
    /// If a parent is no member.
    pub fn succeed(&mut self, children: Vec<Elite>, parents: &[[usize; 2]]) {
        let mut parents = parents.iter();
        for child in children {
            let chains = Chains::new(&child.colors, self.k);
            let worse = |&[a, b]: &[usize; 2]| {
                if self.members[a].conflicts >= self.members[b].conflicts { a } else { b }
            };
            match parents.next().map(worse) {
                Some(at) => {
                    self.members[at] = child;
                    self.chains[at] = chains;
                    self.entered[at] = self.entries;
                }
                None if self.members.len() >= self.size => continue,
                None => {
                    self.members.push(child);
                    self.chains.push(chains);
                    self.entered.push(self.entries);
                }
            }
            self.entries += 1;
        }
    }

    /// Lets children enter, one after the other. One that is alike on more than a share of `twins` of the
    /// vertices to the member that is nearest to it takes the place of that, if it has no more conflicts. Any
    /// other takes a place that is free, or that of the worst member, the oldest of several, if it has no more
    /// conflicts than that.
    pub fn admit(&mut self, children: Vec<Elite>, twins: f64) -> Admission {
        let mut chains: Vec<Chains> =
            children.iter().map(|child| Chains::new(&child.colors, self.k)).collect();
        let table = self.compare(&children, &chains, twins);
        // By place, the child that is there now.
        let mut place: Vec<Option<usize>> = vec![None; self.members.len()];
        let mut admission = Admission::default();
        for (number, child) in children.into_iter().enumerate() {
            let to_members = &table.members[number];
            let to_children = &table.children[number];
            let likeness = |at: usize| match place[at] {
                Some(child) => to_children.get(child),
                None => to_members.get(at),
            };
            // Nothing is known of a child that is worse than all were at the beginning.
            let alike = (0..place.len()).filter_map(|at| Some((*likeness(at)?, at)));
            let nearest = alike.max_by_key(|&(alike, at)| (alike, std::cmp::Reverse(at)));
            let close = twins * child.colors.len() as f64;
            let twin = nearest.filter(|&(alike, _)| f64::from(alike) > close).map(|(_, at)| at);
            admission.twins += usize::from(twin.is_some());
            let at = match twin.or_else(|| self.weakest()) {
                Some(at) => at,
                None => {
                    self.members.push(child);
                    self.chains.push(std::mem::take(&mut chains[number]));
                    self.entered.push(self.entries);
                    place.push(Some(number));
                    self.entries += 1;
                    admission.entered += 1;
                    continue;
                }
            };
            let before = self.members[at].conflicts;
            if child.conflicts > before {
                continue;
            }
            admission.entered += 1;
            admission.better += usize::from(child.conflicts < before);
            self.members[at] = child;
            self.chains[at] = std::mem::take(&mut chains[number]);
            self.entered[at] = self.entries;
            self.entries += 1;
            place[at] = Some(number);
        }
        admission
    }

    /// Who gives way to one that is like nobody; nobody does if there is room.
    fn weakest(&self) -> Option<usize> {
        if self.members.len() < self.size {
            return None;
        }
        let rank = |&at: &usize| (self.members[at].conflicts, std::cmp::Reverse(self.entered[at]));
        (0..self.members.len()).max_by_key(rank)
    }

    /// Compares children with everyone that they may meet, as far as they may be twins.
    fn compare(&self, children: &[Elite], chains: &[Chains], twins: f64) -> Table {
        let most = self.members.iter().map(|member| member.conflicts).max();
        let most = most.filter(|_| self.members.len() >= self.size).unwrap_or(u64::MAX);
        let row = |likeness: &mut Likeness, number: usize| {
            let child = &children[number];
            if child.conflicts > most {
                return (Vec::new(), Vec::new());
            }
            let close = twins * child.colors.len() as f64;
            let this: Chained<'_> = (&child.colors, &chains[number]);
            let mut like = |other: &Elite, chains: &Chains| {
                likeness.above(close, this, (&other.colors, chains)) as u32
            };
            let all = self.members.iter().zip(&self.chains);
            let members = all.map(|(member, chains)| like(member, chains)).collect();
            let earlier = children.iter().zip(chains).take(number);
            // A zero stands for one that does not enter.
            let earlier = earlier.map(|(other, chains)| match other.conflicts > most {
                true => 0,
                false => like(other, chains),
            });
            (members, earlier.collect())
        };
        let start = || Likeness::new(self.k);
        let (members, children) = if self.parallel {
            with_pool(|| {
                let numbers = (0..children.len()).into_par_iter().with_max_len(4);
                numbers.map_init(start, row).unzip()
            })
        } else {
            let mut likeness = start();
            (0..children.len()).map(|number| row(&mut likeness, number)).unzip()
        };
        Table { members, children }
    }

    /// The mean share of the vertices that members next to each other have in common; 0 where there are no
    /// two.
    #[must_use]
    pub fn likeness(&self) -> f64 {
        let mut likeness = Likeness::new(self.k);
        let all = self.members.iter().zip(&self.chains);
        let all = all.map(|(member, chains)| (member.colors.as_slice(), chains));
        let pairs = all.clone().zip(all.skip(1));
        let count = self.members.len().saturating_sub(1);
        let n = self.members.first().map_or(0, |one| one.colors.len());
        let common: usize = pairs.map(|(one, next)| likeness.of(one, next)).sum();
        if count * n == 0 { 0.0 } else { common as f64 / (count * n) as f64 }
    }
}

#[cfg(test)]
mod tests;
