"""Files of the real converter pynxtools-apm give the same ions and ranges as the vendor files they were made from."""
import json
import pathlib
import shutil
import subprocess
import sys

import h5py
import numpy
import pytest

from made import PROGRAM, SOURCE, Ranged, assert_same, ordapt, reference

SPECIMEN = "apt-data/a356617605__*/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """a.pos, a.rrng, what we make of them, and what the converter makes of them."""
    place = tmp_path_factory.mktemp("converted")
    shutil.copy(reference(SPECIMEN + "cocrni_nini_pre_extract.pos"), place / "a.pos")
    shutil.copy(reference(SPECIMEN + "CoCrNi.RRNG"), place / "a.rrng")
    (place / "x.oasis.specific.yaml").write_text("common: {}\n", encoding="utf-8")  # without it the converter stumbles
    converter = pathlib.Path(sys.executable).with_name("dataconverter")
    subprocess.run([converter, "run", "a.pos", "a.rrng", "x.oasis.specific.yaml", "--reader", "apm", "--nxdl", "NXapm", "--output", "a.nxs"],
                   cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    ordapt("import", "a.pos", "a.rrng", "-o", "vendor.nxs", folder=place)
    return place


@pytest.fixture(scope="module")
def vendor(folder):
    return Ranged(folder / "vendor.nxs")


def test_the_vendor_files_are_what_they_are_known_to_be(vendor):
    assert len(vendor.mass) == 39944 and len(vendor.ranges) == 7


def test_a_file_of_the_converter_gives_the_same(folder, vendor):
    ordapt("import", "a.nxs", "-o", "b.nxs", folder=folder)
    assert_same(Ranged(folder / "b.nxs"), vendor)


def test_the_file_of_the_reference_data_gives_the_same(folder, vendor):
    ordapt("import", reference("nxapm/pynxtools_apm_input.nxs"), "-o", "c.nxs", folder=folder)
    assert_same(Ranged(folder / "c.nxs"), vendor)


def test_steps_take_it_as_it_is(folder):
    """Without import: it is ranged when it is read."""
    first = ordapt("composition", "a.nxs", "-o", "d.nxs", folder=folder)["summary"]
    second = ordapt("composition", "vendor.nxs", "-o", "e.nxs", folder=folder)["summary"]
    assert first == second
    assert first["ranged"] == 33291


def groups_of_ions(file):
    return [item for name, item in file["entry1/atom_probe/ranging/peak_identification"].items() if name.startswith("ion")]


def hashes_of_the_old_kind(file):
    """Before NXapm was accepted an element had no neutrons in its hash instead of 255."""
    for ion in groups_of_ions(file):
        hashes = ion["nuclide_hash"][()]
        ion["nuclide_hash"][()] = numpy.where(hashes >> 8 == 255, hashes & 255, hashes)


def attribute_unit(file):
    """As the transcoder of paraprobe spelt it."""
    def rename(_, item):
        if isinstance(item, h5py.Dataset) and "units" in item.attrs:
            item.attrs["unit"] = item.attrs["units"]
            del item.attrs["units"]
    file.visititems(rename)


def class_nxion(file):
    for ion in groups_of_ions(file):
        ion.attrs["NX_class"] = "NXion"


def short_units(file):
    file["entry1/atom_probe/reconstruction/reconstructed_positions"].attrs["units"] = "nm"
    file["entry1/atom_probe/mass_to_charge_conversion/mass_to_charge"].attrs["units"] = "Da"


def no_units(file):
    def drop(_, item):
        if isinstance(item, h5py.Dataset) and "units" in item.attrs:
            del item.attrs["units"]
    file.visititems(drop)


def column_of_mass(file):
    """(n, 1) instead of (n)."""
    mass = file["entry1/atom_probe/mass_to_charge_conversion/mass_to_charge"]
    values, units = mass[()], mass.attrs["units"]
    del file["entry1/atom_probe/mass_to_charge_conversion/mass_to_charge"]
    file["entry1/atom_probe/mass_to_charge_conversion/mass_to_charge"] = values.reshape(-1, 1)
    file["entry1/atom_probe/mass_to_charge_conversion/mass_to_charge"].attrs["units"] = units


def fixed_strings(file):
    for ion in groups_of_ions(file):
        name = numpy.bytes_(ion["name"][()])
        del ion["name"]
        ion["name"] = name


def another_name(file):
    file.move("entry1/atom_probe", "entry1/atom_probe_of_another_writer")


OLDER = [hashes_of_the_old_kind, attribute_unit, class_nxion, short_units, no_units, column_of_mass, fixed_strings, another_name]


@pytest.mark.parametrize("change", OLDER, ids=lambda change: change.__name__)
def test_older_layouts_give_the_same(folder, vendor, tmp_path, change):
    shutil.copy(folder / "a.nxs", tmp_path / "old.nxs")
    with h5py.File(tmp_path / "old.nxs", "r+") as file:
        change(file)
    ordapt("import", "old.nxs", "-o", "new.nxs", folder=tmp_path)
    assert_same(Ranged(tmp_path / "new.nxs"), vendor)


def test_other_units_of_length_are_converted(folder, vendor, tmp_path):
    shutil.copy(folder / "a.nxs", tmp_path / "metres.nxs")
    path = "entry1/atom_probe/reconstruction/reconstructed_positions"
    with h5py.File(tmp_path / "metres.nxs", "r+") as file:
        values = file[path][()].astype("f8") * 1e-9
        del file[path]
        file[path] = values
        file[path].attrs["units"] = "m"
    ordapt("import", "metres.nxs", "-o", "new.nxs", folder=tmp_path)
    assert numpy.allclose(Ranged(tmp_path / "new.nxs").positions, vendor.positions, rtol=3e-7, atol=0)


def test_all_of_them_at_once_give_the_same(folder, vendor, tmp_path):
    shutil.copy(folder / "a.nxs", tmp_path / "old.nxs")
    with h5py.File(tmp_path / "old.nxs", "r+") as file:
        for change in (hashes_of_the_old_kind, class_nxion, fixed_strings, column_of_mass, attribute_unit, another_name):
            if change is another_name:
                file.move("entry1/atom_probe", "entry1/atom_probe7")
            else:
                change(file)
    ordapt("import", "old.nxs", "-o", "new.nxs", folder=tmp_path)
    assert_same(Ranged(tmp_path / "new.nxs"), vendor)


def test_ions_alone_and_ranges_alone_are_files_too(folder, tmp_path):
    shutil.copy(folder / "a.nxs", tmp_path / "ions.nxs")
    shutil.copy(folder / "a.nxs", tmp_path / "ranges.nxs")
    with h5py.File(tmp_path / "ions.nxs", "r+") as file:
        del file["entry1/atom_probe/ranging"]
    with h5py.File(tmp_path / "ranges.nxs", "r+") as file:
        del file["entry1/atom_probe/reconstruction"], file["entry1/atom_probe/mass_to_charge_conversion"]
    ordapt("range", "ions.nxs", "--ranges", "ranges.nxs", "-o", "both.nxs", folder=tmp_path)
    assert_same(Ranged(tmp_path / "both.nxs"), Ranged(folder / "vendor.nxs"))


# ---- every step that takes ions ----

SMALL = "--roi -5,5,-5,5,-30,-15"
# Arguments after the name of the step; a step that is not here is run with its defaults.
ARGUMENTS = {
    "crop": SMALL,
    "sdm": f"--pairs Ni-Ni {SMALL}",
    "classify": f"--model {{model}} --species Ni {SMALL}",
    "frequency": "--species Ni",
    "neighbours": "--pairs Ni-Ni --k 3 --draws 3",
    "warren_cowley": "--pairs Ni-Ni,Ni-Cr --shells 0,0.3,0.5 --draws 3",
    "diffuse": "--species Ni --grid-points 5,5,1",
    "superlattice": "--species Ni --radii 0.8,1.2",
    "segment": "--model {neighbours} --species-codes other:0",
    "shuffle": "--seed 1",
    "domains": "--species Ni --eps 0.5",
    "range": "--ranges a.rrng",
}


def steps_with_ions():
    catalogue = json.loads(subprocess.run([PROGRAM, "describe", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return [step["name"] for step in catalogue["steps"] if not step["gives_file"] and any(slot["name"] == "ions" for slot in step["slots"])]


def content_of(path, step):
    """What the digest is made of, but for the name of the input: lines of the manifest that say how the step was run and what each array holds."""
    with h5py.File(path, "r") as file:
        lines = file[f"entry1/{step}/outcome/manifest"][()].decode().splitlines()
    return [line for line in lines if not line.startswith(("input ", "ions "))]


@pytest.mark.parametrize("step", steps_with_ions())
def test_every_step_gives_the_same_of_a_converted_specimen(folder, tmp_path, step):
    """The converter writes no ion types: they are made when the file is read."""
    neighbours = tmp_path / "neighbours.nxs"
    if step == "segment":
        ordapt("synthesise", "--preset", "au-cu", "--cubes", 3, "--cells", "6,8", "-o", "cubes.nxs", folder=tmp_path)
        ordapt("train", "cubes.nxs", "--preset", "au-cu", "--blocks", 1, "--epochs", 1, "-o", neighbours, folder=tmp_path)
    arguments = ARGUMENTS.get(step, "").format(model=SOURCE / "examples" / "models" / "cocrni-002.nxs", neighbours=neighbours).split()
    for name in ("a.nxs", "vendor.nxs"):
        ordapt(step, name, *arguments, "-o", tmp_path / name, folder=folder)
    assert content_of(tmp_path / "a.nxs", step) == content_of(tmp_path / "vendor.nxs", step)
    with h5py.File(tmp_path / "a.nxs", "r") as file:
        if file[f"entry1/{step}/{step}1"].attrs.get("default") == "mass_spectrum":
            converted, vendor = Ranged(tmp_path / "a.nxs"), Ranged(tmp_path / "vendor.nxs")
            assert_same(converted, vendor)
