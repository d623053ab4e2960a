"""valgrind's memcheck over the program as it is built for users, libraries included: no read of what was never written, none of what is not there, nothing definitely lost.
Slow, so a command each on a few hundred ions. What HDF5 and OpenBLAS keep until the process ends is still reachable, and not counted."""
import os
import shutil
import subprocess

import pytest

import tool
from tool import ok

VALGRIND = shutil.which("valgrind")
OPTIONS = ("-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite", "--num-callers=30")
WRONG = """#include <stdlib.h>
int main(int n, char **v) { volatile char *p = malloc(8); (void)v; if (n > 1) { if (p[3]) return 1; } p = NULL; return 0; }
"""

pytestmark = pytest.mark.skipif(not VALGRIND, reason="needs valgrind (Debian: valgrind)")


def memcheck(*args, cwd, codes=(0,)):
    done = subprocess.run([VALGRIND, *OPTIONS, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    assert done.returncode in codes and "==" not in done.stderr, f"exit {done.returncode}\n{done.stderr[-6000:]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("memcheck")
    ok("synthesise", "--box", "-2,2,-2,2,-4,0", "--domains", "2", "--radii", "0.8,1", "-o", place / "tip.nxs")
    ok("export", place / "tip.nxs", "-o", place / "ship.pos")
    data = (place / "tip.nxs").read_bytes()
    (place / "half.nxs").write_bytes(data[:len(data) // 2])
    return place


COMMANDS = {
    "import": ("import", "ship.pos", "ship.rrng", "-o", "ions.nxs", "--threads", "2"),
    "sdm": ("sdm", "tip.nxs", "--pairs", "Ni-Ni", "--roi", "-1,1,-1,1,-3,-1", "-o", "sdm.nxs", "--threads", "2"),
    "superlattice": ("superlattice", "tip.nxs", "--species", "Ni", "--period", "0.36", "--radii", "0.8", "-o", "superlattice.nxs", "--threads", "2"),
    "domains": ("domains", "tip.nxs", "--species", "Ni", "--method", "max_separation", "-o", "domains.nxs", "--threads", "2"),
    "export": ("export", "tip.nxs", "-o", "again.pos"),
    "verify": ("verify", "tip.nxs"),
    "show": ("show", "tip.nxs"),
}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_no_error_and_no_leak(command, folder):
    memcheck(tool.PROGRAM, *COMMANDS[command], cwd=folder)


def test_none_where_a_file_is_refused(folder):
    memcheck(tool.PROGRAM, "verify", "half.nxs", cwd=folder, codes=(65,))


@pytest.mark.parametrize("args", [(), ("read",)], ids=["lost", "never_written"])
def test_a_fault_would_be_seen(args, tmp_path):
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no compiler for a program with faults")
    (tmp_path / "wrong.c").write_text(WRONG)
    subprocess.run([compiler, "-O0", "-g", "wrong.c", "-o", "wrong"], cwd=tmp_path, check=True)
    with pytest.raises(AssertionError, match="exit 99"):
        memcheck("./wrong", *args, cwd=tmp_path)
