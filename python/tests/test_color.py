"""Colourings: what is asked for, and what comes back."""

import inspect
import itertools
import json

import networkx as nx
import numpy as np
import prism_coloring as prism
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prism_coloring import _prism

QUICK = {"moves": 5_000, "threads": 1, "device": "cpu"}


def test_keywords_are_those_of_the_table_of_settings():
    table = {name: default for name, default, _ in _prism.settings()}
    for function in [prism.color, prism.Solver.__init__]:
        parameters = inspect.signature(function).parameters
        assert set(table) <= set(parameters)
        for name, default in table.items():
            given = parameters[name].default
            # None leaves the default of the table, and what it does not set is off.
            assert given is None or (given is False and default is None) or str(given) == default, name
    for name in table:
        assert f"    {name} : " in prism.color.__doc__
    assert set(inspect.signature(prism.Solver).parameters) | {"progress"} == set(
        inspect.signature(prism.color).parameters
    )


def test_settings_reach_the_solver():
    asked = {
        "target": 12,
        "balance": False,
        "time_limit": 60.5,
        "moves": np.int64(4000),
        "seed": 2**64 - 1,
        "threads": 2,
        "device": "cpu",
        "method": "tabucol",
        "phases": ["whcr", "quantum"],
        "overlap_steps": False,
    }
    report = prism.color(prism.generate("gnp", n=60, p=0.5), **asked).report()
    assert report["target_colors"] == 12 and report["time_limit_seconds"] == 60.5
    assert (report["move_limit"], report["seed"], report["threads"]) == (4000, 2**64 - 1, 2)
    assert (report["device"], report["method"]) == ("cpu", "tabucol")
    assert report["phases"] == ["whcr", "quantum"] and report["overlap_steps"] is False
    assert report["version"] == prism.__version__
    for text, seconds in [("500ms", 0.5), ("5m", 300.0), (1e-5, 1e-5), (2, 2.0)]:
        assert prism.color({}, time_limit=text).report()["time_limit_seconds"] == seconds


@pytest.mark.parametrize(
    "keyword, value, error, told",
    [
        ("target", 0, ValueError, "target: expected a whole number, at least 1"),
        ("target", 2.0, TypeError, "target: expected an integer, not float"),
        ("target", True, TypeError, "target: expected an integer, not bool"),
        ("time_limit", -1, ValueError, "time_limit: expected a time"),
        ("time_limit", float("nan"), ValueError, "time_limit: expected a time"),
        ("time_limit", float("inf"), ValueError, "time_limit: expected a time"),
        ("time_limit", "5 days", ValueError, "unknown unit"),
        ("time_limit", [], TypeError, "time_limit: expected a number of seconds, not list"),
        ("moves", -1, ValueError, "moves: expected a whole number, at least 0"),
        ("moves", 2**64, ValueError, "moves: expected a whole number below 2\\^64"),
        ("seed", 1.5, TypeError, "seed: expected an integer, not float"),
        ("threads", 0, ValueError, "threads: expected a number, at least 1"),
        ("device", "tpu", ValueError, "device: expected auto, cpu or cuda:N"),
        ("device", 0, TypeError, "device: expected a string, not int"),
        ("method", "brelaz", ValueError, "method: expected one of portfolio.*dsatur"),
        ("phases", ["tabucol"], ValueError, "phases: expected one of"),
        ("phases", 3, TypeError, "phases: expected a list of strings, not int"),
        ("overlap_steps", "yes", TypeError, "overlap_steps: expected True or False, not str"),
        ("equitable", 1, TypeError, "equitable: expected True or False, not int"),
        ("max_class_size", 0, ValueError, "max_class_size: expected a whole number, at least 1"),
        ("max_class_size", True, TypeError, "max_class_size: expected an integer, not bool"),
        ("exact_colors", 0, ValueError, "exact_colors: expected a whole number, at least 1"),
    ],
)
def test_values_without_sense(keyword, value, error, told):
    with pytest.raises(error, match=told):
        prism.color({0: []}, **{keyword: value})


def test_the_same_seed_gives_the_same_colouring():
    graph = nx.gnp_random_graph(200, 0.5, seed=1)
    runs = [prism.color(graph, seed=seed, **QUICK).colors.tolist() for seed in (5, 5, 6)]
    assert runs[0] == runs[1] != runs[2]


def test_what_a_colouring_knows():
    graph = nx.relabel_nodes(nx.gnp_random_graph(80, 0.5, seed=1), {v: f"n{v}" for v in range(80)})
    coloring = prism.color(graph, **QUICK)
    colors = coloring.colors
    assert colors.dtype == np.int32 and not colors.flags.writeable and colors is coloring.colors
    assert coloring.to_dict() == dict(zip(graph, colors.tolist()))
    assert coloring.num_colors == len(set(colors.tolist()))
    assert 2 < coloring.lower_bound <= coloring.num_colors
    assert coloring.optimal == (coloring.lower_bound == coloring.num_colors)
    classes = coloring.classes()
    assert sorted(node for nodes in classes.values() for node in nodes) == sorted(graph)
    assert all(coloring.to_dict()[node] == color for color, nodes in classes.items() for node in nodes)
    assert all(graph.has_edge(u, v) for u, v in itertools.combinations(coloring.clique, 2))
    history = coloring.history
    assert history[-1].colors == coloring.num_colors
    assert [entry.colors for entry in history] == sorted({entry.colors for entry in history}, reverse=True)
    assert all(entry.engine and entry.seconds >= 0 for entry in history)
    assert len(coloring) == 80 and list(coloring.nodes) == list(graph)
    assert coloring.status == "move_limit" and coloring.moves >= 5000 and coloring.seconds > 0
    assert str(coloring.num_colors) in repr(coloring)
    html = coloring._repr_html_()
    assert html.count("<rect") == coloring.num_colors and "80 nodes" in html
    report = json.loads(json.dumps(coloring.report()))
    assert report["num_colors"] == coloring.num_colors and report["engines"]


def test_a_plot_of_class_sizes():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    coloring = prism.color(nx.star_graph(4))
    axes = coloring.plot()
    assert sorted(bar.get_height() for bar in axes.patches) == [1, 4]
    assert coloring.plot(axes) is axes


def test_given_colours():
    path = nx.path_graph(["a", "b", "c"])
    coloring = prism.color(path, precolored={"a": 7, "c": np.int64(9)})
    assert (coloring.to_dict()["a"], coloring.to_dict()["c"], coloring.num_colors) == (7, 9, 3)
    for precolored, error, told in [
        ({"z": 1}, ValueError, "'z' is no vertex of the graph"),
        ({"a": -1}, ValueError, "vertex 'a': expected a colour from 0 to 65534, not -1"),
        ({"a": 65535}, ValueError, "vertex 'a': expected a colour from 0 to 65534, not 65535"),
        ({"a": 1.0}, TypeError, "vertex 'a': expected a colour, an integer, not float"),
        ({"a": None}, TypeError, "vertex 'a': expected a colour, an integer, not NoneType"),
    ]:
        with pytest.raises(error, match=told):
            prism.color(path, precolored=precolored)
    with pytest.raises(prism.NoColoringError, match="adjacent vertices 'a' and 'b' are both precoloured 2") as caught:
        prism.color(path, precolored={"a": 2, "b": 2})
    assert caught.value.proved is True


def test_lists_of_allowed_colours():
    path = nx.path_graph(["a", "b", "c"])
    coloring = prism.color(path, allowed={"a": [4], "b": (4, 7), "c": {9}})
    assert coloring.to_dict() == {"a": 4, "b": 7, "c": 9} and coloring.optimal
    with pytest.raises(prism.NoColoringError, match="the neighbours of vertex 'b' leave it no colour") as caught:
        prism.color(path, allowed={"a": [4], "b": [4, 7], "c": [7]})
    assert caught.value.proved is True and isinstance(caught.value, ValueError)
    with pytest.raises(ValueError, match="'z' is no vertex"):
        prism.color(path, allowed={"z": [1]})
    with pytest.raises(TypeError):
        prism.color(path, allowed={"a": 3})


def sizes_of(coloring):
    return sorted(len(nodes) for nodes in coloring.classes().values())


def test_equitable_and_bounded_colourings():
    star = nx.star_graph(9)
    coloring = prism.color(star, equitable=True)
    assert sizes_of(coloring) == [1, 1, 2, 2, 2, 2] and coloring.optimal
    assert coloring.class_sizes == prism.ClassSizes(1, 2, 2.0, 2, 2.0)
    assert coloring.report()["equitable"] is True
    assert coloring.report()["class_sizes"]["ratio"] == 2.0
    for most in [1, 2, 4, 9, 20]:
        coloring = prism.color(star, max_class_size=most)
        assert max(sizes_of(coloring)) <= most and coloring.optimal
        assert coloring.num_colors == 1 + -(-9 // most)
    graph = nx.gnp_random_graph(60, 0.3, seed=1)
    both = prism.color(graph, equitable=True, max_class_size=6, **QUICK)
    assert max(sizes_of(both)) - min(sizes_of(both)) <= 1 and max(sizes_of(both)) <= 6
    exact = prism.color(graph, exact_colors=17, precolored={0: 40}, **QUICK)
    assert exact.num_colors == 17 and exact.to_dict()[0] == 40
    assert [entry.colors for entry in exact.history] == [17]
    assert prism.color({}, equitable=True).class_sizes is None


def test_balanced_colourings():
    # Four nodes that share a colour with no other, and three others: the ratio of 4 is the best.
    edges = [(u, v) for u in "abcd" for v in "xyz"] + [("x", "y"), ("x", "z")]
    coloring = prism.color(nx.Graph(edges), balance=True)
    assert sizes_of(coloring) == [1, 2, 4] and coloring.optimal
    sizes = coloring.class_sizes
    assert (sizes.ratio, sizes.ratio_bound, sizes.largest_bound) == (4.0, 4.0, 4)
    grid = nx.grid_graph([6, 7])
    grid.add_nodes_from(range(5))
    assert sizes_of(prism.color(grid, balance=True)) == [23, 24]


def test_sizes_that_cannot_be_had():
    bipartite = nx.complete_bipartite_graph(3, 3)
    assert prism.color(bipartite, equitable=True, exact_colors=2).num_colors == 2
    with pytest.raises(prism.NoColoringError) as caught:
        prism.color(bipartite, equitable=True, exact_colors=3)
    assert caught.value.proved is True
    with pytest.raises(prism.NoColoringError) as caught:
        prism.color(prism.generate("gnp", n=125, p=0.5), exact_colors=15, **QUICK)
    assert caught.value.proved is False
    with pytest.raises(prism.NoColoringError, match="3 vertices are precoloured 1, and a class may have 2"):
        prism.color(nx.empty_graph(3), max_class_size=2, precolored=dict.fromkeys(range(3), 1))
    for keywords, told in [
        ({"allowed": {0: [1]}}, "lists of allowed colours"),
        ({"method": "dsatur"}, "dsatur does not heed the sizes of classes"),
        ({"exact_colors": 2, "target": 2}, "exactly 2 colours are asked for, and a target of 2"),
    ]:
        with pytest.raises(ValueError, match=told):
            prism.color(nx.path_graph(3), balance=True, **keywords)
    with pytest.raises(ValueError, match="no steps"):
        prism.Solver(nx.path_graph(3), equitable=True).step(10)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.lists(st.booleans(), min_size=21, max_size=21))
def test_small_graphs_get_the_fewest_equal_classes(n, present):
    graph = nx.empty_graph(n)
    graph.add_edges_from(itertools.compress(itertools.combinations(range(n), 2), present))

    def counts(k):
        for colors in itertools.product(range(k), repeat=n):
            if all(colors[u] != colors[v] for u, v in graph.edges):
                sizes = [colors.count(color) for color in range(k)]
                if max(sizes) - min(sizes) <= 1:
                    return True
        return False

    coloring = prism.color(graph, equitable=True, device="cpu")
    least = next(k for k in range(1, n + 1) if counts(k))
    assert (coloring.num_colors, coloring.lower_bound) == (least, least)
    assert prism.verify(graph, coloring, equitable=True) == least


def test_improvements_within_sizes():
    graph = nx.gnp_random_graph(80, 0.4, seed=3)
    found = list(prism.Solver(graph, max_class_size=7, balance=True, moves=100_000, threads=1, device="cpu"))
    assert all(max(sizes_of(coloring)) <= 7 for coloring in found)
    counts = [coloring.num_colors for coloring in found]
    assert counts == sorted(counts, reverse=True)


def test_a_start():
    graph = nx.gnp_random_graph(60, 0.5, seed=1)
    start = prism.color(graph, method="natural")
    for form in [start, start.to_dict(), start.colors, start.colors.tolist()]:
        coloring = prism.color(graph, warm_start=form, moves=0, threads=1, device="cpu")
        assert coloring.num_colors <= start.num_colors
        assert coloring.history[0].engine == "warm start"
    path = nx.path_graph(["a", "b"])
    for wrong, told in [
        ({"a": 1, "b": 1}, "vertices 'a' and 'b' are adjacent and both have colour 1"),
        ({"a": 1}, "vertex 'b' has no colour"),
        ([1], "1 colours for 2 vertices"),
        ([1, 2, 3], "3 colours for 2 vertices"),
    ]:
        with pytest.raises(ValueError, match=told):
            prism.color(path, warm_start=wrong)
    with pytest.raises(TypeError):
        prism.color(path, warm_start=np.array([0.0, 1.0]))


def test_a_target():
    graph = prism.generate("queens", rows=8)
    coloring = prism.color(graph, target=10, device="cpu")
    assert coloring.num_colors <= 10 and coloring.status == "target_reached"
    coloring = prism.color(graph, target=3, device="cpu")
    assert coloring.status == "target_infeasible" and coloring.lower_bound >= 8


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 7), st.lists(st.booleans(), min_size=21, max_size=21))
def test_small_graphs_get_their_chromatic_number(n, present):
    graph = nx.empty_graph(n)
    graph.add_edges_from(itertools.compress(itertools.combinations(range(n), 2), present))
    least = next(
        k
        for k in range(n + 1)
        if any(
            all(colors[u] != colors[v] for u, v in graph.edges) for colors in itertools.product(range(k), repeat=n)
        )
    )
    coloring = prism.color(graph, device="cpu")
    assert (coloring.num_colors, coloring.lower_bound) == (least, least)
    found = prism.bounds(graph)
    assert found.lower <= least <= found.upper


def test_bounds():
    wheel = nx.wheel_graph(["hub", *"abcde"])
    found = prism.bounds(wheel)
    assert (found.lower, found.upper, found.chromatic_number) == (4, 4, 4)
    assert found.proof == "exhaustive search" or set(found.witness) <= set(wheel)
    assert len(found.clique) == 3 and set(found.clique) <= set(wheel)
    short = prism.bounds(prism.generate("gnp", n=100, p=0.5), time_limit=0.05)
    assert short.lower <= short.upper
    with pytest.raises(ValueError, match="time_limit"):
        prism.bounds(wheel, time_limit=-1.0)


def test_verify():
    path = nx.path_graph(["a", "b", "c"])
    assert prism.verify(path, {"a": 5, "b": 9, "c": 5}) == 2
    assert prism.verify(path, np.array([5, 9, 5], dtype=np.uint8)) == 2
    with pytest.raises(ValueError, match="vertices 'b' and 'c' are adjacent and both have colour 9"):
        prism.verify(path, {"a": 5, "b": 9, "c": 9})
    with pytest.raises(ValueError, match="vertex 'c' has no colour"):
        prism.verify(path, {"a": 5, "b": 9})
    with pytest.raises(ValueError, match="2 colours for 3 vertices"):
        prism.verify(path, prism.color({0: [1], 1: []}))
    assert prism.verify(path, [0, 1, 0], equitable=True, max_class_size=2) == 2
    star = nx.star_graph(3)
    with pytest.raises(ValueError, match="colour 1 has 3 vertices and colour 0 has 1 vertex"):
        prism.verify(star, [0, 1, 1, 1], equitable=True)
    with pytest.raises(ValueError, match="colour 1 has 3 vertices .*, and a class may have 2"):
        prism.verify(star, [0, 1, 1, 1], max_class_size=2)
