"""The package as it is installed."""

import doctest
import importlib
import inspect
import pathlib
import subprocess
import sys

import prism_coloring as prism
import pytest

MODULES = ["", "._bounds", "._coloring", "._graph", "._solver", "._verify", ".networkx"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module("prism_coloring" + name)
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


def test_everything_public_is_documented_with_an_example():
    for name in prism.__all__:
        thing = getattr(prism, name)
        if not callable(thing) or thing in (prism.Graph, prism.NoColoringError):
            continue
        assert ">>>" in thing.__doc__, name
    for cls in (prism.Graph, prism.Coloring, prism.Solver, prism.Bounds, prism.Improvement):
        for name, member in inspect.getmembers(cls):
            if not name.startswith("_") and cls.__module__.startswith("prism_coloring"):
                assert inspect.getdoc(member), f"{cls.__name__}.{name}"


def test_importing_it_imports_neither_numpy_nor_other_libraries():
    program = """
import sys
import prism_coloring as prism
prism.color({"a": ["b"], "b": []}).to_dict()
prism.verify({"a": ["b"], "b": []}, {"a": 0, "b": 1})
prism.bounds(prism.generate("queens", rows=4))
heavy = {"numpy", "scipy", "networkx", "igraph", "rustworkx", "matplotlib", "tqdm"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_the_wheel_has_what_it_should():
    folder = pathlib.Path(prism.__file__).parent
    assert (folder / "py.typed").exists() and (folder / "_prism.pyi").exists()
    assert list(folder.glob("_prism.abi3.*"))
    importlib.import_module("_prism_coloring_networkx")


def test_the_stub_names_what_the_extension_has():
    """Every name and every method, both ways."""
    import ast

    from prism_coloring import _prism

    stub = ast.parse((pathlib.Path(prism.__file__).parent / "_prism.pyi").read_text())
    told = {}
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            inner = [n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AnnAssign))]
            told[node.name] = {n.name if isinstance(n, ast.FunctionDef) else n.target.id for n in inner}
        elif isinstance(node, ast.FunctionDef):
            told[node.name] = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
        elif isinstance(node, ast.AnnAssign):
            told[node.target.id] = None
    public = {name for name in dir(_prism) if not name.startswith("__") or name == "__version__"}
    assert set(told) == public
    for name, names in told.items():
        thing = getattr(_prism, name)
        if isinstance(thing, type) and name != "NoColoringError":
            has = {n for n in vars(thing) if not n.startswith("__")}
            assert {n for n in names if not n.startswith("__")} == has, name
        elif isinstance(names, list):
            assert list(inspect.signature(thing).parameters) == names, name


def test_the_version_is_that_of_the_metadata():
    from importlib.metadata import version

    assert version("prism-coloring") == prism.__version__
