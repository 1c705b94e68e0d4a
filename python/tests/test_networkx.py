"""The backend of NetworkX."""

import os
import random
import subprocess
import sys
import textwrap

import hypothesis.strategies as st
import networkx as nx
import pytest
from hypothesis import given, settings
from test_graphs import odd_graphs

SAME = [
    ("largest_first", False),
    ("largest_first", True),
    ("connected_sequential", False),
    ("connected_sequential", True),
    ("connected_sequential_bfs", False),
    ("connected_sequential_bfs", True),
    ("connected_sequential_dfs", False),
    ("connected_sequential_dfs", True),
    ("saturation_largest_first", False),
    ("DSATUR", False),
]
OTHERS = [
    ("random_sequential", False),
    ("random_sequential", True),
    ("smallest_last", False),
    ("smallest_last", True),
    ("independent_set", False),
]
nx.config.warnings_to_ignore.add("cache")


def is_proper(graph, colors):
    return set(colors) == set(graph) and all(colors[u] != colors[v] for u, v in nx.Graph(graph).edges if u != v)


@st.composite
def graphs(draw):
    """Simple graphs and multigraphs, with edges added in any order and direction, some with loops."""
    n = draw(st.integers(0, 14))
    nodes = draw(st.permutations([f"n{v}" if v % 3 else v for v in range(n)]))
    graph = draw(st.sampled_from([nx.Graph, nx.MultiGraph]))()
    graph.add_nodes_from(nodes)
    if nodes:
        ends = st.sampled_from(nodes)
        graph.add_edges_from(draw(st.lists(st.tuples(ends, ends), max_size=50)))
    return graph


def agree(graph, strategy, interchange):
    ours = nx.greedy_color(graph, strategy, interchange, backend="prism")
    theirs = nx.greedy_color(graph, strategy, interchange, backend="networkx")
    assert list(ours.items()) == list(theirs.items()), (strategy, interchange)


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_the_same_dict(graph):
    for strategy, interchange in SAME:
        agree(graph, strategy, interchange)


@settings(max_examples=100, deadline=None)
@given(odd_graphs())
def test_the_same_dict_for_odd_nodes(graph):
    for strategy, interchange in SAME:
        agree(graph, strategy, interchange)


def test_the_same_dict_for_larger_graphs():
    for seed, p in enumerate([0.02, 0.1, 0.3, 0.5, 0.9]):
        graph = nx.gnp_random_graph(120, p, seed=seed)
        for strategy, interchange in SAME:
            agree(graph, strategy, interchange)
    graph = nx.disjoint_union_all([nx.gnp_random_graph(9, 0.3, seed=seed) for seed in range(60)])
    for strategy, interchange in SAME:
        agree(nx.relabel_nodes(graph, {v: (v * 7919) % 10007 for v in graph}), strategy, interchange)


@pytest.mark.parametrize("hash_seed", ["0", "1", "12345"])
def test_strings_under_several_hash_seeds(hash_seed):
    program = """
        import random
        import networkx as nx
        for seed in range(30):
            chance = random.Random(seed)
            graph = nx.gnp_random_graph(chance.randint(1, 60), chance.choice([0.02, 0.1, 0.5]), seed=seed)
            graph = nx.relabel_nodes(graph, {v: f"node {v}" for v in graph})
            for strategy in ["connected_sequential_bfs", "connected_sequential_dfs", "largest_first", "DSATUR"]:
                for interchange in [False, True][: 1 if strategy == "DSATUR" else 2]:
                    theirs = nx.greedy_color(graph, strategy, interchange)
                    ours = nx.greedy_color(graph, strategy, interchange, backend="prism")
                    assert list(ours.items()) == list(theirs.items()), (seed, strategy, interchange)
        print("equal")
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "equal\n", done.stderr


@pytest.mark.parametrize("strategy, interchange", OTHERS)
def test_no_more_colours_on_average(strategy, interchange):
    random.seed(1)
    ours = theirs = 0
    for seed in range(100):
        graph = nx.gnp_random_graph(60, 0.05 + 0.9 * seed / 100, seed=seed)
        colors = nx.greedy_color(graph, strategy, interchange, backend="prism")
        assert is_proper(graph, colors)
        ours += len(set(colors.values()))
        theirs += len(set(nx.greedy_color(graph, strategy, interchange, backend="networkx").values()))
    assert ours <= theirs


@settings(max_examples=100, deadline=None)
@given(odd_graphs())
def test_the_other_strategies_are_proper(graph):
    for strategy, interchange in OTHERS:
        assert is_proper(graph, nx.greedy_color(graph, strategy, interchange, backend="prism"))


def test_errors_are_those_of_networkx():
    graph = nx.cycle_graph(5)
    for strategy in ["independent_set", "saturation_largest_first", "DSATUR"]:
        messages = []
        for backend in ["networkx", "prism"]:
            with pytest.raises(nx.NetworkXPointlessConcept) as caught:
                nx.greedy_color(graph, strategy, interchange=True, backend=backend)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
    messages = []
    for backend in ["networkx", "prism"]:
        with pytest.raises(nx.NetworkXError) as caught:
            nx.greedy_color(graph, "nothing", backend=backend)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    with pytest.raises(TypeError, match="unhashable"):
        nx.greedy_color(graph, [], backend="prism")
    assert nx.greedy_color(nx.Graph(), "nothing", backend="prism") == {}


def test_keywords_go_through():
    graph = nx.gnp_random_graph(60, 0.5, seed=1)
    first = nx.greedy_color(graph, backend="prism")
    better = nx.greedy_color(graph, backend="prism", moves=50_000, threads=1, device="cpu", seed=2)
    assert is_proper(graph, better) and len(set(better.values())) < len(set(first.values()))
    assert nx.greedy_color(graph, backend="prism", time_limit="50ms", device="cpu").keys() == better.keys()
    k = len(set(better.values()))
    reached = nx.greedy_color(graph, backend="prism", target=k, moves=500_000, threads=1, device="cpu", seed=2)
    assert len(set(reached.values())) <= k
    one, two = (nx.greedy_color(graph, "random_sequential", backend="prism", seed=seed) for seed in (1, 2))
    assert one != two
    with pytest.raises(TypeError):
        nx.greedy_color(graph, backend="prism", speed=1)


def test_priority_is_all_that_a_user_sets():
    ran = []

    def count(graph, colors):
        ran.append(1)
        return list(graph)

    graph = nx.gnp_random_graph(30, 0.3, seed=1)
    directed = nx.DiGraph(graph)
    expected = [
        nx.greedy_color(graph, backend="networkx"),
        nx.greedy_color(directed, backend="networkx"),
    ]
    with nx.config(backend_priority=["prism"]):
        assert nx.greedy_color(graph) == expected[0]
        assert "prism" in graph.__networkx_cache__["backends"]
        # What is not for this backend falls back.
        assert nx.greedy_color(directed) == expected[1]
        nx.greedy_color(graph, count)
        assert ran == [1]
    # A changed graph is converted again.
    graph.add_edge(0, 29)
    graph.add_edges_from((u, v) for u in range(12) for v in range(u))
    with nx.config(backend_priority=["prism"]):
        assert nx.greedy_color(graph) == nx.greedy_color(graph, backend="networkx")


def test_can_run_says_why_not():
    from prism_coloring.networkx import backend

    graph = nx.path_graph(3)
    assert backend.can_run("greedy_color", (graph,), {}) is True
    assert "directed" in backend.can_run("greedy_color", (nx.DiGraph(graph),), {})
    assert "directed" in backend.can_run("greedy_color", (), {"G": nx.DiGraph(graph)})
    for args, kwargs in [((graph, len), {}), ((graph,), {"strategy": len})]:
        assert "functions" in backend.can_run("greedy_color", args, kwargs)
    assert backend.should_run("greedy_color", (graph,), {}) is True
    assert "conversion" in backend.should_run("is_coloring", (graph, {}), {})
    with pytest.raises((NotImplementedError, nx.NetworkXNotImplemented)):
        nx.greedy_color(nx.DiGraph(graph), backend="prism")
    with pytest.raises((NotImplementedError, nx.NetworkXNotImplemented)):
        nx.greedy_color(graph, len, backend="prism")


def is_equitable(graph, colors, num_colors):
    from networkx.algorithms.coloring.equitable_coloring import is_equitable

    return is_equitable(graph, colors, num_colors, backend="networkx")


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(1, 16))
def test_equitable_colourings(graph, num_colors):
    graph = nx.Graph(graph)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    enough = max((degree for _, degree in graph.degree), default=0) + 1
    try:
        colors = nx.equitable_color(graph, num_colors, backend="prism", threads=1, device="cpu")
    except nx.NetworkXAlgorithmError as error:
        # So small graphs are settled.
        assert num_colors < enough and "there is no equitable colouring" in str(error)
        return
    assert list(colors) == list(graph) and set(colors.values()) <= set(range(num_colors))
    assert is_equitable(graph, colors, num_colors)
    if num_colors >= enough:
        theirs = nx.equitable_color(graph, num_colors, backend="networkx")
        sizes = [sorted(list(c.values()).count(k) for k in range(num_colors)) for c in (colors, theirs)]
        assert sizes[0] == sizes[1]


def test_equitable_colourings_of_larger_graphs():
    for seed, p in enumerate([0.02, 0.1, 0.3, 0.5, 0.9]):
        graph = nx.gnp_random_graph(120, p, seed=seed)
        enough = max(degree for _, degree in graph.degree) + 1
        for num_colors in [enough, enough + 1, 150]:
            colors = nx.equitable_color(graph, num_colors, backend="prism", moves=0)
            assert is_equitable(graph, colors, num_colors), (seed, num_colors)
    # Far below the largest degree, which is about 70.
    colors = nx.equitable_color(nx.gnp_random_graph(120, 0.5, seed=1), 20, backend="prism", moves=2_000_000)
    assert is_equitable(nx.gnp_random_graph(120, 0.5, seed=1), colors, 20)
    with pytest.raises(nx.NetworkXAlgorithmError, match="not found, though not proved"):
        nx.equitable_color(nx.gnp_random_graph(120, 0.5, seed=1), 14, backend="prism", moves=1000)
    for wrong in [0, -1]:
        with pytest.raises(nx.NetworkXAlgorithmError):
            nx.equitable_color(nx.path_graph(3), wrong, backend="prism")
    assert nx.equitable_color(nx.empty_graph(0), 1, backend="prism") == {}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_checks_agree(data):
    from networkx.algorithms.coloring.equitable_coloring import is_coloring, is_equitable

    graph = data.draw(graphs())
    graph = nx.Graph(graph)
    if data.draw(st.booleans()):
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    colors = {v: data.draw(st.sampled_from([0, 1, 2, "red"])) for v in graph}
    if data.draw(st.booleans()):
        colors = nx.greedy_color(graph, backend="networkx")
    for num_colors in [None, 0, 2, 3]:
        ours = is_equitable(graph, colors, num_colors, backend="prism")
        assert ours == is_equitable(graph, colors, num_colors, backend="networkx")
    assert is_coloring(graph, colors, backend="prism") == is_coloring(graph, colors, backend="networkx")


def test_the_description():
    from _prism_coloring_networkx import get_info

    from prism_coloring.networkx import backend

    info = get_info()
    for name in info["functions"]:
        assert callable(getattr(backend, name))
    assert "time_limit" in nx.equitable_color.__doc__
    assert "time_limit" in nx.greedy_color.__doc__ and "prism" in nx.greedy_color.backends


def test_the_description_imports_nothing():
    program = "import sys, _prism_coloring_networkx as n; n.get_info(); print([m for m in sys.modules if 'prism' in m or 'networkx' in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "['_prism_coloring_networkx']", done.stderr


def test_the_tests_of_networkx():
    """With fall-backs for what is listed in the README: directed graphs, functions."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "networkx.algorithms.coloring"],
        env={**os.environ, "NETWORKX_TEST_BACKEND": "prism", "NETWORKX_FALLBACK_TO_NX": "True"},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert " passed" in done.stdout and "failed" not in done.stdout, done.stdout
    assert done.returncode == 0
