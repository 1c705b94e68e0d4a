// Individuals that live on the device from step to step, and what a step says of them all.
//
// A block works on one individual: it reads the state that the last step left, and leaves its own. The
// last block of a step sums up, and copies the best colouring so far to the step's harvest, for the host
// to fetch while later steps run.
#ifndef POPULATION_CUH
#define POPULATION_CUH

#include "columns.cuh"

constexpr u32 ROOM_WORDS = ROOM / 4;

// Ends a step: all threads of all blocks call this once, after their individual's state and record have
// been written. `refused` (a Refusal, or 0) and `aborted` are those of the block; `individuals` are all that
// there are. Returns whether the block was the last one.
__device__ bool finish(const RuntimeConfig* config, KernelTelemetry* telemetry, u32* harvest,
                       const Population& population, u32 refused, bool aborted, u32 individuals) {
    __shared__ u64 sums[WARPS];
    if (threadIdx.x == 0 && (refused || aborted)) {
        atomicMax(population.ticket + REFUSED, refused);
        atomicMax(population.ticket + HAS_ABORTED, u32(aborted));
    }
    if (!is_last_block(population.ticket)) {
        return false;
    }
    summarise(telemetry, population.records, individuals);
    u64 moves = 0;
    for (u32 at = threadIdx.x; at < individuals; at += THREADS) {
        moves += population.records[at].moves;
    }
    for (u32 lane = 16; lane > 0; lane >>= 1) {
        moves += __shfl_down_sync(FULL, moves, lane);
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = moves;
    }
    const u32* from = population.bests + u64(telemetry->best_replica) * ROOM_WORDS;
    for (u32 at = threadIdx.x; at < ROOM_WORDS; at += THREADS) {
        harvest[at] = from[at];
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (u32 warp = 1; warp < WARPS; ++warp) {
            moves += sums[warp];
        }
        const u32 worst = atomicExch(population.ticket + REFUSED, 0);
        const bool any_aborted = atomicExch(population.ticket + HAS_ABORTED, 0);
        atomicExch(population.ticket + HEARD_ABORT, 0);
        telemetry->iteration = config->iteration;
        telemetry->checksum = 0;
        telemetry->moves = moves;
        telemetry->accepted = moves;
        telemetry->status_code = worst ? REJECTED : any_aborted ? ABORTED : COMPLETE;
        telemetry->detail = worst;
        telemetry->swaps = 0;
        telemetry->clock_ns = clock_ns();
        population.ticket[STEPS] += worst == 0;
    }
    return true;
}

#endif
