#!/bin/sh
# Fuzzes every target for SECONDS (default 60), two at a time, with the stable toolchain.
#
#   fuzz/run.sh [SECONDS [TARGET...]]     PRISM_FUZZ_SEED=N starts elsewhere (default 1)
#
# cargo-fuzz wants a nightly compiler for its sanitizers. The parsers are safe Rust, for which panics,
# overflow and assertions are the errors to find, so coverage feedback is enough, and LLVM's pass for
# that is open to the stable compiler through -Cpasses. Needs a C++ compiler, for libFuzzer alone. New
# inputs go to target/corpus; a failing one is left in artifacts/ and belongs into corpus/ once it is fixed.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=${*:-adjacency_list adjacency_matrix allowed checkpoint coloring detect dimacs dimacs_binary dot ecl edge_list graph6
    matrix_market metis precolored}
host=$(rustc -vV | sed -n 's/^host: //p')

flags="--cfg fuzzing -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags="$flags -Cllvm-args=-sanitizer-coverage-$option"
done
# With --target the flags stay away from build scripts.
RUSTFLAGS="$flags" cargo build --release --target "$host"

export seconds host
printf '%s\n' $targets | xargs -P 2 -I TARGET sh -c '
    mkdir -p target/corpus/TARGET artifacts/TARGET
    if "target/$host/release/TARGET" target/corpus/TARGET corpus/TARGET \
        -seed="${PRISM_FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=artifacts/TARGET/ -print_final_stats=1 >"target/TARGET.log" 2>&1
    then echo "TARGET: $(sed -n "s/^stat::number_of_executed_units: *//p" target/TARGET.log) runs, nothing found"
    else tail -n 40 target/TARGET.log; echo "TARGET: FAILED, see fuzz/target/TARGET.log"; exit 1
    fi'
