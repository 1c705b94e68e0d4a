// Path-integral Monte Carlo quantum annealing, half a step of it (Titiloye and Crispin 2011, 2012: QA-col).
//
// A ring of `slices` colourings, the Trotter slices, is the path integral of one colouring in a transverse
// field. A pair of vertices is a spin: +1 if they have the same colour, -1 if not, whatever the colour is
// called. Beside its conflicts, a slice pays for every pair whose spin differs from the one in a slice next
// to it; the weaker the field, the more. Every other slice moves while those between them stand still, and
// the next launch the other way round, so a slice's neighbours are what the last launch left.
//
// Giving a vertex another colour turns its spins with the two classes; how the sum of products with a
// neighbour slice changes follows from the sizes of the classes and of their overlaps with the class that
// the vertex has there. `overlaps` has these for every pair of colours; a move changes two entries a slice.
//
// RuntimeConfig::parameters, as whole numbers: 1 / (temperature * ln 2) in units of 2^-16 (0), four times
// the coupling over the temperature likewise (1), slices in a ring (2). They are at most 2^22, 2^19, and
// even. ALL_SHARED says whether the overlaps lie in shared memory or in Population::memory.
#include "annealing.cuh"

// What a slice's moves cost.
struct Bonds {
    u8* overlaps[2];    // by own colour and then the neighbour's: vertices that have both
    u8* near[2];        // the colours in the two neighbours
    u32* sizes;         // of the own classes; never above 255, or the result is thrown away
    u32 colors;
    int beta;
    int coupling;
    u32 too_large;      // not zero: a class has more than 255 vertices

    // Reads the neighbours and counts. Ends with a barrier.
    __device__ void load(const Columns& columns, const u32* left, const u32* right) {
        const u32 words = (colors * colors + 3) / 4;
        for (u32 at = threadIdx.x; at < 2 * words; at += THREADS) {
            reinterpret_cast<u32*>(overlaps[0])[at] = 0;
        }
        for (u32 at = threadIdx.x; at < colors; at += THREADS) {
            sizes[at] = 0;
        }
        for (u32 at = threadIdx.x; at < ROOM_WORDS; at += THREADS) {
            reinterpret_cast<u32*>(near[0])[at] = left[at];
            reinterpret_cast<u32*>(near[1])[at] = right[at];
        }
        __syncthreads();
        for (u32 vertex = threadIdx.x; vertex < columns.vertices; vertex += THREADS) {
            atomicAdd(sizes + columns.shades[vertex], 1);
        }
        __syncthreads();
        too_large = 0;
        for (u32 at = threadIdx.x; at < colors; at += THREADS) {
            too_large |= sizes[at] >> 8;
        }
        for (u32 vertex = threadIdx.x; vertex < columns.vertices; vertex += THREADS) {
#pragma unroll
            for (u32 side = 0; side < 2; ++side) {
                const u32 at = columns.shades[vertex] * colors + near[side][vertex];
                atomicAdd(reinterpret_cast<u32*>(overlaps[side]) + at / 4, 1u << (8 * (at % 4)));
            }
        }
        __syncthreads();
    }

    __device__ __forceinline__ int cost(int change, u32 vertex, u32 from, u32 to) const {
        const u8 *left = overlaps[0] + near[0][vertex], *right = overlaps[1] + near[1][vertex];
        // A fourth of the change of the sum of products.
        const int agreement = int(left[to * colors] + right[to * colors] + sizes[from] + 1)
            - int(left[from * colors] + right[from * colors] + sizes[to]);
        return change * beta - agreement * coupling;
    }

    // Four threads have an entry of an overlap each, the next one the sizes.
    __device__ __forceinline__ void moved(u32 vertex, u32 from, u32 to) {
        if (threadIdx.x < 4) {
            const u32 side = threadIdx.x % 2;
            const bool more = threadIdx.x < 2;
            u8* entry = (side ? overlaps[1] : overlaps[0]) + (more ? to : from) * colors
                + (side ? near[1] : near[0])[vertex];
            *entry = u8(*entry + (more ? 1 : -1));
        } else if (threadIdx.x == 4) {
            --sizes[from];
            too_large |= ++sizes[to] >> 8;
        }
    }
};

extern "C" __global__ void __launch_bounds__(THREADS)
quantum(const RuntimeConfig* __restrict__ config, KernelTelemetry* __restrict__ telemetry,
        u32* harvest, const u32* abort, const Population population) {
    extern __shared__ __align__(16) u8 shared[];
    const u32 slices = kept(parameter(config, 2)), colors = kept(config->colors);
    const u32 individuals = 2 * gridDim.x;
    u32 refused = refusal(config, population);
    if (!refused && (slices == 0 || slices % 2 || individuals % slices)) {
        refused = FOREIGN_PARAMETERS;
    }
    if (refused) {
        Walk::end(config, telemetry, harvest, population, refused, false, individuals);
        return;
    }
    const u32 slice = (2 * blockIdx.x + population.ticket[STEPS] % 2) % slices;
    const u32 ring = 2 * blockIdx.x / slices * slices, individual = ring + slice;
    const u32 left = ring + (slice + slices - 1) % slices, right = ring + (slice + 1) % slices;
    if (population.ticket[STEPS] == 0 && threadIdx.x == 0) {
        population.records[right] = {UNKNOWN, 0}; // its turn comes in the next launch
    }
    Walk walk;
    walk.load(shared, population, colors, individual);
    u8* rest = shared + walk_bytes(colors);
    const u32 table = (colors * colors + 3) / 4 * 4;
    Bonds bonds;
    bonds.near[0] = rest;
    bonds.near[1] = rest + ROOM;
    bonds.sizes = reinterpret_cast<u32*>(rest + 2 * ROOM);
    u8* memory = reinterpret_cast<u8*>(population.memory + u64(individual) * MEMORY);
    bonds.overlaps[0] = ALL_SHARED ? rest + 2 * ROOM + 4 * colors : memory;
    bonds.overlaps[1] = bonds.overlaps[0] + table;
    bonds.colors = colors;
    bonds.beta = int(kept(parameter(config, 0)));
    bonds.coupling = int(kept(parameter(config, 1)));
    bonds.load(walk.columns, population.colorings + u64(left) * ROOM_WORDS,
               population.colorings + u64(right) * ROOM_WORDS);
    walk.run(config, abort, population, individual, kept(config->sweeps) * population.vertices, bonds);
    walk.leave(config, telemetry, harvest, population, bonds.too_large != 0, individuals);
}
