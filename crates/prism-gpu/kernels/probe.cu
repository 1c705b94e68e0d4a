// The probe: reads every word of a RuntimeConfig and answers with its iteration, its checksum and the
// device's clock. What a managed context runs before a kernel is bound.
//
// One block. The structures below are those of prism-core's runtime.rs; both sides assert the layout.

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
    u32 abort;
    u32 layout;
    u32 reserved[7];
    float parameters[232];
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
    ReplicaRecord records[1272];
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
SAME(RuntimeConfig, best_conflicts); SAME(RuntimeConfig, abort); SAME(RuntimeConfig, layout);
SAME(RuntimeConfig, reserved); SAME(RuntimeConfig, parameters);
SAME(KernelTelemetry, iteration); SAME(KernelTelemetry, checksum); SAME(KernelTelemetry, moves);
SAME(KernelTelemetry, accepted); SAME(KernelTelemetry, status_code); SAME(KernelTelemetry, detail);
SAME(KernelTelemetry, conflicts); SAME(KernelTelemetry, best_replica);
SAME(KernelTelemetry, swaps); SAME(KernelTelemetry, record_count); SAME(KernelTelemetry, clock_ns);
SAME(KernelTelemetry, records);
SAME(ReplicaRecord, conflicts); SAME(ReplicaRecord, moves);

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
    for (u32 at = threadIdx.x; at < 1272; at += 256) {
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
    telemetry->status_code = known ? 1 : 2;
    telemetry->detail = known ? 0 : config->layout;
    telemetry->conflicts = 0;
    telemetry->best_replica = 0;
    telemetry->swaps = 0;
    telemetry->record_count = 0;
    u64 clock;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(clock));
    telemetry->clock_ns = clock;
}
