"""The solver: steps, threads, signals."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import networkx as nx
import prism_coloring as prism
import pytest

# Too hard to be proved, so that a run without a limit does not end.
HARD = {"kind": "gnp", "n": 250, "p": 0.5}
CORES = {"device": "cpu", "threads": 1}


def hard():
    return prism.generate(**HARD)


def test_steps():
    solver = prism.Solver(hard(), **CORES)
    assert solver.best is None and solver.status == "running" and solver.moves == 0
    counts = []
    for _ in range(4):
        assert solver.step(20_000) == "running"
        counts.append(solver.best.num_colors)
        assert prism.verify(hard(), solver.best) == counts[-1]
        assert solver.best.status == "running"
    assert counts == sorted(counts, reverse=True) and solver.moves >= 80_000
    assert 2 < solver.lower_bound < counts[-1]
    solver.stop()
    assert solver.step(1) == "stopped"
    assert solver.run().num_colors == solver.best.num_colors == counts[-1]
    with pytest.raises(ValueError, match="ended"):
        solver.step(1)
    assert "stopped" in repr(solver)


def test_steps_end_with_the_run():
    solver = prism.Solver(nx.cycle_graph(5))
    assert solver.step(1000) == "optimal"
    assert solver.best.num_colors == 3 and solver.run().optimal


def test_lists_have_no_steps():
    solver = prism.Solver(nx.path_graph(3), allowed={0: [3]})
    with pytest.raises(ValueError, match="no steps"):
        solver.step(10)
    assert solver.run().to_dict()[0] == 3


def test_improvements_come_as_they_are_found():
    solver = prism.Solver(hard(), moves=300_000, **CORES)
    found = list(solver)
    counts = [coloring.num_colors for coloring in found]
    assert len(counts) > 1 and counts == sorted(set(counts), reverse=True)
    for coloring in found:
        assert prism.verify(hard(), coloring) == coloring.num_colors
    assert solver.best.num_colors == counts[-1] and solver.status == "move_limit"
    assert solver.best.history[-1].colors == counts[-1]
    assert solver.run().num_colors == counts[-1]


def test_leaving_the_loop_stops_the_search():
    solver = prism.Solver(hard(), **CORES)
    for coloring in solver:
        break
    assert solver.status == "stopped" and solver.best.num_colors <= coloring.num_colors


def test_stopped_from_another_thread():
    solver = prism.Solver(hard(), **CORES)
    results = []
    thread = threading.Thread(target=lambda: results.append(solver.run()))
    thread.start()
    while solver.best is None:
        time.sleep(0.01)
    with pytest.raises(ValueError, match="works"):
        solver.step(1)
    solver.stop()
    thread.join()
    assert results[0].status == "stopped" and prism.verify(hard(), results[0]) == results[0].num_colors


def test_others_run_meanwhile():
    """The GIL is free: this thread counts while another one searches."""
    solver = prism.Solver(hard(), moves=2_000_000, **CORES)
    thread = threading.Thread(target=solver.run)
    thread.start()
    count = 0
    while thread.is_alive() and count < 200:
        count += 1
        time.sleep(0.001)
    solver.stop()
    thread.join()
    assert count == 200


def test_solvers_at_the_same_time():
    graphs = [prism.generate("gnp", n=100, p=0.5, seed=seed) for seed in range(4)]
    alone = [prism.color(graph, moves=20_000, **CORES).colors.tolist() for graph in graphs]
    results = {}

    def work(nth):
        results[nth] = prism.color(graphs[nth], moves=20_000, **CORES).colors.tolist()

    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[nth] for nth in range(4)] == alone


def test_a_solver_that_is_dropped_stops():
    for _ in range(3):
        solver = prism.Solver(hard(), **CORES)
        next(iter(solver))
        del solver


def test_progress(capsys):
    pytest.importorskip("tqdm")
    coloring = prism.color(hard(), moves=300_000, progress=True, **CORES)
    told = capsys.readouterr().err
    assert f"{coloring.num_colors} colours, lower bound" in told


def test_progress_without_tqdm(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    prism.color(hard(), moves=10_000, progress=True, **CORES)
    assert capsys.readouterr().err == ""


def interrupted(program):
    """Runs a program until it says that it searches, and presses Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_ctrl_c_keeps_the_best_colouring():
    code, out, err = interrupted(
        """
        import prism_coloring as prism
        graph = prism.generate("gnp", n=250, p=0.5)
        solver = prism.Solver(graph, device="cpu")
        solver.step(1000)
        print("ready")
        try:
            solver.run()
        except KeyboardInterrupt:
            print(prism.verify(graph, solver.best) == solver.best.num_colors, solver.status)
        """
    )
    assert (code, out) == (0, "True stopped\n"), err


def test_ctrl_c_in_color():
    code, out, err = interrupted(
        """
        import prism_coloring as prism
        graph = prism.generate("gnp", n=250, p=0.5)
        prism.color({})
        print("ready")
        try:
            prism.color(graph, device="cpu")
        except KeyboardInterrupt as interrupt:
            print(prism.verify(graph, interrupt.solver.best) > 0)
        """
    )
    assert (code, out) == (0, "True\n"), err


def test_ctrl_c_while_iterating_and_in_bounds():
    code, out, err = interrupted(
        """
        import prism_coloring as prism
        graph = prism.generate("gnp", n=250, p=0.5)
        print("ready")
        solver = prism.Solver(graph, device="cpu")
        try:
            for coloring in solver:
                pass
        except KeyboardInterrupt:
            print(solver.best.num_colors == coloring.num_colors)
        """
    )
    assert (code, out) == (0, "True\n"), err
    code, out, err = interrupted(
        """
        import prism_coloring as prism
        graph = prism.generate("gnp", n=400, p=0.5)
        print("ready")
        try:
            prism.bounds(graph, time_limit=1000)
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert (code, out) == (0, "interrupted\n"), err


def test_ctrl_c_without_a_handler_ends_the_program():
    code, _, err = interrupted(
        """
        import prism_coloring as prism
        graph = prism.generate("gnp", n=250, p=0.5)
        print("ready")
        prism.color(graph, device="cpu")
        """
    )
    assert code == -signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt")


def test_other_threads_do_not_take_the_signal():
    code, out, err = interrupted(
        """
        import threading, time
        import prism_coloring as prism
        graph = prism.generate("gnp", n=250, p=0.5)
        solver = prism.Solver(graph, device="cpu")
        thread = threading.Thread(target=solver.run)
        thread.start()
        print("ready")
        try:
            while True:
                time.sleep(0.05)
        except KeyboardInterrupt:
            print(solver.status)
            solver.stop()
            thread.join()
            print(solver.status)
        """
    )
    assert (code, out) == (0, "running\nstopped\n"), err
