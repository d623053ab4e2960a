"""The program as its users call it, and small vendor files made here. What every call must keep is checked in `call`."""
import contextlib
import json
import os
import pathlib
import shutil
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("ORDAPT_PROGRAM") or ROOT / "build/release/bin/ordapt")
REFERENCE = pathlib.Path(os.environ.get("ORDAPT_REFERENCE") or ROOT.parent / "shared/reference")
STEPS = ("import", "export", "crop", "range", "composition", "spectrum", "shuffle", "synthesise", "score", "sdm", "classify", "segment", "superlattice", "domains",
         "density_map", "frequency", "neighbours", "warren_cowley", "diffuse", "monte_carlo", "bank", "train", "evaluate", "attribute")


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}"

    @property
    def json(self):
        """Exactly one document and nothing else."""
        document = json.loads(self.out)
        assert self.out.endswith("}\n") and isinstance(document, dict), self
        return document


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def call(*args, cwd=None, timeout=60, **more):
    """Runs the program. It never dies by a signal or a sanitizer, never calls itself broken, and never waits for input."""
    done = subprocess.run([PROGRAM, *map(os.fspath, map(plain, args))], cwd=cwd, timeout=timeout, stdin=subprocess.DEVNULL,
                          capture_output=True, **more)
    result = Result(done.returncode, text_of(done.stdout), text_of(done.stderr))
    assert 0 <= result.code < 128 or result.code in (130, 143), result
    assert result.code != 70, result
    assert "Sanitizer" not in result.err and "runtime error" not in result.err, result
    return result


def plain(arg):
    return arg if isinstance(arg, (str, bytes, os.PathLike)) else str(arg)


def ok(*args, **more):
    """The JSON document of a call that must succeed."""
    result = call(args[0], "--json", *args[1:], **more)
    assert result.code == 0, result
    document = result.json
    assert document["status"] == "success" and document["exit_code"] == 0 and "error" not in document, result
    return document


def fails(exit_code, code, *args, **more):
    """The error of a call that must fail with this exit code and code word (or one of several)."""
    result = call(args[0], "--json", *args[1:], **more)
    document = result.json
    error = document["error"]
    codes = (code,) if isinstance(code, str) else code
    assert result.code == exit_code and error["code"] in codes, result
    assert document["status"] == "failure" and document["exit_code"] == exit_code, result
    assert f"{error['code']}: {error['text']}" in result.err, result
    assert len(error["text"]) > 10, result
    return error


def digest(document):
    return document["output"]["results_sha256"]


def listing(folder):
    return sorted(os.path.relpath(os.path.join(base, name), folder) for base, _, names in os.walk(folder) for name in names)


def copy(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(shutil.copy2(source, folder))


@contextlib.contextmanager
def mounted(place, options):
    """A file system in memory; the test is skipped where none can be mounted."""
    import pytest
    place.mkdir()
    if shutil.which("mount") is None or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def as_nobody(args, cwd, tmp_path):
    """Runs as user 65534; folders on the way must let it through."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(args, cwd=cwd, capture_output=True, timeout=60, user=65534, group=65534)
    if done.returncode == 126 or b"Permission denied" in done.stderr and not done.stdout:
        raise OSError("the program itself is out of that user's reach")
    return done


# ---- vendor files ----

def write_pos(path, rows):
    path.write_bytes(b"".join(struct.pack(">4f", *row) for row in rows))
    return path


def grid_rows(n=1000, mass=58.0, edge=10):
    """Ions on a crooked grid, so that no two are the same."""
    return [(0.31 * (i % edge) + 1e-3 * i, 0.29 * (i // edge % edge), -0.27 * (i // edge // edge), mass) for i in range(n)]


RRNG = """[Ions]
Number=2
Ion1=Ni
Ion2=Co
[Ranges]
Number=2
Range1=57.5 58.5 Vol:0.01 Ni:1 Color:FF0000
Range2=58.6 59.4 Vol:0.01 Co:1 Color:00FF00
"""


def write_rrng(path, text=RRNG):
    path.write_text(text)
    return path


# ---- a network as Keras stores it ----

def foreign(path, rows):
    """An NXapm file as others write it: no record of ours."""
    import h5py
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry1")
        entry.attrs["NX_class"] = "NXentry"
        entry["definition"] = "NXapm"
        roi = entry.create_group("atom_probe1")
        roi.attrs["NX_class"] = "NXroi_process"
        for group, name, data, unit in (("reconstruction", "reconstructed_positions", rows[:, :3], "nm"), ("mass_to_charge_conversion", "mass_to_charge", rows[:, 3], "Da")):
            made = roi.create_group(group)
            made.attrs["NX_class"] = "NXprocess"
            made[name] = data
            made[name].attrs["units"] = unit
    return path


def keras_layers(shape):
    common = {"trainable": True, "dtype": "float32"}
    return [
        {"class_name": "Conv1D", "config": {**common, "name": "conv", "batch_input_shape": [None, *shape], "filters": 4, "kernel_size": [10],
                                            "strides": [1], "padding": "valid", "activation": "relu", "use_bias": True}},
        {"class_name": "MaxPooling1D", "config": {**common, "name": "pool", "strides": [2], "pool_size": [2], "padding": "valid"}},
        {"class_name": "Flatten", "config": {**common, "name": "flat"}},
        {"class_name": "Dense", "config": {**common, "name": "dense", "units": 2, "activation": "softmax", "use_bias": True}},
    ]


def write_bank(path, n=40, seed=0):
    """Counts (n, 93) as numpy.save writes them: peaks every 12 bins, of another height each time, and one empty curve."""
    rows = bytearray()
    for p in range(n):
        height = 0 if p == n // 2 else 5 + (7 * p + seed) % 50
        rows += struct.pack("<93H", *(height * (b % 12 == 4) + (p * b + seed) % 5 * (height > 0) for b in range(93)))
    head = f"{{'descr': '<u2', 'fortran_order': False, 'shape': ({n}, 93), }}"
    path.write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + head.ljust(117).encode() + b"\n" + rows)
    return path


def write_network(path, seed=0, shape=(93, 1), classes=2):
    import h5py
    import numpy
    layers = keras_layers(shape)
    layers[3]["config"]["units"] = classes
    random = numpy.random.default_rng(seed)
    flat = (shape[0] - 9) // 2 * 4
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.2.4-tf"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
        for name, kernel in (("conv", (10, shape[1], 4)), ("dense", (flat, classes))):
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = numpy.array([f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()])
            group[f"{name}/kernel:0"] = random.normal(0, 0.3, kernel).astype("f4")
            group[f"{name}/bias:0"] = numpy.zeros(kernel[-1], "f4")
    return path


# ---- a block of AtomNet as its published checkpoints are kept ----

def atomnet_layers(columns):
    """Name, inputs and units, in the order of evaluation."""
    net = lambda name, n, out: [(f"{name}/conv1", n, 32), (f"{name}/conv2", 32, 64), (f"{name}/conv3", 64, 128), (f"{name}/dense1", 128, 128),
                                (f"{name}/dense2", 128, 64), (f"{name}/transform", 64, out)]
    return [*net("tnet1", columns, columns * columns), ("mlp1/conv1", columns, 32), ("mlp1/conv2", 32, 32), *net("tnet2", 32, 1024),
            ("mlp2/conv1", 32, 32), ("mlp2/conv2", 32, 64), ("mlp2/conv3", 64, 128), ("head/dense1", 128, 128), ("head/dense2", 128, 64), ("head/out", 64, 1)]


def write_checkpoint(path, block=1, seed=0, norm=True, alloy="CoNiAlW"):
    """Random weights, the transforms near the identity."""
    import h5py
    import numpy
    random = numpy.random.default_rng(100 * seed + block)
    columns = 5 if block == 1 else 6
    with h5py.File(path, "w") as file:
        file.attrs.update({"alloy": alloy, "block": block, "n_input": columns, "n_neighbours": 32, "batch_norm": int(norm), "bn_epsilon": 1e-3,
                           "layer_order": ",".join(name for name, *_ in atomnet_layers(columns))})
        for name, inputs, units in atomnet_layers(columns):
            is_transform, group = name.endswith("transform"), file.create_group(name)
            group["kernel"] = (random.normal(0, 0.05 if is_transform else (2 / inputs) ** 0.5, (inputs, units))).astype("f4")
            group["bias"] = (numpy.eye(round(units ** 0.5)).ravel() if is_transform else random.normal(0, 0.1, units)).astype("f4")
            if norm and not is_transform and name != "head/out":
                for part, mean in (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 1)):
                    group[part] = random.normal(mean, 0.05, units).astype("f4")
    return path
