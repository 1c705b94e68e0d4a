"""Bounds on the number of colours."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from . import _prism
from ._graph import as_graph

__all__ = ["Bounds", "bounds"]


class Bounds(NamedTuple):
    """How many colours a graph takes at least, and how many always do.

    Examples
    --------
    >>> import prism_coloring as prism
    >>> prism.bounds({0: [1], 1: [2], 2: [3], 3: [4], 4: [0]}).chromatic_number
    3
    """

    lower: int
    """No colouring has fewer colours."""
    upper: int
    """Some colouring has no more."""
    proof: str
    """What proves the lower bound: a clique, an odd cycle, a generalised Mycielskian, exhaustive search."""
    witness: list[Hashable]
    """The nodes that the proof is about; none for exhaustive search."""
    clique: list[Hashable]
    """The largest clique that was found."""

    @property
    def chromatic_number(self) -> int | None:
        """The least number of colours, if the bounds have met."""
        return self.lower if self.lower == self.upper else None


def bounds(
    graph: Any,
    *,
    time_limit: float | None = None,
    work: int | None = None,
    seed: int = 1,
    symmetrize: bool = False,
) -> Bounds:
    """Find bounds on the number of colours, without a search for a colouring.

    Parameters
    ----------
    graph : graph
        As for `prism_coloring.color`.
    time_limit : float, optional
        Seconds. With a limit and no `work`, deeper and deeper searches are made until it runs out.
    work : int, optional
        Effort for each kind of bound, in elementary steps of some nanoseconds; 10^9 by default.
    seed : int
        The seed of the searches.
    symmetrize : bool
        As for `prism_coloring.color`.

    Returns
    -------
    Bounds

    Examples
    --------
    >>> import prism_coloring as prism
    >>> found = bounds(prism.generate("queens", rows=5))
    >>> found.lower, found.upper, found.proof
    (5, 5, 'clique')
    """
    found = _prism.bounds(as_graph(graph, symmetrize=symmetrize), work, time_limit, seed)
    return Bounds(**found)
