"""Same results: every step on any number of threads, with every kernel set, BLAS with one thread or two, and other builds of the program.

    pytest -s tests/program/test_matrix.py                                   the scalar kernels on three threads, the fastest on one: what the test command runs
    ORDAPT_MATRIX=whole pytest -s tests/program/test_matrix.py               threads 1, 2, 3, 4, 8; all kernel sets of this machine; slabs 1, 2, 3, 7
    ORDAPT_MATRIX=whole ORDAPT_MATRIX_PROGRAMS=A:B pytest -s ...             other builds too, by another compiler or of another day

Each record is replayed, so that only the step itself differs; steps that can be split are split and merged."""
import itertools
import os
import subprocess

import pytest

import test_slabs
import tool
from tool import digest, ok

IS_WHOLE = os.environ.get("ORDAPT_MATRIX") == "whole"
THREADS, SLABS, BLAS = (1, 2, 3, 4, 8), (1, 2, 3, 7), (1, 2)
PROGRAMS = [tool.PROGRAM, *filter(None, os.environ.get("ORDAPT_MATRIX_PROGRAMS", "").split(":"))]
FILES = {"import": "ions", "synthesise": "tip"}
"""What the file of a step is called in the house where it has another name."""


def kernels():
    """The kernel sets that this machine has."""
    names = ("scalar", "avx2", "avx512")
    return [name for name in names if subprocess.run([tool.PROGRAM, "--version", "--kernel", name], capture_output=True, check=False).returncode == 0]


def combinations():
    sets = kernels()
    if IS_WHOLE:
        return list(itertools.product(PROGRAMS, sets, THREADS, BLAS))
    return [(tool.PROGRAM, sets[0], 3, 2), (tool.PROGRAM, sets[-1], 1, 2)]


def replay(path, program, kernel, threads, blas, folder):
    done = subprocess.run([program, "replay", path, "--json", "--search", folder, "--kernel", kernel, "--threads", str(threads)], capture_output=True, text=True, check=False,
                          env={**os.environ, "OPENBLAS_NUM_THREADS": str(blas)}, timeout=600)
    return tool.Result(done.returncode, done.stdout, done.stderr).json


def record_of(step, house):
    """A file with a record of the step; few ions for the network that the scalar kernels take long for."""
    if step == "export":
        ok("export", house.range, "-o", house.folder / "matrix.csv", "--overwrite")
        return house.folder / "matrix.csv.nxs"
    if step == "segment":
        few = house.step("few", "crop", house.range, "--roi", "-1,1,-1,1,-4,-2", "--overwrite")
        return house.step("matrix", "segment", few, "--model", house.atomnet, "--overwrite")
    return getattr(house, FILES.get(step, step))


@pytest.mark.parametrize("step", tool.STEPS)
def test_a_step_gives_one_digest(step, house):
    path, seen = record_of(step, house), {}
    for case in combinations():
        document = replay(path, *case, house.folder)
        seen.setdefault(document["records"][-1]["got"], []).append(case)
    print(f"{step}: {len(combinations())} combinations, {len(seen)} digest{'s' if len(seen) > 1 else ''}")
    assert len(seen) == 1, {key: cases[:3] for key, cases in seen.items()}


@pytest.mark.skipif(not IS_WHOLE, reason="ORDAPT_MATRIX=whole; test_slabs.py tries them at the default number of threads")
@pytest.mark.parametrize("name", list(test_slabs.CALLS))
def test_slabs_give_one_digest(name, house, tmp_path):
    args = test_slabs.CALLS[name](house)
    seen = {}
    for kernel, threads, n in itertools.product(kernels(), THREADS, SLABS):
        more = ("--kernel", kernel, "--threads", threads)
        parts = test_slabs.slabs((*args, *more, "--overwrite"), n, tmp_path)
        merged = ok("merge", *parts, "-o", tmp_path / "merged.nxs", "--search", house.folder, "--overwrite")
        seen.setdefault(digest(merged), []).append((kernel, threads, n))
    print(f"{name} in slabs: {sum(map(len, seen.values()))} combinations, {len(seen)} digest{'s' if len(seen) > 1 else ''}")
    assert len(seen) == 1, {key: cases[:3] for key, cases in seen.items()}
