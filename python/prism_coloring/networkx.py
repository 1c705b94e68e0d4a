"""PRISM as a backend of NetworkX.

``networkx.config.backend_priority = ["prism"]`` (or the variable ``NETWORKX_BACKEND_PRIORITY=prism``) is all that
a program needs: `networkx.greedy_color` is then this one.

>>> import networkx as nx
>>> nx.greedy_color(nx.cycle_graph(5), "DSATUR", backend="prism")
{0: 0, 1: 1, 2: 0, 3: 1, 4: 2}

Keywords that NetworkX does not have are passed on:

>>> colors = nx.greedy_color(nx.petersen_graph(), backend="prism", moves=10_000, seed=1)
>>> len(set(colors.values()))
3

With any of ``time_limit``, ``moves`` and ``target`` the strategy only makes the first colouring, and a search goes on
from it.

`equitable_color` also takes numbers of colours that are not above the largest degree. NetworkX refuses these; here
there is a search, which ends at the limits that are given:

>>> colors = nx.equitable_color(nx.petersen_graph(), 3, backend="prism")
>>> sorted(list(colors.values()).count(color) for color in range(3))
[3, 3, 4]

Directed graphs and strategies that are functions fall back to NetworkX.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import networkx as nx

from . import _prism
from ._solver import Solver, color

__all__ = ["Graph", "backend"]

_STRATEGIES = frozenset(
    [
        "largest_first",
        "random_sequential",
        "smallest_last",
        "independent_set",
        "connected_sequential_bfs",
        "connected_sequential_dfs",
        "connected_sequential",
        "saturation_largest_first",
        "DSATUR",
    ]
)
_WITHOUT_INTERCHANGE = {
    "independent_set": "independent_set",
    "saturation_largest_first": "saturation_largest_first",
    "DSATUR": "saturation_largest_first",
}


class Graph:
    """A graph of NetworkX, converted: what NetworkX keeps in its cache."""

    __networkx_backend__ = "prism"

    def __init__(self, graph: Any) -> None:
        self.prism = _prism.from_networkx(graph, True)
        self.graph = dict(graph.graph)
        self._multigraph = bool(graph.is_multigraph())

    def is_directed(self) -> bool:
        return False

    def is_multigraph(self) -> bool:
        return self._multigraph

    def number_of_nodes(self) -> int:
        return self.prism.num_vertices

    def __len__(self) -> int:
        return self.prism.num_vertices

    def __iter__(self) -> Any:
        return iter(self.prism.nodes)

    def __contains__(self, node: Any) -> bool:
        return node in self.prism.nodes


class backend:
    """What NetworkX calls."""

    @staticmethod
    def convert_from_nx(graph: Any, **_: Any) -> Graph:
        """Convert a graph of NetworkX; attributes mean nothing to colourings."""
        if graph.is_directed():
            raise nx.NetworkXNotImplemented("not implemented for directed type")
        return Graph(graph)

    @staticmethod
    def convert_to_nx(result: Any, *, name: str | None = None) -> Any:
        """Give results back; none of them is a graph."""
        return result

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """Whether a call can run here, or why not."""
        graph = args[0] if args else kwargs.get("G")
        if graph is not None and graph.is_directed():
            return "directed graphs are not implemented: NetworkX colours them by their successors alone"
        strategy = args[1] if len(args) > 1 else kwargs.get("strategy")
        if name == "greedy_color" and callable(strategy):
            return "strategies that are functions are run by NetworkX"
        return True

    @staticmethod
    def should_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """Whether a call is faster here, or why not."""
        graph = args[0] if args else kwargs.get("G")
        if name in ("is_coloring", "is_equitable") and not isinstance(graph, Graph):
            return "one pass over the edges takes no longer than the conversion"
        return True

    @staticmethod
    def greedy_color(
        G: Graph,
        strategy: Any = "largest_first",
        interchange: bool = False,
        *,
        seed: int = 0,
        target: int | None = None,
        time_limit: float | str | None = None,
        moves: int | None = None,
        threads: int | None = None,
        device: str = "auto",
    ) -> dict[Hashable, int]:
        """Colour a graph by a strategy of NetworkX, and go on from there if told to."""
        if len(G) == 0:
            return {}
        if callable(strategy):
            raise nx.NetworkXNotImplemented("strategies that are functions are not implemented")
        if strategy not in _STRATEGIES:
            raise nx.NetworkXError(f"strategy must be callable or a valid string. {strategy} not valid.")
        if interchange and strategy in _WITHOUT_INTERCHANGE:
            name = _WITHOUT_INTERCHANGE[strategy]
            raise nx.NetworkXPointlessConcept(f"interchange cannot be used with {name}")
        first = _prism.greedy(G.prism, strategy, bool(interchange), seed)
        if target is None and time_limit is None and moves is None:
            return first
        return color(
            G.prism,
            target=target,
            time_limit=time_limit,
            moves=moves,
            seed=seed,
            threads=threads,
            device=device,
            warm_start=first,
        ).to_dict()

    @staticmethod
    def equitable_color(
        G: Graph,
        num_colors: int,
        *,
        seed: int = 0,
        time_limit: float | str | None = None,
        moves: int | None = None,
        threads: int | None = None,
        device: str = "auto",
    ) -> dict[Hashable, int]:
        """Colour a graph with classes whose sizes differ by at most one node.

        With more colours than the largest degree there always is such a colouring. With fewer it is searched for, and
        `networkx.NetworkXAlgorithmError` says whether there is none or none was found.
        """
        if num_colors < 1 and len(G) > 0:
            raise nx.NetworkXAlgorithmError(f"{num_colors} colours for {len(G)} nodes")
        if num_colors >= len(G):
            return {node: color for color, node in enumerate(G)}
        solver = Solver(
            G.prism,
            exact_colors=num_colors,
            equitable=True,
            seed=seed,
            time_limit=time_limit,
            moves=moves,
            threads=threads,
            device=device,
        )
        try:
            return solver.run().to_dict()
        except _prism.NoColoringError as error:
            none = "there is no" if error.proved else "not found, though not proved to be impossible: an"
            told = f"{none} equitable colouring with {num_colors} colours"
            raise nx.NetworkXAlgorithmError(told) from error

    @staticmethod
    def is_coloring(G: Graph, coloring: Mapping[Hashable, Any]) -> bool:
        """Whether no edge has two ends of the same colour."""
        return _prism.is_coloring(G.prism, coloring)

    @staticmethod
    def is_equitable(G: Graph, coloring: Mapping[Hashable, Any], num_colors: int | None = None) -> bool:
        """Whether it is a colouring whose classes differ by at most one node."""
        if not _prism.is_coloring(G.prism, coloring):
            return False
        sizes = Counter(coloring.values())
        if num_colors is not None:
            sizes.update({color: 0 for color in range(num_colors)})
        if not sizes:
            # So NetworkX has it: no colours at all are not the 0 that were asked for.
            return num_colors is None
        return max(sizes.values()) - min(sizes.values()) <= 1
