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


@pytest.mark.parametrize(
    "tool", [["mypy.stubtest", "--concise", "prism_coloring", "--mypy-config-file"],
             ["mypy", "-p", "prism_coloring", "--config-file"]]
)
def test_types(tool, tmp_path):
    """The stub says what the extension has, and the rest of the package is typed."""
    settings = pathlib.Path(__file__).parent.parent / "pyproject.toml"
    done = subprocess.run(
        [sys.executable, "-m", *tool, str(settings)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_is_that_of_the_metadata():
    from importlib.metadata import version

    assert version("prism-coloring") == prism.__version__
