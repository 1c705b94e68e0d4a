// Wavelet-hierarchical conflict repair (WHCR): repair.cuh says how. Graphs that are too large for its table
// are repaired in rounds: rounds.cuh.
#define DENDRITES 0
#if ROUNDS
#include "rounds.cuh"
#else
#include "repair.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
whcr(const RuntimeConfig* __restrict__ config, KernelTelemetry* __restrict__ telemetry,
     u32* harvest, const u32* abort, const Population population) {
    repair(config, telemetry, harvest, abort, population);
}
#endif
