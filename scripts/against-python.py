#!/usr/bin/env python3
"""DSATUR and RLF of PRISM against the DSATUR of networkx, igraph and rustworkx: colours and seconds.

  cargo build --release -p prism-cli
  pip install networkx igraph rustworkx
  scripts/against-python.py FILE... [--prism target/release/prism]

Files are DIMACS (.col, .col.gz) or lists of integer edges (.edges, .edges.gz). Seconds are of the call
alone, without reading, the least of three; networkx is left out where it would take minutes. The last lines
sum up: colours in total, and the worst that PRISM does beyond the best of the three.
"""

import argparse
import gzip
import json
import subprocess
import time

import igraph
import networkx
import rustworkx

PEERS = ["networkx", "igraph", "rustworkx"]
NETWORKX_LIMIT = 1.2e8  # vertices times edges
REPEATS = 3


def read(path):
    """Vertices and distinct edges, without loops, vertices from 0."""
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    dimacs = path.endswith((".col", ".col.gz"))
    edges, n = set(), 0
    with opened as lines:
        for line in lines:
            words = line.split()
            if dimacs:
                if words[:1] == ["p"]:
                    n = int(words[2])
                if words[:1] != ["e"]:
                    continue
                u, v = int(words[1]) - 1, int(words[2]) - 1
            else:
                if not words or words[0].startswith("#"):
                    continue
                u, v = int(words[0]), int(words[1])
                n = max(n, u + 1, v + 1)
            if u != v:
                edges.add((min(u, v), max(u, v)))
    return n, sorted(edges)


def timed(call):
    """Colours of the last of some calls, and the least seconds."""
    least = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        colors = call()
        least = min(least, time.perf_counter() - start)
    return len(set(colors)), least


def peers(n, edges):
    """Colours and seconds of each peer; None where it is left out."""
    results = {}
    if n * len(edges) <= NETWORKX_LIMIT:
        graph = networkx.Graph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from(edges)
        call = lambda: networkx.greedy_color(graph, strategy="saturation_largest_first").values()
        results["networkx"] = timed(call)
    graph = igraph.Graph(n, edges)
    results["igraph"] = timed(lambda: graph.vertex_coloring_greedy(method="dsatur"))
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(n))
    graph.extend_from_edge_list(edges)
    strategy = rustworkx.ColoringStrategy.Saturation
    results["rustworkx"] = timed(lambda: rustworkx.graph_greedy_color(graph, strategy=strategy).values())
    return results


def prism(program, path, method):
    done = subprocess.run([program, "bench", path, "--method", method, "--target", "none", "--seeds", str(REPEATS),
                           "--time-limit", "10m", "--quiet", "--json", "-"], capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout)["runs"]
    return runs[0]["colors"], min(run["engine_seconds"] for run in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--prism", default="target/release/prism")
    options = parser.parse_args()
    columns = ["dsatur", "rlf", *PEERS]
    print(f"{'colours, seconds':<28}" + "".join(f"{column:>18}" for column in columns))
    totals, worst = dict.fromkeys(columns, 0), {"dsatur": (-99, ""), "better of both": (-99, "")}
    partial = set()
    for path in options.files:
        results = peers(*read(path))
        best = min(colors for colors, _ in results.values())
        for method in ["dsatur", "rlf"]:
            results[method] = prism(options.prism, path, method)
        name = path.rsplit("/", 1)[-1]
        cells = [f"{results[c][0]:>7}{results[c][1]:>11.4f}" if c in results else f"{'-':>18}" for c in columns]
        print(f"{name:<28}" + "".join(cells), flush=True)
        for column in columns:
            if column in results:
                totals[column] += results[column][0]
            else:
                partial.add(column)
        both = min(results["dsatur"][0], results["rlf"][0])
        worst["dsatur"] = max(worst["dsatur"], (results["dsatur"][0] - best, name))
        worst["better of both"] = max(worst["better of both"], (both - best, name))
    print(f"{'total':<28}" + "".join(f"{totals[c]:>7}{' (not all)' if c in partial else '':>11}" for c in columns))
    for what, (difference, name) in worst.items():
        print(f"{what}: {difference:+} colours beyond the best of the peers at worst, on {name}")


main()
