"""`pip install ./plugin`, as a person does it: the engine is built, program, library and entry points are where they are expected."""
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from made import HERE, SOURCE

UNREACHABLE = ("No matching distribution found", "Could not find a version", "NewConnectionError", "Temporary failure in name resolution")


PLAIN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # pip shall not see what is installed for the tests


def done(command, **options):
    options = {"env": PLAIN, **options}
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)


def said(command, **options):
    end = done(command, **options)
    assert end.returncode == 0, f"{command}: {end.returncode}: {end.stderr[-4000:]}"
    return end.stdout


@pytest.fixture(scope="module")
def site():
    """The folder that install.sh prints; what it built is what pip uses again below."""
    end = done(["sh", HERE / "install.sh"])
    if end.returncode == 75:
        pytest.skip("a registry cannot be reached: " + end.stderr.strip().splitlines()[-1])
    assert end.returncode == 0, end.stderr
    return end.stdout.strip()


@pytest.fixture(scope="module")
def environment(site, tmp_path_factory):
    """A new environment after `pip install ./plugin`, requirements fetched, nothing pinned."""
    folder = tmp_path_factory.mktemp("new") / "venv"
    said([sys.executable, "-m", "venv", "--without-pip", folder])
    end = done([sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--verbose", "--disable-pip-version-check", "./plugin"], cwd=SOURCE)
    if end.returncode and any(word in end.stdout + end.stderr for word in UNREACHABLE):
        pytest.skip("a registry cannot be reached: " + end.stderr.strip().splitlines()[-1])
    assert end.returncode == 0, end.stdout[-2000:] + end.stderr[-2000:]
    (folder / "pip.log").write_text(end.stdout + end.stderr, encoding="utf-8")
    return folder


def version():
    return re.search(r"project\(ordapt VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)


def test_pip_install_puts_the_program_on_the_path(environment, tmp_path):
    """It is the one built here, knows its commit and finds its networks; its exit status comes through."""
    path = {"PATH": str(environment / "bin")}
    head = said(["git", "-C", SOURCE, "rev-parse", "HEAD"]).strip()
    told = said(["ordapt", "--version"], env=path, cwd=tmp_path)
    assert told.startswith(f"ordapt {version()}\n") and head in told
    said(["ordapt", "synthesise", "--box=-3,3,-3,3,-6,0", "-o", "tip.nxs"], env=path, cwd=tmp_path)
    found = json.loads(said(["ordapt", "classify", "tip.nxs", "--species", "Ni", "-o", "found.nxs", "--json"], env=path, cwd=tmp_path))
    assert [entry["role"] for entry in found["inputs"]] == ["ions", "model"]
    assert done(["ordapt", "crop"], env=path, cwd=tmp_path).returncode == 2


def test_the_second_build_compiles_nothing(environment):
    """The folder of the build is kept: pip's build of the same sources found every object file in it."""
    log = (environment / "pip.log").read_text(encoding="utf-8")
    assert "Building project with" in log and "Successfully installed" in log
    assert "Building C object" not in log


def test_install_finds_the_entry_points(site):
    (found,) = importlib.metadata.distributions(name="ordapt", path=[site])
    assert found.version == version()
    groups = {(entry.group, entry.name) for entry in found.entry_points}
    assert {("console_scripts", "ordapt"), ("console_scripts", "ordapt-report"), ("nomad.plugin", "recipe_action")} <= groups
    assert all(os.path.exists(os.path.join(site, "ordapt", name)) for name in ("bin/ordapt", "lib/libordapt_nexus.so", "share/ordapt/models/cocrni-002.nxs"))


def test_without_the_engine_pip_says_what_is_missing(site, tmp_path):
    shutil.copytree(SOURCE / "plugin", tmp_path / "plugin", ignore=shutil.ignore_patterns("__pycache__"))
    python = said(["sh", HERE / "environment.sh", SOURCE / "plugin" / "tools" / "requirements-build.txt"]).strip()
    end = done([python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", tmp_path / "plugin"], cwd=tmp_path)
    assert end.returncode != 0
    assert "The sources of the engine are not beside" in end.stdout + end.stderr
