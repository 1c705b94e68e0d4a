// What prism.cuh promises, on the device: draws, sums up, and looks at the abort word. Any grid of blocks of
// whole warps.
#include "prism.cuh"

extern "C" __global__ void draw(const RuntimeConfig* config, KernelTelemetry* telemetry, const u32* abort,
                                ReplicaRecord* replicas, u32* ticket) {
    const u32 count = config->sweeps;
    const uint2 key = philox_key(config->seed);
    for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < count; at += gridDim.x * blockDim.x) {
        const uint4 drawn = philox(make_uint4(at, at * 7, ~at, config->phase), key);
        replicas[at] = {below(drawn.x ^ drawn.z, 1000), drawn.y ^ drawn.w};
    }
    if (!is_last_block(ticket)) {
        return;
    }
    summarise(telemetry, replicas, count);
    for (u32 at = telemetry->record_count + threadIdx.x; at < TELEMETRY_RECORDS; at += blockDim.x) {
        telemetry->records[at] = {0, 0};
    }
    if (threadIdx.x == 0) {
        telemetry->iteration = config->iteration;
        telemetry->checksum = 0;
        telemetry->moves = 0;
        telemetry->accepted = 0;
        telemetry->status_code = is_aborted(abort) ? ABORTED : COMPLETE;
        telemetry->detail = 0;
        telemetry->swaps = 0;
        telemetry->clock_ns = clock_ns();
    }
}
