//! The kernel of a graph for k colours, and the way back.
//!
//! Two rules, each cascading into the other until neither applies:
//!
//! * a vertex with fewer than k neighbours left can be coloured last, whatever those have;
//! * a vertex dominated by a non-adjacent one (see `domination`) can take its colour.
//!
//! Both keep the answer: the graph has a proper k-colouring exactly when the kernel has one. The
//! removals are remembered in order, and undone in reverse: at that moment the neighbours that a
//! vertex has colours of are those it had when it left, so that the first rule finds a colour below
//! k and the second copies one. Because the kernel is an induced subgraph, a colouring of the whole
//! graph is projected by leaving out what is not in it.
//!
//! The rules depend on k: a kernel for k serves any search for k colours, and a smaller k needs a new
//! one (which is not smaller). Vertices that must keep a given colour are named as frozen and never
//! removed; their neighbours may be, since a vertex with fewer than k neighbours finds a colour
//! whatever those are, and a dominated one may copy a frozen one's.
//!
//! The first rule takes O(n + m). The second is bounded by a limit on work, beyond which it stops and
//! leaves a kernel that is correct and larger than need be.

use super::domination::{Dominators, Remaining};
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::collections::VecDeque;

/// What [`Reduction::new`] may do.
#[derive(Clone, Copy, Debug)]
pub struct ReduceOptions<'a> {
    /// Vertices that stay, because their colour is given.
    pub frozen: &'a [u32],
    /// Whether to look for dominated vertices as well as for those of low degree.
    pub domination: bool,
    /// How many arcs the search for dominated vertices may look at: some nanoseconds each.
    pub work: u64,
}

impl Default for ReduceOptions<'_> {
    /// Nothing frozen, both rules, a tenth of a second or two at most for the second.
    fn default() -> Self {
        Self { frozen: &[], domination: true, work: 20_000_000 }
    }
}

/// One vertex that left.
#[derive(Clone, Copy, Debug)]
struct Removal {
    vertex: u32,
    /// The vertex whose colour it takes, or `NO_ONE` for a vertex of low degree.
    heir_of: u32,
}

const NO_ONE: u32 = u32::MAX;

/// A graph made smaller for one number of colours.
///
/// ```
/// use prism_core::Graph;
/// use prism_cpu::preprocess::{ReduceOptions, Reduction};
///
/// // A 5-cycle with a pendant vertex: for three colours nothing is left to search.
/// let edges = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 5)];
/// let (graph, _) = Graph::from_edges(6, &edges)?;
/// let reduction = Reduction::new(&graph, 3, &ReduceOptions::default());
/// assert_eq!(reduction.kernel().n(), 0);
/// assert_eq!(reduction.lift(&[]).verify(&graph), Ok(()));
/// # Ok::<(), prism_core::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reduction<'g> {
    graph: &'g Graph<'g>,
    kernel: Graph<'g>,
    undo: Undo,
    dominated: usize,
    exhausted: bool,
}

/// What was removed from a graph, and in which order.
#[derive(Clone, Debug)]
pub struct Undo {
    /// The vertex of the whole graph that each kernel vertex is, increasing.
    kept: Vec<u32>,
    trail: Vec<Removal>,
}

impl<'g> Reduction<'g> {
    /// Reduces `graph` for `k` colours; `k` = 0 counts as 1. The kernel borrows `graph` when
    /// nothing could be removed.
    pub fn new(graph: &'g Graph<'g>, k: usize, options: &ReduceOptions<'_>) -> Self {
        let mut frozen = vec![false; graph.n()];
        for &v in options.frozen {
            frozen[v as usize] = true;
        }
        let k = u32::try_from(k.max(1)).unwrap_or(u32::MAX);
        let mut this = Self {
            graph,
            kernel: Graph::empty(0),
            undo: Undo { kept: Vec::new(), trail: Vec::new() },
            dominated: 0,
            exhausted: false,
        };
        let degree = graph.vertices().map(|v| graph.degree(v) as u32).collect();
        let mut left = Remaining { graph, alive: vec![true; graph.n()], degree };
        let mut low: Vec<u32> = graph
            .vertices()
            .filter(|&v| left.degree[v as usize] < k && !frozen[v as usize])
            .collect();
        this.peel(&mut left, &frozen, k, &mut low, |_| (), |_| ());
        this.undo.kept = graph.vertices().filter(|&v| left.alive[v as usize]).collect();
        this.kernel = if this.undo.trail.is_empty() {
            graph.reborrow()
        } else {
            graph.induced(&this.undo.kept)
        };
        drop(left);
        if options.domination && !this.undo.kept.is_empty() {
            this.dominate(&frozen, k, options.work);
        }
        this
    }

    /// Removes the vertices of `low` and all that thereby come to have fewer than `k` neighbours. Tells
    /// `removed` of each, and `touched` of each neighbour that stays for now.
    fn peel(
        &mut self,
        left: &mut Remaining<'_>,
        frozen: &[bool],
        k: u32,
        low: &mut Vec<u32>,
        mut removed: impl FnMut(u32),
        mut touched: impl FnMut(u32),
    ) {
        while let Some(v) = low.pop() {
            // Dominated, or peeled, since it was put here.
            if !std::mem::replace(&mut left.alive[v as usize], false) {
                continue;
            }
            self.undo.trail.push(Removal { vertex: v, heir_of: NO_ONE });
            removed(v);
            for &u in left.graph.neighbors(v).iter().filter(|&&u| left.alive[u as usize]) {
                let degree = &mut left.degree[u as usize];
                *degree -= 1;
                if frozen[u as usize] {
                    continue;
                }
                // Once is enough: the degree passes k - 1 only once.
                if *degree + 1 == k {
                    low.push(u);
                } else if *degree >= k {
                    touched(u);
                }
            }
        }
    }

    /// Applies both rules to the kernel of the first until neither applies or `work` is used up.
    fn dominate(&mut self, frozen: &[bool], k: u32, mut work: u64) {
        let graph = std::mem::replace(&mut self.kernel, Graph::empty(0));
        let names = std::mem::take(&mut self.undo.kept);
        let first = self.undo.trail.len();
        let n = graph.n();
        let frozen: Vec<bool> = names.iter().map(|&v| frozen[v as usize]).collect();
        let degree = graph.vertices().map(|v| graph.degree(v) as u32).collect();
        let mut left = Remaining { graph: &graph, alive: vec![true; n], degree };
        let mut finder = Dominators::new(&graph);
        // Vertices that may be dominated: all at first, later those that lost a neighbour.
        let mut queue: VecDeque<u32> = graph.vertices().filter(|&v| !frozen[v as usize]).collect();
        let mut queued: Vec<bool> = frozen.iter().map(|&f| !f).collect();
        let mut low = Vec::new();
        while let Some(u) = queue.pop_front() {
            queued[u as usize] = false;
            if !left.alive[u as usize] {
                continue;
            }
            let found = finder.of(u, &left, &mut work);
            if work == 0 {
                self.exhausted = true;
                break;
            }
            let Some(v) = found else { continue };
            self.undo.trail.push(Removal { vertex: u, heir_of: v });
            self.dominated += 1;
            left.alive[u as usize] = false;
            finder.forget(u);
            let mut touched = |w: u32| {
                if !std::mem::replace(&mut queued[w as usize], true) {
                    queue.push_back(w);
                }
            };
            for &w in graph.neighbors(u).iter().filter(|&&w| left.alive[w as usize]) {
                left.degree[w as usize] -= 1;
                if frozen[w as usize] {
                    continue;
                }
                if left.degree[w as usize] < k {
                    low.push(w);
                } else {
                    touched(w);
                }
            }
            self.peel(&mut left, &frozen, k, &mut low, |v| finder.forget(v), touched);
        }
        for removal in &mut self.undo.trail[first..] {
            removal.vertex = names[removal.vertex as usize];
            if removal.heir_of != NO_ONE {
                removal.heir_of = names[removal.heir_of as usize];
            }
        }
        if self.undo.trail.len() == first {
            (self.kernel, self.undo.kept) = (graph, names);
        } else {
            let stay: Vec<u32> = graph.vertices().filter(|&v| left.alive[v as usize]).collect();
            self.kernel = graph.induced(&stay);
            self.undo.kept = stay.into_iter().map(|v| names[v as usize]).collect();
        }
    }

    /// What is left to colour: the subgraph induced by [`Reduction::kept`].
    pub fn kernel(&self) -> &Graph<'g> {
        &self.kernel
    }

    /// The vertex of the whole graph that each kernel vertex is, increasing.
    pub fn kept(&self) -> &[u32] {
        &self.undo.kept
    }

    /// The kernel vertex that vertex `v` of the whole graph is, if it is in the kernel.
    pub fn kernel_id(&self, v: u32) -> Option<u32> {
        self.undo.kept.binary_search(&v).ok().map(|i| i as u32)
    }

    /// Number of vertices removed for being dominated; all others removed had a low degree.
    pub fn dominated(&self) -> usize {
        self.dominated
    }

    /// Whether the limit on work left some vertices unexamined.
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// The colouring of the whole graph that follows from `kernel_colors`: [`Undo::lift`].
    ///
    /// # Panics
    /// If there is not one colour for each kernel vertex.
    pub fn lift(&self, kernel_colors: &[Color]) -> Coloring {
        self.undo.lift(self.graph, kernel_colors)
    }

    /// The kernel, and the way back without the graph itself, for those who keep the graph elsewhere.
    pub fn detach(self) -> (Graph<'static>, Undo) {
        (self.kernel.into_owned(), self.undo)
    }

    /// What a colouring of the whole graph gives to the kernel vertices: [`Undo::project`].
    pub fn project(&self, colors: &[Color]) -> Vec<Color> {
        self.undo.project(colors)
    }
}

impl Undo {
    /// The colouring of the whole `graph` that follows from `kernel_colors`, one for each kernel
    /// vertex.
    ///
    /// If that is proper, so is the result. It then uses no colour of its own except numbers below k,
    /// so at most max(k, the kernel's) in all. An uncoloured or improper kernel is carried over as it
    /// is.
    ///
    /// O(n + arcs of what was removed).
    ///
    /// # Panics
    /// If there is not one colour for each kernel vertex.
    pub fn lift(&self, graph: &Graph<'_>, kernel_colors: &[Color]) -> Coloring {
        assert_eq!(kernel_colors.len(), self.kept.len(), "one colour for each kernel vertex");
        let mut colors = vec![UNCOLORED; graph.n()];
        for (&v, &c) in self.kept.iter().zip(kernel_colors) {
            colors[v as usize] = c;
        }
        // `used[c]` is the number of the removal that last saw colour c at a neighbour.
        let mut used = vec![usize::MAX; MAX_COLORS + 1];
        for (i, removal) in self.trail.iter().enumerate().rev() {
            colors[removal.vertex as usize] = if removal.heir_of == NO_ONE {
                for &u in graph.neighbors(removal.vertex) {
                    used[colors[u as usize] as usize] = i;
                }
                used.iter().position(|&by| by != i).map_or(UNCOLORED, |c| c as Color)
            } else {
                colors[removal.heir_of as usize]
            };
        }
        Coloring::from_colors(colors)
    }

    /// What a colouring of the whole graph gives to the kernel vertices: a warm start. Proper if
    /// the whole is.
    pub fn project(&self, colors: &[Color]) -> Vec<Color> {
        self.kept.iter().map(|&v| colors[v as usize]).collect()
    }
}

#[cfg(test)]
mod tests;
