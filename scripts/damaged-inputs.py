#!/usr/bin/env python3
"""Runs prism on damaged inputs of each form and looks at how it ends.

    scripts/damaged-inputs.py [--prism PATH] [--count N] [--seed S] [FORM...]

An input is one of the corpus of fuzz/ with some of its bytes, lines or numbers changed, cut out, repeated or
moved. Whatever it is, prism has to end with a documented exit code and without a panic: 0 for a graph, 3
for an input that cannot be read, 8 for one that does not fit into memory. What is accepted is coloured,
written and verified as well. Lists of fixed and allowed colours may also end with 7.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"

# Folders of the corpus, the format that is named to prism (none: detected), and the name of the file.
FORMS = {
    "detect": (None, "input"),
    "dimacs": ("dimacs", "input.col"),
    "dimacs_binary": ("dimacs-binary", "input.col.b"),
    "ecl": ("ecl", "input.egr"),
    "edge_list": (None, "input.csv"),
    "matrix_market": ("mtx", "input.mtx"),
    "metis": ("metis", "input.graph"),
    "adjacency_list": (None, "input.txt"),
    "adjacency_matrix": (None, "input.txt"),
    "graph6": ("graph6", "input.g6"),
    "dot": ("dot", "input.dot"),
}
# Lists beside a graph: their option.
LISTS = {"precolored": "--precolor", "allowed": "--allowed"}
PIECES = [
    b"0", b"1", b"-1", b"7", b"99999999999999999999", b"4294967295", b"1e9", b"\n", b"\r\n", b"\t", b" ", b",",
    b";", b":", b'"', b"#", b"%", b"{", b"}", b"--", b"->", b"\x00", b"\xff", b"\x1a", b"~", b"e 1 2\n", b"p edge 3 2\n",
]


def damage(data: bytes, draw: random.Random) -> bytes:
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.choice([1, 1, 2, 4, 16]))
        kind = draw.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif kind == 1:
            del data[at:end]
        elif kind == 2:
            data[at:at] = draw.choice(PIECES)
        elif kind == 3:
            data[at:end] = draw.choice(PIECES)
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            data[at:at] = data[at:end] * draw.randint(1, 3)
        else:
            lines = data.split(b"\n")
            draw.shuffle(lines)
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def run(prism: str, arguments: list) -> subprocess.CompletedProcess:
    command = [prism, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)


def try_one(prism: str, form: str, data: bytes, folder: pathlib.Path):
    """What is wrong with how prism ends, if anything, and the exit code."""
    colors = folder / "colors"
    if form in LISTS:
        # The first byte says whether the vertices have names, as in the fuzz target.
        names = bool(data[:1]) and data[0] % 2 == 1
        graph = folder / "graph"
        graph.write_bytes(b"a,b c\nb c,d\n" if names else b"p edge 5 1\ne 1 2\n")
        given = folder / "given"
        given.write_bytes(data[1:])
        arguments, allowed = [graph, LISTS[form], given], {0, 3, 7, 8}
    else:
        name, file = FORMS[form]
        graph = folder / file
        graph.write_bytes(data)
        arguments, allowed = [graph], {0, 3, 8}
        if name:
            arguments += ["--format", name]
    limits = ["-q", "--threads", "1", "--moves", "1000", "-o", colors]
    done = run(prism, ["color", *arguments, *limits])
    text = done.stderr.decode(errors="replace")
    if done.returncode not in allowed or "panicked" in text:
        return f"exit code {done.returncode}: {text[:400]}", done.returncode
    if done.returncode == 0:
        options = arguments[1:] if form not in LISTS else []
        check = run(prism, ["verify", graph, colors, *options])
        if check.returncode != 0:
            said = (check.stdout + check.stderr).decode(errors="replace")
            return f"verify ends with {check.returncode}: {said[:400]}", done.returncode
    elif "error: " not in text:
        return f"no message with exit code {done.returncode}", done.returncode
    return None, done.returncode


def try_form(prism: str, form: str, count: int, seed: int):
    seeds = sorted((CORPUS / form).iterdir())
    codes, failures = {}, []
    with tempfile.TemporaryDirectory() as name:
        for number in range(count):
            draw = random.Random(f"{seed} {form} {number}")
            data = damage(draw.choice(seeds).read_bytes(), draw)
            try:
                wrong, code = try_one(prism, form, data, pathlib.Path(name))
            except subprocess.TimeoutExpired:
                wrong, code = "it did not end", None
            codes[code] = codes.get(code, 0) + 1
            if wrong:
                failures.append((number, wrong, data))
    return form, codes, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prism", default=str(ROOT / "target" / "release" / "prism"))
    parser.add_argument("--count", type=int, default=2000, help="inputs a form")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("forms", nargs="*", help="default: all")
    args = parser.parse_args()
    prism = os.path.abspath(args.prism)
    forms = args.forms or [*FORMS, *LISTS]
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(try_form, prism, form, args.count, args.seed) for form in forms]
        for job in concurrent.futures.as_completed(jobs):
            form, codes, failures = job.result()
            counts = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items(), key=str))
            print(f"{form}: {counts}", flush=True)
            for number, wrong, data in failures[:5]:
                failed = True
                print(f"  input {number}: {wrong}\n    {data[:200]!r}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
