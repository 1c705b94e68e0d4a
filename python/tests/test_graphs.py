"""Whatever is a graph is the graph that it is."""

import itertools
import os
import pathlib

import hypothesis.strategies as st
import igraph
import networkx as nx
import numpy as np
import prism_coloring as prism
import pytest
import rustworkx
import scipy.sparse
from hypothesis import given, settings
from prism_coloring._graph import as_graph

MOVES = {"moves": 20_000, "threads": 1, "device": "cpu"}


def sample(n=70, p=0.5, seed=3):
    """A graph that is no path and no clique, with an isolated vertex at the end."""
    graph = nx.gnp_random_graph(n, p, seed=seed)
    graph.add_node(n)
    return graph


def in_file(graph, folder):
    path = os.path.join(folder, "graph.col")
    with open(path, "w") as file:
        file.write(f"p edge {len(graph)} {graph.number_of_edges()}\n")
        file.writelines(f"e {u + 1} {v + 1}\n" for u, v in graph.edges)
    return path


def narrow(graph):
    """Its matrix as SciPy makes them: sorted, with indices of 32 bits."""
    matrix = scipy.sparse.csr_array(nx.to_scipy_sparse_array(graph, dtype=np.int8, format="csr"))
    matrix.sort_indices()
    matrix.indptr, matrix.indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    return matrix


def forms(graph):
    """The same graph in every form."""
    n = len(graph)
    edges = np.array(graph.edges).reshape(-1, 2)
    matrix = narrow(graph)
    yield "networkx", graph
    yield "networkx view", graph.subgraph(list(graph))
    yield "multigraph", nx.MultiGraph(graph)
    yield "igraph", igraph.Graph(n=n, edges=edges.tolist())
    other = rustworkx.PyGraph()
    other.add_nodes_from(range(n))
    other.add_edges_from_no_data([tuple(edge) for edge in edges.tolist()])
    yield "rustworkx", other
    for form in ("csr", "csc", "coo", "lil", "dok", "bsr"):
        yield form, matrix.asformat(form)
    yield "csr_matrix", scipy.sparse.csr_matrix(matrix)
    yield "neighbours", {v: list(graph[v]) for v in graph}
    yield "neighbours once", {v: [u for u in graph[v] if u > v] for v in graph}
    wide = matrix.copy()
    wide.indptr, wide.indices = wide.indptr.astype(np.int64), wide.indices.astype(np.int64)
    yield "csr of int64", wide
    yield "converted", as_graph(graph)


def arrays(edges):
    """The same edges in arrays of every type and layout."""
    for dtype in ("i2", "u2", "i4", "u4", "i8", "u8", ">i4", ">u8", "<i8"):
        yield dtype, edges.astype(dtype)
    yield "columns first", np.asfortranarray(edges)
    yield "every other row", np.repeat(edges, 2, axis=0)[::2]
    yield "backwards", edges[::-1]
    yield "columns of a larger one", np.hstack([edges, edges])[:, 1:3][:, ::-1]
    frozen = edges.copy()
    frozen.flags.writeable = False
    yield "frozen", frozen


def test_every_form_gives_the_colouring_of_the_file(tmp_path):
    graph = sample()
    expected = prism.color(in_file(graph, tmp_path), **MOVES)
    assert expected.moves > 0 and list(expected.nodes) == list(range(1, 72))
    assert prism.color(pathlib.Path(in_file(graph, tmp_path)), **MOVES).colors.tolist() == expected.colors.tolist()
    for name, form in forms(graph):
        found = prism.color(form, **MOVES)
        assert found.colors.tolist() == expected.colors.tolist(), name
        assert list(found.nodes) == list(range(71)), name
        assert prism.verify(form, found) == expected.num_colors, name
    # An array of edges knows nothing of vertices without one.
    graph.remove_node(70)
    expected = prism.color(in_file(graph, tmp_path), **MOVES)
    for name, form in arrays(np.array(graph.edges)):
        assert prism.color(form, **MOVES).colors.tolist() == expected.colors.tolist(), name


def test_a_plain_csr_is_borrowed_and_others_are_not():
    matrix = narrow(sample())
    graph = as_graph(matrix)
    assert graph.is_borrowed and graph.num_edges == matrix.nnz // 2
    with_loop = matrix.tolil()
    with_loop[3, 3] = 1
    graph = as_graph(with_loop)
    assert not graph.is_borrowed and (graph.num_edges, graph.self_loops) == (matrix.nnz // 2, 1)
    # The graph keeps the array alive.
    graph = as_graph(narrow(nx.cycle_graph(100_001)))
    assert graph.is_borrowed
    assert prism.color(graph).num_colors == 3


def test_a_matrix_that_is_changed_meanwhile_gives_no_wrong_colouring():
    matrix = narrow(nx.Graph([(0, 1), (2, 3), (4, 5), (5, 6), (6, 4)]))
    solver = prism.Solver(matrix, device="cpu", method="natural")
    # Its rows are no graph any more: 4 does not see that it is a neighbour of 1.
    matrix.indices[:] = matrix.indices[::-1].copy()
    with pytest.raises(RuntimeError, match="unless the arrays of the graph were changed"):
        solver.run()


def test_explicit_zeros_are_entries():
    matrix = scipy.sparse.csr_array(([0.0, 0.0], ([0, 1], [1, 0])), shape=(2, 2))
    assert matrix.nnz == 2 and prism.color(matrix).num_colors == 2


def test_a_matrix_that_is_not_symmetric_is_an_error_unless_told():
    matrix = scipy.sparse.csr_array(([1, 1], ([0, 2], [1, 1])), shape=(3, 3))
    with pytest.raises(ValueError, match=r"not symmetric: it has an entry at \(0, 1\) and none at \(1, 0\).*color_matrix"):
        prism.color(matrix)
    assert prism.color(matrix, symmetrize=True).colors.tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*color_matrix"):
        prism.color(scipy.sparse.csr_array((2, 3)))


@pytest.mark.parametrize(
    "edges, error, told",
    [
        (np.array([[0.0, 1.0]]), TypeError, "not of float64"),
        (np.array([[0, np.nan]]), TypeError, "not of float64"),
        (np.array([[True, False]]), TypeError, "not of bool"),
        (np.array([["a", "b"]]), TypeError, "integers"),
        (np.array([[0, None]]), TypeError, "integers"),
        (np.array([0, 1]), ValueError, r"shape \(2,\)"),
        (np.zeros((3, 3), int), ValueError, r"shape \(3, 3\); an adjacency matrix is scipy"),
        (np.zeros((1, 2, 2), int), ValueError, r"shape \(1, 2, 2\)"),
        (np.array([[0, 1], [2, -1]]), ValueError, "edge 1 names vertex -1"),
        (np.array([[0, 2**63]], dtype="u8"), ValueError, "9223372036854775808"),
        (np.array([[0, 2**40]]), ValueError, "1099511627777 vertices"),
        (np.ma.masked_array([[0, 1]], [[0, 1]]), TypeError, "mask"),
    ],
)
def test_arrays_that_are_no_edges(edges, error, told):
    with pytest.raises(error, match=told):
        prism.color(edges)


def test_matrices_with_broken_arrays():
    def broken(indptr, indices):
        matrix = scipy.sparse.csr_array((2, 2))
        matrix.indptr, matrix.indices = np.array(indptr), np.array(indices)
        matrix.data = np.ones(len(indices))
        return matrix

    for indptr, indices, error, told in [
        ([0, 1, 2], [1, -1], ValueError, "row 1 has an entry in column -1"),
        ([0, 1, 2], [1, 7], ValueError, "row 1 has an entry in column 7"),
        ([0, 2, 1], [1, 0], ValueError, "never decrease"),
        ([0, 1, 9], [1, 0], ValueError, "end at 2 or before"),
        ([1, 1, 2], [1, 0], ValueError, "start at 0"),
        ([0, 2], [1, 0], ValueError, "2 entries for 2 rows"),
        ([0, 1, 2], [1.0, 0.0], TypeError, "indices: expected a vector of integers"),
    ]:
        with pytest.raises(error, match=told):
            prism.color(broken(indptr, indices))
    # What lies behind the last row belongs to none.
    assert prism.color(broken([0, 1, 2], [1, 0, 5])).num_colors == 2


def test_directed_graphs_are_refused():
    for directed in [nx.DiGraph([(0, 1)]), igraph.Graph([(0, 1)], directed=True), rustworkx.PyDiGraph()]:
        with pytest.raises(ValueError, match="directed"):
            prism.color(directed)


def test_what_is_no_graph():
    for thing in [None, 3, 1.5, object(), [(0, 1)], {(0, 1)}]:
        with pytest.raises(TypeError, match="expected a NetworkX, igraph or rustworkx graph"):
            prism.color(thing)
    with pytest.raises(TypeError, match=r"numpy\.array\(edges\)"):
        prism.color([(0, 1)])


def test_dicts_that_are_no_neighbours():
    with pytest.raises(ValueError, match="node 'a' has neighbour 'z', which is no node"):
        prism.color({"a": ["z"]})
    with pytest.raises(TypeError, match="the neighbours of 'a' are a str"):
        prism.color({"a": "bc", "b": [], "c": []})
    with pytest.raises(TypeError):
        prism.color({"a": None})
    with pytest.raises(TypeError, match="unhashable"):
        prism.color({"a": [["b"]], "b": []})


def test_files():
    with pytest.raises(FileNotFoundError, match="nothing.col"):
        prism.read("nothing.col")
    with pytest.raises(OSError):
        prism.read("/")


def test_names_and_notes_of_files(tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text("anna,bert\nbert,carl\nanna,bert\n")
    graph = prism.read(path)
    assert (graph.nodes, graph.duplicates) == (["anna", "bert", "carl"], 1)
    assert prism.color(path).to_dict() == {"anna": 0, "bert": 1, "carl": 0}
    path.write_text("10 30\n30 7\n")
    with pytest.warns(UserWarning, match="21 numbers"):
        assert prism.read(path).nodes == [7, 10, 30]
    path.write_text("p edge 3 5\ne 1 2\n")
    with pytest.warns(UserWarning, match="edges"):
        prism.read(path)
    with pytest.raises(ValueError):
        prism.read(path, strict=True)
    with pytest.raises(ValueError, match="nonsense"):
        prism.read(path, format="nonsense")


def test_loops_and_parallel_edges():
    graph = nx.MultiGraph([(0, 1), (0, 1), (1, 0), (1, 1), (1, 1), (1, 2)])
    converted = as_graph(graph)
    assert (converted.num_edges, converted.duplicates, converted.self_loops) == (2, 2, 2)
    assert converted.edges().tolist() == [[0, 1], [1, 2]]
    ends, columns = converted.csr()
    assert (ends.tolist(), columns.tolist()) == ([0, 1, 3, 4], [1, 0, 2, 1])


def test_rows_that_contradict_each_other():
    graph = nx.Graph([("a", "b")])
    del graph._adj["b"]["a"]
    with pytest.raises(ValueError, match="node '.' has neighbour '.' but not the other way round"):
        prism.color(graph)


def test_nodes_that_change_the_graph_while_they_are_looked_at():
    class Node:
        def __init__(self, graph):
            self.graph = graph

        def __hash__(self):
            return 1

        def __eq__(self, other):
            if self is not other and len(self.graph) > 2:
                self.graph._adj[self].clear()
            return self is other

    graph = nx.Graph()
    nodes = [Node(graph) for _ in range(6)]
    graph.add_nodes_from(nodes)
    for u, v in itertools.combinations(nodes, 2):
        graph._adj[u][v] = graph._adj[v][u] = {}
    try:
        prism.color(graph)
    except ValueError as error:
        assert "neighbour" in str(error)


def test_gaps_in_the_indices_of_rustworkx():
    graph = rustworkx.PyGraph()
    graph.add_nodes_from("abcd")
    graph.add_edges_from_no_data([(0, 1), (1, 2), (2, 3), (3, 1)])
    graph.remove_node(0)
    coloring = prism.color(graph)
    assert list(coloring.nodes) == [1, 2, 3] and coloring.num_colors == 3


odd_nodes = st.one_of(
    st.integers(-3, 3),
    st.integers(2**62, 2**70),
    st.text(max_size=3),
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.tuples(st.integers(0, 2), st.text(max_size=1)),
    st.frozensets(st.integers(0, 2)),
)


@st.composite
def odd_graphs(draw):
    """Graphs with nodes of mixed types, loops and parallel edges, and their equal but not identical keys."""
    graph = draw(st.sampled_from([nx.Graph, nx.MultiGraph]))()
    nodes = draw(st.lists(odd_nodes.filter(lambda node: node is not None), max_size=9, unique=True))
    graph.add_nodes_from(nodes)
    if nodes:
        ends = st.sampled_from(nodes)
        for u, v in draw(st.lists(st.tuples(ends, ends), max_size=25)):
            graph.add_edge(draw(st.sampled_from([u, _twin(u)])), v)
    return graph


def _twin(node):
    """Another object that is equal to it."""
    if isinstance(node, bool):
        return int(node)
    if isinstance(node, int) and abs(node) < 2**50:
        return float(node)
    return node


def check(graph, colors):
    """The definition."""
    assert set(colors) == set(graph) and list(colors) == list(graph)
    assert all(colors[u] != colors[v] for u, v in nx.Graph(graph).edges if u != v)


@settings(max_examples=300, deadline=None)
@given(odd_graphs())
def test_odd_graphs_are_coloured(graph):
    coloring = prism.color(graph, moves=1000, threads=1, device="cpu")
    check(graph, coloring.to_dict())
    assert coloring.num_colors == len(set(coloring.to_dict().values())) and coloring.optimal
    neighbours = {node: [v for v in graph[node]] for node in graph}
    assert prism.color(neighbours, moves=1000, threads=1, device="cpu").num_colors == coloring.num_colors


def test_nodes_that_are_not_none():
    colors = prism.color({None: [(1, 2)], (1, 2): ["x"], "x": []}).to_dict()
    assert colors == {None: 0, (1, 2): 1, "x": 0}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40), st.integers(0, 3))
def test_all_forms_agree(pairs, more):
    graph = nx.Graph()
    graph.add_nodes_from(range(max((max(pair) for pair in pairs), default=-1) + 1 + more))
    graph.add_edges_from(pair for pair in pairs if pair[0] != pair[1])
    if not len(graph):
        return
    rows = [as_graph(form).edges().tolist() for _, form in forms(graph)]
    assert all(row == rows[0] for row in rows)
    assert rows[0] == sorted([min(edge), max(edge)] for edge in graph.edges)


def test_empty_graphs():
    for empty in [nx.Graph(), {}, np.empty((0, 2)), np.empty((0, 2), int), igraph.Graph(), rustworkx.PyGraph(),
                  scipy.sparse.csr_array((0, 0))]:
        coloring = prism.color(empty)
        assert (coloring.num_colors, len(coloring), coloring.to_dict(), coloring.optimal) == (0, 0, {}, True)
        assert coloring.colors.tolist() == [] and coloring.classes() == {}
        assert "0 colours" in coloring._repr_html_()


def test_generators():
    assert prism.generate("queens", rows=5).num_vertices == 25
    assert prism.generate("gnp", n=np.int64(20), p=np.float64(1)).num_edges == 190
    assert prism.generate("gnp", n=20, p=1.0, complement=True).num_edges == 0
    edges = prism.generate("grid3d", x=3, y=3, z=3).edges().tolist()
    assert prism.generate("grid3d", x=3, y=3, z=3, permute=True).edges().tolist() != edges
    for told, kind, parameters in [
        ("unknown variant `nothing`", "nothing", {}),
        ("missing field `p`", "gnp", {"n": 3}),
        ("unknown field `q`", "gnp", {"n": 3, "p": 0.5, "q": 1}),
        ("invalid value: integer `-3`", "gnp", {"n": -3, "p": 0.5}),
        ("p", "gnp", {"n": 3, "p": 1.5}),
    ]:
        with pytest.raises(ValueError, match=told):
            prism.generate(kind, **parameters)
    with pytest.raises(MemoryError, match="GiB"):
        prism.generate("gnp", n=10_000_000, p=0.5)
