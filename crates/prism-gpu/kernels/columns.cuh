// Neighbour counts by colour, in shared memory: what a search at a fixed number of colours reads most.
//
// A block is an individual. Column c of its table has a byte for every vertex: how many neighbours of
// the vertex have colour c, and in the top bit whether the colour is barred for it. Four vertices are a
// word. A thread owns WORDS words of every column and is the only one to write them, so a column is
// changed without a barrier. A row of the adjacency matrix has a bit for every vertex: moving v from
// colour a to colour b takes v's row off column a and adds it to column b, four vertices at once.
//
// A warp owns the 128 * WORDS vertices of a region; word w of lane l is word 32 * w + l of the region.
//
// Counts stay below 128, or the block notices (`overflow`) and its result is thrown away.
//
// The host defines WARPS (a block), WORDS (a thread), and PITCH_WORDS (words a column: at least those of
// the vertices, and odd, so that a vertex's bytes in different columns lie in different banks).
#ifndef COLUMNS_CUH
#define COLUMNS_CUH

#include "individuals.cuh"

#ifndef COLUMN_CHUNK
#define COLUMN_CHUNK 8
#endif

constexpr u32 THREADS = 32 * WARPS;
constexpr u32 REGION = 128 * WORDS;        // vertices of a warp
constexpr u32 ROOM = REGION * WARPS;       // vertices that there is room for
constexpr u32 PITCH = 4 * PITCH_WORDS;     // bytes a column
constexpr u32 ROW = ROOM / 8;              // bytes a row of the adjacency matrix
constexpr u32 CHUNK = COLUMN_CHUNK;        // columns that are read at once; the table holds whole chunks
constexpr u32 EACH = 0x01010101u;          // a one in every byte
constexpr u32 TOPS = 0x80808080u;          // the top bit of every byte

#define FOR_WORDS _Pragma("unroll") for (u32 w = 0; w < WORDS; ++w)

// Waits for the whole block; what was written before can be read after.
__device__ __forceinline__ void block_sync() {
    if (WARPS == 1) {
        __syncwarp();
    } else {
        __syncthreads();
    }
}

// Whether something holds for any thread of the block.
__device__ __forceinline__ bool block_any(bool holds) {
    return WARPS == 1 ? __any_sync(FULL, holds) : __syncthreads_or(holds);
}

// Four bits to four bytes that are 0 or 1.
__device__ __forceinline__ u32 spread(u32 bits) {
    return (bits * 0x00204081u) & EACH;
}

// In every byte: whether it is the same in both words, in the lowest bit. The other bits mean nothing.
__device__ __forceinline__ u32 same_bytes(u32 one, u32 other) {
    const u32 differing = one ^ other;
    if (COLORS_AT_MOST <= 128) {
        return (TOPS - differing) >> 7; // bytes are below 128, so none borrows from the next
    }
    return ~(((differing & ~TOPS) + ~TOPS) | differing) >> 7;
}

// In every byte: its top bit set if the byte, which is below 128, is not zero.
__device__ __forceinline__ u32 nonzero_bytes(u32 word) {
    return (word + 0x7f7f7f7fu) & TOPS;
}

// Whether a vertex is in a row of the adjacency matrix.
__device__ __forceinline__ bool is_in(const u8* row, u32 vertex) {
    return row[vertex / 8] >> (vertex % 8) & 1;
}

// The table of a block and what its threads hold of the colouring.
struct Columns {
    u32* words;             // the table; chunks of columns, those from `colors` on barred for all
    u8* shades;             // the colour of every vertex, for those who do not own it
    const u8* rows;         // the adjacency matrix
    u32 vertices;
    u32 colors;
    u32 first;              // the first word that this thread owns; the others follow 32 apart
    u32 color[WORDS];       // colours of the vertices that this thread owns, a byte each
    u32 conflicts[WORDS];   // how many neighbours of each have its colour
    u32 overflow;           // not zero: a count of this thread has passed 127

    __device__ __forceinline__ u8* bytes() const { return reinterpret_cast<u8*>(words); }
    __device__ __forceinline__ u32 chunks() const { return (colors + CHUNK - 1) / CHUNK; }
    __device__ __forceinline__ u32 word(u32 w) const { return first + 32 * w; }
    // Whether columns have this word: where room is short they end with the last vertex.
    __device__ __forceinline__ bool is_used(u32 w) const {
        return PITCH_WORDS >= ROOM / 4 || word(w) < (vertices + 3) / 4;
    }

    // The neighbours among the vertices that this thread owns: a one in the byte of each.
    __device__ __forceinline__ void neighbors(const u8* row, u32 (&ones)[WORDS]) const {
        FOR_WORDS { ones[w] = spread(row[word(w) / 2] >> (word(w) % 2 * 4) & 15); }
    }

    // Adds to four counts; the top bits stay as they are.
    __device__ __forceinline__ u32 added(u32 counts, u32 ones) {
        overflow |= ((counts & ~TOPS) + ones) & TOPS;
        return counts + ones;
    }

    // Reads a colouring and counts. Every vertex's own colour is barred for it. Ends with a barrier.
    __device__ void load(const u32* coloring) {
        const u32 table = chunks() * CHUNK * PITCH_WORDS;
        for (u32 at = threadIdx.x; at < table; at += THREADS) {
            words[at] = at < colors * PITCH_WORDS ? 0 : FULL;
        }
        overflow = 0;
        FOR_WORDS {
            color[w] = coloring[word(w)];
            conflicts[w] = 0;
            reinterpret_cast<u32*>(shades)[word(w)] = color[w];
        }
        block_sync();
        // Several rows at a time, so that their reads are under way together.
        constexpr u32 ROWS = 8;
        for (u32 from = 0; from < vertices; from += ROWS) {
            u32 ones[ROWS][WORDS];
#pragma unroll
            for (u32 row = 0; row < ROWS; ++row) {
                neighbors(rows + min(from + row, vertices - 1) * ROW, ones[row]);
            }
#pragma unroll
            for (u32 row = 0; row < ROWS; ++row) {
                FOR_WORDS {
                    if (from + row < vertices && is_used(w)) {
                        u32& counts = words[shades[from + row] * PITCH_WORDS + word(w)];
                        counts = added(counts, ones[row][w]);
                    }
                }
            }
        }
        FOR_WORDS {
#pragma unroll
            for (u32 byte = 0; byte < 4; ++byte) {
                const u32 vertex = 4 * word(w) + byte;
                if (vertex < vertices) {
                    u8& own = bytes()[(color[w] >> (8 * byte) & 255) * PITCH + vertex];
                    conflicts[w] |= u32(own) << (8 * byte);
                    own |= 128;
                }
            }
        }
        block_sync();
    }

    // Recolours a vertex that has these neighbours. The old colour stays barred for it, the new one
    // becomes so.
    __device__ __forceinline__ void move(const u32 (&ones)[WORDS], u32 vertex, u32 from, u32 to) {
        const u32 shift = 8 * (vertex % 4), from4 = from * EACH, to4 = to * EACH;
        // All is read before anything is written, so that the reads are under way together.
        u32 fewer[WORDS], more[WORDS];
        FOR_WORDS {
            fewer[w] = is_used(w) ? words[from * PITCH_WORDS + word(w)] : 0;
            more[w] = is_used(w) ? words[to * PITCH_WORDS + word(w)] : 0;
        }
        FOR_WORDS {
            const u32 mask = vertex / 4 == word(w) ? 255u << shift : 0; // the vertex itself
            const u32 counts = added(more[w], ones[w]);
            if (is_used(w)) {
                words[from * PITCH_WORDS + word(w)] = fewer[w] - ones[w];
                words[to * PITCH_WORDS + word(w)] = counts | (mask & TOPS);
            }
            conflicts[w] += (same_bytes(color[w], to4) & ones[w]) - (same_bytes(color[w], from4) & ones[w]);
            conflicts[w] = (conflicts[w] & ~mask) | (counts & mask & ~TOPS);
            color[w] = (color[w] & ~mask) | (to4 & mask);
            if (mask) {
                shades[vertex] = u8(to);
            }
        }
    }

    // Conflicting pairs of neighbours, counted at both ends, among this warp's vertices.
    __device__ __forceinline__ u32 ends() const {
        u32 sum = 0;
        FOR_WORDS { sum = __dp4a(conflicts[w], EACH, sum); }
        return __reduce_add_sync(FULL, sum);
    }

    // Writes the colouring.
    __device__ __forceinline__ void store(u32* coloring) const {
        FOR_WORDS { coloring[word(w)] = color[w]; }
    }
};

// Bytes of shared memory that the table and the colours take, rounded up to words.
__device__ __forceinline__ u32 columns_bytes(u32 colors) {
    return (colors + CHUNK - 1) / CHUNK * CHUNK * PITCH + ROOM;
}

// The table of this block, in the given memory.
__device__ __forceinline__ Columns columns_at(u8* memory, const u8* rows, u32 vertices, u32 colors) {
    Columns columns;
    columns.words = reinterpret_cast<u32*>(memory);
    columns.shades = memory + columns_bytes(colors) - ROOM;
    columns.rows = rows;
    columns.vertices = vertices;
    columns.colors = colors;
    columns.first = threadIdx.x / 32 * (32 * WORDS) + threadIdx.x % 32;
    columns.overflow = 0;
    return columns;
}

#endif
