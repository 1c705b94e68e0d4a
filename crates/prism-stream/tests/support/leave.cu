// Leaves `count` words that belong to its config, part by part and slowly, so that a copy which comes too
// early or too late is seen; ends early if it is told to.
extern "C" __global__ void leave(const unsigned* config, unsigned* telemetry, unsigned* harvest,
                                 const volatile unsigned* abort, unsigned count) {
    const unsigned value = *config;
    for (unsigned at = threadIdx.x; at < count; at += blockDim.x) {
        harvest[at] = 0xa5a5a5a5u;
    }
    __syncthreads();
    // 0xffffffff: until it is told to end, or for about ten seconds.
    if (value == 0xffffffffu && threadIdx.x == 0) {
        for (const long long start = clock64(); *abort == 0 && clock64() - start < 20000000000ll;) {
        }
    }
    __syncthreads();
    for (unsigned at = threadIdx.x; at < count; at += blockDim.x) {
        harvest[at] = value * 97 ^ at;
    }
    if (threadIdx.x == 0) {
        *telemetry = value;
    }
}
