// The structures in which individuals live on the device from step to step, and what kernels that work on
// them have in common, however the graph lies there.
#ifndef INDIVIDUALS_CUH
#define INDIVIDUALS_CUH

#include "prism.cuh"

constexpr u32 FULL = 0xffffffffu;   // all lanes

// What an individual is beside its colourings.
struct Individual {
    u64 iteration;      // iterations since it was loaded: the counter of its random numbers
    u32 conflicts;      // conflicting edges of the best colouring; UNKNOWN before the first step
    u32 current;        // conflicting edges of the colouring at hand
};

constexpr u32 UNKNOWN = 0xffffffffu;

// Where the state of all individuals is. The host sends this with every launch; colours are in the order of
// the vertices on the device.
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

#endif
