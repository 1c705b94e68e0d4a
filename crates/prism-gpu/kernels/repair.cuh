// Conflict repair, a step of it: what whcr.cu and dendritic_whcr.cu are made of.
//
// A search at a fixed number of colours with a tabu list (Hertz and de Werra 1987; Galinier and Hao
// 1999), made parallel in two ways. A block is an individual, and every warp of it looks after a region
// of the vertices: in each iteration a warp proposes the best move of its region, and then the best
// proposal is made, and after it those others that make nothing worse and whose vertices are not
// adjacent to one that has moved. Moves of vertices that are not adjacent do not touch one another's
// counts, so their changes add up (compare Luby 1986).
//
// Where to look: vertices lie in the order of a coarsening hierarchy, so that an aligned block of
// 4 * WORDS * 2^j of them is a cluster. If a region has more conflicting vertices than a warp has lanes,
// it goes down the hierarchy from coarse to fine. At each level the sum of the conflicts of two sibling
// clusters is the approximation of a Haar transform of the conflict signal and their difference is its
// detail; the sign of the detail says which sibling to go to. It stops at a cluster whose conflicting
// vertices are no more than the lanes.
//
// A move bars the colour that the vertex had for `tenure` iterations. The bars of a region lie in a
// ring, SLOTS in a lane; one that is overwritten early ends early.
//
// With DENDRITES every vertex carries two leaky integrators of its conflict history (compare Jaeger
// 2001; Hutter, Tompkins and Hoos 2002 as the weighting relative). The fast one says how often it has
// been in conflict of late, and lengthens its tenure; the slow one says how stubborn it is, and breaks
// ties between moves in its favour.
//
// prism_cpu::whcr makes the same moves from the same seed.
#ifndef REPAIR_CUH
#define REPAIR_CUH

#include "population.cuh"

constexpr u32 SLOTS = 2;            // bars a lane
constexpr u32 RING = 32 * SLOTS;    // bars a region
constexpr u32 NO_MOVE = FULL;       // the key of a proposal that there is none of
constexpr u32 ABORT_PERIOD = 256;   // iterations between two looks at the abort word
constexpr u32 FAST_PERIOD = 16;     // iterations between two updates of the fast integrators
constexpr u32 SLOW_PERIOD = 256;    // of the slow ones

// Bits of RuntimeConfig::flags.
constexpr u32 EVERYWHERE = 1;       // look at all conflicting vertices, not at a cluster
constexpr u32 ONE_MOVE = 2;         // make one move an iteration

// A bar: `place` is the byte of the table.
struct Bar {
    u32 until;  // the first iteration in which it is gone, by its lower 32 bits
    u32 place;
};

// What a region keeps from step to step, in Population::memory.
constexpr u32 INTEGRATORS = DENDRITES ? 2 : 0;
constexpr u32 REGION_MEMORY = 1 + 2 * RING + 32 * WORDS * INTEGRATORS;
static_assert(REGION_MEMORY * WARPS == MEMORY, "the host keeps another amount of memory");

// Random numbers of an iteration. Ties are broken by an order of the vertices, u -> u * factor + shift
// modulo ORDER, and one of the colours, c -> c ^ flip, which are new in every iteration.
constexpr u32 ORDER = 4096;
struct Draw {
    u32 factor; // odd
    u32 bits;   // the lower 12 the shift, the next 8 the flip
    u32 tenure; // 32 random bits

    __device__ __forceinline__ u32 shift() const { return bits % ORDER; }
    __device__ __forceinline__ u32 flip() const { return bits / ORDER % 256; }
};

__device__ __forceinline__ Draw draw_for(u64 iteration, u32 individual, u32 phase, uint2 key) {
    const uint4 random = philox(make_uint4(u32(iteration), u32(iteration >> 32), individual, phase), key);
    return Draw{random.x | 1, random.y, random.z};
}

// The numbers that a lane has drawn.
__device__ __forceinline__ Draw draw_of(u32 lane, const Draw& mine) {
    return Draw{__shfl_sync(FULL, mine.factor, lane), __shfl_sync(FULL, mine.bits, lane),
                __shfl_sync(FULL, mine.tenure, lane)};
}

// A conflicting vertex as a region lists it: 12 bits the vertex, 8 its colour, 7 how many neighbours
// share it, 5 how it is favoured (DENDRITES).
__device__ __forceinline__ u32 listed(u32 vertex, u32 color, u32 conflicts, u32 favour) {
    return vertex | color << 12 | conflicts << 20 | favour << 27;
}

// A move as an order: the change of the conflicts, 128 added; then the favour; then the order of the
// vertices and of the colours. The least is the best.
__device__ __forceinline__ u32 move_key(u32 least, u32 conflicts, u32 favour, u32 vertex, const Draw& draw) {
    const u32 order = (vertex * draw.factor + draw.shift()) % ORDER;
    return (least / 256 + 128 - conflicts) << 23 | (7 - favour) << 20 | order << 8 | least % 256;
}

// The least of count * 256 + (colour ^ flip) over every `stride`-th chunk of a vertex's counts. KEEP
// says which bits of a count are looked at: all, so that barred colours come last, or all but the top.
template <u32 KEEP>
__device__ __forceinline__ u32 least_count(const u8* counts, u32 chunks, u32 first, u32 stride, u32 flip) {
    u32 least = FULL;
    for (u32 chunk = first; chunk < chunks; chunk += stride) {
        const u8* at = counts + chunk * (CHUNK * PITCH);
        const u32 base = (chunk * CHUNK ^ flip) * 0x00010001u;
        u32 count[CHUNK];
#pragma unroll
        for (u32 color = 0; color < CHUNK; ++color) {
            count[color] = at[color * PITCH];
        }
        // Two colours at a time, 16 bits each.
#pragma unroll
        for (u32 color = 0; color < CHUNK / 2; ++color) {
            u32 pair = __byte_perm(count[color], count[color + CHUNK / 2], 0x4101);
            pair = KEEP == 255 ? pair : pair & (KEEP << 8 | KEEP << 24);
            least = __vminu2(least, pair | (base ^ (color | (color + CHUNK / 2) << 16)));
        }
    }
    return min(least & 0xffff, least >> 16);
}

// A warp's region: its conflicting vertices, its bars, its integrators.
struct Region {
    u32* list;              // of `listed`
    u32 count;              // how many there are in the list
    u32 total;              // conflicting vertices, in the list or not
    u32 pushed;             // bars made so far
    u32 until[SLOTS];       // this lane's bars
    u32 place[SLOTS];
    u32 fast[WORDS];        // this lane's integrators, a byte a vertex
    u32 slow[WORDS];

    // Reads what the last step left, and bars what is still barred.
    __device__ void load(const u32* memory, const Columns& columns, u32 iteration) {
        const u32 lane = threadIdx.x % 32;
        pushed = memory[0];
#pragma unroll
        for (u32 slot = 0; slot < SLOTS; ++slot) {
            until[slot] = memory[1 + 32 * slot + lane];
            place[slot] = memory[1 + RING + 32 * slot + lane];
            if (int(until[slot] - iteration) > 0) {
                columns.bytes()[place[slot]] |= 128;
            } else {
                until[slot] = iteration; // so that it looks ended, however long ago it did
            }
        }
        FOR_WORDS {
            fast[w] = DENDRITES ? memory[1 + 2 * RING + 32 * w + lane] : 0;
            slow[w] = DENDRITES ? memory[1 + 2 * RING + 32 * (WORDS + w) + lane] : 0;
        }
        __syncwarp();
    }

    __device__ void store(u32* memory) const {
        const u32 lane = threadIdx.x % 32;
        if (lane == 0) {
            memory[0] = pushed;
        }
#pragma unroll
        for (u32 slot = 0; slot < SLOTS; ++slot) {
            memory[1 + 32 * slot + lane] = until[slot];
            memory[1 + RING + 32 * slot + lane] = place[slot];
        }
        if (DENDRITES) {
            FOR_WORDS {
                memory[1 + 2 * RING + 32 * w + lane] = fast[w];
                memory[1 + 2 * RING + 32 * (WORDS + w) + lane] = slow[w];
            }
        }
    }

    // Lists the conflicting vertices, or those of one cluster if they are more than a warp has lanes.
    __device__ __forceinline__ void relist(const Columns& columns, bool everywhere) {
        u32 marked[WORDS], mine = 0;
        FOR_WORDS {
            marked[w] = nonzero_bytes(columns.conflicts[w]);
            mine += __popc(marked[w]);
        }
        u32 before = 0;
        total = prefix(mine, before);
        count = total;
        if (total > 32 && !everywhere) {
            if (!in_focus(columns, mine)) {
                mine = 0;
                FOR_WORDS { marked[w] = 0; }
            }
            before = 0;
            count = prefix(mine, before);
        }
        u32* to = list + before;
        FOR_WORDS {
            while (marked[w]) {
                const u32 shift = __ffs(marked[w]) - 8;
                marked[w] &= marked[w] - 1;
                u32 favour = 0;
                if (DENDRITES) {
                    favour = min(slow[w] >> shift & 255, 127u) / 16 | min(fast[w] >> shift & 255, 127u) / 32 << 3;
                }
                *to++ = listed(4 * columns.word(w) + shift / 8, columns.color[w] >> shift & 255,
                               columns.conflicts[w] >> shift & 127, favour);
            }
        }
        __syncwarp();
    }

    // The sum of a number over the lanes before this one is added to `before`, that over all returned.
    // Numbers are at most 4 * WORDS.
    static __device__ __forceinline__ u32 prefix(u32 number, u32& before) {
        const u32 lower = (1u << threadIdx.x % 32) - 1;
        u32 sum = 0;
#pragma unroll
        for (u32 bit = 0; 1u << bit <= 4 * WORDS; ++bit) {
            const u32 has = __ballot_sync(FULL, number >> bit & 1);
            before += __popc(has & lower) << bit;
            sum += __popc(has) << bit;
        }
        return sum;
    }

    // Whether this lane lies in the cluster that the transform leads to.
    __device__ __forceinline__ bool in_focus(const Columns& columns, u32 mine) const {
        // Conflicts in the upper half, conflicting vertices in the lower: sums of 2^level lanes.
        u32 level_sum[5], sum = 0;
        FOR_WORDS { sum = __dp4a(columns.conflicts[w], EACH, sum); }
        sum = sum << 16 | mine;
#pragma unroll
        for (u32 level = 0; level < 5; ++level) {
            level_sum[level] = sum;
            sum += __shfl_xor_sync(FULL, sum, 1u << level);
        }
        u32 first = 0, size = 32, held = total;
#pragma unroll
        for (int level = 4; level >= 0; --level) {
            if (held > 32) {
                size >>= 1;
                const u32 left = __shfl_sync(FULL, level_sum[level], first);
                const u32 right = __shfl_sync(FULL, level_sum[level], first + size);
                const int detail = int(left >> 16) - int(right >> 16);
                first += detail < 0 ? size : 0;
                held = (detail < 0 ? right : left) & 0xffff;
            }
        }
        return threadIdx.x % 32 - first < size;
    }

    // The best move of the listed vertices: its key and its entry, the same in all lanes.
    __device__ __forceinline__ uint2 propose(const Columns& columns, const Draw& draw, u32 conflicts, u32 best) const {
        const u32 lane = threadIdx.x % 32, chunks = columns.chunks();
        u32 key = NO_MOVE, entry = 0;
        if (count > 0) {
            // Few vertices: several lanes a vertex, each with its share of the colours.
            const u32 bits = 32 - __clz(count - 1), shared = bits >= 5 ? 0 : 5 - bits;
            const u32 stride = 1u << shared, share = lane % stride;
            for (u32 at = lane >> shared; at < count; at += 32 >> shared) {
                const u32 candidate = list[at];
                const u32 vertex = candidate % ORDER, own = candidate >> 20 & 127;
                const u32 favour = candidate >> 27 & 7;
                const u8* counts = columns.bytes() + vertex;
                u32 least = least_count<255>(counts, chunks, share, stride, draw.flip());
                u32 found = NO_MOVE;
                if (least < 128 * 256) {
                    found = move_key(least, own, favour, vertex, draw);
                }
                // Aspiration: a barred move that gives a new best.
                if (conflicts < best + own) {
                    least = least_count<127>(counts, chunks, share, stride, draw.flip());
                    if (conflicts + least / 256 < best + own) {
                        found = min(found, move_key(least, own, favour, vertex, draw));
                    }
                }
                if (found < key) {
                    key = found;
                    entry = candidate;
                }
            }
        }
        const u32 least = __reduce_min_sync(FULL, key);
        const u32 from = __ffs(__ballot_sync(FULL, key == least)) - 1;
        return make_uint2(least, __shfl_sync(FULL, entry, from));
    }

    // Bars a place of this region until an iteration; what the ring has no room for ends.
    __device__ __forceinline__ void bar(const Columns& columns, u32 where, u32 end, u32 iteration) {
#pragma unroll
        for (u32 slot = 0; slot < SLOTS; ++slot) {
            const bool here = pushed % RING == 32 * slot + threadIdx.x % 32;
            if (here && int(until[slot] - iteration) > 0) {
                unbar(columns, place[slot]);
            }
            const u32 mask = here ? FULL : 0;
            until[slot] ^= (until[slot] ^ end) & mask;
            place[slot] ^= (place[slot] ^ where) & mask;
        }
        ++pushed;
    }

    // Ends the bars whose time has come.
    __device__ __forceinline__ void end_bars(const Columns& columns, u32 next) const {
#pragma unroll
        for (u32 slot = 0; slot < SLOTS; ++slot) {
            if (until[slot] == next) {
                unbar(columns, place[slot]);
            }
        }
    }

    static __device__ __forceinline__ void unbar(const Columns& columns, u32 where) {
        // A vertex's own colour stays barred.
        if (columns.shades[where % PITCH] != where / PITCH) {
            columns.bytes()[where] &= 127;
        }
    }

    // Lets the integrators leak, and adds what is in conflict now. A byte stays below 136.
    __device__ __forceinline__ void integrate(const Columns& columns, u32 next) {
        if (next % FAST_PERIOD == 0) {
            FOR_WORDS {
                const u32 hit = nonzero_bytes(columns.conflicts[w]) >> 7;
                fast[w] = fast[w] - (fast[w] >> 2 & 0x3f3f3f3fu) + 32 * hit;
            }
        }
        if (next % SLOW_PERIOD == 0) {
            FOR_WORDS {
                const u32 hit = nonzero_bytes(fast[w] >> 6 & 0x03030303u) >> 7; // 64 and above
                slow[w] = slow[w] - (slow[w] >> 3 & 0x1f1f1f1fu) + 16 * hit;
            }
        }
    }
};

// The kernel of a step: `sweeps` iterations for every individual.
__device__ __forceinline__ void repair(const RuntimeConfig* config, KernelTelemetry* telemetry,
                                       u32* harvest, const u32* abort, const Population& population) {
    extern __shared__ __align__(16) u8 shared[];
    __shared__ uint2 proposals[2][WARPS];
    __shared__ u32 totals[2][WARPS];
    __shared__ bool asked_to_stop;
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const u32 refused = refusal(config, population);
    if (refused) {
        finish(config, telemetry, harvest, population, refused, false);
        return;
    }
    Individual& individual = population.individuals[blockIdx.x];
    u32* coloring = population.colorings + u64(blockIdx.x) * ROOM_WORDS;
    u32* best_coloring = population.bests + u64(blockIdx.x) * ROOM_WORDS;
    u32* memory = population.memory + u64(blockIdx.x) * MEMORY + warp * REGION_MEMORY;

    Columns columns = columns_at(shared, population.rows, population.vertices, config->colors);
    columns.load(coloring);
    const u32 ends = columns.ends();
    if (lane == 0) {
        totals[0][warp] = ends;
    }
    block_sync();
    u32 conflicts = 0;
    for (u32 other = 0; other < WARPS; ++other) {
        conflicts += totals[0][other];
    }
    conflicts /= 2;
    block_sync();

    const u64 start = individual.iteration;
    u32 best = individual.conflicts;
    if (conflicts < best) {
        best = conflicts;
        columns.store(best_coloring);
    }
    const bool everywhere = config->flags & EVERYWHERE;
    const u32 most_moves = config->flags & ONE_MOVE ? 1 : WARPS;
    const u32 tenure_base = u32(config->tenure_base), tenure_slope = u32(config->tenure_slope * 256);
    const uint2 key = philox_key(config->seed);
    Region region;
    region.list = reinterpret_cast<u32*>(shared + columns_bytes(config->colors)) + warp * REGION;
    region.load(memory, columns, u32(start));
    region.relist(columns, everywhere);

    u32 done = 0, moves = 0;
    bool aborted = false;
    Draw draws;
    for (; done < config->sweeps && best > 0; ++done) {
        const u32 now = u32(start) + done, side = done % 2;
        if (done % 32 == 0) {
            draws = draw_for(start + done + lane, blockIdx.x, population.phase, key);
        }
        const Draw random = draw_of(done % 32, draws);
        const uint2 mine = region.propose(columns, random, conflicts, best);
        if (lane == 0) {
            proposals[side][warp] = mine;
            totals[side][warp] = region.total;
            if (warp == 0 && done % ABORT_PERIOD == 0) {
                asked_to_stop = is_aborted(abort);
            }
        }
        block_sync();
        if (done % ABORT_PERIOD == 0 && asked_to_stop) {
            aborted = true;
            break;
        }
        // Lane i holds the proposal of region i.
        uint2 proposal = lane < WARPS ? proposals[side][lane] : make_uint2(NO_MOVE, 0);
        const u32 total = __reduce_add_sync(FULL, lane < WARPS ? totals[side][lane] : 0);
        for (u32 made = 0; made < most_moves; ++made) {
            const u32 first = __reduce_min_sync(FULL, proposal.x);
            const int change = int(first >> 23) - 128;
            if (first == NO_MOVE || (made > 0 && change > 0)) {
                break;
            }
            const u32 from = __ffs(__ballot_sync(FULL, proposal.x == first)) - 1;
            const u32 entry = __shfl_sync(FULL, proposal.y, from);
            const u32 vertex = entry % ORDER, old = entry >> 12 & 255, chosen = first % 256 ^ random.flip();
            const u8* row = population.rows + vertex * ROW;
            if (WARPS > 1 && proposal.x != NO_MOVE
                && (lane == from || columns.is_adjacent(row, proposal.y % ORDER))) {
                proposal.x = NO_MOVE;
            }
            conflicts += change;
            ++moves;
            columns.move(row, vertex, old, chosen);
            if (vertex / REGION == warp) {
                __syncwarp();
                const u32 damping = DENDRITES ? entry >> 30 : 0;
                const u32 tenure = below(random.tenure, tenure_base) + total * tenure_slope / 256 + damping;
                region.bar(columns, old * PITCH + vertex, now + 1 + tenure, now);
                __syncwarp();
            }
        }
        __syncwarp();
        region.end_bars(columns, now + 1);
        __syncwarp();
        if (DENDRITES) {
            region.integrate(columns, now + 1);
        }
        region.relist(columns, everywhere);
        if (conflicts < best) {
            best = conflicts;
            columns.store(best_coloring);
        }
    }

    columns.store(coloring);
    region.store(memory);
    const bool overflow = block_any(columns.overflow != 0);
    if (threadIdx.x == 0) {
        individual.iteration = start + done;
        individual.conflicts = best;
        individual.current = conflicts;
        population.records[blockIdx.x] = {best, moves};
    }
    finish(config, telemetry, harvest, population, overflow ? OVERFLOW : 0, aborted);
}

#endif
