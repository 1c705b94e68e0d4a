// Replica-exchange simulated annealing, a step of it (Swendsen and Wang 1986; Geyer 1991; Johnson, Aragon,
// McGeoch and Schevon 1991 for annealing over conflicting edges).
//
// Replicas form ladders of `rungs`, a temperature a rung. A block walks at its temperature, and before
// that neighbours of a ladder may exchange their temperatures: rungs 0 and 1, 2 and 3 and so on in one
// exchange, 1 and 2, 3 and 4 in the next. What decides is what the last step left, so both blocks come to
// the same decision by themselves; what a step leaves lies beside what it reads.
//
// RuntimeConfig::parameters, as whole numbers: rung i is at 1 / (temperature * ln 2) in units of 2^-16 (i),
// and makes so many proposals a step (RUNGS_AT_MOST + i); how many rungs there are (2 * RUNGS_AT_MOST).
// Coldest first. An inverse temperature is below 2^24.
#include "annealing.cuh"

constexpr u32 RUNGS_AT_MOST = (CONFIG_PARAMETERS - 1) / 2;

// Where a replica stands on its ladder, by the parity of the step that reads it.
struct Place {
    u32 rung[2];
    u32 energy[2];
    u32 holder[2];  // who stands where this replica stood at the beginning
};
static_assert(sizeof(Place) == 4 * MEMORY, "the host keeps another amount of memory");

// Every move costs its change of the conflicts over the temperature.
struct Heat {
    int beta;

    __device__ __forceinline__ int cost(int change, u32, u32, u32) const { return change * beta; }
    __device__ __forceinline__ void moved(u32, u32, u32) const {}
};

// The rung of this replica after the exchange that may be due.
__device__ __forceinline__ u32 climb(const RuntimeConfig* config, const Population& population,
                                     const Place* places, u32 rungs, u32 steps) {
    if (steps == 0) {
        return blockIdx.x % rungs;
    }
    const u32 now = steps % 2, rung = places[blockIdx.x].rung[now], base = blockIdx.x / rungs * rungs;
    const u32 interval = config->exchange_interval;
    if (interval == 0 || steps % interval) {
        return rung;
    }
    const u32 turn = steps / interval;
    const u32 other = (rung + turn) % 2 ? rung - 1 : rung + 1; // wraps below rung 0
    if (other >= rungs || base + other >= gridDim.x) {
        return rung;
    }
    const u32 partner = places[base + other].holder[now], low = min(rung, other);
    const u32 cold = low == rung ? blockIdx.x : partner, hot = low == rung ? partner : blockIdx.x;
    const long long growth = (long long)(places[hot].energy[now]) - (long long)(places[cold].energy[now]);
    const long long cooling = (long long)(parameter(config, low)) - (long long)(parameter(config, low + 1));
    // The proposals of a walk have a smaller number of the phase.
    const uint4 random = philox(make_uint4(steps, 0, base + low, population.phase | 1u << 31),
                                philox_key(config->seed));
    if (!is_accepted(cooling * growth, random.x)) {
        return rung;
    }
    if (low == rung && threadIdx.x == 0) {
        atomicAdd(reinterpret_cast<u64*>(population.ticket + TALLY) + SWAPPED, 1ull);
    }
    return other;
}

extern "C" __global__ void __launch_bounds__(THREADS)
thermodynamic(const RuntimeConfig* __restrict__ config, KernelTelemetry* __restrict__ telemetry,
              u32* harvest, const u32* abort, const Population population) {
    extern __shared__ __align__(16) u8 shared[];
    const u32 rungs = parameter(config, 2 * RUNGS_AT_MOST);
    u32 refused = refusal(config, population);
    if (!refused && (rungs == 0 || rungs > RUNGS_AT_MOST)) {
        refused = FOREIGN_PARAMETERS;
    }
    if (refused) {
        Walk::end(config, telemetry, harvest, population, refused, false, gridDim.x);
        return;
    }
    Place* places = reinterpret_cast<Place*>(population.memory);
    const u32 steps = population.ticket[STEPS], next = (steps + 1) % 2;
    const u32 rung = climb(config, population, places, rungs, steps);
    Walk walk;
    walk.load(shared, population, config->colors, blockIdx.x);
    Heat heat{int(kept(parameter(config, rung)))};
    const u32 proposals = kept(parameter(config, RUNGS_AT_MOST + rung));
    walk.run(config, abort, population, blockIdx.x, proposals, heat);
    if (threadIdx.x == 0) {
        places[blockIdx.x].rung[next] = rung;
        places[blockIdx.x].energy[next] = walk.conflicts;
        places[blockIdx.x / rungs * rungs + rung].holder[next] = blockIdx.x;
    }
    walk.leave(config, telemetry, harvest, population, false, gridDim.x);
}
