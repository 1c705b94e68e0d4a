#!/usr/bin/env bash
# Runs a bundle that gpu-bundle.sh made. Needs an NVIDIA driver and NVRTC, no Rust.
#
#   run.sh [test|repeat|lost|sanitize|bench|demo|all]...     (default: all; about 9 minutes on an H200)
#   PRISM_OUT=FOLDER   where logs and results go (default: out, beside this file)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${PRISM_OUT:-$here/out}
mkdir -p "$out"
export PRISM_OUT=$out
summary=$out/summary.txt
: >"$summary"

# NVRTC: carried along, on the path, in a toolkit, or in a Python package.
folders=$here/lib
for library in /usr/local/cuda*/lib64/libnvrtc.so.1[23] \
    $(find / -xdev -name 'libnvrtc.so.1[23]' -not -path '/proc/*' 2>/dev/null | head -4); do
    [ -e "$library" ] && folders=$folders:$(dirname "$library")
done
export LD_LIBRARY_PATH=$folders:${LD_LIBRARY_PATH:-}
export PRISM_REQUIRE_GPU=1 PRISM_REQUIRE_NVRTC=1 RUST_BACKTRACE=1
export PRISM_KERNEL_CACHE=$out/kernels

failed=0
step() { # NAME COMMAND...: runs it, keeps its log, notes how it went
    local name=$1 start=$SECONDS code
    shift
    "$@" >"$out/$name.log" 2>&1
    code=$?
    local words=ok
    [ $code -eq 0 ] || { words="FAILED ($code)"; failed=1; }
    printf '%-44s %-12s %4d s  %s\n' "$name" "$words" $((SECONDS - start)) \
        "$(grep -E '^test result|ERROR SUMMARY|LEAK SUMMARY|RACECHECK SUMMARY' "$out/$name.log" | tail -1 | cut -c1-90)" \
        | tee -a "$summary"
    [ $code -eq 0 ] || { grep -E 'panicked|assertion|^error|=========.*(Invalid|Error|Uninit|Race|Leak)' -A3 "$out/$name.log" | head -30 | tee -a "$summary"; }
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tee -a "$summary"
[ $# -gt 0 ] || set -- all
[ "$*" != all ] || set -- test repeat lost sanitize bench demo
for what in "$@"; do
    case $what in
    test)
        for binary in "$here"/bin/test-*; do
            step "$(basename "$binary")" "$binary" --test-threads=4 --show-output
        done ;;
    repeat) # the pipeline tests many times over: with random delays in the kernels, and in every stage
        PRISM_GPU_ROUNDS=100 step repeat-pipeline "$here/bin/test-prism-stream-gpu" \
            --exact gpu_every_step_comes_back_once_in_order_and_right
        PRISM_GPU_ROUNDS=100 step repeat-disturbed "$here/bin/test-prism-stream-gpu" \
            disturbances ;;
    lost) # each of these loses the device for its process
        for name in $("$here/bin/test-prism-stream-gpu" --list --ignored 2>/dev/null | sed -n 's/: test$//p'); do
            step "$name" "$here/bin/test-prism-stream-gpu" --ignored --exact "$name"
        done ;;
    sanitize)
        for tool in memcheck racecheck synccheck initcheck; do
            extra=
            slow=
            [ $tool = memcheck ] && extra=--leak-check=full
            # It lets a launch return only when the kernel has ended: nothing outlasts its time.
            [ $tool = initcheck ] && slow="--skip gpu_a_step_that_outlasts"
            for binary in "$here/bin/test-prism-stream-gpu" "$here/bin/test-prism-stream-gpu_timing" \
                "$here/bin/test-prism-gpu-prism_gpu" "$here/bin/test-prism-gpu-prism_cuh" \
                "$here/bin/test-prism-gpu-report_examples"; do
                # Left out: those to which the driver is to answer with an error, which the tool
                # reports, and those that count free memory or compare times, of which it takes some.
                PRISM_GPU_ROUNDS=1 PRISM_GPU_STEPS=300 \
                    step "$tool-$(basename "$binary")" compute-sanitizer --tool $tool $extra \
                    --error-exitcode 99 "$binary" --test-threads=1 \
                    --skip gpu_memory_that_is_not_there --skip gpu_nothing_grows \
                    --skip gpu_elapsed_time_needs --skip gpu_a_kernel_that_cannot_be_captured \
                    --skip gpu_work_on_the_default_stream --skip gpu_a_kernel_that_changes \
                    --skip gpu_a_lost_wait \
                    --skip gpu2_ $slow
            done
            # Of the phases what is small: each tool makes a kernel up to a thousand times slower.
            step "$tool-test-prism-gpu-phases" compute-sanitizer --tool $tool $extra \
                --error-exitcode 99 "$here/bin/test-prism-gpu-phases" --test-threads=1 --exact \
                every::gpu_counts_beyond_a_byte_are_an_error_and_no_wrong_answer \
                every::gpu_one_seed_gives_one_result_with_and_without_streams \
                every::gpu_phases_share_a_context every::gpu_what_is_offered_takes_part \
                every::gpu_a_search_goes_on_from_what_it_was \
                repair::gpu_in_rounds_individuals_are_what_they_report
        done ;;
    bench)
        for binary in "$here"/bin/bench-*; do
            step "$(basename "$binary")" "$binary" --out "$out"
            cat "$out/$(basename "$binary").log"
        done ;;
    demo)
        for binary in "$here"/bin/example-*; do
            step "$(basename "$binary")" "$binary"
            cat "$out/$(basename "$binary").log"
        done
        step prism-devices "$here/bin/prism" devices
        cat "$out/prism-devices.log" ;;
    *) echo "unknown: $what"; exit 2 ;;
    esac
done

# What the project asks for, and what was reached: the benchmark's lines, and those of the tests.
row() { printf 'target  %-66s %8s  %12s  %s\n' "$@"; }
verdict() { # NAME...: how the steps of these names went
    local name word=met
    for name in "$@"; do
        grep -qE "^$name +FAILED" "$summary" && word=MISSED
        grep -qE "^$name +(ok|FAILED)" "$summary" || { word="not run"; break; }
    done
    echo "$word"
}
{
    echo
    grep -h '^target' "$out"/bench-*.log 2>/dev/null
    row "a million steps: growth of host and device memory" 0 \
        "$(grep -hoE '[0-9]+ allocations' "$out/test-prism-stream-million.log" 2>/dev/null | sort -rn | head -1)" \
        "$(verdict test-prism-stream-million)"
    row "leaks at exit, by compute-sanitizer" 0 \
        "$(grep -hoE 'LEAK SUMMARY: [0-9]+ bytes' "$out"/memcheck-*.log 2>/dev/null | grep -oE '[0-9]+ bytes' | sort -rn | head -1)" \
        "$(verdict memcheck-test-prism-stream-gpu memcheck-test-prism-gpu-prism_gpu memcheck-test-prism-gpu-report_examples)"
} | tee -a "$summary"
[ $failed -eq 0 ] && echo "everything passed" | tee -a "$summary" || echo "something FAILED" | tee -a "$summary"
exit $failed
