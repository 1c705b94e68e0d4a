"""Whatever is a graph, as PRISM's own arrays.

What an object is, is told by the modules of its classes, so that no library is imported for it.
"""

from __future__ import annotations

import json
import operator
import os
import warnings
from collections.abc import Mapping
from typing import Any

from . import _prism
from ._prism import Graph

__all__ = ["Graph", "as_graph", "generate", "read"]

_KINDS = (
    "a NetworkX, igraph or rustworkx graph, a SciPy sparse matrix, an (m, 2) NumPy array of edges, a path, "
    "or a dict of neighbours"
)


def as_graph(graph: Any, *, symmetrize: bool = False) -> Graph:
    """Converts whatever is a graph; a `Graph` is what it is."""
    if isinstance(graph, Graph):
        return graph
    if isinstance(graph, (str, bytes, os.PathLike)):
        return read(graph)
    if getattr(type(graph), "__networkx_backend__", None) == "prism":
        converted: Graph = graph.prism
        return converted
    families = {cls.__module__.partition(".")[0] for cls in type(graph).__mro__}
    if hasattr(graph, "is_multigraph") and hasattr(graph, "_adj"):
        return _prism.from_networkx(graph, False)
    if "scipy" in families and hasattr(graph, "tocsr"):
        return _from_matrix(graph, symmetrize)
    if "numpy" in families:
        return from_edges(graph)
    if "igraph" in families and hasattr(graph, "get_edgelist"):
        return _from_igraph(graph)
    if "rustworkx" in families or hasattr(graph, "weighted_edge_list"):
        return _from_rustworkx(graph)
    if isinstance(graph, Mapping):
        return _prism.from_neighbors(graph)
    hint = ""
    if isinstance(graph, (list, tuple, set)):
        hint = "; a list of edges is numpy.array(edges)"
    raise TypeError(f"expected {_KINDS}, not {type(graph).__name__}{hint}")


def from_edges(edges: Any, num_vertices: int | None = None) -> Graph:
    """A graph from an (m, 2) array of edges over the vertices 0 to num_vertices - 1."""
    import numpy

    if isinstance(edges, numpy.ma.MaskedArray):
        raise TypeError("expected an (m, 2) array of edges without a mask")
    edges = numpy.asarray(edges)
    if edges.ndim != 2 or edges.shape[1] != 2:
        hint = ""
        if edges.ndim == 2 and edges.shape[0] == edges.shape[1]:
            hint = "; an adjacency matrix is scipy.sparse.csr_array(matrix)"
        raise ValueError(f"expected an (m, 2) array of edges, not one of shape {edges.shape}{hint}")
    if edges.size == 0:
        # Without an element the type says nothing: numpy.empty((0, 2)) holds floats.
        edges = numpy.empty((0, 2), dtype=numpy.int64)
    if edges.dtype.kind not in "iu":
        raise TypeError(f"expected an array of integers, not of {edges.dtype}")
    if edges.dtype.kind == "u" and edges.dtype.itemsize == 8 and (edges >> 63).any():
        raise ValueError(f"an edge names vertex {edges.max()}, which is too large")
    return _prism.from_edges(numpy.ascontiguousarray(edges, dtype=numpy.int64), num_vertices)


def _from_matrix(matrix: Any, symmetrize: bool) -> Graph:
    """A graph from the entries of a square sparse matrix, explicit zeros included."""
    import numpy

    if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"the matrix has shape {matrix.shape}; the adjacency matrix of a graph is square. To compress the "
            "columns or rows of a Jacobian is another problem, which color_matrix is to solve in a later release"
        )
    # The columns of a symmetric matrix are its rows.
    if matrix.format not in ("csr", "csc"):
        matrix = matrix.tocsr()
    ends = numpy.asarray(matrix.indptr)
    columns = numpy.asarray(matrix.indices)
    for name, array in (("indptr", ends), ("indices", columns)):
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise TypeError(f"{name}: expected a vector of integers, not {array.dtype} of shape {array.shape}")
    if len(ends) != matrix.shape[0] + 1:
        raise ValueError(f"indptr has {len(ends)} entries for {matrix.shape[0]} rows; expected one more than rows")
    ends = numpy.ascontiguousarray(ends, dtype=numpy.int64)
    if columns.dtype.kind == "i" and columns.dtype.itemsize <= 4:
        return _prism.from_csr(ends, numpy.ascontiguousarray(columns, dtype=numpy.int32), symmetrize)
    return _prism.from_csr(ends, numpy.ascontiguousarray(columns, dtype=numpy.int64), symmetrize)


def _from_igraph(graph: Any) -> Graph:
    """A graph of igraph; its vertices are igraph's numbers."""
    import numpy

    if graph.is_directed():
        raise ValueError("the graph is directed, and a colouring is of undirected graphs; see as_undirected()")
    edges = numpy.array(graph.get_edgelist(), dtype=numpy.int64).reshape(-1, 2)
    return _prism.from_edges(edges, graph.vcount())


def _from_rustworkx(graph: Any) -> Graph:
    """A graph of rustworkx; its vertices are rustworkx's node indices, which may have gaps."""
    import numpy

    if hasattr(graph, "in_degree"):
        raise ValueError("the graph is directed, and a colouring is of undirected graphs; see to_undirected()")
    nodes = list(graph.node_indices())
    if nodes == list(range(len(nodes))):
        edges = numpy.array(graph.edge_list(), dtype=numpy.int64).reshape(-1, 2)
        return _prism.from_edges(edges, len(nodes))
    return _prism.from_neighbors({node: list(graph.neighbors(node)) for node in nodes})


def read(
    path: str | bytes | os.PathLike[Any],
    *,
    format: str | None = None,
    strict: bool = False,
    heading: bool | None = None,
    end_mark: bool | None = None,
    bipartite: bool = False,
) -> Graph:
    """Read a graph from a file.

    The format and the compression (gzip, zstd) are detected by content. What is odd about the file and did not
    keep it from being read is told as a `UserWarning`.

    Parameters
    ----------
    path : path
        The file.
    format : str, optional
        The format, where it cannot be detected: ``"dimacs"``, ``"metis"``, ``"mtx"``, ``"edge-list"`` and the
        others of ``prism color --format``.
    strict : bool
        Whether repeated edges, self-loops and what was not read as it was meant are errors.
    heading, end_mark : bool, optional
        Whether the first line of an edge list is a heading, and the last one a mark of its end.
    bipartite : bool
        Whether an edge list whose columns have no name in common is a graph although a heading stands above it.

    Returns
    -------
    Graph
        Its vertices are called as in the file: numbers from 1 in DIMACS files, names in edge lists with names.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is not a graph, or can be read in two ways.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "path.col")
    >>> with open(path, "w") as file:
    ...     _ = file.write("p edge 3 2\\ne 1 2\\ne 2 3\\n")
    >>> graph = read(path)
    >>> graph, list(graph.nodes)
    (<Graph with 3 vertices and 2 edges>, [1, 2, 3])
    """
    graph, notes = _prism.read(
        os.fsdecode(path), format=format, strict=strict, heading=heading, end_mark=end_mark, bipartite=bipartite
    )
    for note in notes:
        warnings.warn(f"{os.fsdecode(path)}: {note}", stacklevel=2)
    return graph


def generate(
    kind: str,
    *,
    seed: int = 1,
    complement: bool = False,
    permute: bool = False,
    force: bool = False,
    **parameters: float,
) -> Graph:
    """Make a graph by rule or by seed; the same on every machine and in every release.

    Parameters
    ----------
    kind : str
        ``"gnp"`` (with ``n``, ``p``), ``"geometric"`` (``n``, ``radius``), ``"flat"`` (``n``, ``parts``, ``p``),
        ``"leighton"`` (``n``, ``k``, ``edges``), ``"queens"`` (``rows``, ``columns``), ``"mycielski"`` (``k``),
        ``"grid3d"`` (``x``, ``y``, ``z``), ``"sudoku"`` (``order``) or ``"rmat"`` (``scale``, ``edge_factor``).
    seed : int
        The seed of all random choices.
    complement, permute : bool
        Whether to take the complement, and to number the vertices at random.
    force : bool
        Whether to make a graph that is estimated to take more than 8 GiB of memory.

    Returns
    -------
    Graph
        Its vertices are numbers from 0.

    Examples
    --------
    >>> generate("queens", rows=8)
    <Graph with 64 vertices and 728 edges>
    >>> generate("gnp", n=250, p=0.5, seed=1).num_vertices
    250
    """
    recipe = json.dumps({"kind": kind, **parameters}, default=_number)
    return _prism.generate(recipe, seed=seed, complemented=complement, permuted=permute, force=force)


def _number(value: Any) -> float:
    """A number of NumPy as one of Python."""
    return operator.index(value) if hasattr(value, "__index__") else float(value)
