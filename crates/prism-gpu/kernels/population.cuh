// Individuals that live on the device from step to step, and what a step says of them all.
//
// A block works on one individual: it reads the state that the last step left, and leaves its own. The
// last block of a step sums up, and copies the best colouring so far to the step's harvest, for the host
// to fetch while later steps run.
#ifndef POPULATION_CUH
#define POPULATION_CUH

#include "columns.cuh"

// What an individual is beside its colourings.
struct Individual {
    u64 iteration;      // iterations since it was loaded: the counter of its random numbers
    u32 conflicts;      // conflicting edges of the best colouring; UNKNOWN before the first step
    u32 current;        // conflicting edges of the colouring at hand
};

constexpr u32 UNKNOWN = 0xffffffffu;

// Where the state of all individuals is. The host sends this with every launch; a row of colours is
// ROOM bytes, in the order of the vertices on the device.
struct Population {
    const u8* rows;             // the adjacency matrix, ROW bytes a vertex
    Individual* individuals;
    u32* colorings;             // at hand
    u32* bests;                 // the best so far
    u32* memory;                // what else a phase keeps, MEMORY words an individual
    ReplicaRecord* records;
    u32* ticket;                // see is_last_block; the words behind it are Gathered
    u32 vertices;
    u32 phase;
};
static_assert(sizeof(Population) == POPULATION_BYTES, "Population is not what the host sends");
static_assert(sizeof(Individual) == INDIVIDUAL_BYTES, "Individual is not what the host reads");

constexpr u32 ROOM_WORDS = ROOM / 4;

// What blocks tell the last one, and each other, in words behind the ticket. The last block clears them, but
// for the count of steps.
enum Gathered : u32 {
    REFUSED = 1,        // the greatest Refusal of any block
    HAS_ABORTED = 2,    // whether any block has ended early
    HEARD_ABORT = 3,    // whether any block has read that the host asks for it
    STEPS = 4,          // steps since the population was loaded, without those that were rejected
    TALLY = 6,          // three sums of a phase, 64 bits each
};
static_assert(TALLY + 3 * 2 == TICKET_WORDS, "the host makes another number of words");

// What a kernel rejects a config or gives up for; KernelTelemetry::detail says it.
enum Refusal : u32 {
    FOREIGN_LAYOUT = 1,     // the config is of another layout
    FOREIGN_PHASE = 2,      // the config is for another phase
    FOREIGN_COLORS = 3,     // there are no colours, or more than the table has room for
    OVERFLOW = 4,           // more than 127 neighbours of a vertex had one colour
    FOREIGN_PARAMETERS = 5, // the parameters are none that the phase can have
    CLASS_OVERFLOW = 6,     // more than 255 vertices had one colour, and the phase counts them in bytes
};

// A number that was read once and is not read again. A config may lie in the host's memory, from which
// the compiler would otherwise read it in every iteration rather than keep it in a register.
__device__ __forceinline__ u32 kept(u32 number) {
    asm volatile("" : "+r"(number));
    return number;
}

// Whether the host asks for the end of the step. A thread of a block asks once a period, and tells the
// others. The host's memory cannot be read by hundreds of blocks at once without each waiting for all (on
// an H200 that took half of a step), so in each period one block reads it, and passes it on.
__device__ __forceinline__ bool is_asked_to_stop(const u32* abort, const Population& population, u32 period) {
    volatile u32* heard = population.ticket + HEARD_ABORT;
    if (period % gridDim.x == blockIdx.x && is_aborted(abort)) {
        *heard = 1;
    }
    return *heard != 0;
}

// Why this kernel cannot do what the config says; 0 if it can.
__device__ __forceinline__ u32 refusal(const RuntimeConfig* config, const Population& population) {
    if (config->layout != CONFIG_LAYOUT) {
        return FOREIGN_LAYOUT;
    }
    if (config->phase != population.phase) {
        return FOREIGN_PHASE;
    }
    return config->colors == 0 || config->colors > COLORS_AT_MOST ? FOREIGN_COLORS : 0;
}

// Ends a step: all threads of all blocks call this once, after their individual's state and record have
// been written. `refused` (a Refusal, or 0) and `aborted` are those of the block; `individuals` are all that
// there are. Returns whether the block was the last one.
__device__ bool finish(const RuntimeConfig* config, KernelTelemetry* telemetry, u32* harvest,
                       const Population& population, u32 refused, bool aborted, u32 individuals) {
    __shared__ u64 sums[WARPS];
    if (threadIdx.x == 0 && (refused || aborted)) {
        atomicMax(population.ticket + REFUSED, refused);
        atomicMax(population.ticket + HAS_ABORTED, u32(aborted));
    }
    if (!is_last_block(population.ticket)) {
        return false;
    }
    summarise(telemetry, population.records, individuals);
    u64 moves = 0;
    for (u32 at = threadIdx.x; at < individuals; at += THREADS) {
        moves += population.records[at].moves;
    }
    for (u32 lane = 16; lane > 0; lane >>= 1) {
        moves += __shfl_down_sync(FULL, moves, lane);
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = moves;
    }
    const u32* from = population.bests + u64(telemetry->best_replica) * ROOM_WORDS;
    for (u32 at = threadIdx.x; at < ROOM_WORDS; at += THREADS) {
        harvest[at] = from[at];
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (u32 warp = 1; warp < WARPS; ++warp) {
            moves += sums[warp];
        }
        const u32 worst = atomicExch(population.ticket + REFUSED, 0);
        const bool any_aborted = atomicExch(population.ticket + HAS_ABORTED, 0);
        atomicExch(population.ticket + HEARD_ABORT, 0);
        telemetry->iteration = config->iteration;
        telemetry->checksum = 0;
        telemetry->moves = moves;
        telemetry->accepted = moves;
        telemetry->status_code = worst ? REJECTED : any_aborted ? ABORTED : COMPLETE;
        telemetry->detail = worst;
        telemetry->swaps = 0;
        telemetry->clock_ns = clock_ns();
        population.ticket[STEPS] += worst == 0;
    }
    return true;
}

#endif
