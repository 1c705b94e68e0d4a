"""Whether a colouring is proper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _prism
from ._coloring import Coloring
from ._graph import as_graph

__all__ = ["colors_of", "verify"]


def colors_of(coloring: Any) -> Any:
    """A colouring as the extension takes it."""
    if isinstance(coloring, Coloring):
        return coloring._found
    return dict(coloring) if isinstance(coloring, Mapping) else coloring


def verify(
    graph: Any,
    coloring: Any,
    *,
    equitable: bool = False,
    max_class_size: int | None = None,
    symmetrize: bool = False,
) -> int:
    """Check a colouring.

    Parameters
    ----------
    graph : graph
        As for `prism_coloring.color`.
    coloring : Coloring, dict or sequence of int
        The colour of each node: by node, or in their order.
    equitable : bool
        Whether the sizes of the classes have to differ by at most one.
    max_class_size : int, optional
        The most nodes that may have the same colour.
    symmetrize : bool
        As for `prism_coloring.color`.

    Returns
    -------
    int
        The number of different colours.

    Raises
    ------
    ValueError
        Two neighbours have the same colour, a node has none, or a class has too many or too few nodes; the message
        names them.

    Examples
    --------
    >>> verify({"a": ["b"], "b": []}, {"a": 3, "b": 5})
    2
    >>> verify({"a": ["b"], "b": []}, [3, 3])
    Traceback (most recent call last):
    ...
    ValueError: vertices 'a' and 'b' are adjacent and both have colour 3 (counted from 0)
    """
    graph = as_graph(graph, symmetrize=symmetrize)
    return _prism.verify(graph, colors_of(coloring), equitable, max_class_size)
