// The echo: telemetry word i is the config's checksum, plus the steps counted so far, plus i.
//
// One block. Reads every word of the config and writes every word of the telemetry, so that both ends
// of a pipeline can check every byte. Compiled with CONFIG_WORDS and TELEMETRY_WORDS.

typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ u64 now_ns() {
    u64 time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
    return time;
}

__device__ __forceinline__ u32 rotate_left(u32 word, u32 by) {
    return by == 0 ? word : (word << by) | (word >> (32 - by));
}

extern "C" __global__ void __launch_bounds__(256)
echo(const u32* __restrict__ config, u32* __restrict__ telemetry, u32* __restrict__ count,
     u64 spin_ns, u64 jitter_ns, u32 trap) {
    __shared__ u32 sums[8];
    __shared__ u32 counted;
    const u64 start = now_ns();

    if (threadIdx.x == 0) {
        counted = *count;
    }
    u32 sum = 0;
    for (u32 at = threadIdx.x; at < CONFIG_WORDS; at += 256) {
        sum += rotate_left((config[at] ^ (at * 0x9e3779b9u)) * 0x85ebca6bu, at % 31);
    }
    for (int lane = 16; lane > 0; lane >>= 1) {
        sum += __shfl_down_sync(0xffffffffu, sum, lane);
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    u32 checksum = 0;
    for (int warp = 0; warp < 8; ++warp) {
        checksum += sums[warp];
    }
    const u32 base = checksum + counted;
    if (trap != 0) {
        asm volatile("trap;");
    }
    const u64 wait = spin_ns + (jitter_ns == 0 ? 0 : (base * 2654435761u) % jitter_ns);
    while (wait != 0 && now_ns() - start < wait) {
    }
    for (u32 at = threadIdx.x; at < TELEMETRY_WORDS; at += 256) {
        telemetry[at] = base + at;
    }
    if (threadIdx.x == 0) {
        *count = counted + 1;
    }
}
