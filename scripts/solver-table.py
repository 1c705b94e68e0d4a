#!/usr/bin/env python3
"""The solver before and after a change, in one run: targets, anytime, threads, and best known values.

  scripts/solver-table.py DATA AFTER [--before PROGRAM] [ROW...]

DATA has the DIMACS graphs and INDEX.csv (columns name and best_known_k). The rows:

  target         DSJC500.5 with 48 colours on one core, 30 seeds, before and after in turn: CPU seconds
  anytime        DSJC1000.5, 60 s on two threads, 3 seeds: colours with the targets 82 and 83, and with none
  threads        DSJC1000.5, moves a second on all cores against one, and the colours after 110 s for target 83
  best-known     every graph, 30 s on two threads at most, stopping at its best known value
  constructions  no construction alone needs fewer colours than a run of 5 s

As many runs go on at a time as there are cores for them, so that times compare within a row and not between
machines.
"""

import argparse
import concurrent.futures
import csv
import glob
import json
import os
import re
import statistics
import subprocess
import sys

# Nobody has reached 76 without knowing that it is hidden there.
INSTEAD = {"flat1000_76_0": 81}
CONSTRUCTIONS = ["natural", "largest-first", "incidence-degree", "dynamic-largest-first", "dsatur", "rlf"]
CORES = os.cpu_count() or 1


class Table:
    def __init__(self, data, programs):
        self.data, self.programs = data, programs

    def graph(self, name):
        found = glob.glob(os.path.join(self.data, name + ".col*"))
        return found[0] if found else None

    def run(self, program, name, *options):
        """The JSON of one run; a run that fails ends the script with what it said."""
        command = [self.programs[program], "color", self.graph(name), "--device", "cpu", "--json", "--quiet", "-o", os.devnull]
        done = subprocess.run([*command, *map(str, options)], capture_output=True, text=True)
        if done.returncode not in (0, 1, 7):
            sys.exit(f"{program} {name} {options}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def runs(self, jobs, threads):
        """Runs of so many threads each, as many at a time as fit; in the order of the jobs."""
        with concurrent.futures.ThreadPoolExecutor(max(1, (CORES - 1) // threads)) as pool:
            return list(pool.map(lambda job: self.run(*job), jobs))

    def target(self):
        if "before" not in self.programs:
            sys.exit("target: --before names the program to compare with")
        jobs = [
            (program, "DSJC500.5", "-k", 48, "--threads", 1, "--seed", seed, "-t", 100)
            for seed in range(30)
            for program in ("before", "after")
        ]
        results = self.runs(jobs, 1)
        for program in self.programs:
            mine = [result for job, result in zip(jobs, results) if job[0] == program]
            solved = sum(result["num_colors"] <= 48 for result in mine)
            seconds = [result["cpu_seconds"] for result in mine]
            print(f"target {program}: {solved} of {len(mine)}, median {statistics.median(seconds):.2f} CPU s")
        pairs = zip(results[::2], results[1::2])
        ratios = [after["cpu_seconds"] / before["cpu_seconds"] for before, after in pairs]
        print(f"target: median of the paired ratios {statistics.median(ratios):.3f}")

    def anytime(self):
        targets = {"82": ["-k", 82], "83": ["-k", 83], "none": []}
        jobs = [
            ("after", "DSJC1000.5", *options, "--threads", 2, "--seed", seed, "-t", 60)
            for options in targets.values()
            for seed in (1, 2, 3)
        ]
        results = iter(self.runs(jobs, 2))
        for target in targets:
            colors = [next(results)["num_colors"] for _ in range(3)]
            print(f"anytime, target {target}: {colors}, median {statistics.median(colors)}")

    def threads(self):
        rates = {}
        for threads in (1, CORES):
            result = self.run("after", "DSJC1000.5", "-k", 80, "--threads", threads, "-t", 12)
            rates[threads] = result["moves"] / result["seconds"]
        print(f"threads: {rates[CORES] / rates[1]:.2f} times the moves a second on {CORES} of them")
        result = self.run("after", "DSJC1000.5", "-k", 83, "--threads", CORES, "-t", 110)
        last = result["history"][-1]
        print(f"threads, target 83: {last['k']} colours after {last['seconds']:.1f} s")

    def best_known(self):
        with open(os.path.join(self.data, "INDEX.csv"), encoding="utf-8") as table:
            known = {row["name"]: int(row["best_known_k"]) for row in csv.DictReader(table) if row["best_known_k"]}
        known.update((name, k) for name, k in INSTEAD.items() if name in known)
        names = [name for name in known if self.graph(name)]
        jobs = [("after", name, "-k", known[name], "--threads", 2, "--seed", 1, "-t", 30) for name in names]
        over = [result["num_colors"] - known[name] for name, result in zip(names, self.runs(jobs, 2))]
        for name, excess in zip(names, over):
            if excess > 0:
                print(f"best-known {name}: {known[name] + excess}, {excess} above")
        print(f"best-known: {sum(e <= 0 for e in over)} of {len(names)}, {sum(e <= 1 for e in over)} within one")

    def constructions(self):
        paths = glob.glob(os.path.join(self.data, "*.col*"))
        names = sorted({re.sub(r"\.col.*$", "", os.path.basename(path)) for path in paths})
        runs = self.runs([("after", name, "--threads", 2, "-t", 5) for name in names], 2)
        jobs = [("after", name, "--method", method) for name in names for method in CONSTRUCTIONS]
        alone = dict(zip(jobs, self.runs(jobs, 1)))
        worse = 0
        for (_, name, _, method), result in alone.items():
            colors = runs[names.index(name)]["num_colors"]
            if result["num_colors"] < colors:
                worse += 1
                print(f"constructions {name}: {method} {result['num_colors']}, the run {colors}")
        print(f"constructions: {worse} below the run, on {len(names)} graphs")


def main():
    rows = {
        "target": Table.target,
        "anytime": Table.anytime,
        "threads": Table.threads,
        "best-known": Table.best_known,
        "constructions": Table.constructions,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("after")
    parser.add_argument("rows", nargs="*", choices=[[], *rows], metavar="ROW")
    parser.add_argument("--before")
    args = parser.parse_intermixed_args()
    programs = {"before": args.before, "after": args.after} if args.before else {"after": args.after}
    table = Table(args.data, programs)
    print(f"{CORES} cores")
    for row in args.rows or rows:
        rows[row](table)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
