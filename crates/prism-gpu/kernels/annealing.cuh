// The Metropolis walk of a block over the colourings of its individual: what thermodynamic.cu and
// quantum.cu are made of (Metropolis et al. 1953; Johnson, Aragon, McGeoch and Schevon 1991 for
// colouring).
//
// A proposal gives a vertex another colour. Proposal t of an individual draws its vertex, its colour and
// its acceptance from the counter (t, individual, phase), whoever judges it. A block judges THREADS
// successive proposals at once, all against the same colouring; the first one that is accepted is made,
// those before it are rejections, and those after it are judged again. That is the sequential walk, step
// by step, at any number of threads; where few proposals are accepted, a block makes THREADS steps of it
// in the time of one.
//
// Everything is decided in integers, so prism_cpu::thermodynamic and prism_cpu::quantum make the same
// moves from the same seed.
#ifndef ANNEALING_CUH
#define ANNEALING_CUH

#define COLUMN_CHUNK 1
#include "population.cuh"

constexpr u32 ABORT_PERIOD = 64;    // batches of THREADS proposals between two looks at the abort word

// Bits of RuntimeConfig::flags.
constexpr u32 CONFLICTING = 1;      // propose for conflicting vertices only, not for all

// What lies at Gathered::TALLY.
enum Tally : u32 { PROPOSED, ACCEPTED, SWAPPED };

// A parameter of the config that is a whole number.
__device__ __forceinline__ u32 parameter(const RuntimeConfig* config, u32 at) {
    return __float_as_uint(config->parameters[at]);
}

// 2^-cost in units of 2^-32, for a cost in units of 2^-16: a polynomial of degree 6 through the Chebyshev
// nodes of the fraction, exact to 2 * 10^-9.
__device__ __forceinline__ u32 chance(u32 cost) {
    const u32 fraction = cost << 16;
    u32 power = 0x00072a3cu;
    power = 0x00539803u - __umulhi(fraction, power);
    power = 0x0273d361u - __umulhi(fraction, power);
    power = 0x0e34a75bu - __umulhi(fraction, power);
    power = 0x3d7f577eu - __umulhi(fraction, power);
    power = 0xb17215b2u - __umulhi(fraction, power);
    power = 0xfffffffau - __umulhi(fraction, power);
    return cost >> 16 < 32 ? power >> (cost >> 16) : 0;
}

// Metropolis' rule: whether a cost, in units of 2^-16, is accepted by 32 random bits.
__device__ __forceinline__ bool is_accepted(long long cost, u32 bits) {
    return cost <= 0 || bits < chance(u32(min(cost, (long long)(0x7fffffff))));
}

// The sum over all threads of the block. `sums` is shared and free again after the next barrier.
__device__ __forceinline__ u32 block_sum(u32 of_warp, u32* sums) {
    if (WARPS == 1) {
        return of_warp;
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = of_warp;
    }
    __syncthreads();
    u32 sum = 0;
#pragma unroll
    for (u32 warp = 0; warp < WARPS; ++warp) {
        sum += sums[warp];
    }
    return sum;
}

// The conflicting vertices of the block in rising order, a part for each warp.
struct ConflictList {
    u16* vertices;  // a warp's part begins at its region's first vertex
    u32* counts;    // of each part

    // Lists this warp's part anew.
    __device__ __forceinline__ void relist(const Columns& columns) const {
        const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32, lower = (1u << lane) - 1;
        u16* to = vertices + warp * REGION;
        u32 count = 0;
        FOR_WORDS {
            u32 marked = nonzero_bytes(columns.conflicts[w]);
            const u32 mine = __popc(marked);
            u32 before = count;
#pragma unroll
            for (u32 bit = 0; bit < 3; ++bit) {
                const u32 has = __ballot_sync(FULL, mine >> bit & 1);
                before += __popc(has & lower) << bit;
                count += __popc(has) << bit;
            }
            while (marked) {
                to[before++] = u16(4 * columns.word(w) + (__ffs(marked) - 8) / 8);
                marked &= marked - 1;
            }
        }
        if (lane == 0) {
            counts[warp] = count;
        }
    }

    __device__ __forceinline__ u32 total() const {
        u32 sum = 0;
#pragma unroll
        for (u32 warp = 0; warp < WARPS; ++warp) {
            sum += counts[warp];
        }
        return sum;
    }

    __device__ __forceinline__ u32 at(u32 index) const {
        u32 warp = 0;
        if (WARPS > 1) {
            while (index >= counts[warp]) {
                index -= counts[warp++];
            }
        }
        return vertices[warp * REGION + index];
    }
};

// Bytes of shared memory of a walk.
__device__ __forceinline__ u32 walk_bytes(u32 colors) {
    return columns_bytes(colors) + sizeof(u16) * ROOM;
}

// The walk of one individual.
struct Walk {
    Columns columns;
    ConflictList list;
    u32 conflicts;      // conflicting edges
    u32 best;           // the fewest so far
    u32 accepted;
    bool aborted;

    // Reads the colouring that the last step left. Ends with a barrier.
    __device__ void load(u8* shared, const Population& population, u32 colors, u32 individual) {
        __shared__ u32 sums[WARPS];
        __shared__ __align__(16) u32 counts[(WARPS + 3) / 4 * 4];
        columns = columns_at(shared, population.rows, population.vertices, kept(colors));
        list.vertices = reinterpret_cast<u16*>(shared + columns_bytes(colors));
        list.counts = counts;
        columns.load(population.colorings + u64(individual) * ROOM_WORDS);
        list.relist(columns);
        conflicts = block_sum(columns.ends(), sums) / 2;
        best = population.individuals[individual].conflicts;
        accepted = 0;
        aborted = false;
        block_sync();
        keep(population, individual);
    }

    // Writes the colouring down if it is the best so far.
    __device__ __forceinline__ void keep(const Population& population, u32 individual) {
        if (conflicts < best) {
            best = conflicts;
            columns.store(population.bests + u64(individual) * ROOM_WORDS);
        }
    }

    // Makes `proposals` steps of the walk; fewer if it comes to a proper colouring or is told to stop.
    // `weight` says what a move costs, and is told of those that are made.
    template <class Weight>
    __device__ void run(const RuntimeConfig* config, const u32* abort, const Population& population,
                        u32 individual, u32 proposals, Weight& weight) {
        // The first accepted proposal of each warp: the move (vertex, 8 bits the old colour, 8 the new),
        // and its change of the conflicts, 128 added, above its thread.
        __shared__ uint2 firsts[2][WARPS];
        __shared__ bool asked_to_stop;
        const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
        const uint2 seed = philox_key(config->seed), key = make_uint2(kept(seed.x), kept(seed.y));
        const bool conflicting = kept(config->flags & CONFLICTING);
        const u64 start = population.individuals[individual].iteration;
        u32 done = columns.colors > 1 ? 0 : proposals, side = 0;
        for (u32 batch = 0; done < proposals && best > 0; ++batch, done += THREADS) {
            if (batch % ABORT_PERIOD == 0) {
                if (threadIdx.x == 0) {
                    asked_to_stop = is_asked_to_stop(abort, population, batch / ABORT_PERIOD);
                }
                block_sync();
                if (asked_to_stop) {
                    aborted = true;
                    break;
                }
                block_sync();
            }
            const u64 number = start + done + threadIdx.x;
            const uint4 random = philox(
                make_uint4(u32(number), u32(number >> 32), individual, population.phase), key);
            const u32 end = min(proposals - done, THREADS);
            for (u32 judged = 0; judged < end && conflicts > 0;) {
                side ^= 1;
                // Warps whose proposals have all been judged have nothing to say.
                u32 votes = 0;
                uint2 first = make_uint2(FULL, FULL);
                if (judged < 32 * (warp + 1)) {
                    // Only a count that has passed its byte makes conflicts that no vertex has.
                    const u32 listed = conflicting ? list.total() : 0;
                    const u32 vertex = listed > 0 ? list.at(below(random.x, listed))
                                                  : below(random.x, columns.vertices);
                    const u32 from = columns.shades[vertex];
                    u32 to = below(random.y, columns.colors - 1);
                    to += to >= from;
                    const u8* counts = columns.bytes() + vertex;
                    const int change = int(counts[to * PITCH] & 127) - int(counts[from * PITCH] & 127);
                    const int cost = weight.cost(change, vertex, from, to);
                    const bool accepts = threadIdx.x >= judged && threadIdx.x < end && is_accepted(cost, random.z);
                    votes = __ballot_sync(FULL, accepts);
                    first = make_uint2(vertex | from << 16 | to << 24, u32(change + 128) << 16 | threadIdx.x);
                }
                const u32 voter = __ffs(votes) - 1;
                bool any = votes != 0;
                if (WARPS == 1) {
                    first.x = __shfl_sync(FULL, first.x, voter);
                    first.y = __shfl_sync(FULL, first.y, voter);
                } else {
                    if (any ? lane == voter : lane == 0) {
                        firsts[side][warp] = any ? first : make_uint2(FULL, FULL);
                    }
                    __syncthreads();
                    // Lane i holds the first of warp i.
                    first = lane < WARPS ? firsts[side][lane] : make_uint2(FULL, FULL);
                    const u32 warps = __ballot_sync(FULL, first.y != FULL);
                    any = warps != 0;
                    first.x = __shfl_sync(FULL, first.x, __ffs(warps) - 1);
                    first.y = __shfl_sync(FULL, first.y, __ffs(warps) - 1);
                }
                if (!any) {
                    break;
                }
                __syncwarp();
                judged = (first.y & 0xffff) + 1;
                conflicts += (first.y >> 16) - 128;
                ++accepted;
                make(population, first.x & 0xffff, first.x >> 16 & 255, first.x >> 24, conflicting, weight);
                keep(population, individual);
            }
        }
        done = min(done, proposals);
        if (threadIdx.x == 0) {
            Individual& state = population.individuals[individual];
            state.iteration = start + done;
            state.conflicts = best;
            state.current = conflicts;
            population.records[individual] = {best, accepted};
            u64* tally = reinterpret_cast<u64*>(population.ticket + TALLY);
            atomicAdd(tally + PROPOSED, u64(done));
            atomicAdd(tally + ACCEPTED, u64(accepted));
        }
        columns.store(population.colorings + u64(individual) * ROOM_WORDS);
    }

    template <class Weight>
    __device__ __forceinline__ void make(const Population& population, u32 vertex, u32 from, u32 to,
                                         bool conflicting, Weight& weight) {
        u32 ones[WORDS];
        columns.neighbors(population.rows + u64(vertex) * ROW, ones);
        columns.move(ones, vertex, from, to);
        weight.moved(vertex, from, to);
        if (conflicting) {
            list.relist(columns);
        }
        block_sync();
    }

    // Ends the step.
    __device__ void leave(const RuntimeConfig* config, KernelTelemetry* telemetry, u32* harvest,
                          const Population& population, bool too_large, u32 individuals) {
        const bool overflow = block_any(columns.overflow != 0), class_overflow = block_any(too_large);
        const u32 refused = class_overflow ? CLASS_OVERFLOW : overflow ? OVERFLOW : 0;
        end(config, telemetry, harvest, population, refused, aborted, individuals);
    }

    // Ends a step, be it that it has done nothing.
    static __device__ void end(const RuntimeConfig* config, KernelTelemetry* telemetry, u32* harvest,
                               const Population& population, u32 refused, bool aborted, u32 individuals) {
        if (finish(config, telemetry, harvest, population, refused, aborted, individuals) && threadIdx.x == 0) {
            u64* tally = reinterpret_cast<u64*>(population.ticket + TALLY);
            telemetry->moves = atomicExch(tally + PROPOSED, 0ull);
            telemetry->accepted = atomicExch(tally + ACCEPTED, 0ull);
            telemetry->swaps = u32(atomicExch(tally + SWAPPED, 0ull));
        }
    }
};

#endif
