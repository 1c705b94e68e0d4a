//! Where the vertices lie on a device: conflict repair has its vertices in slots, in the order of the
//! hierarchy.
//!
//! A slot is a byte. Four of them are a word, a lane has `words` words, and [`LANES`] lanes are a region,
//! which a warp looks after. Word w of lane l is word `32 * w + l` of its region, so that the lanes of a
//! warp read successive words. The order goes lane by lane, so that an aligned block of lanes holds
//! successive vertices: a cluster.
//!
//! Regions get equally many vertices, give or take one, and the lanes of a region equally many words,
//! give or take one. What is left over lies in the first regions and in the first lanes. So the last
//! slots of all stay free, and the slots in use, from 0 to the last one, are hardly more than the
//! vertices. Between them are a few that hold no vertex.

use crate::Color;
use crate::Graph;

/// Lanes of a region.
pub const LANES: usize = 32;

/// Slots of a word.
const BYTES: usize = 4;

const NONE: u32 = u32::MAX;

/// More vertices than there are slots.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{vertices} vertices do not fit into {regions} regions of {words} words a lane, which hold {room}", room = Slots::room(*regions, *words))]
pub struct NoRoom {
    /// How many vertices there are.
    pub vertices: usize,
    /// How many regions were to take them.
    pub regions: usize,
    /// Words a lane.
    pub words: usize,
}

/// The slots of a graph's vertices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slots {
    /// By vertex.
    slots: Vec<u32>,
    /// By slot in use: the vertex, or [`NONE`].
    vertices: Vec<u32>,
    regions: usize,
    words: usize,
}

impl Slots {
    /// Deals the vertices out to `regions` regions of `words` words a lane, in the given order, which
    /// names every vertex once: see [`order`](super::order).
    ///
    /// # Errors
    /// [`NoRoom`] if there are fewer slots than vertices.
    ///
    /// # Panics
    /// If `order` is no permutation.
    pub fn new(order: &[u32], regions: usize, words: usize) -> Result<Self, NoRoom> {
        let n = order.len();
        Self::with(order, regions, words, |rank| deal(rank, n, regions))
    }

    /// The same with one region filled after the other, so that the slots in use end where the vertices
    /// do: for tables that have no room for more.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn packed(order: &[u32], regions: usize, words: usize) -> Result<Self, NoRoom> {
        let (n, most) = (order.len(), Self::room(1, words));
        Self::with(order, regions, words, |rank| {
            let (part, place) = (rank / most, rank % most);
            Dealt { part, place, held: most.min(n - part * most) }
        })
    }

    /// Slots in the regions that ranks are dealt to.
    fn with(
        order: &[u32],
        regions: usize,
        words: usize,
        region: impl Fn(usize) -> Dealt,
    ) -> Result<Self, NoRoom> {
        let n = order.len();
        if n > Self::room(regions, words) {
            return Err(NoRoom { vertices: n, regions, words });
        }
        let mut slots = vec![NONE; n];
        let mut vertices = Vec::new();
        for (rank, &vertex) in order.iter().enumerate() {
            let slot = slot(&region(rank), words);
            if slot >= vertices.len() {
                vertices.resize(slot + 1, NONE);
            }
            vertices[slot] = vertex;
            assert_eq!(slots[vertex as usize], NONE, "vertex {vertex} has two ranks");
            slots[vertex as usize] = slot as u32;
        }
        Ok(Self { slots, vertices, regions, words })
    }

    /// How many slots there are in so many regions of so many words a lane.
    #[must_use]
    pub const fn room(regions: usize, words: usize) -> usize {
        BYTES.saturating_mul(LANES).saturating_mul(words).saturating_mul(regions)
    }

    /// Number of regions.
    #[must_use]
    pub fn regions(&self) -> usize {
        self.regions
    }

    /// Words a lane.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words
    }

    /// The number of slots from 0 to the last one that holds a vertex.
    #[must_use]
    pub fn used(&self) -> usize {
        self.vertices.len()
    }

    /// By vertex: its slot.
    #[must_use]
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The vertex in a slot, or `None` if it holds none.
    #[must_use]
    pub fn vertex(&self, slot: usize) -> Option<u32> {
        self.vertices.get(slot).copied().filter(|&vertex| vertex != NONE)
    }

    /// The region of a slot, and its lane there.
    #[must_use]
    pub fn region_and_lane(&self, slot: usize) -> (usize, usize) {
        (slot / Self::room(1, self.words), slot / BYTES % LANES)
    }

    /// Colours by slot in use, from colours by vertex. Slots without a vertex have colour 0.
    #[must_use]
    pub fn by_slot(&self, coloring: &[Color]) -> Vec<Color> {
        let color = |&vertex: &u32| coloring.get(vertex as usize).copied().unwrap_or(0);
        self.vertices.iter().map(color).collect()
    }

    /// Colours by vertex, from colours by slot.
    #[must_use]
    pub fn by_vertex(&self, colors: &[Color]) -> Vec<Color> {
        self.slots.iter().map(|&slot| colors[slot as usize]).collect()
    }

    /// The graph with slots for vertices. A slot without a vertex has no neighbours.
    ///
    /// # Panics
    /// If `graph` has another number of vertices.
    #[must_use]
    pub fn graph(&self, graph: &Graph<'_>) -> Graph<'static> {
        assert_eq!(graph.n(), self.slots.len(), "one slot a vertex");
        let mut offsets = Vec::with_capacity(self.used() + 1);
        let mut neighbors = Vec::with_capacity(2 * graph.m());
        offsets.push(0);
        for slot in 0..self.used() {
            let start = neighbors.len();
            if let Some(vertex) = self.vertex(slot) {
                neighbors.extend(graph.neighbors(vertex).iter().map(|&u| self.slots[u as usize]));
                neighbors[start..].sort_unstable();
            }
            offsets.push(neighbors.len() as u64);
        }
        Graph::from_sorted_rows(offsets, neighbors)
    }
}

/// The slot of what was dealt to a region.
fn slot(region: &Dealt, words: usize) -> usize {
    let word = deal(region.place / BYTES, region.held.div_ceil(BYTES), LANES);
    let word_of_region = LANES * word.place + word.part;
    Slots::room(1, words) * region.part + BYTES * word_of_region + region.place % BYTES
}

/// Where one of many things lands that are dealt out evenly, successive ones together.
struct Dealt {
    part: usize,
    /// Its place in that part.
    place: usize,
    /// How many the part holds.
    held: usize,
}

fn deal(at: usize, total: usize, parts: usize) -> Dealt {
    let (least, left_over) = (total / parts, total % parts);
    let in_larger = left_over * (least + 1);
    if at < in_larger {
        Dealt { part: at / (least + 1), place: at % (least + 1), held: least + 1 }
    } else {
        let at = at - in_larger;
        Dealt { part: left_over + at / least, place: at % least, held: least }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;
    use proptest::prelude::*;

    fn in_rank_order(n: usize, regions: usize, words: usize) -> Slots {
        Slots::new(&(0..n as u32).collect::<Vec<_>>(), regions, words).unwrap()
    }

    #[test]
    fn five_hundred_vertices_in_one_region_take_125_words() {
        let slots = in_rank_order(500, 1, 4);
        assert_eq!(slots.used(), 500);
        // Lanes 0 to 28 have four words, the others three.
        assert_eq!(slots.slots()[15], 4 * 96 + 3);
        assert_eq!(slots.slots()[16], 4);
        assert_eq!(slots.slots()[29 * 16], 4 * 29);
        assert_eq!(slots.slots()[29 * 16 + 12], 4 * 30);
    }

    #[test]
    fn packed_slots_end_where_the_vertices_do() {
        for (n, regions, words) in [(1000, 8, 1), (500, 2, 2), (1, 1, 1), (300, 2, 2), (0, 1, 1)] {
            let order: Vec<u32> = (0..n).collect();
            let slots = Slots::packed(&order, regions, words).unwrap();
            assert!(slots.used() <= (n as usize).next_multiple_of(4), "{n}: {}", slots.used());
            assert_eq!(slots.slots().len(), n as usize);
        }
        assert!(Slots::packed(&(0..257).collect::<Vec<_>>(), 2, 1).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let order: Vec<u32> = (0..257).collect();
        let refused = Slots::new(&order, 2, 1).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "257 vertices do not fit into 2 regions of 1 words a lane, which hold 256"
        );
        assert!(Slots::new(&order[..256], 2, 1).is_ok());
        assert_eq!(Slots::new(&[], 1, 1).unwrap().used(), 0);
    }

    proptest! {
        #[test]
        fn vertices_are_dealt_out_evenly_and_successive_ones_together(
            regions in 1usize..9, words in 1usize..9, fill in 0.0f64..1.0,
        ) {
            let n = (Slots::room(regions, words) as f64 * fill) as usize;
            let slots = in_rank_order(n, regions, words);
            prop_assert!(slots.used() <= Slots::room(regions, words));
            let mut of_region = vec![0; regions];
            let mut of_lane = vec![0; regions * LANES];
            let mut last = (0, 0);
            for (vertex, &slot) in slots.slots().iter().enumerate() {
                prop_assert_eq!(slots.vertex(slot as usize), Some(vertex as u32));
                let (region, lane) = slots.region_and_lane(slot as usize);
                prop_assert!((region, lane) >= last, "lane by lane");
                last = (region, lane);
                of_region[region] += 1;
                of_lane[region * LANES + lane] += 1;
            }
            let spread = |counts: &[usize]| counts.iter().max().unwrap() - counts.iter().min().unwrap();
            prop_assert!(spread(&of_region) <= 1);
            for lanes in of_lane.chunks(LANES) {
                prop_assert!(spread(lanes) < 2 * BYTES);
            }
            let held = (0..slots.used()).filter(|&slot| slots.vertex(slot).is_some()).count();
            prop_assert_eq!(held, n);
            prop_assert!(regions > 1 || slots.used() < n + BYTES);
        }

        #[test]
        fn the_graph_of_slots_is_the_graph(n in 0u64..200, density in 0.0f64..0.3, regions in 1usize..4) {
            let graph = generate::gnp(n, density, n).unwrap();
            let slots = Slots::new(&crate::hierarchy::order(&graph), regions, 2).unwrap();
            let moved = slots.graph(&graph);
            prop_assert_eq!((moved.n(), moved.m()), (slots.used(), graph.m()));
            for (u, v) in graph.edges() {
                prop_assert!(moved.has_edge(slots.slots()[u as usize], slots.slots()[v as usize]));
            }
            let colors: Vec<Color> = graph.vertices().map(|v| v as Color % 7).collect();
            prop_assert_eq!(slots.by_vertex(&slots.by_slot(&colors)), colors);
        }
    }
}
