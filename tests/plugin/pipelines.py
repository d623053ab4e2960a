"""What the tests of the descriptors share: engines in environments of their own, the program on PATH, a specimen made once."""
import functools
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from made import PROGRAM, SOURCE, cache, environment

FOLDER = SOURCE / "plugin" / "src" / "ordapt" / "pipelines"
ROI = "-3,3,-3,3,-9,-3"


def on_path(folder, *engines):
    """An environment where `ordapt` is found, and the programs of engines."""
    folder.mkdir(exist_ok=True)
    if not (folder / "ordapt").exists():
        (folder / "ordapt").symlink_to(pathlib.Path(PROGRAM).resolve())
    python_free = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return python_free | {"PATH": os.pathsep.join([str(folder), *(str(environment(engine).parent) for engine in engines), os.environ["PATH"]])}


def run(words, code=0, **more):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                          **more)
    assert code is None or done.returncode == code, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def digest(path):
    """Of the results, from the document that a call printed."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["output"]["results_sha256"]


class Specimen:
    """Vendor files, and the steps of the chain called by hand."""

    def __init__(self, folder):
        self.folder, self.digests = folder, {}
        self.call("made", "synthesise", "--domains", "12", "--box", "-6,6,-6,6,-18,0", "--seed", "3")
        run([PROGRAM, "export", "made.nxs", "-o", "tip.pos", "-q"], cwd=folder)
        self.call("tip", "import", "tip.pos", "tip.rrng")
        self.call("control", "shuffle", "tip.nxs", "--seed", "1")
        self.call("found", "classify", "tip.nxs", "--species", "Ni", f"--roi={ROI}")
        self.call("null", "classify", "control.nxs", "--species", "Ni", f"--roi={ROI}")
        self.call("domains", "domains", "found.nxs", "--control", "null.nxs")
        self.call("whole", "classify", "tip.nxs", "--species", "Ni", "--threshold", "0.5", "--class", "1")

    def call(self, name, *words):
        done = run([PROGRAM, *words, "--json", "-o", f"{name}.nxs"], cwd=self.folder)
        self.digests[name] = json.loads(done.stdout)["output"]["results_sha256"]

    def copy(self, folder, *names):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy2(self.folder / name, folder / name)
        return folder


SHARED = []


def shared_specimen(factory):
    """Made once in a session."""
    if not SHARED:
        SHARED.append(Specimen(factory.mktemp("specimen")))
    return SHARED[0]


@functools.cache
def context():
    """The JSON-LD context of RO-Crate, from the package that brings it; it is kept in the cache."""
    folder = cache() / "ro-crate-3.7.2"
    if not (folder / "package").is_dir():
        if not shutil.which("npm"):
            pytest.skip("npm is absent, which brings the JSON-LD context of RO-Crate")
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["npm", "pack", "--silent", "ro-crate@3.7.2"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
        if done.returncode:
            pytest.skip(f"the npm package ro-crate could not be fetched: {done.stderr.decode()[-300:]}")
        shutil.unpack_archive(folder / done.stdout.decode().strip(), folder)
    return folder / "package" / "lib" / "context.json"
