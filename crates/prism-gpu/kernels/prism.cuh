// What every kernel of PRISM shares: what the host says to a step and what the step answers, the random
// numbers, the abort word, and the summing up of replicas. `prism_gpu::kernel_source` makes a source that
// can include it. The structures are those of prism-core's runtime.rs, which says what each field means;
// both sides assert the layout.
#ifndef PRISM_CUH
#define PRISM_CUH

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct RuntimeConfig {
    u64 iteration;
    u64 seed;
    u32 colors;
    u32 sweeps;
    u32 phase;
    u32 flags;
    float temperature_min;
    float temperature_max;
    float transverse_field;
    float tenure_base;
    float tenure_slope;
    u32 exchange_interval;
    u32 best_conflicts;
    u32 layout;
    u32 reserved[8];
    float parameters[CONFIG_PARAMETERS];
};

struct ReplicaRecord {
    u32 conflicts;
    u32 moves;
};

struct KernelTelemetry {
    u64 iteration;
    u64 checksum;
    u64 moves;
    u64 accepted;
    u32 status_code;
    u32 detail;
    u32 conflicts;
    u32 best_replica;
    u32 swaps;
    u32 record_count;
    u64 clock_ns;
    ReplicaRecord records[TELEMETRY_RECORDS];
};

// What a kernel writes to status_code. The host has given the values.
enum Status : u32 {
    COMPLETE = STATUS_COMPLETE, // the step ran to its end
    REJECTED = STATUS_REJECTED, // the config is not for this kernel; `detail` says why
    ABORTED = STATUS_ABORTED,   // the abort word was seen, and the step ended early
};

// NVRTC before 13.5 has no __builtin_offsetof, and no header that would define offsetof; this is what
// the headers of its front end use.
#define OFFSET_OF(type, member) __INTADDR__(&(((type*)0)->member))

static_assert(sizeof(RuntimeConfig) == CONFIG_BYTES, "RuntimeConfig is not what the host sends");
static_assert(sizeof(KernelTelemetry) == TELEMETRY_BYTES, "KernelTelemetry is not what the host reads");
// The host gives the offset of every field as a constant named TYPE_FIELD.
#define SAME(type, member) \
    static_assert(OFFSET_OF(type, member) == type##_##member, #type "::" #member " has moved")
SAME(RuntimeConfig, iteration); SAME(RuntimeConfig, seed); SAME(RuntimeConfig, colors);
SAME(RuntimeConfig, sweeps); SAME(RuntimeConfig, phase); SAME(RuntimeConfig, flags);
SAME(RuntimeConfig, temperature_min); SAME(RuntimeConfig, temperature_max);
SAME(RuntimeConfig, transverse_field); SAME(RuntimeConfig, tenure_base);
SAME(RuntimeConfig, tenure_slope); SAME(RuntimeConfig, exchange_interval);
SAME(RuntimeConfig, best_conflicts); SAME(RuntimeConfig, layout); SAME(RuntimeConfig, reserved);
SAME(RuntimeConfig, parameters);
SAME(KernelTelemetry, iteration); SAME(KernelTelemetry, checksum); SAME(KernelTelemetry, moves);
SAME(KernelTelemetry, accepted); SAME(KernelTelemetry, status_code); SAME(KernelTelemetry, detail);
SAME(KernelTelemetry, conflicts); SAME(KernelTelemetry, best_replica);
SAME(KernelTelemetry, swaps); SAME(KernelTelemetry, record_count); SAME(KernelTelemetry, clock_ns);
SAME(KernelTelemetry, records);
SAME(ReplicaRecord, conflicts); SAME(ReplicaRecord, moves);

// The device's clock in nanoseconds, for KernelTelemetry::clock_ns.
__device__ __forceinline__ u64 clock_ns() {
    u64 clock;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(clock));
    return clock;
}

// Whether the host has asked for the end of what runs. `abort` is StepLaunch::abort, a word of host memory:
// one thread of a block asks, once a sweep, and tells the others, so that all leave together.
__device__ __forceinline__ bool is_aborted(const u32* abort) {
    return *reinterpret_cast<const volatile u32*>(abort) != 0;
}

// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011): four random numbers of 32 bits that belong to
// a counter. prism_core::Philox draws the same.
__device__ __forceinline__ uint4 philox(uint4 counter, uint2 key) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const u32 low_x = 0xd2511f53u * counter.x, high_x = __umulhi(0xd2511f53u, counter.x);
        const u32 low_z = 0xcd9e8d57u * counter.z, high_z = __umulhi(0xcd9e8d57u, counter.z);
        counter = make_uint4(high_z ^ counter.y ^ key.x, low_z, high_x ^ counter.w ^ key.y, low_x);
        key = make_uint2(key.x + 0x9e3779b9u, key.y + 0xbb67ae85u);
    }
    return counter;
}

// The key that belongs to a seed.
__device__ __forceinline__ uint2 philox_key(u64 seed) {
    return make_uint2(u32(seed), u32(seed >> 32));
}

// A number in 0..bound from 32 random bits (Lemire 2019, without the rejection step).
__device__ __forceinline__ u32 below(u32 bits, u32 bound) {
    return __umulhi(bits, bound);
}

// Whether this block is the last of its grid to come here; all of its threads ask, once a launch. What
// the other blocks wrote before they asked can be read by the last one. `ticket` is a word of the
// kernel's state, 0 before the first launch, which the last block leaves at 0 for the next launch.
__device__ __forceinline__ bool is_last_block(u32* ticket) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicInc(ticket, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    __threadfence();
    return last;
}

// Writes what follows from the records of all replicas: `records`, `record_count`, `conflicts` and
// `best_replica` of a telemetry. Where there are more replicas than records, each record stands for a
// group of ceil(replicas / TELEMETRY_RECORDS) successive ones: their fewest conflicts, and the sum of
// their moves. Done by all threads of one block, one-dimensional and of whole warps, once everything is
// written to `replicas`, which is the kernel's own memory; the block can read the result afterwards.
// KernelTelemetry::summarise is the same on the host.
__device__ inline void summarise(KernelTelemetry* telemetry, const ReplicaRecord* replicas, u32 count) {
    __shared__ u64 bests[32];
    const u32 group = max(1u, (count + TELEMETRY_RECORDS - 1) / TELEMETRY_RECORDS);
    const u32 groups = (count + group - 1) / group;
    // Conflicts above, the replica below: the least of these is the first that has the fewest.
    u64 best = ~0ull;
    for (u32 at = threadIdx.x; at < groups; at += blockDim.x) {
        u32 conflicts = ~0u;
        u64 moves = 0;
        for (u32 replica = at * group; replica < min(count, (at + 1) * group); ++replica) {
            const ReplicaRecord record = replicas[replica];
            conflicts = min(conflicts, record.conflicts);
            moves += record.moves;
            best = min(best, u64(record.conflicts) << 32 | replica);
        }
        telemetry->records[at] = {conflicts, u32(min(moves, u64(~0u)))};
    }
    for (u32 lane = 16; lane > 0; lane >>= 1) {
        best = min(best, __shfl_down_sync(0xffffffffu, best, lane));
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        bests[threadIdx.x / 32] = best;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (u32 warp = 1; warp < blockDim.x / 32; ++warp) {
            best = min(best, bests[warp]);
        }
        telemetry->record_count = groups;
        telemetry->conflicts = count > 0 ? u32(best >> 32) : 0;
        telemetry->best_replica = count > 0 ? u32(best) : 0;
    }
    __syncthreads();
}

#endif
