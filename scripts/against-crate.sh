#!/usr/bin/env bash
# Largest-first of PRISM against the crate heuristic-graph-coloring: colours, and the least seconds of 25 (or $RUNS)
# runs of the call alone, without reading.
#
#   cargo build --release -p prism-cli
#   scripts/against-crate.sh FILE.col...      plain DIMACS files, which the crate can read
set -euo pipefail
files=()
for file in "$@"; do files+=("$(realpath "$file")"); done
cd "$(dirname "$0")/.."
runs=${RUNS:-25}
peer=$PWD/target/peers/heuristic-graph-coloring
mkdir -p "$peer/src"
cat >"$peer/Cargo.toml" <<'TOML'
[workspace]
[package]
name = "peer"
edition = "2024"
[dependencies]
heuristic-graph-coloring = "0.1.0"
[profile.release]
lto = true
codegen-units = 1
TOML
cat >"$peer/src/main.rs" <<'RUST'
use heuristic_graph_coloring::{CsrGraph, VecVecGraph, color_greedy_by_degree, count_colors};

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let loaded = VecVecGraph::from_dimacs_file(&path).expect("a DIMACS file");
    let graph = CsrGraph::from(&loaded);
    drop(loaded);
    let start = std::time::Instant::now();
    let colors = color_greedy_by_degree(&graph);
    println!("{} {}", start.elapsed().as_secs_f64(), count_colors(&colors));
}
RUST
(cd "$peer" && cargo build --quiet --release)
least() { sort -g | head -1; }
for file in "${files[@]}"; do
    rm -f target/peers/*.txt
    # In turn, so that what else the machine does hits all alike.
    for _ in $(seq "$runs"); do
        "$peer/target/release/peer" "$file" >>target/peers/crate.txt
        for run in largest-first:1 jones-plassmann:1 jones-plassmann:2; do
            target/release/prism color "$file" --method "${run%:*}" --threads "${run#*:}" --quiet --json -o /dev/null |
                python3 -c 'import json, sys; run = json.load(sys.stdin); print(sum(e["seconds"] for e in run["engines"]), run["num_colors"])' \
                    >>"target/peers/$run.txt"
        done
    done
    echo "$file: least seconds of $runs runs, and colours"
    for result in target/peers/*.txt; do
        printf '  %-20s %s\n' "$(basename "$result" .txt)" "$(least <"$result")"
    done
done
