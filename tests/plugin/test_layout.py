"""What holds in every file we write, beyond its definitions: something to look at, nothing private, true digests."""
import getpass
import hashlib
import os
import re
import shutil
import socket
import subprocess

import h5py
import numpy
import pytest

from made import NETWORK_RECIPES, RECIPES

MADE = [name if name.endswith(".nxs") else name + ".nxs" for name, _ in RECIPES + NETWORK_RECIPES]
FOLDERS = re.compile(r"(?:^|[^\w.>-])/(?:home|root|tmp|var|usr|opt|etc|mnt|media|srv|dev|Users|work|builds?)/")


@pytest.fixture(params=MADE)
def path(request, workshop):
    return workshop.file(request.param)


def text_of(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def all_strings(file):
    """(where, text) of every text in datasets and attributes, and of every name."""
    found = []

    def attributes(name, item):
        for key, value in item.attrs.items():
            for one in numpy.atleast_1d(value) if not isinstance(value, (str, bytes)) else [value]:
                if isinstance(one, (str, bytes)):
                    found.append((f"{name}/@{key}", text_of(one)))

    def visit(name, item):
        found.append((name, name))
        attributes(name, item)
        if isinstance(item, h5py.Dataset) and h5py.check_string_dtype(item.dtype):
            found.extend((name, text_of(one)) for one in numpy.atleast_1d(item[()]).ravel())

    attributes("", file)
    file.visititems(visit)
    return found


def default_group(file):
    """The end of the chain of @default; every link of it must exist."""
    group, seen = file, 0
    while "default" in group.attrs:
        name = text_of(group.attrs["default"])
        assert name in group, f"{group.name}/@default names {name}, which is not there"
        group, seen = group[name], seen + 1
        assert seen < 10
    return group


def test_default_leads_to_a_plot(path):
    """Files without anything to draw (ranges alone, shares of files written) end at a process."""
    with h5py.File(path, "r") as file:
        group = default_group(file)
        plots = []
        file["entry1"].visititems(lambda name, item: plots.append(name) if isinstance(item, h5py.Group) and item.attrs.get("NX_class") == "NXdata" else None)
        if not plots:
            assert group.attrs["NX_class"] in ("NXprocess", "NXsubentry")
            return
        assert group.attrs["NX_class"] == "NXdata", f"ends at {group.name}, but there is {plots[0]}"


def groups_of(file, kind):
    found = []
    file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Group) and item.attrs.get("NX_class") == kind else None)
    return found


def test_every_default_on_the_way_is_a_plot(path):
    """Of each step, not of the last alone: one may open any of them in a viewer."""
    with h5py.File(path, "r") as file:
        for record in groups_of(file, "NXsubentry"):
            for group in [record, *groups_of(record, "NXprocess")]:
                if groups_of(group, "NXdata"):
                    assert default_group(group).attrs["NX_class"] == "NXdata", f"{group.name}: opens at {default_group(group).name}"


def test_every_nxdata_can_be_drawn(path):
    """The rules of H5Web: a numeric signal with as many axes as dimensions, each as long as its dimension (or two for the places of points), errors of the
    signal's shape. What has no rows names no signal."""
    with h5py.File(path, "r") as file:
        for group in groups_of(file, "NXdata"):
            arrays = {name: item for name, item in group.items() if name != "title"}
            assert all(item.dtype.kind in "iuf" for item in arrays.values()), f"{group.name}: no number"
            assert "title" not in group or (group["title"].shape == () and h5py.check_string_dtype(group["title"].dtype)), f"{group.name}/title"
            axes = [text_of(axis) for axis in numpy.atleast_1d(group.attrs["axes"])]
            if "signal" not in group.attrs:
                assert any(item.size == 0 for item in arrays.values()), f"{group.name}: nothing to draw"
                continue
            signal = group[text_of(group.attrs["signal"])]
            assert signal.ndim >= 1 and signal.size, f"{group.name}: nothing to draw"
            errors = [group[name] for name in (f"{signal.name.split('/')[-1]}_errors", "errors") if name in group]
            assert all(item.shape == signal.shape for item in errors), f"{group.name}: errors of another shape"
            for beside in numpy.atleast_1d(group.attrs.get("auxiliary_signals", [])):
                assert group[text_of(beside)].shape == signal.shape, f"{group.name}/{beside}"
            points = signal.ndim == 1 and len(axes) == 2
            assert points or len(axes) == signal.ndim, f"{group.name}: {axes} for {signal.shape}"
            for dimension, axis in enumerate(axes):
                if axis == ".":
                    continue
                assert axis in group, f"{group.name}: axis {axis} is missing"
                assert group[axis].shape == (signal.shape[0 if points else dimension],), f"{group.name}/{axis}"
                assert group.attrs[f"{axis}_indices"] == (0 if points else dimension)


def test_what_is_seen_first_lies_in_the_array(path):
    with h5py.File(path, "r") as file:
        for group in groups_of(file, "NXdata"):
            if "default_slice" not in group.attrs:
                continue
            words, shape = [text_of(word) for word in group.attrs["default_slice"]], group[text_of(group.attrs["signal"])].shape
            assert len(words) == len(shape) and words.count(".") in (1, 2), group.name
            assert all(word == "." or 0 <= int(word) < n for word, n in zip(words, shape)), f"{group.name}: {words} of {shape}"


def test_nothing_private_is_written(path):
    names = {name for name in (getpass.getuser(), socket.gethostname(), os.uname().nodename) if len(name) > 4}
    with h5py.File(path, "r") as file:
        for where, text in all_strings(file):
            assert not FOLDERS.search(text), f"{where}: a path: {text[:200]}"
            assert str(path.parent) not in text, where
            for name in names:
                assert not re.search(rf"\b{re.escape(name)}\b", text), f"{where}: names the machine or its user: {text[:200]}"


def test_strings_have_variable_length(path):
    """Fixed length is what validators refuse; units may be so, as the NeXus API writes them, and the JSON of notes must."""
    fixed = []

    def attributes(name, item):
        for key in item.attrs:
            information = h5py.check_string_dtype(item.attrs.get_id(key).dtype)
            if information and information.length is not None and key != "units":
                fixed.append(f"{name}/@{key}")

    def visit(name, item):
        attributes(name, item)
        information = h5py.check_string_dtype(item.dtype) if isinstance(item, h5py.Dataset) else None
        is_note = item.parent.attrs.get("NX_class") == "NXnote" and name.endswith("/data")  # NX_BINARY
        if information and information.length is not None and not is_note:
            fixed.append(name)

    with h5py.File(path, "r") as file:
        attributes("", file)
        file.visititems(visit)
    assert fixed == []


def test_h5dump_sees_the_same(workshop):
    if not shutil.which("h5dump"):
        pytest.skip("h5dump is absent (Debian: hdf5-tools)")
    text = subprocess.run(["h5dump", "-H", str(workshop.file("crop.nxs"))], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert re.findall(r"STRSIZE \d+", re.sub(r'(ATTRIBUTE "units"|DATASET "data") \{.*?\n\s*\}\s*\n', "", text, flags=re.S)) == []


def test_checksums_are_those_of_the_inputs(path, workshop):
    count = 0
    with h5py.File(path, "r") as file:
        for name, part in file["entry1"].items():
            if not isinstance(part, h5py.Group) or part.attrs.get("NX_class") != "NXsubentry":
                continue
            for note in (item for key, item in part.items() if re.fullmatch(r"input\d+", key)):
                if "checksum" not in note:
                    continue
                input_path = workshop.folder / text_of(note["file_name"][()])
                if input_path.exists():
                    assert hashlib.sha256(input_path.read_bytes()).hexdigest() == text_of(note["checksum"][()]), f"{name}: {input_path.name}"
                    count += 1
            digest = hashlib.sha256(part["outcome/manifest"][()]).hexdigest()
            assert digest == text_of(part["results_sha256/checksum"][()]), "results_sha256 is not the digest of the manifest"
        given = [name for part in file["entry1"].values() if isinstance(part, h5py.Group) for name in part if re.fullmatch(r"input\d+", name)]
    assert count or not given or path.name == "net.nxs"


def test_arrays_of_ions_are_as_nxapm_has_them(workshop):
    with h5py.File(workshop.file("ranged.nxs"), "r") as file, open(workshop.folder / "tip.pos", "rb") as raw:
        table = numpy.frombuffer(raw.read(), ">f4").reshape(-1, 4)
        roi = file["entry1/atom_probe1"]
        assert numpy.array_equal(roi["reconstruction/reconstructed_positions"][()], table[:, :3])
        assert numpy.array_equal(roi["mass_to_charge_conversion/mass_to_charge"][()], table[:, 3])
        types = roi["ranging/peak_identification/iontypes"]
        assert types.dtype == numpy.uint8 and types.shape == (len(table),)
        assert text_of(roi["reconstruction/reconstructed_positions"].attrs["units"]) == "nm"
        assert text_of(roi["reconstruction/reconstructed_positions"].attrs["depends_on"]) in file


def test_the_link_to_the_spectrum_is_a_hard_one(workshop):
    with h5py.File(workshop.file("ranged.nxs"), "r") as file:
        link = file["entry1/import/import1/mass_spectrum"]
        assert link == file["entry1/atom_probe1/ranging/mass_to_charge_distribution/mass_spectrum"]


def test_metadata_stands_where_nxapm_has_it(workshop):
    for name in ("facts.nxs", "again.nxs"):  # as read from the facts, and as copied from the first file
        with h5py.File(workshop.file(name), "r") as file:
            entry = file["entry1"]
            assert text_of(entry["start_time"][()]) == "2024-03-01T10:00:00+01:00"
            assert entry["run_number"][()] == 22
            assert entry["sample/grain_diameter"][()] == 1500 and text_of(entry["sample/grain_diameter"].attrs["units"]) == "nm"
            assert text_of(entry["measurement/instrument/fabrication/model"][()]) == "LEAP 5000 XR"
            assert entry["measurement/event1/instrument/pulser/pulse_frequency"][()] == 200
            assert text_of(entry["user1/identifier1"].attrs["type"]) == "ORCID"
            assert entry["sample/chemical_composition/Ni/composition"][()] == 33
