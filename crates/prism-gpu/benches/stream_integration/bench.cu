// The benchmark's kernel: reads every word of a config once, writes every word of a telemetry once, and
// lasts as long as it is told, or as that takes if it takes longer.
//
// Any number of blocks of 256 threads, all of which must fit on the device at once. Telemetry word i is
// config word i (0 beyond its end) xor a constant of i; word 0 is the checksum of the whole config plus
// the number of steps before. The block that arrives last knows that the sum is complete: no barrier
// across the grid, no second kernel; one block alone needs no such count. `state` holds the sum so far,
// the blocks that have arrived, and the steps; the last block clears the first two for the next step.
// Compiled with CONFIG_WORDS and TELEMETRY_WORDS, multiples of 4.

typedef unsigned int u32;
typedef unsigned long long u64;

static_assert(CONFIG_WORDS % 4 == 0 && TELEMETRY_WORDS % 4 == 0, "payloads are read by 16 bytes");

__device__ __forceinline__ u64 now_ns() {
    u64 time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
    return time;
}

__device__ __forceinline__ u32 rotate_left(u32 word, u32 by) {
    return by == 0 ? word : (word << by) | (word >> (32 - by));
}

__device__ __forceinline__ u32 term(u32 word, u32 at) {
    return rotate_left((word ^ (at * 0x9e3779b9u)) * 0x85ebca6bu, at % 31);
}

__device__ __forceinline__ u32 answer(u32 word, u32 at) {
    return word ^ (at * 0x9e3779b9u);
}

extern "C" __global__ void __launch_bounds__(THREADS)
bench(const uint4* __restrict__ config, uint4* __restrict__ telemetry, u32* __restrict__ state,
      u64 spin_ns) {
    __shared__ u32 sums[THREADS / 32];
    const u64 start = now_ns();
    const bool alone = gridDim.x == 1;
    // Read while the config is on its way.
    const u32 steps = alone && threadIdx.x == 0 ? state[2] : 0;
    const u32 longer = (CONFIG_WORDS > TELEMETRY_WORDS ? CONFIG_WORDS : TELEMETRY_WORDS) / 4;

    u32 sum = 0;
    uint4 first = make_uint4(0, 0, 0, 0); // words 0 to 3 of the telemetry, where this thread has them
    for (u32 four = blockIdx.x * THREADS + threadIdx.x; four < longer; four += gridDim.x * THREADS) {
        const u32 at = 4 * four;
        uint4 words = make_uint4(0, 0, 0, 0);
        if (four < CONFIG_WORDS / 4) {
            words = config[four];
            sum += term(words.x, at) + term(words.y, at + 1) + term(words.z, at + 2) +
                   term(words.w, at + 3);
        }
        if (four < TELEMETRY_WORDS / 4) {
            const uint4 answers = make_uint4(answer(words.x, at), answer(words.y, at + 1),
                                             answer(words.z, at + 2), answer(words.w, at + 3));
            if (four > 0) {
                telemetry[four] = answers;
            } else {
                first = answers;
            }
        }
    }
    for (int lane = 16; lane > 0; lane >>= 1) {
        sum += __shfl_down_sync(0xffffffffu, sum, lane);
    }
    if (THREADS > 32) {
        if (threadIdx.x % 32 == 0) {
            sums[threadIdx.x / 32] = sum;
        }
        __syncthreads();
    }
    if (threadIdx.x != 0) {
        return;
    }
    u32 checksum = sum;
    for (int warp = 1; warp < THREADS / 32; ++warp) {
        checksum += sums[warp];
    }
    if (alone) {
        first.x = checksum + steps;
        telemetry[0] = first;
        state[2] = steps + 1;
    } else {
        if (blockIdx.x == 0) { // word 0 is for the block that arrives last
            telemetry[0].y = first.y;
            telemetry[0].z = first.z;
            telemetry[0].w = first.w;
        }
        atomicAdd(&state[0], checksum);
        __threadfence();
        if (atomicAdd(&state[1], 1u) == gridDim.x - 1) {
            telemetry[0].x = atomicExch(&state[0], 0u) + state[2];
            state[1] = 0;
            state[2] += 1;
        }
    }
    while (now_ns() - start < spin_ns) {
    }
}
