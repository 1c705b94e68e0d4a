//! Upper bounds on the chromatic number that follow from degrees alone.
//!
//! Degeneracy + 1 (Szekeres & Wilf 1968; smallest-last colouring attains it), the bound of Welsh &
//! Powell (1967) for the largest-first order, and Brooks' theorem (1941): a connected graph that is
//! neither complete nor an odd cycle needs no more colours than its largest degree. The first is
//! never above the second nor above largest degree + 1, and Brooks only helps where a component is
//! regular of the largest degree; all are reported because people ask for them by name.

use super::Degeneracy;
use crate::Graph;

/// Number of colours that suffice, by theorem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpperBounds {
    /// Degeneracy + 1.
    pub degeneracy: usize,
    /// Max over i of min(i, d_i + 1), degrees in decreasing order, i from 1.
    pub welsh_powell: usize,
    /// Max over components of the largest degree, or one more for complete graphs and odd cycles.
    pub brooks: usize,
}

impl UpperBounds {
    /// The least of them.
    pub fn best(&self) -> usize {
        self.degeneracy.min(self.welsh_powell).min(self.brooks)
    }
}

/// The bounds of `graph`, whose degeneracy order the caller has. O(n + m). All 0 without vertices.
pub fn upper(graph: &Graph<'_>, order: &Degeneracy) -> UpperBounds {
    if graph.n() == 0 {
        return UpperBounds { degeneracy: 0, welsh_powell: 0, brooks: 0 };
    }
    // Degrees in decreasing order by counting.
    let mut count = vec![0usize; graph.max_degree() + 1];
    for v in graph.vertices() {
        count[graph.degree(v)] += 1;
    }
    let (mut welsh_powell, mut rank) = (0, 0);
    for (d, &c) in count.iter().enumerate().rev() {
        rank += c;
        welsh_powell = welsh_powell.max(rank.min(d + 1));
    }
    UpperBounds { degeneracy: order.degeneracy as usize + 1, welsh_powell, brooks: brooks(graph) }
}

/// Brooks' bound of each component, the largest of them.
fn brooks(graph: &Graph<'_>) -> usize {
    let mut seen = vec![false; graph.n()];
    let mut stack = Vec::new();
    let mut bound = 0;
    for root in graph.vertices() {
        if std::mem::replace(&mut seen[root as usize], true) {
            continue;
        }
        stack.push(root);
        let (mut size, mut least, mut most) = (0usize, usize::MAX, 0);
        while let Some(v) = stack.pop() {
            size += 1;
            least = least.min(graph.degree(v));
            most = most.max(graph.degree(v));
            for &u in graph.neighbors(v) {
                if !std::mem::replace(&mut seen[u as usize], true) {
                    stack.push(u);
                }
            }
        }
        let complete = least + 1 == size;
        let odd_cycle = least == 2 && most == 2 && size % 2 == 1;
        bound = bound.max(most + usize::from(complete || odd_cycle));
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::super::degeneracy;
    use super::*;

    fn bounds(n: usize, edges: &[(u32, u32)]) -> UpperBounds {
        let (g, _) = Graph::from_edges(n, edges).unwrap();
        upper(&g, &degeneracy(&g))
    }

    #[test]
    fn small_cases() {
        assert_eq!(bounds(0, &[]).best(), 0);
        assert_eq!(bounds(5, &[]), UpperBounds { degeneracy: 1, welsh_powell: 1, brooks: 1 });
        assert_eq!(bounds(2, &[(0, 1)]), UpperBounds { degeneracy: 2, welsh_powell: 2, brooks: 2 });
        // A star: its degeneracy is 1, its largest degree is not.
        let star = bounds(5, &[(0, 1), (0, 2), (0, 3), (0, 4)]);
        assert_eq!(star, UpperBounds { degeneracy: 2, welsh_powell: 2, brooks: 4 });
        // A path of 3 beside an even cycle: Brooks says 2 where degeneracy says 3.
        let c4 = bounds(7, &[(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6)]);
        assert_eq!((c4.brooks, c4.degeneracy, c4.best()), (2, 3, 2));
        let c5 = bounds(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]);
        assert_eq!(c5.best(), 3);
    }
}
