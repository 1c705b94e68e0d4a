//! How an individual lies in a block: what `kernels/columns.cuh` is compiled for.
//!
//! A block's table has a column of bytes for each colour and a byte for each vertex. The vertices are
//! divided among the block's warps; a warp looks after a region of `128 * words` of them. More warps
//! share the work of an iteration; fewer have less to say to each other. Which is best was measured on an
//! H200: two words a thread up to 512 vertices, one above (docs/performance.md).
//!
//! A [`Layout`] is chosen for a graph, a bound on the colours, and a device. Kernels are compiled for
//! a layout, and run with any number of colours up to its bound.

use prism_core::Color;
use prism_core::hierarchy::Slots;
use prism_stream::{DeviceInfo, KernelSource};

use crate::phases::PhaseError;

/// Bytes of shared memory that each block takes beyond what it asks for.
const RESERVED: u32 = 1024;

/// Shared memory that kernels declare beside the table (proposals, sums) is less than this, and this
/// much more a warp; `ptxas -v` says how much it is.
const STATIC: u32 = 512;
const STATIC_A_WARP: u32 = 32;

/// Colours that a byte of a move's key can tell apart.
const MOST_COLORS: u32 = 256;

/// Vertices that 12 bits of a move's key can tell apart.
const MOST_VERTICES: u32 = 4096;

/// Blocks that a multiprocessor runs at once, at most.
const MOST_BLOCKS: u32 = 32;

/// Warps that a multiprocessor runs at once, at most.
const MOST_WARPS: u32 = 64;

/// What a kind of kernel asks of a layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// Columns that are read at once; a table is of whole chunks.
    pub chunk: u32,
    /// Whether regions must be filled one after the other.
    pub packed: bool,
    /// Words of four vertices a thread, for so many vertices.
    pub words: fn(u32) -> u32,
    /// Shared memory for each vertex that there is room for, in bytes.
    pub bytes_a_vertex: u32,
    /// Shared memory for so many warps and colours that the kernel cannot do without.
    pub fixed: fn(u32, u32) -> u32,
    /// The same that may as well lie in device memory.
    pub movable: fn(u32) -> u32,
    /// Whether what is too large for a table can do without.
    pub rounds: bool,
}

/// Vertices that keys of a round can tell apart.
const MOST_VERTICES_IN_ROUNDS: u32 = 1 << 24;

/// Warps of a block in rounds, where the counts of their colours fit.
const WARPS_IN_ROUNDS: u32 = 8;

/// Vertices times individuals up to which more individuals keep a device busy in rounds, and the most of
/// these.
const BUSY_IN_ROUNDS: u32 = 1 << 20;
const MOST_IN_ROUNDS: u32 = 64;

/// Conflict repair: a byte for the colour of each vertex, a word for the list of conflicting ones.
pub(crate) const REPAIR: Demand = Demand {
    chunk: 8,
    packed: false,
    words: |vertices| if vertices <= 512 { 2 } else { 1 },
    bytes_a_vertex: 1 + 4,
    fixed: |warps, _| exchange_bytes(warps),
    movable: |_| 0,
    rounds: false,
};

/// The same where it goes on without a table.
pub(crate) const REPAIR_OR_ROUNDS: Demand = Demand { rounds: true, ..REPAIR };

/// Shared memory in which warps tell each other what they propose.
const fn exchange_bytes(warps: u32) -> u32 {
    (32 * warps + 16).next_multiple_of(16)
}

/// How the individuals of a graph lie on a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layout {
    /// Vertices of the graph.
    pub vertices: u32,
    /// Colours that there is room for.
    pub colors: u32,
    /// Warps a block.
    pub warps: u32,
    /// Words of four vertices a thread.
    pub words: u32,
    /// Words a column, an odd number.
    pub pitch_words: u32,
    /// Whether regions are filled one after the other, where room is short, and not evenly.
    pub packed: bool,
    /// Dynamic shared memory of a block, in bytes: the table, the colours, what else the kernel needs.
    pub shared_bytes: u32,
    /// Whether what the kernel can have in device memory is in shared memory.
    pub all_shared: bool,
    /// Individuals that a multiprocessor holds at once; 0 in rounds.
    pub individuals_per_multiprocessor: u32,
    /// Warps of a block where the graph has no table and is repaired in rounds (`kernels/rounds.cuh`), so
    /// that an individual is spread over the device; else 0.
    pub round_warps: u32,
}

impl Layout {
    /// The layout for so many vertices and at most so many colours.
    ///
    /// # Errors
    /// [`PhaseError::TooLarge`] if the table does not fit into a block's shared memory, or there are more
    /// than 4096 vertices or 256 colours; [`PhaseError::DeviceTooOld`] below compute capability 8.0.
    pub fn new(vertices: usize, colors: usize, device: &DeviceInfo) -> Result<Self, PhaseError> {
        Self::for_demand(vertices, colors, device, &REPAIR)
    }

    /// The layout for another kind of kernel.
    pub(crate) fn for_demand(
        vertices: usize,
        colors: usize,
        device: &DeviceInfo,
        demand: &Demand,
    ) -> Result<Self, PhaseError> {
        match Self::with_table(vertices, colors, device, demand) {
            Err(PhaseError::TooLarge { .. }) if demand.rounds => {
                Self::in_rounds(vertices, colors, device)
            }
            layout => layout,
        }
    }

    /// The layout of a graph without a table: any slots do, and an individual is spread over the device.
    fn in_rounds(vertices: usize, colors: usize, device: &DeviceInfo) -> Result<Self, PhaseError> {
        let too_large = |limit: String| PhaseError::TooLarge { vertices, colors, limit };
        let count = u32::try_from(vertices).ok().filter(|n| *n <= MOST_VERTICES_IN_ROUNDS);
        let count =
            count.ok_or_else(|| too_large(format!("{MOST_VERTICES_IN_ROUNDS} vertices")))?;
        // Each warp counts the colours of a vertex in words of its own.
        let room = (device.shared_bytes_per_block - STATIC) / 4;
        let held = u32::try_from(colors).ok().filter(|k| *k <= room && *k < u32::from(Color::MAX));
        let held =
            held.ok_or_else(|| too_large(format!("{} colours", room.min(u16::MAX.into()))))?;
        let round_warps = (room / held.max(1)).clamp(1, WARPS_IN_ROUNDS);
        Ok(Self {
            vertices: count,
            colors: held,
            warps: count.div_ceil(128).max(1),
            words: 1,
            pitch_words: 0,
            packed: true,
            shared_bytes: 4 * held * round_warps,
            all_shared: true,
            individuals_per_multiprocessor: 0,
            round_warps,
        })
    }

    fn with_table(
        vertices: usize,
        colors: usize,
        device: &DeviceInfo,
        demand: &Demand,
    ) -> Result<Self, PhaseError> {
        if device.compute_capability < (8, 0) {
            return Err(PhaseError::DeviceTooOld { found: device.compute_capability });
        }
        let too_large = |limit: String| PhaseError::TooLarge { vertices, colors, limit };
        let small = |number: usize, most: u32| u32::try_from(number).ok().filter(|n| *n <= most);
        let Some(count) = small(vertices, MOST_VERTICES) else {
            return Err(too_large(format!("{MOST_VERTICES} vertices")));
        };
        let Some(colors) = small(colors, MOST_COLORS) else {
            return Err(too_large(format!("{MOST_COLORS} colours")));
        };
        let words = (demand.words)(count);
        let warps = count.div_ceil(128 * words).max(1);
        let with = |pitch_words: u32, packed: bool, all_shared: bool| {
            let columns = colors.next_multiple_of(demand.chunk);
            let movable = if all_shared { (demand.movable)(colors) } else { 0 };
            let shared_bytes = columns * 4 * pitch_words
                + 128 * words * warps * demand.bytes_a_vertex
                + (demand.fixed)(warps, colors)
                + movable;
            Self {
                vertices: count,
                colors,
                warps,
                words,
                pitch_words,
                packed,
                shared_bytes,
                all_shared,
                individuals_per_multiprocessor: 0,
                round_warps: 0,
            }
        };
        // Where room is short, columns end with the last vertex.
        let (wide, narrow) = (warps * 32 * words + 1, count.div_ceil(4) | 1);
        let block = device.shared_bytes_per_block;
        let fitting = [
            with(if demand.packed { narrow } else { wide }, demand.packed, true),
            with(narrow, true, true),
            with(narrow, true, false),
        ]
        .into_iter()
        .find(|it| it.shared_bytes + it.static_bytes() <= block);
        let Some(layout) = fitting else {
            return Err(too_large(format!("{block} bytes of shared memory a block")));
        };
        let by_memory = device.shared_bytes_per_multiprocessor
            / (layout.shared_bytes + layout.static_bytes() + RESERVED);
        let held = by_memory.min(MOST_WARPS / warps).clamp(1, MOST_BLOCKS);
        Ok(Self { individuals_per_multiprocessor: held, ..layout })
    }

    /// Whether the graph has no table and is repaired in rounds.
    #[must_use]
    pub fn is_in_rounds(&self) -> bool {
        self.round_warps > 0
    }

    /// Threads a block.
    #[must_use]
    pub fn threads(&self) -> u32 {
        32 * if self.is_in_rounds() { self.round_warps } else { self.warps }
    }

    /// Vertices of a region.
    #[must_use]
    pub fn region(&self) -> u32 {
        128 * self.words
    }

    /// Bytes of a colour on the device.
    #[must_use]
    pub fn color_bytes(&self) -> u32 {
        if self.is_in_rounds() { 2 } else { 1 }
    }

    /// Bytes of a colouring on the device.
    #[must_use]
    pub fn coloring_bytes(&self) -> usize {
        self.room() as usize * self.color_bytes() as usize
    }

    /// Slots that there are for vertices.
    #[must_use]
    pub fn room(&self) -> u32 {
        self.region() * self.warps
    }

    /// Bytes of a row of the adjacency matrix.
    #[must_use]
    pub fn row_bytes(&self) -> u32 {
        self.room() / 8
    }

    /// What kernels declare beside it, at most.
    fn static_bytes(&self) -> u32 {
        STATIC + STATIC_A_WARP * self.warps
    }

    /// Individuals that fill a device.
    #[must_use]
    pub fn individuals(&self, device: &DeviceInfo) -> u32 {
        if self.is_in_rounds() {
            return (BUSY_IN_ROUNDS / self.vertices.max(1)).clamp(1, MOST_IN_ROUNDS);
        }
        self.individuals_per_multiprocessor * device.multiprocessors
    }

    /// Tells a kernel's source of it. `memory` is what the phase keeps of an individual, in words.
    #[must_use]
    pub fn define(&self, source: KernelSource, memory: u32) -> KernelSource {
        if self.is_in_rounds() {
            // Any graph and any colours: one kernel.
            return source
                .define("ROUNDS", 1)
                .define("BLOCK_WARPS", self.round_warps)
                .define("COLORS_AT_MOST", u16::MAX)
                .define("MEMORY", memory);
        }
        source
            .define("ROUNDS", 0)
            .define("WARPS", self.warps)
            .define("WORDS", self.words)
            .define("PITCH_WORDS", self.pitch_words)
            .define("EXCHANGE", exchange_bytes(self.warps))
            .define("COLORS_AT_MOST", self.colors)
            .define("ALL_SHARED", u32::from(self.all_shared))
            .define("MEMORY", memory)
    }

    /// The slots of the vertices, in the order of the coarsening hierarchy ([`hierarchy::order`]).
    #[must_use]
    pub fn slots(&self, order: &[u32]) -> Slots {
        let (regions, words) = (self.warps as usize, self.words as usize);
        let slots = match self.packed {
            true => Slots::packed(order, regions, words),
            false => Slots::new(order, regions, words),
        };
        slots.unwrap_or_else(|error| panic!("{error}"))
    }
}

#[cfg(doc)]
use prism_core::hierarchy;

#[cfg(test)]
mod tests {
    use super::*;
    use prism_stream::mock::device_info;
    use proptest::prelude::*;

    fn layout(vertices: usize, colors: usize) -> Result<Layout, PhaseError> {
        Layout::new(vertices, colors, &device_info("mock"))
    }

    #[test]
    fn an_h200_holds_what_was_measured() {
        let held =
            |vertices, colors| layout(vertices, colors).unwrap().individuals_per_multiprocessor;
        assert_eq!((held(500, 48), held(500, 49), held(1000, 83)), (8, 7, 2));
    }

    #[test]
    fn narrow_columns_take_what_wide_ones_cannot() {
        let narrow = layout(1000, 222).unwrap();
        assert_eq!((narrow.pitch_words, narrow.individuals_per_multiprocessor), (251, 1));
        assert!(layout(1000, 221).unwrap().shared_bytes <= 227 << 10);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_limit() {
        let text = |vertices, colors| layout(vertices, colors).unwrap_err().to_string();
        let wide = |vertices, colors| {
            Layout::for_demand(vertices, colors, &device_info("mock"), &REPAIR_OR_ROUNDS)
        };
        assert!(wide(4096, 3).unwrap().round_warps == 0 && wide(4097, 3).unwrap().round_warps == 8);
        assert_eq!(wide(2000, 20_000).unwrap().round_warps, 2);
        assert!(wide((1 << 24) + 1, 3).unwrap_err().to_string().contains("16777216 vertices"));
        assert!(wide(10, 60_000).unwrap_err().to_string().contains("colours"));
        assert!(text(4097, 3).contains("4096 vertices"), "{}", text(4097, 3));
        assert!(text(10, 257).contains("256 colours"));
        assert!(text(2000, 146).contains("shared memory"));
        let old = DeviceInfo { compute_capability: (7, 5), ..device_info("old") };
        let error = Layout::new(10, 3, &old).unwrap_err();
        assert!(error.to_string().contains("8.0"), "{error}");
    }

    proptest! {
        #[test]
        fn slots_fit_the_columns(vertices in 0_usize..4097, colors in 1_usize..230) {
            let Ok(layout) = layout(vertices, colors) else { return Ok(()) };
            let slots = layout.slots(&(0..vertices as u32).collect::<Vec<_>>());
            prop_assert!(slots.used() <= layout.room() as usize);
            prop_assert!(slots.used().div_ceil(4) <= layout.pitch_words as usize);
        }
    }
}
