"""A colouring that was found, for people to look at."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ._prism import Found, Graph

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

__all__ = ["ClassSizes", "Coloring", "Improvement"]


class Improvement(NamedTuple):
    """A better colouring, in the history of a run.

    Examples
    --------
    >>> import prism_coloring as prism
    >>> prism.color({0: [1], 1: []}).history[-1].colors
    2
    """

    colors: int
    """Number of colours reached."""
    seconds: float
    """Seconds since the start."""
    moves: int
    """Moves since the start, all threads together."""
    engine: str
    """The engine that found it."""


class ClassSizes(NamedTuple):
    """How even the classes of a colouring are, and how even they can be at best.

    Examples
    --------
    >>> import prism_coloring as prism
    >>> star = {"hub": ["a", "b", "c"], "a": [], "b": [], "c": []}
    >>> sizes = prism.color(star, balance=True).class_sizes
    >>> sizes.smallest, sizes.largest, sizes.ratio
    (1, 3, 3.0)
    >>> sizes.ratio == sizes.ratio_bound
    True
    """

    smallest: int
    """Nodes of the smallest class."""
    largest: int
    """Nodes of the largest class."""
    ratio: float
    """The second over the first."""
    largest_bound: int
    """No colouring with as many colours has a smaller largest class."""
    ratio_bound: float
    """None has a smaller ratio."""


class Coloring:
    """A proper colouring, and what is known of it.

    Made by `prism_coloring.color` and `prism_coloring.Solver`; every one was verified against the graph.

    Examples
    --------
    >>> import prism_coloring as prism
    >>> coloring = prism.color({"a": ["b"], "b": ["c"], "c": []})
    >>> coloring
    <Coloring with 2 colours, optimal>
    >>> coloring.to_dict()
    {'a': 0, 'b': 1, 'c': 0}
    >>> coloring.classes()
    {0: ['a', 'c'], 1: ['b']}
    >>> coloring.colors.tolist()
    [0, 1, 0]
    """

    __slots__ = ("_colors", "_found")

    def __init__(self, found: Found) -> None:
        self._found = found
        self._colors: NDArray[numpy.int32] | None = None

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self._found.graph

    @property
    def nodes(self) -> Sequence[Hashable]:
        """The nodes, in the order of `colors`."""
        return self._found.graph.nodes

    @property
    def colors(self) -> NDArray[numpy.int32]:
        """The colour of each node, in the order of `nodes`; a read-only array."""
        if self._colors is None:
            import numpy  # noqa: F401  The extension needs it, and says less well that it is missing.

            self._colors = self._found.colors()
            self._colors.flags.writeable = False
        return self._colors

    @property
    def num_colors(self) -> int:
        """The number of different colours in use."""
        return self._found.num_colors

    @property
    def lower_bound(self) -> int:
        """No colouring of the graph, within what was given and with classes as asked for, has fewer colours."""
        return self._found.lower_bound

    @property
    def optimal(self) -> bool:
        """Whether `num_colors` is proved to be the least possible."""
        return self._found.optimal

    @property
    def class_sizes(self) -> ClassSizes | None:
        """The sizes of the classes, and bounds on them; None without nodes."""
        sizes = self._found.sizes
        return None if sizes is None else ClassSizes(*sizes)

    @property
    def status(self) -> str:
        """Why the run ended, as in the report of ``prism color --json``; ``"running"`` before its end."""
        return self._found.status

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of the solver."""
        return self._found.seconds

    @property
    def moves(self) -> int:
        """Moves of the search, all threads together."""
        return self._found.moves

    @property
    def clique(self) -> list[Hashable]:
        """The nodes of a clique of the graph, which proves the lower bound if it is as large."""
        return self._found.clique

    @property
    def history(self) -> list[Improvement]:
        """Each better colouring until this one, in order."""
        return [Improvement(*entry) for entry in self._found.history]

    def to_dict(self) -> dict[Hashable, int]:
        """The colour of each node, by node."""
        return self._found.to_dict()

    def classes(self) -> dict[int, list[Hashable]]:
        """The nodes of each colour, by colour."""
        return self._found.classes()

    def report(self) -> dict[str, Any]:
        """The report of the run: the keys of ``prism color --json``, without those of the file and the colours."""
        report: dict[str, Any] = json.loads(self._found.report())
        return report

    def plot(self, ax: Any = None) -> Any:
        """Draw the sizes of the classes with matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current axes by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.gca()
        sizes = self._found.class_sizes()
        ax.bar([color for color, _ in sizes], [size for _, size in sizes])
        ax.set_xlabel("colour")
        ax.set_ylabel("nodes")
        ax.set_title(self._summary())
        return ax

    def _summary(self) -> str:
        count = "1 colour" if self.num_colors == 1 else f"{self.num_colors} colours"
        if self.optimal:
            return f"{count}, optimal"
        return f"{count}, lower bound {self.lower_bound}"

    def __len__(self) -> int:
        return self._found.graph.num_vertices

    def __repr__(self) -> str:
        return f"<Coloring with {self._summary()}>"

    def _repr_html_(self) -> str:
        """The sizes of the classes as bars, and the figures."""
        sizes = [size for _, size in self._found.class_sizes()]
        most, height = max(sizes, default=1), 60
        shown = sizes[:200]
        width = max(2, 300 // max(1, len(shown)))
        bars = "".join(
            f'<rect x="{i * width}" y="{height - height * size / most:.1f}" width="{max(1, width - 1)}" '
            f'height="{height * size / most:.1f}" fill="#4477aa"><title>{size}</title></rect>'
            for i, size in enumerate(shown)
        )
        graph = self._found.graph
        figures = (
            f"{self._summary()}; {graph.num_vertices} nodes, {graph.num_edges} edges; "
            f"{self.moves} moves in {self.seconds:.3g} s ({self.status})"
        )
        return (
            f'<div><svg width="{len(shown) * width}" height="{height}" role="img" '
            f'aria-label="sizes of the colour classes">{bars}</svg><div>{figures}</div></div>'
        )
