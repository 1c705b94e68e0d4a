//! The search tree of exhaustive search: a depth-first search over colours that are sets of bits.

use super::answer::MAX_EXACT_COLORS;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Graph, SizeRange};
use std::sync::atomic::{AtomicBool, Ordering};

/// How a search ended.
pub(super) enum Found {
    Colors,
    Nothing,
    OutOfWork,
}

/// The colours that a search may use.
pub(super) struct Palette {
    /// Colours there are.
    pub colors: usize,
    /// How many of them may be in use.
    pub most: usize,
    /// The colours in groups: those of one group are interchangeable.
    pub groups: Vec<u128>,
}

impl Palette {
    /// `k` colours that are all alike.
    pub fn of(k: usize) -> Self {
        Self { colors: k, most: k, groups: vec![first(k)] }
    }

    /// The colours that are worth a try where those of `used` are in use: of colours that are
    /// interchangeable and not in use yet, one.
    fn next(&self, used: u128) -> u128 {
        if used.count_ones() as usize >= self.most {
            return used;
        }
        let unused = self.groups.iter().map(|group| group & !used);
        unused.fold(used, |next, group| next | group & group.wrapping_neg())
    }

    /// The colours that a vertex may still come to have.
    fn within_reach(&self, used: u128) -> u128 {
        if used.count_ones() as usize >= self.most { used } else { first(self.colors) }
    }
}

/// The first `k` colours.
pub(super) fn first(k: usize) -> u128 {
    if k >= MAX_EXACT_COLORS { u128::MAX } else { (1 << k) - 1 }
}

/// How many vertices the colours have, and may have.
struct Sizes {
    range: SizeRange,
    of: Vec<usize>,
    /// The colours that may have no more.
    full: u128,
    /// Vertices that colours still have too few.
    missing: usize,
}

/// One depth-first search.
pub(super) struct Tree<'g> {
    graph: &'g Graph<'g>,
    palette: Palette,
    k: usize,
    sizes: Sizes,
    pub colors: Vec<Color>,
    /// `blocked[v * k + c]`: how many neighbours of v have colour c, and one more if v may not have it.
    blocked: Vec<u16>,
    /// By vertex, the colours that no neighbour has.
    free: Vec<u128>,
    /// The vertices without a colour, in no order, and where each one is.
    open: Vec<u32>,
    place: Vec<u32>,
    work: u64,
    pub spent: u64,
    nodes: u64,
    stop: &'g AtomicBool,
}

impl<'g> Tree<'g> {
    /// A search in which every vertex may have every colour.
    pub fn new(graph: &'g Graph<'g>, k: usize, work: u64, stop: &'g AtomicBool) -> Self {
        Self::within(graph, vec![first(k); graph.n()], Palette::of(k), work, stop)
    }

    /// A search in which vertex `v` may have the colours of `free[v]`.
    pub fn within(
        graph: &'g Graph<'g>,
        free: Vec<u128>,
        palette: Palette,
        work: u64,
        stop: &'g AtomicBool,
    ) -> Self {
        let (n, k) = (graph.n(), palette.colors);
        // A colour that a vertex may not have is blocked for good, as if by one more neighbour.
        let mut blocked = vec![0; n * k];
        for (row, &set) in blocked.chunks_exact_mut(k.max(1)).zip(&free) {
            if set != first(k) {
                (0..k).for_each(|c| row[c] = u16::from(set >> c & 1 == 0));
            }
        }
        Self {
            graph,
            palette,
            k,
            sizes: Sizes {
                range: SizeRange { least: 0, most: usize::MAX },
                of: vec![0; k],
                full: 0,
                missing: 0,
            },
            colors: vec![UNCOLORED; n],
            blocked,
            free,
            open: graph.vertices().collect(),
            place: graph.vertices().collect(),
            work,
            spent: 0,
            nodes: 0,
            stop,
        }
    }

    /// The same where every colour has to have so many vertices.
    pub fn sized(mut self, range: SizeRange) -> Self {
        let full = if range.most == 0 { first(self.k) } else { 0 };
        let missing = range.least.saturating_mul(self.k);
        self.sizes = Sizes { range, full, missing, ..self.sizes };
        self
    }

    /// Searches with the vertices of `clique` coloured 0, 1 and so on.
    pub fn root(&mut self, clique: &[u32]) -> Found {
        // A vertex has at most n - 1 < 2^16 neighbours of one colour where the search has any hope.
        if self.graph.max_degree() >= u16::MAX as usize {
            return Found::OutOfWork;
        }
        let mut alive = self.sizes.missing <= self.open.len();
        for (c, &v) in clique.iter().enumerate() {
            alive &= self.color(v, c as Color);
        }
        if alive { self.search(first(clique.len())) } else { Found::Nothing }
    }

    /// Depth-first search with an explicit stack, since depth is up to n.
    fn search(&mut self, used: u128) -> Found {
        struct Level {
            vertex: u32,
            /// Colours still to try.
            todo: u128,
            /// Colours in use above this level.
            used: u128,
        }
        let mut levels: Vec<Level> = Vec::new();
        let mut used = used;
        loop {
            // Descend.
            let Some(v) = self.choose(self.palette.within_reach(used) & !self.sizes.full) else {
                return Found::Colors;
            };
            self.nodes += 1;
            if self.spent >= self.work
                || (self.nodes & 63 == 0 && self.stop.load(Ordering::Relaxed))
            {
                return Found::OutOfWork;
            }
            let todo = self.free[v as usize] & self.palette.next(used) & !self.sizes.full;
            levels.push(Level { vertex: v, todo, used });
            // Take the next colour, backing up as far as there is none.
            loop {
                let Some(level) = levels.last_mut() else { return Found::Nothing };
                let (v, above) = (level.vertex, level.used);
                if level.todo == 0 {
                    levels.pop();
                    if let Some(parent) = levels.last() {
                        let parent = parent.vertex;
                        self.uncolor(parent);
                    }
                    continue;
                }
                let c = level.todo.trailing_zeros();
                level.todo &= level.todo - 1;
                used = above | 1 << c;
                if self.color(v, c as Color) && self.can_be_filled(used) {
                    break;
                }
                self.uncolor(v);
            }
        }
    }

    /// The vertex to branch on where the colours of `palette` are within reach; none if all are
    /// coloured.
    fn choose(&mut self, palette: u128) -> Option<u32> {
        self.spent += self.open.len() as u64;
        let fewest =
            self.open.iter().map(|&v| (self.free[v as usize] & palette).count_ones()).min()?;
        let tied = |v: u32| (self.free[v as usize] & palette).count_ones() == fewest;
        let shared = |v: u32| -> u32 {
            let others = self.graph.neighbors(v).iter().copied();
            let others = others.filter(|&u| self.colors[u as usize] == UNCOLORED && tied(u));
            others
                .map(|u| (self.free[u as usize] & self.free[v as usize] & palette).count_ones())
                .sum()
        };
        let mut best: Option<((u32, usize, u32), u32)> = None;
        let mut looked = 0;
        for &v in self.open.iter().filter(|&&v| tied(v)) {
            // With one colour left there is nothing to choose: any vertex will do.
            if fewest <= 1 {
                return Some(v);
            }
            looked += self.graph.degree(v) as u64;
            let key = (shared(v), self.graph.degree(v), u32::MAX - v);
            if best.is_none_or(|(other, _)| key > other) {
                best = Some((key, v));
            }
        }
        self.spent += looked;
        best.map(|(_, v)| v)
    }

    /// Colours `v`; false if that leaves some neighbour without a colour, or too few vertices for the
    /// colours that need more.
    fn color(&mut self, v: u32, c: Color) -> bool {
        // Taking the colour back costs the same.
        self.spent += 2 * self.graph.degree(v) as u64;
        self.colors[v as usize] = c;
        let at = self.place[v as usize] as usize;
        self.open.swap_remove(at);
        if let Some(&moved) = self.open.get(at) {
            self.place[moved as usize] = at as u32;
        }
        let mut alive = self.count(c);
        for &u in self.graph.neighbors(v) {
            let blocked = &mut self.blocked[u as usize * self.k + c as usize];
            *blocked += 1;
            if *blocked == 1 {
                self.free[u as usize] &= !(1 << c);
                alive &= self.free[u as usize] != 0 || self.colors[u as usize] != UNCOLORED;
            }
        }
        alive
    }

    /// Counts one vertex more of a colour; false if there are too few left for the others.
    fn count(&mut self, c: Color) -> bool {
        let Sizes { range, of, full, missing } = &mut self.sizes;
        let size = &mut of[usize::from(c)];
        *size += 1;
        if *size <= range.least {
            *missing -= 1;
        }
        if *size >= range.most {
            *full |= 1 << c;
        }
        *missing <= self.open.len()
    }

    /// Takes that back.
    fn discount(&mut self, c: Color) {
        let Sizes { range, of, full, missing } = &mut self.sizes;
        let size = &mut of[usize::from(c)];
        if *size <= range.least {
            *missing += 1;
        }
        *size -= 1;
        if *size < range.most {
            *full &= !(1 << c);
        }
    }

    /// Whether each colour in use that needs more vertices can still get them.
    fn can_be_filled(&mut self, used: u128) -> bool {
        let Sizes { range, of, missing, .. } = &self.sizes;
        if *missing == 0 {
            return true;
        }
        let mut lacking = (0..self.k).filter(|&c| used >> c & 1 == 1 && of[c] < range.least);
        let spent = &mut self.spent;
        lacking.all(|c| {
            *spent += self.open.len() as u64;
            let open = self.open.iter().filter(|&&v| self.free[v as usize] >> c & 1 == 1);
            of[c] + open.count() >= range.least
        })
    }

    fn uncolor(&mut self, v: u32) {
        let c = std::mem::replace(&mut self.colors[v as usize], UNCOLORED);
        self.discount(c);
        self.place[v as usize] = self.open.len() as u32;
        self.open.push(v);
        for &u in self.graph.neighbors(v) {
            let blocked = &mut self.blocked[u as usize * self.k + c as usize];
            *blocked -= 1;
            if *blocked == 0 {
                self.free[u as usize] |= 1 << c;
            }
        }
    }
}
