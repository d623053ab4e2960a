"""The disk fails: calls of the program on the files of one folder meet EIO, ENOSPC, EINTR, or move less than was asked (tests/torture/faulty_io.c).
Sampled: three places for each kind of call; ORDAPT_TORTURE=30 tries thirty, ORDAPT_TORTURE=all every one."""
import errno
import os
import random
import shutil
import subprocess

import pytest

import tool
from tool import ok

SAMPLES = os.environ.get("ORDAPT_TORTURE", "3")
INPUTS = ("ship.pos", "ship.rrng", "tip.nxs", "net.nxs", "small.recipe")
RECIPE = """param species = Ni
control = shuffle  tip seed=1
found   = classify tip     model=net species=$species threshold=0.5
null    = classify control model=net species=$species threshold=0.5
why     = attribute net patterns=found
domains = domains found control=null draws=1
"""
COMMANDS = {
    "import": (("import", "ship.pos", "ship.rrng", "-o", "out.nxs"), ("out.nxs",)),
    "sdm": (("sdm", "tip.nxs", "--pairs", "Ni-Ni", "--roi", "-1,1,-1,1,-3,-1", "-o", "out.nxs"), ("out.nxs",)),
    "domains": (("domains", "tip.nxs", "--species", "Ni", "--method", "max_separation", "-o", "out.nxs"), ("out.nxs",)),
    "export": (("export", "tip.nxs", "-o", "out.pos"), ("out.pos", "out.rrng", "out.pos.nxs")),
    "csro": (("run", "small.recipe", "tip=tip.nxs", "net=net.nxs", "-o", "out.nxs"), ("out.nxs",)),
}
# call and what happens to it: what the run may then end with (0: it must survive, unless more is listed)
FAULTS = {
    ("write", "ENOSPC"): {73}, ("write", "EIO"): {74}, ("write", "EINTR"): {0}, ("write", "short"): {0},
    ("read", "EIO"): {74}, ("read", "EINTR"): {0}, ("read", "short"): {0},
    ("fsync", "ENOSPC"): {73}, ("fsync", "EIO"): {74}, ("fsync", "EINTR"): {0},
    ("rename", "EIO"): {73, 74}, ("rename", "ENOSPC"): {73},
    ("open", "EIO"): {66, 73, 74}, ("ftruncate", "EIO"): {74},
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("no compiler for the library of faults")
    out = tmp_path_factory.mktemp("faults") / "faulty_io.so"
    subprocess.run([compiler, "-std=c11", "-O1", "-shared", "-fPIC", tool.ROOT / "tests/torture/faulty_io.c", "-o", out, "-ldl"], check=True)
    return out


@pytest.fixture(scope="module")
def inputs(house, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    ok("synthesise", "--box", "-2,2,-2,2,-4,0", "--domains", "2", "--radii", "0.8,1", "-o", folder / "tip.nxs")
    ok("export", folder / "tip.nxs", "-o", folder / "ship.pos")
    shutil.copy(house.net, folder / "net.nxs")
    (folder / "small.recipe").write_text(RECIPE)
    return folder


def run(command, folder, library, **faulty):
    """Exit code, what it said, and the calls it made on the folder."""
    log = folder.parent / f"{folder.name}.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, "LD_PRELOAD": str(library), "FAULTY_FOLDER": os.path.realpath(folder), "FAULTY_LOG": str(log),
                   **{f"FAULTY_{key}": str(value) for key, value in faulty.items()}}
    done = subprocess.run([tool.PROGRAM, *command, "--threads", "1"], cwd=folder, env=environment, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.decode(errors="replace"), log.read_text().splitlines()


def fresh(inputs, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in INPUTS:
        shutil.copy(inputs / name, folder)
    return folder


def places(count):
    """Which of so many calls meet the fault: the first, the last and some between."""
    if SAMPLES == "all" or count <= int(SAMPLES):
        return range(1, count + 1)
    return sorted({1, count, *random.Random(count).sample(range(1, count + 1), int(SAMPLES) - 2)})


def is_complete(path, search):
    """Whether the program itself accepts what stands under a final name."""
    if path.suffix == ".nxs":
        return tool.call("verify", path, "--search", search).code == 0
    return path.stat().st_size > 0


@pytest.mark.parametrize("name", COMMANDS)
def test_failing_calls_leave_nothing_half(name, house, inputs, library, tmp_path):
    command, outputs = COMMANDS[name]
    folder = fresh(inputs, tmp_path / "work")
    code, said, calls = run(command, folder, library)
    assert code == 0, said
    whole = {output: (folder / output).read_bytes() for output in outputs}
    faults = 0
    for (call, how), expected in FAULTS.items():
        met = [line for line in calls if line.split(" ")[0] == call]
        count = len(met)
        for n in places(count):
            fresh(inputs, folder)
            code, said, _ = run(command, folder, library, CALL=call, N=n, HOW=how)
            faults += 1
            what = f"{name}: {call} {n} of {count} met {how}: exit {code}: {said}"
            left = {path.name for path in folder.iterdir()} - set(INPUTS)
            # Of the folder, behind the rename; and what was read of the output itself while it was written: the file must then be whole.
            is_harmless = code == 0 and (call in ("fsync", "open") or met[n - 1].endswith(".part"))
            assert code in expected or is_harmless, what
            assert not any(file.endswith(".part") for file in left), (what, left)
            assert left == set(outputs) if code == 0 else left <= set(outputs), (what, left)
            assert all(is_complete(folder / file, house.folder) for file in left), (what, left)
            assert all((folder / file).read_bytes() == whole[file] for file in left if not file.endswith(".nxs")), (what, left)
            if code:
                assert "ordapt: " in said or ": E_" in said, what
    print(f"{name}: {faults} faults injected")


def test_file_is_synced_then_renamed_then_its_folder(inputs, library, tmp_path):
    """The order that survives a loss of power: data, name, folder; and nothing is written to the file behind its fsync."""
    for command, outputs in COMMANDS.values():
        folder = fresh(inputs, tmp_path / "work")
        code, said, calls = run(command, folder, library)
        assert code == 0, said
        for output in outputs:
            final, part = os.path.realpath(folder / output), os.path.realpath(folder / output) + ".part"
            renamed = calls.index(f"rename {final}")
            assert calls[renamed - 1] == f"fsync {part}", "nothing comes between the sync of the file and its name"
            assert f"write {part}" not in calls[renamed:]
            assert calls.index(f"fsync {os.path.realpath(folder)}", renamed) > renamed, "the folder is synced behind the rename"


def test_a_full_disk_says_so(inputs, library, tmp_path):
    folder = fresh(inputs, tmp_path / "work")
    code, said, _ = run(COMMANDS["import"][0], folder, library, CALL="write", N=20, HOW="ENOSPC")
    assert code == 73 and "E_DISK_FULL" in said, said


def test_an_input_that_cannot_be_read_is_not_called_damaged(inputs, library, tmp_path):
    folder = fresh(inputs, tmp_path / "work")
    reads = sum(line == f"read {os.path.realpath(folder / 'tip.nxs')}" for line in run(COMMANDS["sdm"][0], folder, library)[2])
    assert reads > 20
    for n in (1, 5, reads // 2, reads - 3):
        code, said, _ = run((*COMMANDS["sdm"][0], "--overwrite"), folder, library, CALL="read", N=n, HOW="EIO")
        assert code == 74 and "E_READ" in said and os.strerror(errno.EIO) in said, said


def test_a_disk_that_is_too_small(inputs, house, tmp_path):
    with tool.mounted(tmp_path / "disk", "size=200k") as place:
        error = tool.fails(73, "E_DISK_FULL", "crop", house.tip, "-o", place / "x.nxs", "--compression", "none")
        assert "space" in error["text"] or "room" in error["text"]
        tool.fails(73, "E_DISK_FULL", "export", house.tip, "-o", place / "x.csv")
        assert not tool.listing(place)
        ok("composition", inputs / "tip.nxs", "-o", place / "small.nxs")
