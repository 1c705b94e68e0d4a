// The probe: reads every word of a RuntimeConfig and answers with its iteration, its checksum and the
// device's clock. What a managed context runs before a kernel is bound.
//
// One block.

#include "prism.cuh"

// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
__device__ __forceinline__ u64 mix(u64 z) {
    z += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

extern "C" __global__ void __launch_bounds__(256)
probe(const RuntimeConfig* __restrict__ config, KernelTelemetry* __restrict__ telemetry) {
    __shared__ u64 sums[8];
    const u32* words = reinterpret_cast<const u32*>(config);
    u64 sum = 0;
    for (u32 at = threadIdx.x; at < CONFIG_BYTES / 4; at += 256) {
        sum += mix(u64(words[at]) | (u64(at) << 32));
    }
    for (int lane = 16; lane > 0; lane >>= 1) {
        sum += __shfl_down_sync(0xffffffffu, sum, lane);
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = sum;
    }
    // Every byte of the telemetry is written: the header below, the records here.
    u64* records = reinterpret_cast<u64*>(telemetry->records);
    for (u32 at = threadIdx.x; at < TELEMETRY_RECORDS; at += 256) {
        records[at] = 0;
    }
    __syncthreads();
    if (threadIdx.x != 0) {
        return;
    }
    u64 checksum = 0;
    for (int warp = 0; warp < 8; ++warp) {
        checksum += sums[warp];
    }
    const bool known = config->layout == CONFIG_LAYOUT;
    telemetry->iteration = config->iteration;
    telemetry->checksum = checksum;
    telemetry->moves = 0;
    telemetry->accepted = 0;
    telemetry->status_code = known ? COMPLETE : REJECTED;
    telemetry->detail = known ? 0 : config->layout;
    telemetry->conflicts = 0;
    telemetry->best_replica = 0;
    telemetry->swaps = 0;
    telemetry->record_count = 0;
    telemetry->clock_ns = clock_ns();
}
