"""The solver: one call, or step by step."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from . import _prism
from ._coloring import Coloring
from ._graph import as_graph
from ._verify import colors_of

__all__ = ["Solver", "color"]

# Waiting is interrupted by news and by signals; this is how often a progress bar is drawn.
_REDRAW = 0.1


class Solver:
    """Colours one graph, in steps or as a whole.

    It searches on threads of its own and without the GIL. `run` and the iterator go on until the goal is reached
    or a limit ends them; `stop` ends them from any thread; the best colouring so far is always `best`, also
    after Ctrl-C.

    Parameters
    ----------
    graph : graph
        As for `prism_coloring.color`, and so are the keywords.

    Examples
    --------
    Each better colouring as it is found:

    >>> import prism_coloring as prism
    >>> solver = prism.Solver(prism.generate("queens", rows=6), moves=100_000)
    >>> counts = [coloring.num_colors for coloring in solver]
    >>> counts == sorted(counts, reverse=True), solver.best.num_colors
    (True, 7)

    Step by step:

    >>> solver = prism.Solver(prism.generate("gnp", n=125, p=0.5))
    >>> solver.step(10_000)
    'running'
    >>> solver.best.num_colors >= solver.lower_bound
    True
    """

    def __init__(
        self,
        graph: Any,
        *,
        target: int | None = None,
        exact_colors: int | None = None,
        equitable: bool = False,
        max_class_size: int | None = None,
        balance: bool = False,
        time_limit: float | str | None = None,
        moves: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        device: str = "auto",
        method: str | None = None,
        phases: Iterable[str] | None = None,
        overlap_steps: bool | None = None,
        precolored: Mapping[Hashable, int] | None = None,
        allowed: Mapping[Hashable, Iterable[int]] | None = None,
        warm_start: Any = None,
        symmetrize: bool = False,
    ) -> None:
        keywords = {
            "target": target,
            "exact_colors": exact_colors,
            "equitable": equitable,
            "max_class_size": max_class_size,
            "balance": balance,
            "time_limit": time_limit,
            "moves": moves,
            "seed": seed,
            "threads": threads,
            "device": device,
            "method": method,
            "phases": phases,
            "overlap_steps": overlap_steps,
        }
        self._core = _prism.Solver(
            as_graph(graph, symmetrize=symmetrize),
            keywords,
            None if precolored is None else dict(precolored),
            None if allowed is None else dict(allowed),
            None if warm_start is None else colors_of(warm_start),
        )

    def step(self, moves: int) -> str:
        """Go on for up to `moves` more moves, all threads together.

        The first step also makes the first colouring. Searches within lists of allowed colours, for classes of
        certain sizes or for exactly as many colours have no steps.

        Returns
        -------
        str
            ``"running"`` when there is more to do, or why the run has ended.
        """
        self._work(moves)
        return self._core.status

    def run(self, *, progress: bool = False) -> Coloring:
        """Run to the end.

        Parameters
        ----------
        progress : bool
            Whether to show a bar, where tqdm is installed.

        Raises
        ------
        NoColoringError
            No colouring was found within the given colours and lists, or with classes as asked for.
        KeyboardInterrupt
            After Ctrl-C; `best` has the best colouring so far.
        """
        if self._core.status == "running":
            self._work(None, _bar() if progress else None)
        return Coloring(self._core.result())

    def __iter__(self) -> Iterator[Coloring]:
        """Run to the end, and yield each better colouring as it is found.

        The search goes on while the caller looks at them, and stops when the caller leaves the loop.
        """
        core = self._core
        try:
            core.start(None, True)
            done = False
            while True:
                found = core.take()
                if found is not None:
                    yield Coloring(found)
                elif done:
                    break
                else:
                    done = core.wait(_REDRAW, True)
        except BaseException:
            self._stop_and_wait()
            raise
        core.result()

    def stop(self) -> None:
        """Stop for good, from any thread; what was found is kept."""
        self._core.stop()

    @property
    def best(self) -> Coloring | None:
        """The best colouring so far, verified; None before there is one."""
        found = self._core.best
        return None if found is None else Coloring(found)

    @property
    def status(self) -> str:
        """``"running"``, or why the run has ended."""
        return self._core.status

    @property
    def lower_bound(self) -> int:
        """No colouring has fewer colours, as far as is known by now."""
        return self._core.progress()[1]

    @property
    def moves(self) -> int:
        """Moves made so far, all threads together."""
        return self._core.progress()[2]

    def __repr__(self) -> str:
        best, bound, moves, _ = self._core.progress()
        return f"<Solver: {self.status}, colours {best}, lower bound {bound}, {moves} moves>"

    def _work(self, moves: int | None, bar: Any = None) -> None:
        core = self._core
        try:
            core.start(moves, False)
            while not core.wait(_REDRAW, False):
                if bar is not None:
                    _draw(bar, core)
        except BaseException:
            self._stop_and_wait()
            raise
        finally:
            if bar is not None:
                _draw(bar, core)
                bar.close()

    def _stop_and_wait(self) -> None:
        self._core.stop()
        while not self._core.wait(1.0, False):
            pass


def color(
    graph: Any,
    *,
    target: int | None = None,
    exact_colors: int | None = None,
    equitable: bool = False,
    max_class_size: int | None = None,
    balance: bool = False,
    time_limit: float | str | None = None,
    moves: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    device: str = "auto",
    method: str | None = None,
    phases: Iterable[str] | None = None,
    overlap_steps: bool | None = None,
    precolored: Mapping[Hashable, int] | None = None,
    allowed: Mapping[Hashable, Iterable[int]] | None = None,
    warm_start: Any = None,
    symmetrize: bool = False,
    progress: bool = False,
) -> Coloring:
    """Colour a graph with as few colours as possible.

    Without a limit it ends when the colouring is proved optimal or 50 million moves are spent. With a seed, a
    number of threads and `moves` (and without `time_limit`) the result is the same on every machine.

    Parameters
    ----------
    graph : graph
        A NetworkX, igraph or rustworkx graph; a SciPy sparse matrix or array; an ``(m, 2)`` NumPy array of edges
        over the vertices 0, 1, ...; the path of a file; a dict of neighbours; or a `Graph`. Directed graphs are
        refused. Self-loops and repeated edges are left out. The rows of a symmetric CSR matrix that are sorted,
        without the diagonal and without repeated entries, are read where they are, and must not be changed
        until the call returns (or while a `Solver`, a `Coloring` or a `Graph` of them is in use).
    target : int, optional
        Stop as soon as a colouring has at most this many colours.
    exact_colors : int, optional
        Use exactly this many colours.
    equitable : bool
        Whether the sizes of the classes may differ by at most one.
    max_class_size : int, optional
        The most nodes that may have the same colour.
    balance : bool
        Whether, with as few colours as are found, the largest class is made as small as possible, and then the
        variance of the sizes. `Coloring.class_sizes` says whether the ratio is the best possible.
    time_limit : float or str, optional
        Stop after this time: seconds, or a text like ``"500ms"`` or ``"5m"``.
    moves : int, optional
        Stop after this many moves, all threads together.
    seed : int
        The seed of all random choices.
    threads : int, optional
        Threads that search; one a core by default.
    device : str
        ``"cpu"``; ``"cuda:0"`` for a GPU that is opened at once; ``"auto"`` for the first GPU, if there is one and
        the search takes longer than a moment.
    method : str, optional
        One engine alone, to compare engines: see ``prism color --method``.
    phases : iterable of str, optional
        The engines that search on the GPU.
    overlap_steps : bool, optional
        Whether upload, kernel and download of successive steps on the GPU overlap.
    precolored : dict, optional
        Nodes whose colour is given.
    allowed : dict, optional
        Nodes and the colours that they may have. What is minimised is the number of different colours in use.
    warm_start : Coloring, dict or sequence, optional
        A proper colouring to start from.
    symmetrize : bool
        Whether to colour the graph of ``A + A.T`` for a matrix that is not symmetric; otherwise it is an error.
    progress : bool
        Whether to show a bar, where tqdm is installed.

    Returns
    -------
    Coloring

    Raises
    ------
    ValueError, TypeError
        For what is no graph and for values without sense; vertices are named.
    OSError
        A file cannot be read.
    NoColoringError
        No colouring was found within the given colours and lists, or with classes as asked for; ``proved`` says
        whether there is none. It is a `ValueError`.
    KeyboardInterrupt
        After Ctrl-C. Its attribute ``solver`` is the `Solver`, which has the best colouring so far.

    Examples
    --------
    >>> import prism_coloring as prism
    >>> prism.color({"a": ["b", "c"], "b": ["c"], "c": []})
    <Coloring with 3 colours, optimal>
    >>> import numpy
    >>> edges = numpy.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    >>> prism.color(edges, precolored={0: 4}).colors.tolist()
    [4, 0, 4, 0]
    >>> star = {"hub": ["a", "b", "c", "d"], "a": [], "b": [], "c": [], "d": []}
    >>> prism.color(star, equitable=True)
    <Coloring with 3 colours, optimal>
    >>> len(prism.color(star, max_class_size=3).classes())
    3
    """
    solver = Solver(
        graph,
        target=target,
        exact_colors=exact_colors,
        equitable=equitable,
        max_class_size=max_class_size,
        balance=balance,
        time_limit=time_limit,
        moves=moves,
        seed=seed,
        threads=threads,
        device=device,
        method=method,
        phases=phases,
        overlap_steps=overlap_steps,
        precolored=precolored,
        allowed=allowed,
        warm_start=warm_start,
        symmetrize=symmetrize,
    )
    try:
        return solver.run(progress=progress)
    except KeyboardInterrupt as interrupt:
        interrupt.solver = solver  # type: ignore[attr-defined]
        raise


def _bar() -> Any:
    """A progress bar, where tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(unit=" moves", unit_scale=True, desc="colouring")


def _draw(bar: Any, core: _prism.Solver) -> None:
    best, bound, moves, _ = core.progress()
    bar.update(moves - bar.n)
    bar.set_postfix_str(f"{best} colours, lower bound {bound}")
