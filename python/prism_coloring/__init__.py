"""PRISM colours graphs: few colours, soon, on the CPU and on NVIDIA GPUs.

>>> import prism_coloring as prism
>>> coloring = prism.color({"a": ["b", "c"], "b": ["c"], "c": ["d"], "d": []})
>>> coloring.num_colors, coloring.optimal
(3, True)
>>> prism.verify({"a": ["b"], "b": []}, {"a": 0, "b": 1})
2

A graph is a NetworkX, igraph or rustworkx graph, a SciPy sparse matrix or array, an ``(m, 2)`` NumPy array of
edges, the path of a file, a dict of neighbours, or a `Graph` of this package.

The package is also a backend of NetworkX: see `prism_coloring.networkx`.
"""

from ._bounds import Bounds, bounds
from ._coloring import ClassSizes, Coloring, Improvement
from ._graph import Graph, generate, read
from ._prism import NoColoringError, __version__
from ._solver import Solver, color
from ._verify import verify

__all__ = [
    "Bounds",
    "ClassSizes",
    "Coloring",
    "Graph",
    "Improvement",
    "NoColoringError",
    "Solver",
    "__version__",
    "bounds",
    "color",
    "generate",
    "read",
    "verify",
]
