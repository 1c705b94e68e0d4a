//! Graphs and colourings as the device has them, a bit or a byte a slot, and as the host has them.

use prism_core::hierarchy::Slots;
use prism_core::{Color, Graph, Philox};

use super::Layout;
use super::limits::MOST_NEIGHBORS;

/// Random stream of starts, in the last word of a counter; kernels use the number of their phase.
const STARTS: u32 = 0x5354_4152;

/// The adjacency matrix, a bit for every two slots. Slots that hold no vertex have rows, too: where a count
/// has passed its byte a kernel may come to one, before the step is thrown away.
pub(crate) fn adjacency(graph: &Graph<'_>, layout: &Layout, slots: &Slots) -> Vec<u8> {
    let row_bytes = layout.row_bytes() as usize;
    let mut rows = vec![0; layout.room() as usize * row_bytes];
    for (vertex, &slot) in graph.vertices().zip(slots.slots()) {
        let row = &mut rows[slot as usize * row_bytes..][..row_bytes];
        for &neighbor in graph.neighbors(vertex) {
            let there = slots.slots()[neighbor as usize];
            row[there as usize / 8] |= 1 << (there % 8);
        }
    }
    rows
}

/// Colourings to start from, one after the other as the device has them: the first has the colours of
/// `start`, the others random ones; so has a vertex whose colour is not below k.
pub(crate) fn starts(
    start: Option<&[Color]>,
    layout: &Layout,
    slots: &Slots,
    individuals: u32,
    seed: u64,
) -> Vec<u8> {
    let (draws, k) = (Philox::new(seed), layout.colors);
    let bytes = layout.coloring_bytes();
    let mut rows = vec![0; bytes * individuals as usize];
    for (individual, row) in (0..).zip(rows.chunks_exact_mut(bytes)) {
        let given = start.filter(|_| individual == 0);
        for (vertex, &slot) in (0_u32..).zip(slots.slots()) {
            let kept = given.map(|colors| u32::from(colors[vertex as usize]));
            let color = kept
                .filter(|color| *color < k)
                .unwrap_or_else(|| Philox::below(draws.at([vertex, individual, 0, STARTS])[0], k));
            write(row, layout, slot, color as Color);
        }
    }
    rows
}

/// Writes a colour where a row has it.
fn write(row: &mut [u8], layout: &Layout, slot: u32, color: Color) {
    let bytes = color.to_le_bytes();
    let width = layout.color_bytes() as usize;
    row[slot as usize * width..][..width].copy_from_slice(&bytes[..width]);
}

/// A colouring that came from the device, by vertex.
pub(crate) fn by_vertex(slots: &Slots, layout: &Layout, row: &[u8]) -> Vec<Color> {
    let color = |&slot: &u32| match layout.color_bytes() {
        1 => Color::from(row[slot as usize]),
        _ => Color::from_le_bytes([row[2 * slot as usize], row[2 * slot as usize + 1]]),
    };
    slots.slots().iter().map(color).collect()
}

/// A colouring as the device has it; slots without a vertex have colour 0.
pub(crate) fn by_slot(slots: &Slots, layout: &Layout, colors: &[Color]) -> Vec<u8> {
    let mut row = vec![0; layout.coloring_bytes()];
    for (&slot, &color) in slots.slots().iter().zip(colors) {
        write(&mut row, layout, slot, color);
    }
    row
}

/// Edges whose ends have one colour.
pub(crate) fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

/// Whether a kernel can count a colouring with k colours: how many neighbours of a vertex have one colour,
/// and how many vertices.
pub(crate) fn is_countable(
    graph: &Graph<'_>,
    k: u32,
    colors: &[Color],
    largest_class: u64,
) -> bool {
    let mut classes = vec![0_u64; k as usize];
    let mut counts = vec![0_u64; k as usize];
    colors.iter().for_each(|&color| classes[usize::from(color)] += 1);
    let Some(&largest) = classes.iter().max() else { return true };
    // No vertex has more neighbours of a colour than there are vertices of it.
    largest <= largest_class.min(MOST_NEIGHBORS)
        || largest <= largest_class
            && graph.vertices().all(|vertex| {
                let neighbors = graph.neighbors(vertex);
                if neighbors.len() as u64 <= MOST_NEIGHBORS {
                    return true;
                }
                counts.fill(0);
                neighbors.iter().all(|&neighbor| {
                    let count = &mut counts[usize::from(colors[neighbor as usize])];
                    *count += 1;
                    *count <= MOST_NEIGHBORS
                })
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_byte_cannot_count_is_noticed() {
        let star = |leaves: u32| {
            let edges: Vec<_> = (1..=leaves).map(|leaf| (0, leaf)).collect();
            Graph::from_edges(leaves as usize + 1, &edges).unwrap().0
        };
        let countable =
            |leaves: u32, colors: &[Color], class| is_countable(&star(leaves), 2, colors, class);
        let one_color =
            |leaves: usize| -> Vec<Color> { (0..=leaves).map(|v| (v > 0).into()).collect() };
        assert!(countable(127, &one_color(127), 127));
        assert!(!countable(127, &one_color(127), 126));
        assert!(!countable(128, &one_color(128), 1000));
        let two_colors: Vec<Color> = (0..=200).map(|v| v % 2).collect();
        assert!(countable(200, &two_colors, 1000));
    }
}
