"""The measured silicon specimen inside the source package of APAV: fetched, never copied into this project.

APAV is by J. Smith (GPL-2+); where the specimen comes from it does not say. .pos and .epos hold the same ions, .RRNG and .RNG the same ranges.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile

import h5py
import numpy
import pytest

from made import PROGRAM, Ranged, assert_same, cache, environment, ordapt

PACKAGE = "APAV-1.4.0.tar.gz"
PACKAGE_SHA256 = "ae26caf1908da04ab88cfa6f16532ad8cb09548c2c11de40d95703afbc4f45d6"
FILES = {
    "Si.pos": "dff134cc5015f56963763bee664b56f04bcace5cd6e45b63b762c722f547d98a",
    "Si.epos": "fc99c73baf2e6b6352d414beb7f900ec1853c5c62ca4770ba126ccc49a2db906",
    "Si.RRNG": "38a2473ab2700eac8fdce590143bc5231c76239675adfcbe2b7f3d493e8225ff",
    "Si.RNG": "b9ec034f98ad3a8585546d7243769ef3841c6ea537aba81ed3c0648afbb236b1",
}
IONS = 945211


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def silicon(tmp_path_factory):
    """A folder with the four files."""
    package = cache() / PACKAGE
    if not package.exists():
        run = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "apav",
                              "--dest", str(cache()), "apav==1.4.0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode:
            pytest.skip(f"the package of APAV cannot be fetched: {run.stdout.strip()[-200:]}")
    assert sha256(package) == PACKAGE_SHA256
    folder = tmp_path_factory.mktemp("silicon")
    with tarfile.open(package) as archive:
        for name in FILES:
            (folder / name).write_bytes(archive.extractfile(f"APAV-1.4.0/apav/tests/{name}").read())
            assert sha256(folder / name) == FILES[name]
    ordapt("import", "Si.pos", "Si.RRNG", "-o", "pos.nxs", folder=folder)
    return folder


@pytest.fixture(scope="module")
def from_pos(silicon):
    return Ranged(silicon / "pos.nxs")


def test_the_ions_are_those_of_the_file(silicon, from_pos):
    table = numpy.fromfile(silicon / "Si.pos", ">f4").reshape(-1, 4)
    assert table.shape == (IONS, 4)
    assert numpy.array_equal(from_pos.positions, table[:, :3])
    assert numpy.array_equal(from_pos.mass, table[:, 3])
    assert len(from_pos.ranges) == 25


@pytest.mark.parametrize("ions, ranges", [("Si.epos", "Si.RNG"), ("Si.pos", "Si.RNG"), ("Si.epos", "Si.RRNG")])
def test_all_pairs_of_files_give_the_same(silicon, from_pos, ions, ranges):
    ordapt("import", ions, ranges, "-o", "other.nxs", "--overwrite", folder=silicon)
    assert_same(Ranged(silicon / "other.nxs"), from_pos)


def test_epos_keeps_its_columns(silicon):
    table = numpy.fromfile(silicon / "Si.epos", ">f4").reshape(-1, 11)
    ordapt("import", "Si.epos", "-o", "epos.nxs", folder=silicon)
    with h5py.File(silicon / "epos.nxs", "r") as file:
        roi = file["entry1/atom_probe1"]
        assert numpy.array_equal(roi["voltage_and_bowl/raw_tof"][()], table[:, 4])
        assert numpy.array_equal(roi["hit_finding/hit_positions"][()], table[:, 7:9])


def test_ranging_anew_gives_the_same(silicon, from_pos):
    ordapt("import", "Si.pos", "-o", "bare.nxs", folder=silicon)
    ordapt("range", "bare.nxs", "--ranges", "Si.RRNG", "-o", "ranged.nxs", folder=silicon)
    assert_same(Ranged(silicon / "ranged.nxs"), from_pos)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_it_replays(silicon, threads):
    ordapt("composition", "pos.nxs", "-o", "shares.nxs", "--overwrite", folder=silicon)
    for name in ("pos.nxs", "shares.nxs"):
        ordapt("replay", name, "--threads", threads, folder=silicon)
    ordapt("replay", "shares.nxs", "--chain", "--threads", threads, folder=silicon)


def shares(folder, decompose):
    """Species to (share, count) as our file has them."""
    name = f"shares_{decompose}.nxs"
    ordapt("composition", "pos.nxs", "--decompose", decompose, "-o", name, "--overwrite", folder=folder)
    with h5py.File(folder / name, "r") as file:
        group = file["entry1/composition/composition1"]
        species = [one.strip() for one in group["summary/species"][()].decode().split(",")]
        return {re.sub(r"\s", "", key): (share, int(count)) for key, share, count in
                zip(species, group["composition/fraction"][()], group["composition/counts"][()])}


def rule_of_apav(folder, decompose):
    """What its documentation says: lower <= m < upper for each range; the atoms of a molecular ion one by one, or the ion."""
    mass = numpy.fromfile(folder / "Si.pos", ">f4").reshape(-1, 4)[:, 3].astype("f8")
    counts = {}
    for line in (folder / "Si.RRNG").read_text().splitlines():
        match = re.match(r"Range\d+=(\S+) (\S+) Vol:\S+ (.*) Color:", line)
        if not match:
            continue
        inside = int(((mass >= float(match.group(1))) & (mass < float(match.group(2)))).sum())
        atoms = [pair.split(":") for pair in match.group(3).split()]
        whole = "".join(symbol + (number if number != "1" else "") for symbol, number in atoms)
        for key, number in ((symbol, int(number)) for symbol, number in atoms) if decompose == "true" else ((whole, 1),):
            counts[key] = counts.get(key, 0) + number * inside
    total = sum(counts.values())
    return {key: (count / total, count) for key, count in counts.items()}


def assert_shares(ours, theirs):
    assert {key: count for key, (_, count) in ours.items()} == {key: count for key, (_, count) in theirs.items()}
    for key, (share, _) in theirs.items():
        assert abs(ours[key][0] - share) < 1e-12, key


@pytest.mark.parametrize("decompose", ["true", "false"])
def test_composition_follows_the_rule_of_apav(silicon, decompose):
    assert_shares(shares(silicon, decompose), rule_of_apav(silicon, decompose))


APAV = """
import json, sys
from apav import load_pos, load_rrng
from apav.analysis.massspectrum import RangedMassSpectrum
ions, ranges = load_pos("Si.pos"), load_rrng("Si.RRNG")
print(json.dumps({word: {k: [float(a), int(b)] for k, (a, b) in RangedMassSpectrum(ions, ranges, decompose=word == "true", percent=False)
                  .quant_dict.items()} for word in ("true", "false")}))
"""


@pytest.fixture(scope="module")
def apav(silicon):
    """What APAV itself says, in an environment with a numpy it can work with."""
    run = subprocess.run([environment("apav"), "-c", APAV], cwd=silicon, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        pytest.skip(f"APAV does not start: {run.stderr.strip()[-200:]}")
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("decompose", ["true", "false"])
def test_composition_is_that_of_apav(silicon, apav, decompose):
    assert_shares(shares(silicon, decompose), {key: tuple(value) for key, value in apav[decompose].items()})


def test_only_true_warnings_are_given(silicon):
    """Ions without a range, because ranges were given, and the few events whose mass-to-charge is not above 0."""
    mass = numpy.fromfile(silicon / "Si.pos", ">f4").reshape(-1, 4)[:, 3]
    expected = {"W_UNRANGED"} | ({"W_MASS_NONPOSITIVE"} if (mass <= 0).any() else set())
    document = ordapt("import", "Si.pos", "Si.RRNG", "-o", "quiet.nxs", folder=silicon)
    assert {warning["code"] for warning in document["warnings"]} == expected
    run = subprocess.run([PROGRAM, "show", "quiet.nxs"], cwd=silicon, stdout=subprocess.PIPE, text=True, check=True)
    assert "Si.pos" in run.stdout and FILES["Si.pos"] in run.stdout
