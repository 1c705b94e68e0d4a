#!/usr/bin/env python3
"""What PRISM is to reach on a GPU: wall time of the whole `prism color` process, row by row.

  scripts/gate.py PRISM DATA LEDGER [--rows PREFIX...] [--budget SECONDS] [--device cuda:0] [--list]

PRISM is the program, DATA the folder with the DIMACS graphs and INDEX.csv. LEDGER is a file of JSON lines that
every finished run is added to, with the version of the program: a later call goes on where an earlier one ended,
so that a machine that is lent for minutes gets through a table of hours. docs/ledger.jsonl has the runs so far. A
run that would not end within the budget is not begun. At the end, or with `--list` alone, the table is printed from the ledger.

A row says that `needed` of `seeds` runs reach k colours within five times its seconds (or as long as it says), and
that the median over all of them is at most its seconds; from five minutes on a run ends at its seconds. The first
run of a method compiles its kernels, so it has a run before that, of a second, that does not count.

`alone` and `beside` are 60 seconds of the cores alone on every graph, stopping at its best known value, and of cores
and GPU on those which the cores leave above it: the table says on how many of these the median is better or worse.
"""

import argparse
import csv
import glob
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

FIVE_MINUTES = 300
# Nobody has reached 76 without knowing that it is hidden there.
INSTEAD = {"flat1000_76_0": 81}


@dataclass(frozen=True)
class Row:
    group: str  # what --rows selects by, from the front
    graph: str  # a DIMACS graph, or the words of `prism generate` behind a blank
    k: int
    seconds: float
    needed: int
    seeds: int
    method: str = "portfolio"
    within: float = 0  # the seconds that `needed` runs have, where that is another number

    @property
    def name(self):
        return f"{self.group} {self.graph} {self.k} {self.method}"

    @property
    def limit(self):
        return self.within or (self.seconds if self.seconds >= FIVE_MINUTES else 5 * self.seconds)


def rows():
    phase, beyond = "phase", "population"
    yield Row(phase, "DSJC250.5", 28, 0.6, 10, 10, "whcr")
    yield Row(phase, "DSJC500.5", 49, 3, 10, 10, "whcr")
    yield Row(phase, "DSJC1000.5", 84, 60, 3, 5, "quantum")
    yield Row(phase, "DSJC1000.9", 224, 60, 3, 5, "quantum")
    yield Row(phase, "flat300_28_0", 28, 30, 3, 5, "thermodynamic")
    for graph, k, seconds, needed, seeds in [
        ("DSJC250.5", 28, 0.6, 10, 10),
        ("DSJC500.5", 48, 3, 10, 10),
        ("DSJC500.5", 47, 300, 2, 3),
        ("DSJC1000.5", 84, 5, 10, 10),
        ("DSJC1000.5", 83, 10, 10, 10),
        ("DSJC1000.5", 82, 60, 5, 5),
        ("DSJC1000.9", 223, 30, 5, 5),
        ("DSJC1000.9", 222, 600, 2, 3),
        ("flat1000_76_0", 82, 8, 10, 10),
        ("flat1000_76_0", 81, 300, 2, 3),
        ("flat300_28_0", 28, 10, 10, 10),
    ]:
        yield Row(beyond, graph, k, seconds, needed, seeds, "population")
    for graph, k in [("R250.5", 65), ("DSJR500.5", 122), ("R1000.1c", 98), ("le450_25c", 25), ("latin_square_10", 99)]:
        yield Row("structured", graph, k, 60, 4, 5)
    for graph, k in [("wap01a", 41), ("wap02a", 40), ("wap04a", 41), ("wap05a", 50), ("wap06a", 40), ("wap08a", 40)]:
        yield Row("structured", graph, k, 60, 3, 5)
    # Without a device.
    yield Row("cores", "DSJC1000.5", 83, 120, 5, 5, within=300)
    yield Row("cores", "DSJC1000.5", 84, 150, 3, 3)
    yield Row("cores", "DSJC500.5", 48, 1, 10, 10)
    yield Row("cores", "flat300_28_0", 28, 30, 5, 5, within=30)
    yield Row("cores", "latin_square_10", 100, 120, 1, 3)
    for seed in (1, 2, 3):
        yield Row("large", f"gnp 2000 0.5 --seed {seed}", 149, 120, 1, 1)
        yield Row("large", f"gnp 2000 0.5 --seed {seed}", 147, 600, 1, 1)


def against(group, data):
    """A minute for the best known value of each graph."""
    with open(os.path.join(data, "INDEX.csv"), encoding="utf-8") as index:
        for line in csv.DictReader(index):
            if line["best_known_k"]:
                k = INSTEAD.get(line["name"], int(line["best_known_k"]))
                yield Row(group, line["name"], k, 60, 3, 3, within=60)


class Gate:
    def __init__(self, options):
        self.options = options
        self.ends = time.monotonic() + options.budget
        version = subprocess.run([options.prism, "--version"], capture_output=True, text=True, check=True)
        self.version = options.describe or version.stdout.strip()
        self.done = {}
        if os.path.exists(options.ledger):
            with open(options.ledger, encoding="utf-8") as lines:
                for run in map(json.loads, lines):
                    self.done[run["row"], run["seed"]] = run
        self.warm = set()

    def graph(self, row):
        """The file of a row's graph, which is generated where it is no DIMACS graph."""
        if " " not in row.graph:
            found = glob.glob(os.path.join(self.options.data, row.graph + ".col*"))
            return found[0] if found else None
        path = os.path.join(os.path.dirname(self.options.ledger) or ".", row.graph.replace(" ", "_") + ".col")
        if not os.path.exists(path):
            subprocess.run([self.options.prism, "generate", *row.graph.split(" "), "-o", path], check=True)
        return path

    def color(self, path, row, seed, seconds):
        """The JSON of a run and the wall time of its process; the kernels of a method are compiled before."""
        alone = row.method != "portfolio"
        device = "cpu" if row.group in ("cores", "alone") else self.options.device if alone else "auto"
        command = [self.options.prism, "color", path, "--json", "--quiet", "-o", os.devnull]
        command += ["--method", row.method, "--device", device]
        command += ["-k", str(row.k), "--seed", str(seed), "-t", f"{seconds}s"]
        begun = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        wall = time.monotonic() - begun
        if done.returncode not in (0, 1, 7):
            sys.exit(f"{row.name}, seed {seed}: {done.stderr.strip()}")
        return json.loads(done.stdout), wall

    def run(self, row):
        path = self.graph(row)
        if path is None:
            print(f"{row.name}: {self.options.data} has no such graph")
            return
        for seed in range(1, row.seeds + 1):
            if (row.name, seed) in self.done:
                continue
            if time.monotonic() + row.limit > self.ends:
                return
            if row.method not in self.warm:
                self.warm.add(row.method)
                self.color(path, row, seed, 1)
            result, wall = self.color(path, row, seed, row.limit)
            last = result["history"][-1]
            run = {
                "row": row.name,
                "seed": seed,
                "colors": result["num_colors"],
                "wall": round(wall, 2),
                "engine": last["engine"],
                "site": last["site"],
                "moves": result["moves"],
                "history": [[one["k"], round(one["seconds"], 2), one["engine"]] for one in result["history"]],
                "version": self.version,
            }
            self.done[row.name, seed] = run
            with open(self.options.ledger, "a", encoding="utf-8") as ledger:
                print(json.dumps(run), file=ledger)
            found = f"{run['colors']} colours, {wall:.2f} s, {run['engine']} on {run['site']}"
            print(f"{row.name}, seed {seed}: {found}", flush=True)

    def runs(self, row):
        found = (self.done.get((row.name, seed)) for seed in range(1, row.seeds + 1))
        return [run for run in found if run]

    def colors(self, row):
        """The median of the colours, once all runs are there."""
        runs = self.runs(row)
        return statistics.median(run["colors"] for run in runs) if len(runs) == row.seeds else None

    def rows(self):
        """All rows; those of cores and GPU only where the cores alone leave something to do."""
        yield from rows()
        yield from against("alone", self.options.data)
        for alone, beside in self.pairs():
            if (self.colors(alone) or 0) > alone.k:
                yield beside

    def pairs(self):
        return zip(against("alone", self.options.data), against("beside", self.options.data))

    def table(self):
        compared = [(self.colors(alone), self.colors(beside)) for alone, beside in self.pairs()]
        compared = [(alone, beside) for alone, beside in compared if alone and beside]
        if compared:
            better = sum(beside < alone for alone, beside in compared)
            worse = sum(beside > alone for alone, beside in compared)
            print(f"cores and GPU against the cores: better on {better}, worse on {worse} of {len(compared)}")
        for row in rows():
            runs = self.runs(row)
            if not runs:
                continue
            # A run that was cut short counts as longer than any.
            walls = [run["wall"] if run["colors"] <= row.k else float("inf") for run in runs]
            reached = sum(wall <= row.limit for wall in walls)
            median = statistics.median(walls)
            met = reached >= row.needed and median <= row.seconds
            verdict = "met" if met else "open" if len(runs) < row.seeds else "MISSED"
            print(
                f"{row.name:44} {reached:2} of {len(runs):2} (needs {row.needed} of {row.seeds}), "
                f"median {median:7.2f} s (<= {row.seconds:g}), best {min(run['colors'] for run in runs)}: {verdict}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prism")
    parser.add_argument("data")
    parser.add_argument("ledger")
    parser.add_argument("--rows", nargs="*", default=[""], help="only rows whose names begin so")
    parser.add_argument("--describe", help="the commit of the program, by `git describe --always`")
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds for all runs")
    parser.add_argument("--device", default="cuda:0", help="for methods that run alone")
    parser.add_argument("--list", action="store_true", help="only print the table")
    gate = Gate(parser.parse_args())
    if not gate.options.list:
        for row in gate.rows():
            if row.name.startswith(tuple(gate.options.rows)):
                gate.run(row)
    gate.table()


if __name__ == "__main__":
    main()
