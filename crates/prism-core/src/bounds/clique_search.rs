//! Tabu search for a large clique over three kinds of moves: add, swap, drop.
//!
//! This is the multi-neighbourhood tabu search of Wu, Hao & Glover (2012) for one graph in CSR form,
//! without weights. The current clique C grows by a vertex adjacent to all of it; failing that, a
//! vertex adjacent to all but one replaces that one, which may not come back for a while; failing
//! that, a member leaves. After many moves without a new best it starts again from elsewhere.
//!
//! Each vertex knows how many members it is adjacent to, and all vertices are kept sorted by that
//! number, so that the vertices to add and to swap in are two ranges of one permutation and a move
//! costs the degree of the vertices moved, whatever the size of the graph. Which member a vertex to
//! swap in misses is the exclusive or of all members with those that it is adjacent to.
//!
//! Limits: it proves nothing about larger cliques, and on graphs where the largest clique hides among
//! vertices of low degree (the brock family) it may miss it.

use crate::{Graph, Rng};
use std::sync::atomic::{AtomicBool, Ordering};

/// Moves without a new best of this start, after which another start is taken.
const PATIENCE: u64 = 4000;
/// Moves without a new best of all starts, for each vertex, after which the search ends: small graphs
/// have no secrets for longer.
const TOTAL_PATIENCE: u64 = 1000;
/// What a move costs besides its arcs: on a large sparse graph, mostly waiting for memory.
const MOVE_WORK: u64 = 20;
/// The least number of moves for which a vertex that left stays out.
const TENURE: u64 = 7;

pub(super) struct Search<'g> {
    graph: &'g Graph<'g>,
    rng: Rng,
    /// A clique of this size ends the search.
    enough: usize,
    members: Vec<u32>,
    /// Index in `members`, or `ABSENT`.
    slot: Vec<u32>,
    /// Exclusive or of all members.
    members_xor: u32,
    /// By vertex: how many members it is adjacent to, and the exclusive or of those.
    links: Vec<u32>,
    links_xor: Vec<u32>,
    /// All vertices by increasing `links`, where each one is, and where each number of links starts.
    sorted: Vec<u32>,
    position: Vec<u32>,
    start: Vec<u32>,
    tabu_until: Vec<u64>,
    moves: u64,
    work: u64,
}

const ABSENT: u32 = u32::MAX;

impl<'g> Search<'g> {
    /// A search that ends early with a clique of `enough` vertices, which no clique may exceed
    /// unless the caller is content with that many.
    pub(super) fn new(graph: &'g Graph<'g>, enough: usize, seed: u64) -> Self {
        let n = graph.n();
        // No clique is larger than the largest degree + 1; `start` has an end mark for each size.
        let mut start = vec![n as u32; graph.max_degree() + 4];
        start[0] = 0;
        Self {
            graph,
            rng: Rng::new(seed, 0xC11),
            enough,
            members: Vec::new(),
            slot: vec![ABSENT; n],
            members_xor: 0,
            links: vec![0; n],
            links_xor: vec![0; n],
            sorted: graph.vertices().collect(),
            position: graph.vertices().collect(),
            start,
            tabu_until: vec![0; n],
            moves: 0,
            work: 0,
        }
    }

    /// Searches until `work` arcs were looked at, or so many moves were in vain that more are not
    /// worth it. The best clique found, if larger than `known`.
    pub(super) fn run(&mut self, known: usize, work: u64, stop: &AtomicBool) -> Vec<u32> {
        let mut best = Vec::new();
        let mut best_size = known;
        let n = self.graph.n() as u32;
        let mut last_gain = 0;
        let in_time = |moves, gain| moves - gain < TOTAL_PATIENCE * u64::from(n);
        while best_size < self.enough && self.work < work && in_time(self.moves, last_gain) {
            while let Some(&v) = self.members.last() {
                self.remove(v);
            }
            let first = self.rng.below(n);
            self.add(first);
            let mut local_best = 1;
            let mut patience = PATIENCE;
            while patience > 0 && best_size < self.enough && self.work < work {
                if self.moves & 63 == 0 && stop.load(Ordering::Relaxed) {
                    return best;
                }
                self.step();
                patience -= 1;
                if self.members.len() > local_best {
                    local_best = self.members.len();
                    patience = PATIENCE;
                    if local_best > best_size {
                        best_size = local_best;
                        last_gain = self.moves;
                        best.clone_from(&self.members);
                    }
                }
            }
        }
        best
    }

    /// One move.
    fn step(&mut self) {
        self.moves += 1;
        let size = self.members.len();
        // Members have size - 1 links, so a vertex with `size` links is one to add.
        let to_add = self.start[size]..self.start[size + 1];
        if let Some(v) = self.pick(to_add) {
            self.add(v);
            return;
        }
        if size > 0 {
            let to_swap = self.start[size - 1]..self.start[size];
            // The range holds the members as well.
            let breadth = (to_swap.end - to_swap.start) as usize - size;
            if breadth > 0
                && let Some(v) = self.pick(to_swap)
            {
                let out = self.members_xor ^ self.links_xor[v as usize];
                self.remove(out);
                self.add(v);
                let spread = self.rng.below(breadth.min(self.graph.n() / 2 + 1) as u32);
                self.tabu_until[out as usize] = self.moves + TENURE + u64::from(spread);
                return;
            }
            let out = self.members[self.rng.below(size as u32) as usize];
            self.remove(out);
            self.tabu_until[out as usize] = self.moves + TENURE;
        } else {
            // Everything is tabu, as can be in tiny graphs: start anywhere.
            let v = self.rng.below(self.graph.n() as u32);
            self.add(v);
        }
    }

    /// A vertex of a range of `sorted` that is no member and not tabu: the first from a random place.
    fn pick(&mut self, range: std::ops::Range<u32>) -> Option<u32> {
        let len = range.end - range.start;
        if len == 0 {
            return None;
        }
        let offset = self.rng.below(len);
        let (head, tail) = (range.start + offset..range.end, range.start..range.start + offset);
        for i in head.chain(tail) {
            self.work += 1;
            let v = self.sorted[i as usize];
            if self.slot[v as usize] == ABSENT && self.tabu_until[v as usize] <= self.moves {
                return Some(v);
            }
        }
        None
    }

    fn add(&mut self, v: u32) {
        self.slot[v as usize] = self.members.len() as u32;
        self.members.push(v);
        self.members_xor ^= v;
        let graph = self.graph;
        self.work += graph.degree(v) as u64 + MOVE_WORK;
        for &u in graph.neighbors(v) {
            // To the last place of its range, which then belongs to the next range.
            let links = self.links[u as usize] as usize;
            self.start[links + 1] -= 1;
            self.exchange(u, self.start[links + 1]);
            self.links[u as usize] += 1;
            self.links_xor[u as usize] ^= v;
        }
    }

    fn remove(&mut self, v: u32) {
        let at = self.slot[v as usize] as usize;
        self.members.swap_remove(at);
        if let Some(&moved) = self.members.get(at) {
            self.slot[moved as usize] = at as u32;
        }
        self.slot[v as usize] = ABSENT;
        self.members_xor ^= v;
        let graph = self.graph;
        self.work += graph.degree(v) as u64 + MOVE_WORK;
        for &u in graph.neighbors(v) {
            // To the first place of its range, which then belongs to the range before.
            let links = self.links[u as usize] as usize;
            self.exchange(u, self.start[links]);
            self.start[links] += 1;
            self.links[u as usize] -= 1;
            self.links_xor[u as usize] ^= v;
        }
    }

    /// Puts `v` where `place` is and what was there where `v` was.
    fn exchange(&mut self, v: u32, place: u32) {
        let from = self.position[v as usize];
        let other = self.sorted[place as usize];
        self.sorted.swap(from as usize, place as usize);
        self.position[v as usize] = place;
        self.position[other as usize] = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is maintained by difference, computed anew.
    fn check(search: &Search<'_>) {
        let g = search.graph;
        for v in g.vertices() {
            let linked = search.members.iter().filter(|&&u| g.has_edge(u, v));
            let (count, xor) = linked.fold((0, 0), |(c, x), &u| (c + 1, x ^ u));
            assert_eq!(search.links[v as usize], count);
            assert_eq!(search.links_xor[v as usize], xor);
            assert_eq!(search.sorted[search.position[v as usize] as usize], v);
            let (from, to) = (search.start[count as usize], search.start[count as usize + 1]);
            assert!((from..to).contains(&search.position[v as usize]));
        }
        assert!(super::super::is_clique(g, &search.members));
    }

    #[test]
    fn bookkeeping_by_difference_holds_after_every_move() {
        let mut rng = Rng::new(4, 0);
        let edges: Vec<_> = (0..500).map(|_| (rng.below(45), rng.below(45))).collect();
        let (g, _) = Graph::from_edges(45, &edges).unwrap();
        let mut search = Search::new(&g, 45, 9);
        for _ in 0..2000 {
            search.step();
            check(&search);
        }
    }
}
