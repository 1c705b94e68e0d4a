#!/usr/bin/env python3
"""Prints the figures of the Python package that docs/performance.md has: medians, least to most.

    python/target/venv/bin/pip install franken-networkx      # a peer, if it is wanted
    python/target/venv/bin/python scripts/python-figures.py [strategies] [matrix] [search] [import]
"""

import importlib.util
import statistics
import subprocess
import sys
import time

import networkx as nx
import numpy as np
import prism_coloring as prism
import scipy.sparse
from prism_coloring._graph import as_graph

RUNS = 7
nx.config.warnings_to_ignore.add("cache")


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def shown(seconds):
    return f"{statistics.median(seconds):.4f} ({min(seconds):.4f} to {max(seconds):.4f}) s"


def strategies():
    """The first call on a graph, its conversion included, and a call on a graph that is converted already."""
    peers = ["prism"]
    if importlib.util.find_spec("franken_networkx"):
        peers.append("franken_networkx")
    for name, graph, strategy, runs in [
        ("G(1000, 0.5)", nx.gnp_random_graph(1000, 0.5, seed=1), "DSATUR", 1),
        ("G(1e5, 1e-4)", nx.fast_gnp_random_graph(100_000, 1e-4, seed=1), "largest_first", RUNS),
    ]:
        theirs = [timed(lambda: nx.greedy_color(graph, strategy, backend="networkx")) for _ in range(runs)]
        print(f"{strategy} on {name}, networkx: {shown([seconds for seconds, _ in theirs])}")
        for peer in peers:
            first, cached = [], []
            for _ in range(runs if peer != "prism" else RUNS):
                graph.__networkx_cache__.clear()
                for times in (first, cached):
                    seconds, colors = timed(lambda: nx.greedy_color(graph, strategy, backend=peer))
                    times.append(seconds)
                    assert colors == theirs[0][1]
            print(f"{strategy} on {name}, {peer}: first {shown(first)}, cached {shown(cached)}, same colours")


def matrix():
    """The conversion of a symmetric CSR matrix of 10^7 entries, against the colouring that follows."""
    n, m = 1_000_000, 5_000_000
    random = np.random.default_rng(1)
    u, v = random.integers(0, n, m + 200), random.integers(0, n, m + 200)
    pairs = np.unique(np.minimum(u, v)[u != v] * n + np.maximum(u, v)[u != v])[:m]
    u, v = pairs // n, pairs % n
    wide = scipy.sparse.csr_array((np.ones(2 * len(u), np.int8), (np.r_[u, v], np.r_[v, u])), shape=(n, n))
    wide.sort_indices()
    narrow = wide.copy()
    narrow.indptr, narrow.indices = wide.indptr.astype(np.int32), wide.indices.astype(np.int32)
    for name, csr in [("32", narrow), ("64", wide)]:
        conversions = [timed(lambda: as_graph(csr).is_borrowed) for _ in range(RUNS)]
        print(
            f"CSR of {csr.nnz} entries, {name} bits: borrowed {conversions[0][1]}, "
            f"conversion {shown([seconds for seconds, _ in conversions])}"
        )
        converted = as_graph(csr)
        for keywords in [{"method": "largest-first"}, {"method": "dsatur"}, {"time_limit": 10}]:
            runs = [timed(lambda: prism.color(converted, threads=1, device="cpu", **keywords)) for _ in range(3)]
            whole = statistics.median(seconds for seconds, _ in runs)
            share = 100 * statistics.median(seconds for seconds, _ in conversions) / whole
            print(f"  {keywords}: {whole:.3f} s once converted, which the conversion adds {share:.1f} % to")


def search():
    """G(1000, 0.5) of NetworkX, seed 1, 10 s on two threads."""
    graph = nx.gnp_random_graph(1000, 0.5, seed=1)
    counts = [prism.color(graph, time_limit=10, threads=2, device="cpu", seed=s).num_colors for s in range(3)]
    print(f"G(1000, 0.5), 10 s, 2 threads, seeds 0 to 2: {counts} colours")


def imports():
    """What an import adds to a start of Python."""

    def start(program):
        return min(timed(lambda: subprocess.run([sys.executable, "-c", program], check=True))[0] for _ in range(20))

    print(f"import adds {1000 * (start('import prism_coloring') - start('pass')):.1f} ms (the least of 20 each)")


ALL = {"strategies": strategies, "matrix": matrix, "search": search, "import": imports}
for name in sys.argv[1:] or ALL:
    ALL[name]()
