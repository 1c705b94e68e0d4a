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
// clusters is the approximation of a Haar transform of the conflict signal, and their difference is its
// detail; a coin that is weighted by the detail says which sibling to go to. It stops at a cluster whose
// conflicting vertices are no more than the lanes, so that an iteration costs the same however bad the
// colouring is. If every move there makes things worse it looks at the whole region after all.
//
// A move bars the colour that the vertex had for `tenure` iterations. The bars of a region lie in a
// ring, SLOTS in a lane; one that is overwritten early ends early, and one that is made anew replaces the
// old one.
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
    u32 tenure; // 32 random bits, as many for each of the following
    u32 focus;

    __device__ __forceinline__ u32 shift() const { return bits % ORDER; }
    __device__ __forceinline__ u32 flip() const { return bits / ORDER % 256; }
};

__device__ __forceinline__ Draw draw_for(u64 iteration, u32 individual, u32 phase, uint2 key) {
    const uint4 random = philox(make_uint4(u32(iteration), u32(iteration >> 32), individual, phase), key);
    return Draw{random.x | 1, random.y, random.z, random.w};
}

// The numbers that a lane has drawn.
__device__ __forceinline__ Draw draw_of(u32 lane, const Draw& mine) {
    return Draw{__shfl_sync(FULL, mine.factor, lane), __shfl_sync(FULL, mine.bits, lane),
                __shfl_sync(FULL, mine.tenure, lane), __shfl_sync(FULL, mine.focus, lane)};
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

// What warps tell each other in an iteration; written before its barrier and read after it. There are two,
// for even and for odd iterations, so that none is written while it is read.
struct Exchange {
    uint2 proposals[WARPS];     // the key and the entry of a region's best move
    u32 totals[WARPS];          // conflicting vertices of a region
    u32 stop;                   // not zero: the host has asked for the end
};
static_assert(2 * sizeof(Exchange) <= EXCHANGE, "the host leaves less room for it");

// A warp's region: its conflicting vertices, its bars, its integrators.
struct Region {
    u32* list;              // of `listed`, lane by lane
    u32 total;              // how many there are
    u32 mine;               // how many of them this lane has
    u32 before;             // how many the lanes before it have
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

    // Lists the conflicting vertices.
    __device__ __forceinline__ void relist(const Columns& columns) {
        u32 marked[WORDS];
        mine = 0;
        FOR_WORDS {
            marked[w] = nonzero_bytes(columns.conflicts[w]);
            mine += __popc(marked[w]);
        }
        // Sums of small numbers over the lanes, bit by bit.
        const u32 lower = (1u << threadIdx.x % 32) - 1;
        total = before = 0;
#pragma unroll
        for (u32 bit = 0; 1u << bit <= 4 * WORDS; ++bit) {
            const u32 has = __ballot_sync(FULL, mine >> bit & 1);
            before += __popc(has & lower) << bit;
            total += __popc(has) << bit;
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

    // The part of the list that the transform leads to: where it begins, and how many there are.
    __device__ __forceinline__ uint2 focus(const Columns& columns, u32 random) const {
        // Conflicts in the upper half, conflicting vertices in the lower: sums of 2^level lanes.
        u32 sums[5], sum = 0;
        FOR_WORDS { sum = __dp4a(columns.conflicts[w], EACH, sum); }
        sum = sum << 16 | mine;
#pragma unroll
        for (u32 level = 0; level < 5; ++level) {
            sums[level] = sum;
            sum += __shfl_xor_sync(FULL, sum, 1u << level);
        }
        u32 first = 0, held = total;
#pragma unroll
        for (int level = 4; level >= 0; --level) {
            if (held > 32) {
                const u32 left = __shfl_sync(FULL, sums[level], first);
                const u32 right = __shfl_sync(FULL, sums[level], first + (1u << level));
                const bool is_left = below(random, (left >> 16) + (right >> 16)) < left >> 16;
                first += is_left ? 0 : 1u << level;
                held = (is_left ? left : right) & 0xffff;
                random = __funnelshift_l(random, random, 6); // other bits for the next coin
            }
        }
        return make_uint2(__shfl_sync(FULL, before, first), held);
    }

    // Writes the key and the entry of the best move.
    __device__ __forceinline__ void propose(uint2* proposal, const Columns& columns, const Draw& draw,
                                            u32 conflicts, u32 best, bool everywhere) const {
        bool whole = everywhere || total <= 32;
        uint2 part = make_uint2(0, total);
        if (!whole) {
            part = focus(columns, draw.focus);
        }
        uint2 move = best_of(part, columns, draw, conflicts, best);
        u32 least = __reduce_min_sync(FULL, move.x);
        if (!whole && least >> 23 > 128) {
            move = best_of(make_uint2(0, total), columns, draw, conflicts, best);
            least = __reduce_min_sync(FULL, move.x);
        }
        // Keys differ, so one lane has it; or there is none.
        if (move.x == least && (least != NO_MOVE || threadIdx.x % 32 == 0)) {
            *proposal = move;
        }
    }

    // The best move that this lane finds in a part of the list: its key and its entry.
    __device__ uint2 best_of(uint2 part, const Columns& columns, const Draw& draw, u32 conflicts,
                             u32 best) const {
        const u32 lane = threadIdx.x % 32, chunks = columns.chunks(), count = part.y;
        u32 key = NO_MOVE, entry = 0;
        if (count > 0) {
            // Few vertices: several lanes a vertex, each with its share of the colours.
            const u32 bits = 32 - __clz(count - 1), shared = bits >= 5 ? 0 : 5 - bits;
            const u32 stride = 1u << shared, share = lane % stride;
            for (u32 at = lane >> shared; at < count; at += 32 >> shared) {
                const u32 candidate = list[part.x + at];
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
        return make_uint2(key, entry);
    }

    // Bars a place of this region until an iteration; what the ring has no room for ends.
    __device__ __forceinline__ void bar(const Columns& columns, u32 where, u32 end, u32 iteration) {
#pragma unroll
        for (u32 slot = 0; slot < SLOTS; ++slot) {
            const bool here = pushed % RING == 32 * slot + threadIdx.x % 32;
            if (place[slot] == where) {
                until[slot] = iteration;
            }
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

// What became of a block's step.
struct Outcome {
    u32 refused;    // a Refusal, or 0
    bool aborted;
};

// Repairs the individual of this block for `sweeps` iterations.
__device__ __forceinline__ Outcome repair_individual(const RuntimeConfig* config, const u32* abort,
                                                     const Population& population) {
    extern __shared__ __align__(16) u8 shared[];
    Exchange* exchanges = reinterpret_cast<Exchange*>(shared);
    u8* const table = shared + EXCHANGE;
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    Individual& individual = population.individuals[blockIdx.x];
    u32* coloring = population.colorings + u64(blockIdx.x) * ROOM_WORDS;
    u32* best_coloring = population.bests + u64(blockIdx.x) * ROOM_WORDS;
    u32* memory = population.memory + u64(blockIdx.x) * MEMORY + warp * REGION_MEMORY;

    const u32 colors = kept(config->colors);
    Columns columns = columns_at(table, population.rows, population.vertices, colors);
    columns.load(coloring);
    const u32 ends = columns.ends();
    if (lane == 0) {
        exchanges[0].totals[warp] = ends;
    }
    block_sync();
    u32 conflicts = 0;
    for (u32 other = 0; other < WARPS; ++other) {
        conflicts += exchanges[0].totals[other];
    }
    conflicts /= 2;
    block_sync();

    const u64 start = individual.iteration;
    u32 best = individual.conflicts;
    if (conflicts < best) {
        best = conflicts;
        columns.store(best_coloring);
    }
    const u32 sweeps = kept(config->sweeps);
    const u32 flags = kept(config->flags);
    const bool everywhere = flags & EVERYWHERE;
    const u32 most_moves = flags & ONE_MOVE ? 1 : WARPS;
    const u32 tenure_base = kept(u32(config->tenure_base));
    const u32 tenure_slope = kept(u32(config->tenure_slope * 256));
    const uint2 key = make_uint2(kept(u32(config->seed)), kept(u32(config->seed >> 32)));
    Region region;
    region.list = reinterpret_cast<u32*>(table + columns_bytes(colors)) + warp * REGION;
    region.load(memory, columns, u32(start));
    region.relist(columns);

    u32 done = 0, moves = 0;
    bool aborted = false;
    Draw draws;
    for (; done < sweeps && best > 0; ++done) {
        const u32 now = u32(start) + done;
        Exchange& exchange = exchanges[done % 2];
        if (done % 32 == 0) {
            draws = draw_for(start + done + lane, blockIdx.x, population.phase, key);
        }
        const Draw random = draw_of(done % 32, draws);
        region.propose(&exchange.proposals[warp], columns, random, conflicts, best, everywhere);
        if (lane == 0) {
            exchange.totals[warp] = region.total;
            if (warp == 0) {
                exchange.stop = done % ABORT_PERIOD == 0
                    && is_asked_to_stop(abort, population, done / ABORT_PERIOD);
            }
        }
        block_sync();
        if (exchange.stop) {
            aborted = true;
            break;
        }
        // Lane i holds the proposal of region i.
        uint2 proposal = lane < WARPS ? exchange.proposals[lane] : make_uint2(NO_MOVE, 0);
        const u32 total = __reduce_add_sync(FULL, lane < WARPS ? exchange.totals[lane] : 0);
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
            u32 ones[WORDS];
            columns.neighbors(row, ones);
            if (WARPS > 1) {
                const bool touched = is_in(row, proposal.y % ORDER);
                proposal.x = touched || lane == from ? NO_MOVE : proposal.x;
            }
            conflicts += change;
            ++moves;
            columns.move(ones, vertex, old, chosen);
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
        region.relist(columns);
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
    return Outcome{overflow ? OVERFLOW : 0, aborted};
}

// The kernel of a step.
__device__ __forceinline__ void repair(const RuntimeConfig* config, KernelTelemetry* telemetry,
                                       u32* harvest, const u32* abort, const Population& population) {
    Outcome outcome = {refusal(config, population), false};
    if (outcome.refused == 0) {
        outcome = repair_individual(config, abort, population);
    }
    finish(config, telemetry, harvest, population, outcome.refused, outcome.aborted, gridDim.x);
}

#endif
