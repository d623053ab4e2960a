"""What the checks of written files share: the program, reference data, and how one file of every kind is made."""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import h5py
import numpy
import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
BUILT = SOURCE / "build" / "release" / "bin" / "ordapt"
PROGRAM = os.environ.get("ORDAPT_PROGRAM") or str(BUILT if BUILT.exists() else shutil.which("ordapt") or BUILT)
"""As told, else the one of the tree, else the one that is installed."""
DEFINITIONS = SOURCE / "nexus_defs"


def reference(name):
    """A file of the reference data; the test is skipped, by name, where it is absent."""
    folder = pathlib.Path(os.environ.get("ORDAPT_REFERENCE") or SOURCE.parent / "shared" / "reference")
    found = sorted(folder.glob(name))
    if not found:
        pytest.skip(f"reference data {name} is absent (set ORDAPT_REFERENCE)")
    return found[0]


def ordapt(*arguments, folder, code=0):
    """Runs the program in a folder and returns its JSON document."""
    run = subprocess.run([PROGRAM, *map(str, arguments), "--json"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert run.returncode == code, f"ordapt {' '.join(map(str, arguments))}: {run.returncode}: {run.stderr.decode()}"
    return json.loads(run.stdout) if run.stdout else {}


@functools.lru_cache
def cache():
    """Where fetched packages are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(os.environ.get("ORDAPT_CACHE") or os.path.join(home, "ordapt"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.lru_cache
def environment(name):
    """The Python of a pinned environment, requirements-NAME.txt; the test is skipped, by name, where packages cannot be fetched."""
    done = subprocess.run(["sh", str(HERE / "environment.sh"), str(HERE / f"requirements-{name}.txt")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode == 75:
        pytest.skip(f"requirements-{name}.txt could not be fetched: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


METADATA = """
entry: {operation_mode: apt, start_time: '2024-03-01T10:00:00+01:00', run_number: 22, experiment_description: a test}
sample:
  alias: CoCrNi
  is_simulation: no
  grain_diameter: {value: 1.5, unit: micrometer}
  grain_diameter_error: {value: 0.1, unit: micrometer}
  heat_treatment_temperature: {value: 1273, unit: K}
  heat_treatment_quenching_rate: {value: 10, unit: K/s}
  composition: [Co rem, Cr 33.5, Ni 33 +- 0.5]
specimen:
  alias: tip 1
  is_simulation: yes
  is_polycrystalline: true
  preparation_date: '2024-02-01T10:00:00+01:00'
  initial_radius: {value: 50, unit: nanometer}
  shank_angle: {value: 5, unit: degree}
status: success
instrument:
  instrument_name: the machine
  location: a laboratory
  fabrication_vendor: CAMECA
  fabrication_model: LEAP 5000 XR
  reflectron_applied: true
  local_electrode_name: L1
  pulse_mode: laser
  pulse_frequency: {value: 200, unit: kilohertz}
  pulse_fraction: 0.2
  chamber_pressure: {value: 2.e-11, unit: torr}
  base_temperature: {value: 50, unit: kelvin}
  evaporation_control: constant detection rate
  target_detection_rate: 0.01
  laser_source:
    - {name: laser, power: {value: 24, unit: milliwatt}, pulse_energy: {value: 24, unit: picojoule}, wavelength: {value: 355, unit: nm}}
user:
  - {name: Ada, affiliation: somewhere, email: ada@example.org, role: operator, orcid: 0000-0002-1825-0097}
"""

SMALL = "--sigma-lateral 0.2,0.4 --sigma-depth 0.02/0.03 --efficiency 0.4,0.5"

# Files made from one another, in this order: name, arguments. A name ends in .nxs where a NeXus file is made.
RECIPES = [
    ("tip.nxs", "synthesise --domains 12 --box -6,6,-6,6,-18,0 --seed 3"),
    ("tip.pos", "export tip.nxs"),
    ("tip.csv", "export tip.nxs"),
    ("crop.nxs", "crop tip.nxs --roi -5,5,-5,5,-16,-4"),
    ("range.nxs", "range crop.nxs"),
    ("composition.nxs", "composition crop.nxs"),
    ("ionic.nxs", "composition crop.nxs --decompose false"),
    ("spectrum.nxs", "spectrum crop.nxs"),
    ("shuffle.nxs", "shuffle crop.nxs --seed 5"),
    ("sdm.nxs", "sdm crop.nxs --pairs Ni-Ni,Co-Cr"),
    ("sdm_zx.nxs", "sdm crop.nxs --pairs Ni-Ni --mode all --dimensions 2"),
    ("domains.nxs", "domains crop.nxs --species Ni --control shuffle.nxs"),
    ("alone.nxs", "domains crop.nxs --species Ni"),
    ("frequency.nxs", "frequency crop.nxs --species Ni,Cr"),
    ("near.nxs", "neighbours crop.nxs --pairs Ni-Ni,Cr-Ni --k 4"),
    ("near_all.nxs", "neighbours crop.nxs --k 2"),
    ("order.nxs", "warren_cowley crop.nxs --pairs Ni-Ni,Ni-Cr --k 7,12"),
    ("order_shells.nxs", "warren_cowley crop.nxs --pairs Ni-Cr --lattice fcc --lattice-parameter 0.356 --draws 0"),
    ("monte_carlo.nxs", "monte_carlo --composition Ni:0.5,Al:0.3,Cr:0.2 --energies Ni-Al:-0.03/0.01,Al-Cr:-0.01 --cells 6"),
    ("targets.nxs", "monte_carlo --targets Ni-Al:-0.2/0.15 --cells 6"),
    ("diffuse.nxs", "diffuse monte_carlo.nxs --species Al --grid-points 13,13,1"),
    ("scattered.nxs", "diffuse crop.nxs --q 1,0,0;1,1,0"),
    ("shells.nxs", "diffuse --shells 1,1,0:-0.1;2,0,0:0.05"),
    ("density.nxs", "density_map crop.nxs --selection tip.nxs --axes xz"),
    ("labelled.pos", "export domains.nxs --label domain"),
    ("pos.nxs", "import tip.pos"),
    ("ranged.nxs", "import tip.pos tip.rrng"),
    ("ranges.nxs", "import tip.rrng"),
    ("csv.nxs", "import tip.csv"),
    ("facts.nxs", "import tip.pos tip.rrng --metadata facts.yaml"),
    ("again.nxs", "import facts.nxs"),
    ("bank.nxs", f"bank --preset cocrni-002 {SMALL} --voxels 200"),
    ("train.nxs", "train bank.nxs --filters 4 --dense 8 --epochs 2 --folds 2"),
    ("evaluate.nxs", "evaluate train.nxs --patterns bank.nxs --fit-temperature true"),
    ("attribute.nxs", "attribute train.nxs --patterns bank.nxs"),
    ("curves.nxs", "classify crop.nxs --model train.nxs --species Ni,Co --threshold 1"),
    ("explained.nxs", "attribute train.nxs --patterns curves.nxs"),
    ("drawn.nxs", "domains curves.nxs --draws 2 --volume roi --pairs Ni-Ni"),
    ("feal.nxs", "synthesise --preset feal --box -5,5,-5,5,-10,0 --domains 6 --seed 3"),
    ("feal_bank.nxs", "bank --preset feal-002 --sigma-lateral 0.4 --sigma-depth 0.02/0.03/0.02 --efficiency 0.4,0.5 --voxels 200"),
    ("feal_train.nxs", "train feal_bank.nxs --preset feal-002 --filters 4 --dense 8 --epochs 1 --folds 1"),
    ("feal_classify.nxs", "classify feal.nxs --preset feal-002 --model feal_train.nxs --species Fe,Al --class 1,2 --threshold 1,1"),
    ("feal_domains.nxs", "domains feal_classify.nxs"),
    ("al.nxs", "synthesise --lattice-parameter 0.405 --composition Al:0.8,Li:0.2 --orientation 011 --box -2,2,-2,2,-5,0 --seed 4"),
    ("img_bank.nxs", f"bank --preset allimg-011 {SMALL} --voxels 6"),
    ("img_train.nxs", "train img_bank.nxs --preset allimg-011 --filters 4 --dense 8 --epochs 1 --folds 1"),
    ("img_evaluate.nxs", "evaluate img_train.nxs --patterns img_bank.nxs"),
    ("img_attribute.nxs", "attribute img_train.nxs --patterns img_bank.nxs"),
    ("img_classify.nxs", "classify al.nxs --preset allimg-011 --model img_train.nxs --species Al --threshold 1"),
]
RECIPES += [
    ("superlattice.nxs", "superlattice crop.nxs --species Ni,Cr"),
    ("whitened.nxs", "superlattice crop.nxs --species Ni --structure d03-111 --period 0.36"),
    ("order_domains.nxs", "domains superlattice.nxs"),
    ("order_score.nxs", "score superlattice.nxs --truth tip.nxs"),
    ("neighbours.nxs", "import block1.h5 block2.h5"),
    ("segment.nxs", "segment crop.nxs --model neighbours.nxs"),
    ("witnessed.nxs", "domains superlattice.nxs --witness segment.nxs --draws 1"),
    ("judged.nxs", "score segment.nxs --truth tip.nxs"),
    ("clusters.nxs", "domains segment.nxs --method max_separation --draws 1"),
    ("cubes.nxs", "synthesise --preset co-alloy --cubes 3 --cells 6,10"),
    ("cubes_segment.nxs", "segment cubes.nxs --model neighbours.nxs"),
    ("cubes_score.nxs", "score cubes_segment.nxs --truth cubes.nxs"),
]
# Whole recipes, of these files.
RUNS = [("atomnet.nxs", "run atomnet net=neighbours.nxs tip=crop.nxs"), ("planes.nxs", "run atomnet-planes net=neighbours.nxs tip=crop.nxs pairs=Ni-Ni")]
# These need the networks of the reference data.
NETWORK_RECIPES = [
    ("net.nxs", "import {networks}"),
    ("classify.nxs", "classify crop.nxs --model net.nxs --species Ni,Co --roi -4,4,-4,4,-12,-6"),
    ("found.nxs", "score classify.nxs --truth tip.nxs"),
]


def write_checkpoints(folder):
    """Two blocks of AtomNet with random weights."""
    sys.path.insert(0, str(SOURCE / "tests" / "program"))
    import tool

    for block in (1, 2):
        tool.write_checkpoint(folder / f"block{block}.h5", block)


def untold_steps():
    """A new step is tried with its defaults; one that needs more gets a line above."""
    told = {arguments.split()[0] for _, arguments in RECIPES + NETWORK_RECIPES}
    catalogue = json.loads(subprocess.run([PROGRAM, "describe", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return [step["name"] for step in catalogue["steps"] if step["name"] not in told]


RECIPES += [(f"{name}.nxs", f"{name} crop.nxs") for name in untold_steps()]


class Workshop:
    """A folder with files, and the step or reason that stands for each."""

    def __init__(self, folder):
        self.folder, self.documents, self.failures = folder, {}, {}

    def make(self, name, arguments):
        try:
            self.documents[name] = ordapt(*arguments.split(), "-o", name, folder=self.folder)
        except AssertionError as error:
            self.failures[name] = str(error)

    def files(self):
        return sorted(self.folder.glob("*.nxs"))

    def file(self, name):
        if name in self.failures:
            pytest.fail(self.failures[name])
        if not (self.folder / name).exists():
            pytest.skip(f"{name} was not made: its reference data are absent")
        return self.folder / name


def judge(jobs, definitions=None):
    """Verdicts of the real pynxtools on [file, group, definition]; definitions: another tree than its own."""
    environment = {key: value for key, value in os.environ.items() if key != "NEXUS_DEF_PATH"}
    if definitions:
        environment["NEXUS_DEF_PATH"] = str(definitions)
    lines = "".join(json.dumps(list(map(str, job))) + "\n" for job in jobs)
    run = subprocess.run([sys.executable, str(HERE / "validate.py")], input=lines, env=environment, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    verdicts = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(verdicts) == len(jobs), run.stderr[-2000:]
    return verdicts


def write_amended(original, path):
    from lxml import etree

    tree = etree.parse(str(original))
    space = {"n": "http://definition.nexusformat.org/nxdl/3.1"}
    for attribute in tree.xpath("//n:field[not(@units)]/n:attribute[@name='units']", namespaces=space):
        field = attribute.getparent()
        field.remove(attribute)
        field.set("units", "NX_ANY")
    tree.write(str(path), encoding="utf-8", xml_declaration=True)


class Ranged:
    """Ions, types and ranges of one of our files, for comparison with another."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            roi = file["entry1/atom_probe1"]
            self.positions = roi["reconstruction/reconstructed_positions"][()]
            self.mass = roi["mass_to_charge_conversion/mass_to_charge"][()]
            types = roi["ranging/peak_identification/iontypes"][()]
            groups = {int(name[3:]): item for name, item in roi["ranging/peak_identification"].items() if re.fullmatch(r"ion\d+", name)}
            names = numpy.array(["" if k == 0 else self.label(groups[k]) for k in range(max(groups) + 1)])
            self.labels = names[types]
            self.ranges = sorted((self.label(group), *map(float, row)) for k, group in groups.items() if k
                                 for row in group["mass_to_charge_range"][()])

    @staticmethod
    def label(group):
        """What the ion is made of, and its charge: names differ between writers."""
        atoms = "+".join(str(hashed) for hashed in sorted(group["nuclide_hash"][()]) if hashed)
        return f"{atoms or group['name'][()].decode()} {group['charge_state'][()]}"

    def counts(self):
        return dict(zip(*numpy.unique(self.labels, return_counts=True)))


def assert_same(one, other, bounds=0.0):
    """The same ions in the same order, the same ranges (bounds: how far apart, Da) and the same type of every ion."""
    assert numpy.array_equal(one.positions, other.positions)
    assert numpy.array_equal(one.mass, other.mass)
    assert [name for name, *_ in one.ranges] == [name for name, *_ in other.ranges]
    assert numpy.abs(numpy.array([row[1:] for row in one.ranges]) - numpy.array([row[1:] for row in other.ranges])).max() <= bounds
    assert numpy.array_equal(one.labels, other.labels)
