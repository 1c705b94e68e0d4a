// Conflict repair in rounds, for graphs that are too large for a table of counts: what whcr.cu and
// dendritic_whcr.cu are where the host defines ROUNDS. prism_cpu::rounds says how it goes, and makes the same moves from the same seed.
//
// An individual is spread over the device. Its state lies in device memory: colours, how many neighbours of
// each vertex share its colour, bars, and the list of the conflicting vertices. Nothing that is decided depends
// on the order of that list, nor on the order of what threads add and raise, so all of it is done by
// atomics. A round is three kernels, since what one leaves all of the next must see: `propose`, `move`,
// `relist`. Before the first round of a step everything is counted anew, so that a step needs no more of the
// last one than colours and bars; a step is as many rounds as the host launches. A warp works on a vertex
// at a time.
//
// blockIdx.y is the individual. The host defines BLOCK_WARPS.
#ifndef ROUNDS_CUH
#define ROUNDS_CUH

#include "individuals.cuh"

constexpr u32 THREADS = 32 * BLOCK_WARPS;
constexpr u64 NONE = ~0ull;             // what a vertex proposes that proposes nothing
constexpr long long BIAS = 1 << 24;     // added to a change in a key, so that none is negative
constexpr u32 ABORT_PERIOD = 16;        // rounds between two looks at the abort word
constexpr u64 LONGEST = 1 << 20;        // rounds that a move bars a colour at most

// A bit of RuntimeConfig::flags, as in repair.cuh.
constexpr u32 ONE_MOVE = 2;

// What an individual knows in the course of a step. Finish leaves it as count finds it.
struct Tally {
    u64 first;          // the least key of this round
    u64 current;        // conflicting edges
    u64 moves;          // of this step
    u64 seed;           // what the config says, which may lie in the host's memory
    u32 counts[2];      // how long the lists are
    u32 conflicting;    // vertices in conflict when the round began
    u32 made;           // moves of this round
    u32 last;           // of the last one, at least 1; 0 before the first of all
    u32 over;           // no further round is to do anything
    u32 improved;       // the colours at hand are the best so far, and not kept yet
    u32 stop;           // the host has asked for the end
    u32 refused;        // a Refusal, or 0
    u32 colors;         // likewise of the config
    u32 flags;
    u32 tenure_base;
    u32 tenure_slope;   // in steps of 1/256
    u32 unused;
};
static_assert(sizeof(Tally) == TALLY_BYTES, "Tally is not what the host has room for");

// The integrators of a vertex's conflict history (DENDRITES), as prism_cpu::rounds has them.
struct Integrators {
    u32 fast, slow;
    u32 round; // in which they were added to
    u32 unused;

    // Lets them leak, and adds that the vertex is in conflict.
    __device__ __forceinline__ void integrate(u32 now) {
        const u32 gap = now - round;
        fast = leak(fast, gap, 5) + 1024;
        slow = leak(slow, gap, 10) + 32;
        round = now;
    }

    // What is left of a value after so many rounds: half of it after each 2^half_life.
    static __device__ __forceinline__ u32 leak(u32 value, u32 gap, u32 half_life) {
        const u32 halvings = gap >> half_life, rest = gap & ((1u << half_life) - 1);
        value = halvings < 32 ? value >> halvings : 0;
        return value - (value * rest >> (half_life + 1));
    }

    // Rounds by which a bar lasts longer.
    __device__ __forceinline__ u32 damping() const {
        return min(fast >> 14, 3u);
    }

    // How the vertex is favoured among moves of equal change.
    __device__ __forceinline__ u32 favour() const {
        return min(slow >> 13, 7u);
    }
};
constexpr u32 INTEGRATORS_BYTES = DENDRITES ? sizeof(Integrators) : 0;
static_assert(INTEGRATORS_BYTES == VERTEX_BYTES, "Integrators is not what the host has room for");

// Where the graph and the individuals' state is, beside a Population. Of the arrays with an entry a vertex
// there are as many as individuals, one after the other.
struct Lists {
    const u64* offsets;     // of each vertex's neighbours
    const u32* neighbors;
    Tally* tallies;
    u64* keys;              // what a vertex proposes: the change, favour, chance, the vertex
    u64* until;             // the round until which a place is barred, see `place`
    u32* same;              // neighbours of the same colour
    u32* is_listed;
    u32* listed[2];         // the conflicting vertices, and room for them in the next round
    unsigned short* target; // the colour that a vertex proposes
    Integrators* integrators;
    u32 room;               // colours of a row
    u32 places;             // a power of two, as an exponent
};
static_assert(sizeof(Lists) == LISTS_BYTES, "Lists is not what the host sends");

// The part of one individual.
struct One {
    u32 number, n, k;
    Individual* state;
    Tally* tally;
    u32* memory;
    unsigned short* colors;
    u64 *keys, *until;
    u32 *same, *is_listed, *list, *next;
    unsigned short* target;
    Integrators* integrators;

    __device__ One(const Population& population, const Lists& lists, u32 side) {
        number = blockIdx.y;
        n = population.vertices;
        state = population.individuals + number;
        tally = lists.tallies + number;
        k = tally->colors;
        memory = population.memory + 2 * number;
        colors = reinterpret_cast<unsigned short*>(population.colorings) + u64(number) * lists.room;
        const u64 first = u64(number) * n;
        keys = lists.keys + first;
        until = lists.until + (u64(number) << lists.places);
        same = lists.same + first;
        is_listed = lists.is_listed + first;
        list = lists.listed[side] + first;
        next = lists.listed[1 - side] + first;
        target = lists.target + first;
        integrators = lists.integrators + first;
    }

    // Appends to the list that this round reads.
    __device__ __forceinline__ void append(u32 vertex, u32 side) const {
        list[atomicAdd(&tally->counts[side], 1)] = vertex;
    }
};

// Which of a grid's warps this is, and how many there are for an individual.
__device__ __forceinline__ u32 warp_number() {
    return blockIdx.x * BLOCK_WARPS + threadIdx.x / 32;
}
__device__ __forceinline__ u32 warp_count() {
    return gridDim.x * BLOCK_WARPS;
}
__device__ __forceinline__ u32 thread_number() {
    return blockIdx.x * THREADS + threadIdx.x;
}
__device__ __forceinline__ u32 thread_count() {
    return gridDim.x * THREADS;
}

// Where the bar of a colour for a vertex lies.
__device__ __forceinline__ u32 place(u32 vertex, u32 color, u32 places) {
    u32 mixed = vertex * 0x9e3779b1u + color * 0x85ebca77u;
    mixed = (mixed ^ mixed >> 15) * 0xc2b2ae3du;
    return mixed >> (32 - places);
}

// The random numbers of a vertex in a round.
__device__ __forceinline__ uint4 draw_for(u64 seed, u32 phase, u64 round, u32 vertex) {
    const u32 high = u32(round >> 32);
    return philox(make_uint4(u32(round), vertex, blockIdx.y, phase | high << 8), philox_key(seed));
}

// Takes note of what there is by now. One thread does it.
__device__ __forceinline__ void settle(const One& one) {
    const u32 current = u32(one.tally->current);
    one.tally->first = NONE;
    one.tally->improved |= current < one.state->conflicts;
    one.state->conflicts = min(one.state->conflicts, current);
    one.state->current = current;
}

// Keeps the colours at hand as the best ones, if they are.
__device__ __forceinline__ void keep(const One& one, const Population& population, u32 room) {
    if (one.tally->improved == 0) {
        return;
    }
    const u64 first = u64(one.number) * (room / 2);
    for (u32 at = thread_number(); at < room / 2; at += thread_count()) {
        population.bests[first + at] = population.colorings[first + at];
    }
}

#define ROUNDS_ARGUMENTS                                                                        \
    const RuntimeConfig *__restrict__ config, KernelTelemetry *__restrict__ telemetry, u32 *harvest,  \
        const u32 *abort, const Population population, const Lists lists, u32 side, u32 individuals

// The first kernel of a step: counts. What was barred and remembered goes if the host has forgotten it.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_count(ROUNDS_ARGUMENTS) {
    const One one(population, lists, side);
    const u32 lane = threadIdx.x % 32;
    if (one.memory[0] == 0) {
        for (u32 at = thread_number(); at < 1u << lists.places; at += thread_count()) {
            one.until[at] = 0;
        }
    }
    u32 ends = 0;
    for (u32 vertex = warp_number(); vertex < one.n; vertex += warp_count()) {
        const u64 end = lists.offsets[vertex + 1];
        const u32 color = one.colors[vertex];
        u32 same = 0;
        for (u64 at = lists.offsets[vertex] + lane; at < end; at += 32) {
            same += one.colors[lists.neighbors[at]] == color;
        }
        same = __reduce_add_sync(FULL, same);
        if (lane == 0) {
            ends += same;
            one.same[vertex] = same;
            one.keys[vertex] = NONE;
            if (DENDRITES && one.memory[0] == 0) {
                one.integrators[vertex] = Integrators{};
            }
            one.is_listed[vertex] = same > 0;
            if (same > 0) {
                one.append(vertex, side);
            }
        }
    }
    if (lane == 0 && ends > 0) {
        atomicAdd(&one.tally->current, u64(ends));
    }
}

// The second one, of one block an individual.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_begin(ROUNDS_ARGUMENTS) {
    const One one(population, lists, side);
    if (threadIdx.x == 0) {
        one.tally->current /= 2;
        one.tally->last = one.memory[0] ? one.memory[1] : 0;
        one.memory[0] = 1;
        one.tally->seed = config->seed;
        one.tally->colors = config->colors;
        one.tally->flags = config->flags;
        one.tally->tenure_base = u32(config->tenure_base);
        one.tally->tenure_slope = u32(config->tenure_slope * 256);
        one.tally->refused = refusal(config, population);
        one.tally->stop = is_aborted(abort);
        one.tally->improved = 0;
        settle(one);
        one.tally->over = one.tally->refused || one.tally->stop || one.state->conflicts == 0;
    }
}

// Every conflicting vertex proposes its best move.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_propose(ROUNDS_ARGUMENTS) {
    extern __shared__ u32 histograms[];
    const One one(population, lists, side);
    if (one.tally->over) {
        return;
    }
    keep(one, population, lists.room);
    const u32 lane = threadIdx.x % 32, count = one.tally->counts[side];
    if (thread_number() == 0) {
        one.tally->conflicting = count;
        one.tally->counts[1 - side] = 0;
    }
    u32* counts = histograms + threadIdx.x / 32 * one.k;
    const u64 round = one.state->iteration, seed = one.tally->seed;
    const u64 current = one.tally->current, best = one.state->conflicts;
    u64 first = NONE;
    for (u32 at = warp_number(); at < count; at += warp_count()) {
        const u32 vertex = one.list[at], own = one.colors[vertex], from = one.same[vertex];
        const uint4 random = draw_for(seed, population.phase, round, vertex);
        const u32 shift = below(random.x, one.k);
        for (u32 color = lane; color < one.k; color += 32) {
            counts[color] = 0;
        }
        __syncwarp();
        const u64 end = lists.offsets[vertex + 1];
        for (u64 edge = lists.offsets[vertex] + lane; edge < end; edge += 32) {
            atomicAdd(counts + one.colors[lists.neighbors[edge]], 1);
        }
        __syncwarp();
        // The count above the colour's turn: the least is the best.
        u64 least = NONE;
        for (u32 color = lane; color < one.k; color += 32) {
            const u32 turn = color >= shift ? color - shift : color + one.k - shift;
            const u64 found = u64(counts[color]) << 32 | turn;
            if (color != own && found < least) {
                const bool is_new_best = current + counts[color] < best + from;
                if (is_new_best || one.until[place(vertex, color, lists.places)] <= round) {
                    least = found;
                }
            }
        }
        for (u32 step = 16; step > 0; step >>= 1) {
            least = min(least, __shfl_xor_sync(FULL, least, step));
        }
        u32 chance = random.y >> 17;
        if (DENDRITES && lane == 0) {
            Integrators integrators = one.integrators[vertex];
            integrators.integrate(u32(round));
            one.integrators[vertex] = integrators;
            chance = (7 - integrators.favour()) << 12 | random.y >> 20;
        }
        if (lane == 0 && least != NONE) {
            const u32 to = (u32(least) + shift) % one.k;
            const u64 change = u64((long long)(least >> 32) - (long long)(from) + BIAS);
            const u64 key = change << 39 | u64(chance) << 24 | vertex;
            one.keys[vertex] = key;
            one.target[vertex] = (unsigned short)(to);
            first = min(first, key);
        }
        __syncwarp();
    }
    if (lane == 0 && first != NONE) {
        atomicMin(&one.tally->first, first);
    }
}

// Makes the moves that come before those of all neighbours and make nothing worse, and the first of all.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_move(ROUNDS_ARGUMENTS) {
    const One one(population, lists, side);
    if (one.tally->over) {
        return;
    }
    const u32 lane = threadIdx.x % 32, count = one.tally->conflicting;
    const bool several = (one.tally->flags & ONE_MOVE) == 0;
    const u64 first = one.tally->first, round = one.state->iteration, seed = one.tally->seed;
    const u64 each = max(one.tally->last ? one.tally->last : count, 1u);
    const u64 grown = 2 * u64(count) * one.tally->tenure_slope / (256 * each);
    const u32 most = u32(min(u64(one.tally->tenure_base) + grown, LONGEST));
    u32 made = 0;
    long long changes = 0;
    for (u32 at = warp_number(); at < count; at += warp_count()) {
        const u32 vertex = one.list[at];
        const u64 key = one.keys[vertex], begin = lists.offsets[vertex], end = lists.offsets[vertex + 1];
        const long long change = (long long)(key >> 39) - BIAS;
        bool is_made = key != NONE && (key == first || (several && change <= 0));
        if (is_made && key != first) {
            bool is_before = true;
            for (u64 edge = begin + lane; edge < end; edge += 32) {
                is_before &= one.keys[lists.neighbors[edge]] > key;
            }
            is_made = __all_sync(FULL, is_before);
        }
        if (!is_made) {
            continue;
        }
        // None of its neighbours moves, and none of theirs is moved by another one but by adding.
        const u32 old = one.colors[vertex], to = one.target[vertex];
        for (u64 edge = begin + lane; edge < end; edge += 32) {
            const u32 neighbor = lists.neighbors[edge], color = one.colors[neighbor];
            if (color == old) {
                atomicSub(one.same + neighbor, 1);
            } else if (color == to) {
                atomicAdd(one.same + neighbor, 1);
                if (atomicExch(one.is_listed + neighbor, 1) == 0) {
                    one.append(neighbor, side);
                }
            }
        }
        __syncwarp();
        if (lane == 0) {
            one.same[vertex] += int(change);
            one.colors[vertex] = (unsigned short)(to);
            const uint4 random = draw_for(seed, population.phase, round, vertex);
            const u32 damping = DENDRITES ? one.integrators[vertex].damping() : 0;
            const u64 end = round + 1 + below(random.z, most) + damping;
            atomicMax(one.until + place(vertex, old, lists.places), end);
            ++made;
            changes += change;
        }
    }
    if (lane == 0 && made > 0) {
        atomicAdd(&one.tally->made, made);
        atomicAdd(&one.tally->current, u64(changes));
    }
}

// Lists those that are in conflict still. The last kernel of a round.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_relist(ROUNDS_ARGUMENTS) {
    const One one(population, lists, side);
    // Blocks that come late may see it set by the thread below: then nobody looks at the list any more.
    if (one.tally->over) {
        return;
    }
    const u32 count = one.tally->counts[side];
    for (u32 at = thread_number(); at < count; at += thread_count()) {
        const u32 vertex = one.list[at];
        one.keys[vertex] = NONE;
        if (one.same[vertex] > 0) {
            one.next[atomicAdd(&one.tally->counts[1 - side], 1)] = vertex;
        } else {
            one.is_listed[vertex] = 0;
        }
    }
    if (thread_number() == 0) {
        one.tally->last = max(one.tally->made, 1u);
        one.tally->moves += one.tally->made;
        one.tally->made = 0;
        one.state->iteration += 1;
        one.tally->improved = 0; // what was has been kept by `propose`
        settle(one);
        if (one.state->iteration % ABORT_PERIOD == 0 && is_aborted(abort)) {
            one.tally->stop = 1;
        }
        one.tally->over = one.tally->stop || one.state->conflicts == 0;
    }
}

// Keeps what the last round has found.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_keep(ROUNDS_ARGUMENTS) {
    const One one(population, lists, side);
    if (one.tally->refused == 0) {
        keep(one, population, lists.room);
    }
}

// The last kernel of a step: one individual's worth of blocks sum up for all, and copy the best colouring to the
// harvest if the host does not know one as good.
extern "C" __global__ void __launch_bounds__(THREADS) rounds_finish(ROUNDS_ARGUMENTS) {
    u64 best = NONE, moves = 0;
    u32 refused = 0, stopped = 0;
    for (u32 at = 0; at < individuals; ++at) {
        best = min(best, u64(population.individuals[at].conflicts) << 32 | at);
        moves += lists.tallies[at].moves;
        refused = max(refused, lists.tallies[at].refused);
        stopped |= lists.tallies[at].stop;
    }
    if (refused == 0 && u32(best >> 32) < config->best_conflicts) {
        const u32* from = population.bests + u64(u32(best)) * (lists.room / 2);
        for (u32 at = thread_number(); at < lists.room / 2; at += thread_count()) {
            harvest[at] = from[at];
        }
    }
    // All others have read the tallies when the last block goes on.
    if (!is_last_block(population.ticket)) {
        return;
    }
    for (u32 at = threadIdx.x; at < individuals; at += THREADS) {
        Tally& tally = lists.tallies[at];
        population.records[at] = {population.individuals[at].conflicts, u32(min(tally.moves, u64(~0u)))};
        population.memory[2 * at + 1] = tally.last;
        tally = Tally{};
    }
    __syncthreads();
    summarise(telemetry, population.records, individuals);
    if (threadIdx.x == 0) {
        telemetry->iteration = config->iteration;
        telemetry->checksum = 0;
        telemetry->moves = moves;
        telemetry->accepted = moves;
        telemetry->status_code = refused ? REJECTED : stopped ? ABORTED : COMPLETE;
        telemetry->detail = refused;
        telemetry->swaps = 0;
        telemetry->clock_ns = clock_ns();
        population.ticket[STEPS] += refused == 0;
    }
}

#endif
