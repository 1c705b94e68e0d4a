//! Lists as a plain graph: the standard reduction of list colouring to colouring.
//!
//! A palette of k colours becomes a clique of k vertices, one for each colour. A vertex is joined to the
//! colours that it may not have, and vertices with one colour left are that colour's vertex themselves.
//! A proper colouring with k colours gives every class exactly one vertex of the clique, and so a name
//! from the palette; it is exactly a colouring within the lists by these colours.

use super::domains::Domains;
use prism_core::memory::{OutOfMemory, try_vec, try_with_capacity};
use prism_core::{Color, Coloring, Graph, GraphError};

/// A graph with its lists for one palette.
pub(crate) struct Augmented {
    graph: Graph<'static>,
    palette: Vec<Color>,
    /// For each vertex of the part that was asked for, the vertex that stands for it.
    image: Vec<u32>,
}

/// The most edges that it may have.
pub(crate) fn edges(
    graph: &Graph<'_>,
    vertices: &[u32],
    domains: &Domains,
    palette: &[Color],
) -> u64 {
    let barred = |v: u32| match domains.of(v) {
        Some(_) => palette.iter().filter(|&&color| !domains.allows(v, color)).count(),
        None => 0,
    };
    let to_palette = vertices.iter().map(|&v| barred(v) as u64).sum::<u64>();
    let degrees = vertices.iter().map(|&v| graph.degree(v) as u64).sum::<u64>();
    (palette.len() as u64).pow(2) / 2 + to_palette + degrees / 2
}

impl Augmented {
    /// Augments the graph that `vertices`, increasing, induce. The palette is increasing and has all
    /// their only colours.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the edges, or the graph made of them, do not fit.
    pub fn new(
        graph: &Graph<'_>,
        vertices: &[u32],
        domains: &Domains,
        palette: Vec<Color>,
    ) -> Result<Self, OutOfMemory> {
        let colors = palette.len() as u32;
        let place = |color: Color| palette.partition_point(|&other| other < color) as u32;
        let mut next = colors;
        let mut image = try_with_capacity(vertices.len())?;
        // Where a vertex of the whole graph is in `vertices`.
        let mut at = try_vec(graph.n(), u32::MAX)?;
        let most = edges(graph, vertices, domains, &palette);
        let mut edges = try_with_capacity(usize::try_from(most).unwrap_or(usize::MAX))?;
        edges.extend((0..colors).flat_map(|u| (u + 1..colors).map(move |v| (u, v))));
        for (i, &v) in (0..).zip(vertices) {
            at[v as usize] = i;
            if let Some(color) = domains.only(v) {
                image.push(place(color));
                continue;
            }
            image.push(next);
            if domains.of(v).is_some() {
                let barred = (0..colors).filter(|&c| !domains.allows(v, palette[c as usize]));
                edges.extend(barred.map(|c| (c, next)));
            }
            next += 1;
        }
        for (i, &v) in vertices.iter().enumerate() {
            for &u in graph.neighbors(v).iter().filter(|&&u| u < v) {
                if let Some(&other) = image.get(at[u as usize] as usize) {
                    edges.push((other, image[i]));
                }
            }
        }
        // Ends are below `next`, and equal only colours of neighbours were refused.
        let graph = match Graph::from_edges(next as usize, &edges) {
            Ok((graph, _)) => graph,
            Err(GraphError::OutOfMemory(missing)) => return Err(missing),
            Err(error) => unreachable!("augmenting a valid graph: {error}"),
        };
        Ok(Self { graph, palette, image })
    }

    /// The plain graph.
    pub fn graph(&self) -> &Graph<'static> {
        &self.graph
    }

    /// The vertices that stand for the colours.
    pub fn clique(&self) -> Vec<u32> {
        (0..self.palette.len() as u32).collect()
    }

    /// The colours of the vertices, in their order, that a proper colouring of the plain graph stands
    /// for; none if it has more colours than the palette.
    pub fn lift(&self, coloring: &Coloring) -> Option<Vec<Color>> {
        let classes = coloring.colors();
        let most = classes.iter().max().map_or(0, |&class| usize::from(class) + 1);
        let mut names = vec![None; most];
        for (&class, &name) in classes.iter().zip(&self.palette) {
            names[usize::from(class)] = Some(name);
        }
        self.image.iter().map(|&v| names[usize::from(classes[v as usize])]).collect()
    }

    /// The proper colouring of the plain graph that colours within the lists stand for. What is not of
    /// the palette becomes a class of its own.
    pub fn project(&self, colors: &[Color]) -> Coloring {
        let mut beyond: Vec<Color> =
            colors.iter().copied().filter(|c| self.palette.binary_search(c).is_err()).collect();
        beyond.sort_unstable();
        beyond.dedup();
        let class = |color: &Color| match self.palette.binary_search(color) {
            Ok(at) => at,
            Err(_) => self.palette.len() + beyond.partition_point(|other| other < color),
        };
        let mut classes = vec![0; self.graph.n()];
        classes.iter_mut().zip(0..self.palette.len() as Color).for_each(|(class, c)| *class = c);
        for (&v, color) in self.image.iter().zip(colors) {
            classes[v as usize] = class(color) as Color;
        }
        Coloring::from_colors(classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path of four; the third vertex is not asked for.
    fn augmented(palette: &[Color]) -> Augmented {
        let (graph, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
        let lists = [(0, vec![3, 9]), (1, vec![5])];
        let domains = Domains::new(&graph, lists, &[]).unwrap();
        Augmented::new(&graph, &[0, 1, 3], &domains, palette.to_vec()).unwrap()
    }

    #[test]
    fn a_palette_is_a_clique_and_lists_are_edges_to_it() {
        let plain = augmented(&[3, 5, 9]);
        // 0 to 2 are the colours, 3 is vertex 0, 4 is vertex 3; vertex 1 is colour 5.
        let edges: Vec<_> = plain.graph().edges().collect();
        assert_eq!(edges, [(0, 1), (0, 2), (1, 2), (1, 3)]);
        let lifted = plain.lift(&Coloring::from_colors(vec![2, 0, 1, 1, 0]));
        assert_eq!(lifted, Some(vec![9, 5, 5]));
    }

    #[test]
    fn colours_outside_the_palette_are_classes_of_their_own() {
        let plain = augmented(&[5, 9]);
        let projected = plain.project(&[3, 5, 7]);
        assert_eq!(projected.colors(), [0, 1, 2, 3]);
        assert_eq!(projected.verify(plain.graph()), Ok(()));
        assert_eq!(plain.lift(&projected), None);
        assert_eq!(plain.lift(&plain.project(&[9, 5, 9])), Some(vec![9, 5, 9]));
    }
}
