"""`import ordapt`: the same digests as the program for every step, arrays without copies, errors in the engine's words, nothing left behind."""
import ctypes
import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import weakref

import h5py
import numpy
import pytest

from api import load, package_folder, spoken
from made import NETWORK_RECIPES, PROGRAM, RECIPES, reference
from made import ordapt as program

N = 4000


@pytest.fixture(scope="session")
def api():
    return load()


@pytest.fixture(scope="session")
def columns():
    """Ions of three types in a box; x, y, z, mass-to-charge, type."""
    draw = numpy.random.default_rng(7)
    x, y, z = (draw.uniform(lo, hi, N).astype(numpy.float32) for lo, hi in ((-4, 4), (-4, 4), (-10, 0)))
    types = draw.integers(0, 4, N).astype(numpy.uint8)
    return x, y, z, numpy.array([5, 29.46, 25.97, 28.97], numpy.float32)[types], types


TYPES = [("Co", 2), ("Cr", 2), ("Ni", 2)]
RANGES = [(29.36, 29.56, "Co"), (25.87, 26.07, "Cr"), (28.87, 29.07, "Ni")]


@pytest.fixture
def ions(api, columns):
    *four, types = columns
    return api.Ions(*four, iontypes=types, types=TYPES, ranges=RANGES)


# ---- the same as the program ----

READ_AGAIN = {"feal_domains.nxs"}  # a file keeps the species of a task, not its title "Fe-Al B2": in memory the summary has other keys


class Chain:
    """The lines of the program's workshop said in Python, each result given on in memory."""

    def __init__(self, api, shop, folder):
        self.api, self.shop, self.folder, self.results = api, shop, folder, {}
        shutil.copy(shop.folder / "facts.yaml", folder)

    def file(self, name):
        return self.folder / name if (self.folder / name).exists() else self.shop.file(name)

    def input(self, name):
        """A result of this chain, or a file: vendor data, or what the reference data made."""
        return self.results[name] if name in self.results and name.endswith(".nxs") else self.file(name)

    def make(self, name, line):
        step, *rest = line.split()
        about = next(one for one in self.steps() if one["name"] == step)
        inputs, slots, parameters = spoken(about, rest)
        given = [[self.file(one) for one in inputs]] if step == "import" else [self.input(one) for one in inputs]
        given += [self.folder / name] if about["gives_file"] else []
        function = getattr(self.api, {"import": "import_"}.get(step, step))
        named = {{"class": "class_"}.get(key, key): value for key, value in parameters.items()}
        if name in READ_AGAIN:
            self.results.pop(inputs[0])
            given = [self.file(inputs[0])]
        self.results[name] = function(*given, **{slot: self.input(one) for slot, one in slots.items()}, **named)
        if step != "import" and not about["gives_file"] and name in ("facts.nxs", "tip.nxs"):
            self.results[name].write(self.folder / name)
        return self.results[name]

    @staticmethod
    def steps():
        from ordapt import _catalogue

        return _catalogue.catalogue()["steps"]


@pytest.fixture(scope="session")
def chain(api, workshop, tmp_path_factory):
    return Chain(api, workshop, tmp_path_factory.mktemp("chain"))


def leaves(summary, before=""):
    """A summary without its levels, numbers with the 15 digits that the program prints."""
    found = {}
    for key, value in summary.items():
        found.update(leaves(value, f"{before}{key}/") if isinstance(value, dict) else {before + key: f"{value:.15g}" if isinstance(value, float) else value})
    return found


@pytest.mark.parametrize(("name", "line"), RECIPES + NETWORK_RECIPES, ids=[name for name, _ in RECIPES + NETWORK_RECIPES])
def test_every_step_gives_the_digest_of_the_program(chain, workshop, name, line):
    """One step after the other, results given on in memory, arrays and summary compared with the file of the program."""
    file = name if name.endswith(".nxs") else f"{name}.nxs"
    path = workshop.file(name) and workshop.folder / file
    networks = sorted(reference("ml-apt").glob("cocrni_model_?.h5")) if "{networks}" in line else []
    result = chain.make(name, line.format(networks=" ".join(map(str, networks))))
    document = workshop.documents[name]
    assert result.digest == document["output"]["results_sha256"]
    assert leaves(result.summary) == leaves(document["summary"])
    assert [note.code for note in result.warnings] == [note["code"] for note in document["warnings"]]
    with h5py.File(path, "r") as stored:
        process = stored[f"entry1/{line.split()[0]}/{line.split()[0]}1"]
        for field, array in result.items():
            if array.ndim and field in process:
                assert numpy.array_equal(array, process[field][()], equal_nan=array.dtype.kind == "f"), field


def test_every_step_has_its_function(api):
    steps = {one["name"] for one in Chain.steps()}
    assert steps <= {"import" if name == "import_" else name for name in dir(api)}
    assert all(getattr(api, "import_" if name == "import" else name).__doc__ for name in steps)


def differences(ours, theirs):
    """Paths of two files whose content is not the same, times and identities aside."""
    changing = ("start_time", "end_time", "elapsed", "identifier", "file_time", "file_update_time", "date", "threads", "entry_identifier")
    found = []

    def values(path):
        table = {}
        with h5py.File(path, "r") as file:
            def visit(name, item):
                if isinstance(item, h5py.Dataset) and not any(word in name for word in changing):
                    table[name] = (item.dtype.str, item[()].tobytes() if hasattr(item[()], "tobytes") else item[()])
                for key, value in item.attrs.items():
                    if key not in changing:
                        table[f"{name}@{key}"] = str(value)
            file.visititems(visit)
        return table

    one, other = values(ours), values(theirs)
    found += sorted(one.keys() ^ other.keys())
    return found + [name for name in one.keys() & other.keys() if one[name] != other[name]]


def test_a_result_is_written_as_the_program_writes_it(api, workshop, tmp_path):
    workshop.file("tip.nxs")
    tip = shutil.copy(workshop.file("crop.nxs"), tmp_path)
    program("sdm", "crop.nxs", "--pairs", "Ni-Ni,Co-Cr", "-o", "theirs.nxs", folder=tmp_path)
    api.sdm(tip, pairs=["Ni-Ni", "Co-Cr"]).write(tmp_path / "ours.nxs")
    left = [name for name in differences(tmp_path / "ours.nxs", tmp_path / "theirs.nxs") if "environment" not in name]
    assert left == []
    with pytest.raises(api.errors.OutputError, match="E_EXISTS"):
        api.sdm(tip, pairs="Ni-Ni").write(tmp_path / "ours.nxs")
    api.sdm(tip, pairs="Ni-Ni").write(tmp_path / "ours.nxs", overwrite=True)
    assert program("verify", "ours.nxs", "--search", workshop.folder, folder=tmp_path)["status"] == "success"


def test_a_chain_in_memory_can_be_verified_and_replayed(api, workshop, tmp_path):
    """A result that was written before it was used is named in the records of what was made of it."""
    tip = api.synthesise(box=[-5, 5, -5, 5, -12, 0], domains=4, seed=2)
    tip.write(tmp_path / "tip.nxs")
    for name in ("bank.nxs", "train.nxs"):
        shutil.copy(workshop.file(name), tmp_path)
    found = api.classify(tip, model=tmp_path / "train.nxs", species="Ni", threshold=1)
    found.write(tmp_path / "found.nxs")
    domains = api.domains(found, draws=1)
    domains.write(tmp_path / "domains.nxs")
    assert [(row["file"], row["sha256"] != "") for row in domains.record["inputs"]] == [("found.nxs", True)]
    assert program("verify", "domains.nxs", folder=tmp_path)["status"] == "success"
    assert program("replay", "domains.nxs", "--chain", folder=tmp_path)["status"] == "success"
    assert api.domains(tmp_path / "found.nxs", draws=1).digest == domains.digest
    assert api.domains(found).record["inputs"][0]["file"] == "found.nxs"


def test_ions_of_a_file_are_that_file(api, workshop):
    """Read once and used, or named as a path: the same record."""
    path = workshop.file("crop.nxs")
    ions = api.Ions.read(path)
    one, other = api.spectrum(ions), api.spectrum(path)
    assert one.digest == other.digest and one.record["inputs"] == other.record["inputs"]
    assert one.record["inputs"][0]["file"] == "crop.nxs"
    found = workshop.file("curves.nxs")  # a result: its ions, all of them
    assert len(api.Ions.read(found)) == len(ions)
    assert api.density_map(api.Ions.read(found))["map/density"].sum() > api.density_map(found)["map/density"].sum()


def test_ions_from_arrays_are_those_of_a_foreign_file(api, workshop, tmp_path):
    """The content digest of arrays is that of a file that holds them and no record of ours."""
    path = tmp_path / "foreign.nxs"
    shutil.copy(workshop.file("ranged.nxs"), path)
    with h5py.File(path, "a") as file:
        del file["entry1/import"]
    read = api.Ions.read(path)
    ions = api.Ions(read.x, read.y, read.z, read.mass_to_charge, iontypes=read.iontypes, types=[one[1:] for one in read.types], ranges=read.ranges)
    assert ions.types == read.types and ions.ranges == read.ranges
    wanted = program("composition", "foreign.nxs", "-o", "c.nxs", folder=tmp_path)["output"]["results_sha256"]
    assert api.composition(ions).digest == wanted
    assert api.composition(ions).record["inputs"][0]["file"] == ""


# ---- columns ----

def test_columns_are_not_copied(api, columns):
    *four, types = columns
    ions = api.Ions(*four, iontypes=types, types=TYPES)
    for name, given in zip(("x", "y", "z", "mass_to_charge", "iontypes"), columns, strict=True):
        assert ions.column(name).ctypes.data == given.ctypes.data, name
        assert not ions.column(name).flags.writeable
    assert ions[10:2000].x.ctypes.data == four[0].ctypes.data + 40
    shuffled = api.shuffle(ions, seed=3).ions
    assert shuffled.x.ctypes.data == four[0].ctypes.data and shuffled.iontypes.ctypes.data != types.ctypes.data


def test_ten_million_ions_are_lent_in_no_memory(api):
    """160 MB of columns; neither the ions nor a spectrum of them take a tenth of that."""
    code = """
import resource, sys, numpy, ordapt
n = 10_000_000
columns = [numpy.linspace(-5, 5, n, dtype=numpy.float32)] * 3 + [numpy.linspace(1, 5, n, dtype=numpy.float32)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ions = ordapt.Ions(*columns)
made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
ordapt.spectrum(ions, max=10, threads=1)
print(made, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    made, used = map(int, run_python(code).split())
    assert made < 1_000 and used < 10_000, "kB"


def test_the_columns_of_the_caller_are_never_changed(api, columns):
    kept = [column.copy() for column in columns]
    *four, types = columns
    ions = api.Ions(*four, iontypes=types, types=TYPES, ranges=RANGES)
    for function in (api.shuffle, api.range, api.crop, api.spectrum, api.composition, api.density_map):
        function(ions)
    api.shuffle(ions, rounding=0.1)
    api.crop(ions, every=3)
    api.sdm(ions, pairs="Ni-Ni")
    assert all(numpy.array_equal(one, other) for one, other in zip(columns, kept, strict=True))


def test_columns_are_given_back_with_the_last_that_uses_them(api, columns):
    from ordapt import _engine

    gc.collect()
    before = _engine.lent()
    arrays = [column.copy() for column in columns]
    gone = [weakref.ref(array) for array in arrays]
    ions = api.Ions(*arrays[:4], iontypes=arrays[4], types=TYPES)
    del arrays
    shuffled = api.shuffle(ions).ions
    assert _engine.lent() == before + 5 and all(one() is not None for one in gone)
    x = shuffled.x
    del ions, shuffled
    gc.collect()
    assert gone[0]() is not None and float(x.sum()) == pytest.approx(float(columns[0].sum()), abs=1)
    del x
    gc.collect()
    assert _engine.lent() == before and all(one() is None for one in gone)


def test_other_arrays_are_converted_once(api, columns):
    x, y, z, mass, types = columns
    plain = api.Ions(x, y, z, mass, iontypes=types, types=TYPES)
    wide = api.Ions(x.astype(float), list(map(float, y)), numpy.repeat(z, 2)[::2], mass.astype(">f4"), iontypes=types.astype(numpy.int64), types=TYPES)
    table = api.Ions.from_positions(numpy.stack((x, y, z), axis=1), mass, iontypes=types, types=TYPES)
    wanted = api.crop(plain, every=2).digest
    assert [api.crop(one, every=2).digest for one in (wide, table)][1] == wanted
    assert numpy.array_equal(wide.x, x) and wide.iontypes.dtype in (numpy.uint8, numpy.uint16)
    assert numpy.array_equal(table.positions, plain.positions)


def test_some_of_the_ions(api, ions, columns):
    x = columns[0]
    mask = x > 1
    rows = numpy.flatnonzero(mask)
    assert numpy.array_equal(ions[mask].x, x[mask]) and numpy.array_equal(ions[rows].column("evaporation_id"), rows)
    again = ions[rows][::2]
    assert numpy.array_equal(again.column("evaporation_id"), rows[::2]) and again.types == ions.types and again.ranges == ions.ranges
    assert len(ions[:0]) == 0 and len(ions[[3, 1]]) == 2
    with pytest.raises(TypeError):
        ions[[0.5]]


def test_vendor_files_are_read(api, workshop):
    ions = api.Ions.read(workshop.folder / "tip.pos", workshop.folder / "tip.rrng")
    assert sorted(one.name for one in ions.types) == ["Co", "Cr", "Ni"] and (ions.iontypes > 0).mean() > 0.9
    assert api.Ions.read(workshop.folder / "tip.pos").iontypes is None


BAD_IONS = [
    ({"x": numpy.zeros((3, 2))}, "E_USAGE", "one value per ion"),
    ({"y": numpy.zeros(4)}, "E_USAGE", r"\(3,\)"),
    ({"z": numpy.array([0, numpy.nan, 1])}, "E_NONFINITE", "first in ion 1"),
    ({"iontypes": numpy.array([0, 1, 5])}, "E_USAGE", "has a 5, but 3 ion types"),
    ({"iontypes": numpy.array([0, 1, -1])}, "E_USAGE", "cannot hold"),
    ({"types": [("Ni", 9)]}, "E_USAGE", "charge 9"),
    ({"types": [""]}, "E_USAGE", "without a name"),
    ({"ranges": [(1, 2, "Xx")]}, "E_SPECIES_UNKNOWN", "there are: Co, Cr, Ni"),
    ({"ranges": [(1, 2, 7)]}, "E_USAGE", "type 7"),
    ({"ranges": [(2, 1, "Ni")]}, "E_RANGE_REVERSED", "2 to 1"),
    ({"ranges": [(1, float("inf"), "Ni")]}, "E_RANGE_NONFINITE", "finite"),
]


@pytest.mark.parametrize(("wrong", "code", "text"), BAD_IONS)
def test_bad_ions_are_refused(api, wrong, code, text):
    given = {"x": numpy.zeros(3), "y": numpy.zeros(3), "z": numpy.zeros(3), "mass_to_charge": numpy.ones(3), "types": TYPES, **wrong}
    with pytest.raises(api.OrdaptError, match=text) as caught:
        api.crop(api.Ions(**given))
    assert caught.value.code == code


# ---- results ----

def test_a_result_tells_all_of_itself(api, ions):
    result = api.sdm(ions, pairs=["Ni-Ni", "Co-Cr"])
    counts = result["mean_map/counts"]
    assert counts.shape == (2, 93) and counts.dtype == numpy.float64 and not counts.flags.writeable
    task = result.tasks[0]
    assert task.unit("mean_map/distance") == "nm" and task.axes("mean_map/counts") == ("mean_map/pair", "mean_map/distance")
    assert "Ni-Ni" in task.long_name("mean_map/pair") and len(result) == len(list(result)) and "maps/counts" in result
    assert result.record["results_sha256"] == result.digest and result.summary["pairs"] == "Ni-Ni,Co-Cr" == result["summary/pairs"].item()
    assert result.record["parameters"]["radius"] == {"value": 0.75, "unit": "nm", "origin": "preset"}
    assert result.ions is None and result.digest[:12] in repr(result)
    with pytest.raises(KeyError):
        result["maps/nothing"]


def test_one_task_per_species(api, workshop):
    result = api.classify(workshop.file("crop.nxs"), model=workshop.file("train.nxs"), species=["Ni", "Co"], threshold=1)
    assert [task.title for task in result.tasks] == ["Ni", "Co"] == list(result.summary)
    assert numpy.array_equal(result["pixels/sum"], result.task("Ni")["pixels/sum"], equal_nan=True)
    assert result.task("Co").summary["ions_selected"] == result.summary["Co"]["ions_selected"]


def test_arrays_outlive_their_result(api, ions):
    counts = api.sdm(ions, pairs="Ni-Ni")["maps/counts"]
    copy = counts.copy()
    gc.collect()
    api.sdm(ions, pairs="Co-Co")  # would use the memory if it were free
    assert numpy.array_equal(counts, copy)


def test_a_model_by_its_name(api, workshop):
    """The default of the preset, its name and its file are one model."""
    tip = workshop.file("crop.nxs")
    region = {"species": "Ni", "roi": [-3, 3, -3, 3, -10, -6]}
    assert len({api.classify(tip, **region).digest, api.classify(tip, "cocrni-002", **region).digest, api.classify(tip, preset="cocrni-002", **region).digest}) == 1
    with pytest.raises(api.errors.MissingError, match="no model of this name"):
        api.classify(tip, "nothing-002", **region)


# ---- errors ----

WRONG_CALLS = [
    ("sdm", {"radius": 1000}, "ParameterError", "E_PARAMETER_RANGE", "radius"),
    ("sdm", {"pairs": "Ni-Ni", "radius": "wide"}, "ParameterError", "E_PARAMETER_VALUE", "radius"),
    ("sdm", {"pairs": "Ni-Ni", "bins": 2.5}, "ParameterError", "E_PARAMETER_VALUE", "bins"),
    ("sdm", {}, "ParameterError", "E_PARAMETER_VALUE", "pairs"),
    ("crop", {"roi": [1, 2]}, "ParameterError", "E_PARAMETER_VALUE", "roi"),
    ("crop", {"roi": [1, 0, 0, 1, 0, 1]}, "ParameterError", "E_PARAMETER_RANGE", "roi"),
    ("density_map", {"axes": "xw"}, "ParameterError", "E_PARAMETER_CHOICE", "axes"),
    ("sdm", {"nothing": 1}, "UsageError", "E_OPTION_UNKNOWN", None),
    ("nothing", {}, "UsageError", "E_WORD_UNKNOWN", None),
]


@pytest.mark.parametrize(("step", "parameters", "kind", "code", "parameter"), WRONG_CALLS)
def test_parameters_are_judged_without_running(api, step, parameters, kind, code, parameter):
    with pytest.raises(getattr(api.errors, kind)) as caught:
        api.check(step, parameters)
    assert (caught.value.code, caught.value.parameter) == (code, parameter)
    said = [word for name, value in parameters.items() for word in (f"--{name}", ",".join(map(str, value)) if isinstance(value, list) else str(value))]
    run = subprocess.run([PROGRAM, step, "none.nxs", *said, "-o", "x.nxs", "--dry-run", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if step != "nothing" and json.loads(run.stdout)["error"]["code"] not in ("E_NOT_FOUND", "E_OPEN"):
        assert json.loads(run.stdout)["error"]["text"] == caught.value.text


def test_good_parameters_pass(api):
    api.check("sdm", {"pairs": ["Ni-Ni"], "radius": 0.5, "roi": None})
    api.check("sdm", {"radius": 0.5}, together=False)
    api.check("synthesise", {})


def test_errors_have_the_classes_of_their_exit_codes(api, ions, workshop, tmp_path):
    calls = {
        "ParameterError": lambda: api.sdm(ions, pairs="Ni-Xx"),
        "MissingError": lambda: api.crop(tmp_path / "none.nxs"),
        "DataError": lambda: api.evaluate(workshop.file("crop.nxs"), workshop.file("crop.nxs")),
        "UsageError": lambda: api.crop(12),
        "OutputError": lambda: api.crop(ions).write(tmp_path / "no" / "folder.nxs"),
        "LackingError": lambda: api.crop(ions, kernel="none"),
    }
    for kind, call in calls.items():
        with pytest.raises(api.OrdaptError) as caught:
            call()
        assert type(caught.value).__name__ == kind and caught.value.code.startswith("E_") and len(caught.value.text) > 20


def test_a_changed_file_is_refused(api, workshop, tmp_path):
    path = tmp_path / "crop.nxs"
    shutil.copy(workshop.file("crop.nxs"), path)
    with h5py.File(path, "a") as file:
        file["entry1/atom_probe1/mass_to_charge_conversion/mass_to_charge"][0] = 3
    with pytest.raises(api.errors.DataError, match="E_DIGEST"):
        api.spectrum(path)
    with pytest.raises(api.errors.DataError, match="E_DIGEST"):
        api.Ions.read(path)


# ---- threads, cancellation, memory ----

def test_two_threads_at_once(api, columns):
    """Each with a context of its own; results do not depend on it."""
    *four, types = columns
    ions = api.Ions(*four, iontypes=types, types=TYPES)
    wanted = {pair: api.sdm(ions, pairs=pair, threads=1).digest for pair in ("Ni-Ni", "Co-Co", "Cr-Cr", "Ni-Co")}
    found = {}

    def work(pair):
        for threads in (1, 2):
            found[pair, threads] = api.sdm(ions, pairs=pair, threads=threads).digest

    workers = [threading.Thread(target=work, args=(pair,)) for pair in wanted]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == {(pair, threads): digest for pair, digest in wanted.items() for threads in (1, 2)}


LONG = """
tip = ordapt.synthesise(box=[-6, 6, -6, 6, -18, 0], seed=3)
def long(**more): return ordapt.domains(tip, species="Ni", draws=1000, **more)
def short(): return ordapt.domains(tip, species="Ni")
"""


def test_progress_is_told_and_may_stop():
    code = LONG + """
events = []
def told(event):
    events.append(event)
    raise RuntimeError("enough")
try:
    long(progress=told)
except RuntimeError as error:
    assert str(error) == "enough"
assert len(events) == 1 and events[0]["step"] == "domains" and events[0]["total"] >= events[0]["done"] and events[0]["phase"], events
short()  # the context serves again
print("good")
"""
    assert run_python("import ordapt" + code, timeout=60).strip() == "good"


def run_python(code, more=None, **options):
    environment = {**os.environ, "PYTHONPATH": str(package_folder()), "PYTHONDONTWRITEBYTECODE": "1", **(more or {})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_keyboard_interrupt_ends_the_engine():
    """As control-C does: within 2 s, with nothing kept, and the next call works."""
    code = "import gc, os, signal, threading, time, ordapt" + LONG + """
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here, as in jobs of a shell
def memory(): return int(open("/proc/self/statm").read().split()[1]) * 4096
first = short().digest
gc.collect(); before = memory()
pressed = []
def press():
    time.sleep(0.7); pressed.append(time.monotonic()); os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
try:
    long()
    print("not interrupted")
except KeyboardInterrupt:
    waited = time.monotonic() - pressed[0]
assert waited < 2.5, waited
assert threading.active_count() == 1, threading.enumerate()
gc.collect(); assert memory() - before < 30e6, memory() - before
assert short().digest == first
print("good")
"""
    assert run_python(code, timeout=60).strip() == "good"


def test_calls_leave_no_memory_behind():
    """Bytes in use as the allocator counts them, Python's objects among them: resident pages go up and down by megabytes of themselves."""
    code = """
import ctypes, gc, numpy, ordapt
class InUse(ctypes.Structure): _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]
mallinfo = ctypes.CDLL(None).mallinfo2; mallinfo.restype = InUse
def memory(): gc.collect(); now = mallinfo(); return now.uordblks + now.hblkhd
def work():
    tip = ordapt.synthesise(box=[-4, 4, -4, 4, -10, 0], threads=1)
    for _ in range(3): ordapt.sdm(tip.ions, pairs="Ni-Ni", threads=1)
    try: ordapt.sdm(tip, pairs="Ni-Xx", threads=1)
    except ordapt.OrdaptError: pass
for _ in range(5): work()
before = memory()
for _ in range(30): work()
print(memory() - before)
kept = bytearray(300_000)
print(memory() - before)
"""
    if not hasattr(ctypes.CDLL(None), "mallinfo2"): pytest.skip("mallinfo2: this C library does not count what is in use")
    grown, with_more = map(int, run_python(code, more={"PYTHONMALLOC": "malloc"}, timeout=60).split())
    assert grown < 100_000 and with_more > 250_000, (grown, with_more)


def test_importing_loads_nothing():
    code = "import sys, ordapt; print([name for name in ('numpy', 'h5py', 'nomad', 'pynxtools', 'asyncio', 'ctypes', 'ordapt._engine', 'ordapt.steps') if name in sys.modules])"
    assert run_python(code).strip() == "[]"
    code = "import sys, ordapt; ordapt.check('sdm', {'pairs': 'Ni-Ni'}); print('numpy' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_a_missing_library_is_told(api):
    code = "import ordapt\ntry:\n    ordapt.check('sdm', {})\nexcept ordapt.errors.LackingError as error:\n    print(error.code)"
    environment = {**os.environ, "PYTHONPATH": str(package_folder()), "ORDAPT_LIBRARY": "/nowhere/lib.so"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "E_ENGINE_MISSING"


def test_a_recipe_by_the_program(api, workshop, tmp_path, monkeypatch):
    monkeypatch.setenv("ORDAPT_PROGRAM", PROGRAM)
    recipe = tmp_path / "two.recipe"
    recipe.write_text("param every = 2\nfew = crop tip every=$every\nseen = spectrum few\n", encoding="utf-8")
    document = api.run(recipe, tip=workshop.file("crop.nxs"), every=3, output=tmp_path / "out.nxs")
    few = api.crop(workshop.file("crop.nxs"), every=3)
    assert document["status"] == "success" and api.spectrum(few).digest in json.dumps(document)
    with pytest.raises(api.errors.OutputError, match="E_EXISTS"):
        api.run(recipe, tip=workshop.file("crop.nxs"), output=tmp_path / "out.nxs")
    assert len(document["records"]) == 2
