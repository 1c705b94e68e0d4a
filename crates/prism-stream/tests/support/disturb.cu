// Writes a pattern over some words, then lasts for as long as it is told. One block.

typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ u64 now_ns() {
    u64 time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
    return time;
}

extern "C" __global__ void __launch_bounds__(256)
disturb(u32* words, u64 count, u32 pattern, u64 delay_ns) {
    const u64 start = now_ns();
    for (u64 at = threadIdx.x; at < count; at += 256) {
        words[at] = pattern;
    }
    while (now_ns() - start < delay_ns) {
    }
}
