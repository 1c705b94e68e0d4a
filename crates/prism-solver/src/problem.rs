//! The graph that is really searched: the input with its precoloured vertices contracted.
//!
//! All vertices precoloured with one colour must end up alike, so they become one vertex; two
//! vertices made from different colours must differ, so they become adjacent. A proper colouring of
//! the contracted graph, with its classes renamed, is then exactly a proper extension of the
//! precolouring, and no engine has to know that precolouring exists.

use crate::BuildError;
use crate::options::GraphRef;
use prism_core::memory::{OutOfMemory, try_with_capacity};
use prism_core::{Color, Coloring, Graph, GraphError, MAX_COLORS};
use std::collections::{BTreeMap, BTreeSet};

/// The most different colours that a precolouring may have. They become a clique, which has 8 million
/// edges at this size.
const MAX_PRECOLORS: usize = 4096;

/// The input graph, contracted, and the way back.
pub(crate) struct Problem<'a> {
    input: GraphRef<'a>,
    contracted: Option<Contraction>,
}

struct Contraction {
    graph: Graph<'static>,
    /// For each input vertex, the vertex that stands for it.
    image: Vec<u32>,
    /// Vertex `i` of the contracted graph stands for all vertices precoloured `names[i]`.
    names: Vec<Color>,
}

impl<'a> Problem<'a> {
    /// Checks the precolouring and contracts it.
    pub fn new(
        graph: impl Into<GraphRef<'a>>,
        precolored: &[(u32, Color)],
    ) -> Result<Self, BuildError> {
        let graph = graph.into();
        let input = graph.get();
        let mut fixed = BTreeMap::new();
        for &(vertex, color) in precolored {
            if vertex as usize >= input.n() {
                return Err(BuildError::PrecoloredVertex { vertex, vertices: input.n() });
            }
            if usize::from(color) >= MAX_COLORS {
                return Err(BuildError::PrecoloredColor { vertex, color });
            }
            if let Some(first) = fixed.insert(vertex, color)
                && first != color
            {
                return Err(BuildError::PrecoloredTwice { vertex, first, second: color });
            }
        }
        let colors = fixed.values().collect::<BTreeSet<_>>().len();
        if colors > MAX_PRECOLORS {
            return Err(BuildError::PrecoloredColors { colors, limit: MAX_PRECOLORS });
        }
        for (&u, &color) in &fixed {
            if let Some(&v) = input.neighbors(u).iter().find(|v| fixed.get(v) == Some(&color)) {
                return Err(BuildError::PrecoloredConflict { u, v, color });
            }
        }
        let contracted = (!fixed.is_empty()).then(|| Contraction::new(input, &fixed));
        Ok(Self { input: graph, contracted: contracted.transpose()? })
    }

    /// The graph as it was given.
    pub fn input(&self) -> &Graph<'a> {
        self.input.get()
    }

    /// The graph to colour.
    pub fn graph(&self) -> &Graph<'a> {
        match &self.contracted {
            Some(c) => &c.graph,
            None => self.input.get(),
        }
    }

    /// The colouring of the input that a proper colouring of [`Problem::graph`] stands for: classes
    /// of precoloured vertices get the names asked for, the others the lowest free ones.
    pub fn lift(&self, coloring: &Coloring) -> Coloring {
        let Some(c) = &self.contracted else {
            let mut lifted = coloring.clone();
            lifted.normalize();
            return lifted;
        };
        let colors = coloring.colors();
        let mut new_name: BTreeMap<Color, Color> =
            c.names.iter().enumerate().map(|(i, &name)| (colors[i], name)).collect();
        let mut free = (0..).filter(|name| !c.names.contains(name));
        let lifted = c.image.iter().map(|&v| {
            *new_name.entry(colors[v as usize]).or_insert_with(|| free.next().unwrap_or(Color::MAX))
        });
        Coloring::from_colors(lifted.collect())
    }

    /// The colouring of [`Problem::graph`] that a colouring of the input stands for.
    ///
    /// # Errors
    /// The first precoloured vertex whose colour differs.
    pub fn project(
        &self,
        coloring: &Coloring,
        precolored: &[(u32, Color)],
    ) -> Result<Coloring, BuildError> {
        let Some(c) = &self.contracted else { return Ok(coloring.clone()) };
        let colors = coloring.colors();
        for &(vertex, fixed) in precolored {
            let warm = colors[vertex as usize];
            if warm != fixed {
                return Err(BuildError::WarmStartPrecolor { vertex, warm, fixed });
            }
        }
        let mut projected = vec![0; c.graph.n()];
        for (&image, &color) in c.image.iter().zip(colors) {
            projected[image as usize] = color;
        }
        Ok(Coloring::from_colors(projected))
    }

    /// Input vertices that `clique`, a clique of [`Problem::graph`], stands for; empty when they are
    /// no clique of the input, since some differ only because the precolouring says so.
    pub fn clique_of_input(&self, clique: &[u32]) -> Vec<u32> {
        let Some(c) = &self.contracted else { return clique.to_vec() };
        let mut source = vec![0u32; c.graph.n()];
        for (v, &image) in c.image.iter().enumerate().rev() {
            source[image as usize] = v as u32;
        }
        let sources: Vec<u32> = clique.iter().map(|&v| source[v as usize]).collect();
        let adjacent =
            |i: usize| sources[..i].iter().all(|&u| self.input.get().has_edge(u, sources[i]));
        if (0..sources.len()).all(adjacent) { sources } else { Vec::new() }
    }
}

impl Contraction {
    fn new(input: &Graph<'_>, fixed: &BTreeMap<u32, Color>) -> Result<Self, OutOfMemory> {
        let mut names: Vec<Color> = fixed.values().copied().collect();
        names.sort_unstable();
        names.dedup();
        let mut image = try_with_capacity(input.n())?;
        let mut next = names.len() as u32;
        for v in input.vertices() {
            image.push(match fixed.get(&v) {
                Some(color) => names.partition_point(|name| name < color) as u32,
                None => {
                    next += 1;
                    next - 1
                }
            });
        }
        let clique = 0..names.len() as u32;
        let between = names.len() * names.len().saturating_sub(1) / 2;
        let mut edges = try_with_capacity(between + input.m())?;
        edges.extend(clique.clone().flat_map(|u| (u + 1..clique.end).map(move |v| (u, v))));
        edges.extend(input.edges().map(|(u, v)| (image[u as usize], image[v as usize])));
        // Ends are below `next`, and edges between equally precoloured vertices were refused.
        let graph = match Graph::from_edges(next as usize, &edges) {
            Ok((graph, _)) => graph,
            Err(GraphError::OutOfMemory(missing)) => return Err(missing),
            Err(error) => unreachable!("contracting a valid graph: {error}"),
        };
        Ok(Self { graph, image, names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_precolourings_that_cannot_be_extended() {
        let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap();
        let error = |fixed: &[(u32, Color)]| Problem::new(&path, fixed).err();
        assert_eq!(error(&[(3, 0)]), Some(BuildError::PrecoloredVertex { vertex: 3, vertices: 3 }));
        assert_eq!(
            error(&[(1, 0), (1, 2)]),
            Some(BuildError::PrecoloredTwice { vertex: 1, first: 0, second: 2 })
        );
        assert_eq!(
            error(&[(1, 4), (2, 4)]),
            Some(BuildError::PrecoloredConflict { u: 1, v: 2, color: 4 })
        );
        assert_eq!(error(&[(0, 4), (2, 4), (2, 4)]), None);
        let none = BuildError::PrecoloredColor { vertex: 2, color: Color::MAX };
        assert_eq!(error(&[(2, Color::MAX)]), Some(none));
        assert_eq!(error(&[(2, Color::MAX - 1)]), None);
    }

    #[test]
    fn refuses_precolourings_with_too_many_colours() {
        let limit = MAX_PRECOLORS;
        let graph = Graph::empty(limit + 1);
        let mut fixed: Vec<(u32, Color)> = (0..=limit as u32).map(|v| (v, v as Color)).collect();
        let refused = BuildError::PrecoloredColors { colors: limit + 1, limit };
        assert_eq!(Problem::new(&graph, &fixed).err(), Some(refused));
        fixed[limit].1 = 0;
        let problem = Problem::new(&graph, &fixed).unwrap();
        assert_eq!(problem.graph().m(), limit * (limit - 1) / 2);
    }

    #[test]
    fn precoloured_vertices_keep_their_names() {
        let (path, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
        let problem = Problem::new(&path, &[(0, 5), (3, 0)]).unwrap();
        // Contracted: 0 is input 3 (named 0), 1 is input 0 (named 5), 2 and 3 are inputs 1 and 2.
        assert_eq!(problem.graph().edges().collect::<Vec<_>>(), [(0, 1), (0, 3), (1, 2), (2, 3)]);
        let lifted = problem.lift(&Coloring::from_colors(vec![1, 0, 1, 0]));
        assert_eq!(lifted.colors(), [5, 0, 5, 0]);
        assert_eq!(lifted.verify(&path), Ok(()));
    }

    proptest! {
        #[test]
        fn project_then_lift_keeps_classes(
            raw in prop::collection::vec((0u32..12, 0u32..12), 0..30),
            fixed in prop::sample::subsequence((0u32..12).collect::<Vec<_>>(), 0..6),
        ) {
            let (graph, _) = Graph::from_edges(12, &raw).unwrap();
            // A proper colouring from which the precolouring is read.
            let mut colors: Vec<Color> = Vec::new();
            for v in graph.vertices() {
                let used: Vec<Color> = graph.neighbors(v).iter().filter(|&&u| u < v)
                    .map(|&u| colors[u as usize]).collect();
                colors.push((0..).find(|c| !used.contains(c)).unwrap());
            }
            let whole = Coloring::from_colors(colors);
            let precolored: Vec<_> = fixed.iter().map(|&v| (v, whole.colors()[v as usize])).collect();
            let problem = Problem::new(&graph, &precolored).unwrap();
            let inner = problem.project(&whole, &precolored).unwrap();
            prop_assert_eq!(inner.verify(problem.graph()), Ok(()));
            let back = problem.lift(&inner);
            prop_assert_eq!(back.verify(&graph), Ok(()));
            prop_assert_eq!(back.num_colors(), whole.num_colors());
            for (v, color) in precolored {
                prop_assert_eq!(back.colors()[v as usize], color);
            }
        }
    }
}
