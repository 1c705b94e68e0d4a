#!/usr/bin/env python3
"""PRISM against HEAD, the memetic solver at https://github.com/graphcoloring/HEAD, on one core.

Both run the same instance with the same seed, one right after the other, and what counts is the CPU time of
the whole process, reading included. Times to a target are heavy-tailed: the ratio of the medians comes with
a bootstrap interval (95 %, 10000 samples).

  cargo build --release -p prism-cli && cargo build --release -p prism-cpu --example moves
  scripts/against-head.py --head ../HEAD/head DIMACS [--seeds 30,30,10]

DIMACS holds DSJC250.5.col, DSJC500.5.col and DSJC1000.5.col, plain or .gz.
"""

import argparse
import gzip
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

TARGETS = [("DSJC250.5", 28, 6000), ("DSJC500.5", 48, 8000), ("DSJC1000.5", 85, 30000)]
MOVES = [("DSJC500.5", 48, 2_000_000), ("DSJC1000.5", 83, 1_000_000)]
REPEATS = 5


def run(command):
    """CPU seconds of a command, and how it ended."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done


def range_of(times):
    return f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"


def ratio(ours, theirs):
    """The ratio of the medians, with the interval that paired bootstrap samples give."""
    draw = random.Random(1)
    pairs = list(zip(ours, theirs))
    ratios = []
    for _ in range(10_000):
        sample = draw.choices(pairs, k=len(pairs))
        mine, other = zip(*sample)
        ratios.append(statistics.median(mine) / statistics.median(other))
    ratios.sort()
    whole = statistics.median(ours) / statistics.median(theirs)
    return f"{whole:.3f} ({ratios[250]:.3f} to {ratios[9750]:.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dimacs")
    parser.add_argument("--head", required=True, help="the built program")
    parser.add_argument("--target", default="target", help="cargo's target folder")
    parser.add_argument("--seeds", default="30,30,10", help="runs of each of the three targets")
    options = parser.parse_args()
    release = os.path.join(options.target, "release")
    seeds = [int(count) for count in options.seeds.split(",")]

    with tempfile.TemporaryDirectory() as folder:
        def graph(name):
            plain = os.path.join(folder, name + ".col")
            source = os.path.join(options.dimacs, name + ".col")
            if not os.path.exists(plain):
                opened = open(source, "rb") if os.path.exists(source) else gzip.open(source + ".gz")
                with opened as from_, open(plain, "wb") as to:
                    shutil.copyfileobj(from_, to)
            return plain

        result = os.path.join(folder, "result")
        for name, k, moves in MOVES:
            ours, theirs = [], []
            for seed in range(1, REPEATS + 1):
                moves_of = os.path.join(release, "examples", "moves")
                spent, done = run([moves_of, graph(name), str(k), str(moves), str(seed)])
                ours.append(int(done.stdout) / spent / 1e6)
                spent, _ = run([options.head, "-q", "-t", "-i", str(moves // 4), "-r", "1", "-d", str(seed),
                                "-o", result, graph(name), str(k)])
                theirs.append(moves / 4 / spent / 1e6)
            print(f"{name} {k}: million moves a second, PRISM {range_of(ours)}, HEAD {range_of(theirs)}, "
                  f"ratio {ratio(ours, theirs)}", flush=True)
        for (name, k, iterations), count in zip(TARGETS, seeds):
            ours, theirs = [], []
            for seed in range(1, count + 1):
                spent, done = run([os.path.join(release, "prism"), "color", graph(name), "--target-colors", str(k),
                                   "--threads", "1", "--seed", str(seed), "--time-limit", "10m", "--quiet",
                                   "-o", result])
                if done.returncode != 0:
                    sys.exit(f"{name}, seed {seed}: prism ended with {done.returncode}: {done.stderr}")
                ours.append(spent)
                spent, _ = run([options.head, "-q", "-d", str(seed), "-i", str(iterations), "-w", "10",
                                "-s", "600", "-o", result, graph(name), str(k)])
                theirs.append(spent)
            print(f"{name} {k}: CPU seconds, {count} seeds, PRISM {range_of(ours)}, HEAD {range_of(theirs)}, "
                  f"ratio {ratio(ours, theirs)}", flush=True)


main()
