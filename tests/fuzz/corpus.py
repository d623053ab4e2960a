"""corpus.py FOLDER - makes the seeds of every fuzz target below FOLDER, with the program (ORDAPT_PROGRAM): small files of each kind, each in a folder
named as its target. Networks of Keras and checkpoints need h5py and are left out, by name, where it is absent."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "program"))
import tool  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
AS_READ = b"\0"  # the last byte of vendor files chooses the options; none of them


def seed(target, name, data):
    folder = FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def made(*args):
    subprocess.run([tool.PROGRAM, *map(str, args)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# ---- vendor files ----

RNG = """2 2
Ni
Ni 0.00 0.50 1.00
Co
Co 1.00 0.00 0.00
------------------- Ni Co
. 57.5000 58.4000 1 0
. 58.6000 59.4000 0 1
"""
ENV = """#
# Number of elements / Number of mass ranges
2\t2
# List
Ni 0 1 0
Co 0 .5 1
# Definition of  Mass ranges / Atomic volumes / Increment for concentration
Ni\t57.5\t58.4\t11.660\t1.000
Co 58,6 59,4
# Atom probe definition
0.100500
"""
METADATA = {
    "yaml": "atom_probe:\n  specimen:\n    name: tip\n    alias: t1\n  user:\n    - name: A. Nobody\n",
    "json": '{"entry/title": "a tip", "atom_probe/specimen/name": "t1"}',
}


def epos(n):
    return b"".join(struct.pack(">9f2I", 0.1 * i, 0.2 * i, -0.1 * i, 29 + i % 3, 400 + i, 5000 + i, 900, 1, 2, i % 4, 1) for i in range(n))


def ato(n):
    return struct.pack("<2i", 0, 3) + b"".join(struct.pack("<14f", i * 10, i * 20, -i * 10, 58, 0, 0, 5000, 400, 1, 1, 0, 0, 1, 1) for i in range(n))


def apt_section(name, unit, data, width, rows):
    text = lambda words, n: words.encode("utf-16-le").ljust(2 * n, b"\0")
    head = b"SEC\0" + struct.pack("<2i", 148, 2) + text(name, 32) + struct.pack("<6i", 1, 1, 1, 3, 32, 4 * width)
    return head + text(unit, 16) + struct.pack("<2q", rows, len(data)) + data


def apt(n):
    head = b"APT\0" + struct.pack("<2i", 540, 2) + "seed".encode("utf-16-le").ljust(512, b"\0") + struct.pack("<2q", 132 * 10**15, n)
    position = struct.pack(f"<{3 * n}f", *(0.1 * i for i in range(3 * n)))
    mass = struct.pack(f"<{n}f", *(29.0 + i % 3 for i in range(n)))
    return head + apt_section("Position", "nm", position, 3, n) + apt_section("Mass", "Da", mass, 1, n)


def vendor_files(work):
    rows = tool.grid_rows(60)
    tool.write_pos(work / "a.pos", rows)
    for order in ("pos", "little"):
        data = (work / "a.pos").read_bytes()
        if order == "little":
            data = b"".join(data[i:i + 4][::-1] for i in range(0, len(data), 4))
        seed("fuzz_pos", order, data + (AS_READ if order == "pos" else b"\1"))
    seed("fuzz_epos", "epos", epos(20) + AS_READ)
    for name, separator in (("comma", ","), ("tab", "\t"), ("blank", "  "), ("semicolon", ";")):
        lines = [separator.join(f"{value:.4g}" for value in row) for row in rows[:12]]
        seed("fuzz_csv", name, "\n".join(lines) + "\n\0")
        seed("fuzz_csv", name + "-head", separator.join(("x", "y", "z", "m")) + "\r\n" + "\r\n".join(lines) + "\0")
    seed("fuzz_rrng", "rrng", tool.RRNG + "\0")
    seed("fuzz_rng", "rng", RNG + "\0")
    seed("fuzz_env", "env", ENV + "\0")
    seed("fuzz_ato", "ato", ato(12) + AS_READ)
    seed("fuzz_apt", "apt", apt(12) + AS_READ)
    tool.write_bank(work / "bank.npy", n=4)
    seed("fuzz_npy", "bank", (work / "bank.npy").read_bytes())
    for kind, text in METADATA.items():
        seed("fuzz_metadata", kind, text)


# ---- words, parameters, recipes ----

def default_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(default_text(v) for v in value) if isinstance(value, list) else str(value)


def parameters(steps):
    for number, step in enumerate(steps):
        rows = {name: row.get("default") for name, row in step["parameters"]["properties"].items() if row.get("default") is not None}
        lines = "\n".join(f"{name}={default_text(value)}" for name, value in rows.items())
        seed("fuzz_param", step["name"], bytes([number]) + lines.encode())
        seed("fuzz_config", step["name"], bytes([number]) + json.dumps(rows).encode())
        words = [step["name"], "in.nxs", "-o", "out.nxs", "--json", *(f"--{name}={default_text(value)}" for name, value in rows.items())][:60]
        seed("fuzz_arguments", step["name"], "\0".join(words))
        ions = struct.pack(">400f", *(value for row in tool.grid_rows(100, edge=5) for value in row))
        for which in (0, 1, 4):
            filled = bytes([number, 1, which, which, which, min(7, len(rows))])
            seed("fuzz_step", f"{step['name']}-{which}", filled + lines.encode() + b"\n\1\1\1\1\1\1\1\1\1\200\200\1\1" + ions)


RECIPES = {
    "small": "param seed = 3\nparam roi = -1,1,-1,1,-2,0\npart = crop tip roi=$roi\nmixed = shuffle part seed=$seed\nwhat = composition mixed\nforget mixed\n",
    "order": "a = domains tip species=Ni method=max_separation\nb = density_map a\nc = frequency tip species=Ni block=20\n",
    "wrong": "a = shuffle b\nparam c\n",
}


def recipes():
    shipped = json.loads(subprocess.run([tool.PROGRAM, "run", "--list", "--json"], check=True, capture_output=True).stdout)["recipes"]
    for name, text in [*RECIPES.items(), *((recipe["name"], recipe["text"]) for recipe in shipped)]:
        seed("fuzz_recipe", name, text)


# ---- HDF5 ----

def nexus_files(work):
    tip, small = work / "tip.nxs", work / "small.nxs"
    made("synthesise", "--box", "-2,2,-2,2,-4,0", "--domains", "2", "--seed", "3", "-o", tip)
    made("crop", tip, "--roi", "-1,1,-1,1,-2,0", "-o", small)
    for name, args in {
        "composition": ("composition", small), "shuffle": ("shuffle", small), "spectrum": ("spectrum", small, "--bin-width", "1"),
        "domains": ("domains", small, "--species", "Ni", "--method", "max_separation", "--embed"),
        "sdm": ("sdm", tip, "--pairs", "Ni-Ni", "--roi", "-1,1,-1,1,-3,-1"),
    }.items():
        made(*args, "-o", work / f"{name}.nxs")
        seed("fuzz_nexus", name, (work / f"{name}.nxs").read_bytes())
    made("crop", tip, "--roi", "-1,1,-1,1,-2,0", "--compression", "none", "-o", work / "plain.nxs")
    for name in ("small", "plain"):
        seed("fuzz_nexus", name, (work / f"{name}.nxs").read_bytes())
        seed("fuzz_h5_bytes", name, (work / f"{name}.nxs").read_bytes())
    bank = work / "bank.nxs"
    made("bank", "--crystals", "false", "--voxels", "60", "--specimens", "2", "-o", bank)
    made("train", bank, "--filters", "2", "--dense", "4", "--epochs", "1", "--folds", "2", "-o", work / "net.nxs")
    seed("fuzz_model", "net", (work / "net.nxs").read_bytes())


def foreign_files(work):
    """Needs h5py."""
    import h5py
    import numpy
    tool.write_network(work / "net.h5", classes=2)
    seed("fuzz_keras", "net", (work / "net.h5").read_bytes())
    seed("fuzz_h5_bytes", "net", (work / "net.h5").read_bytes())
    tool.write_checkpoint(work / "full.h5")
    with h5py.File(work / "full.h5") as full, h5py.File(work / "block.h5", "w") as packed:  # equal weights pack well
        packed.attrs.update(full.attrs)
        full.visititems(lambda name, item: isinstance(item, h5py.Dataset)
                        and packed.create_dataset(name, data=numpy.full(item.shape, 0.5, "f4"), compression="gzip", shuffle=True) and None)
    seed("fuzz_keras", "block", (work / "block.h5").read_bytes())
    with h5py.File(work / "foreign.nxs", "w") as file:  # as pynxtools-apm lays ions out
        entry = file.create_group("entry1")
        entry.attrs["NX_class"] = "NXentry"
        entry["definition"] = "NXapm"
        random = numpy.random.default_rng(1)
        positions = entry.create_dataset("atom_probe/reconstruction/reconstructed_positions", data=random.normal(0, 2, (50, 3)).astype("f4"))
        positions.attrs["units"] = "nm"
        masses = entry.create_dataset("atom_probe/mass_to_charge_conversion/mass_to_charge", data=random.uniform(20, 60, 50).astype("f4"))
        masses.attrs["unit"] = "Da"
        for k, (low, high) in enumerate([(0, 0.001), (28.5, 29.5), (57, 59)]):
            ion = entry.create_group(f"atom_probe/ranging/peak_identification/ion{k}")
            ion["nuclide_hash"] = numpy.array([28 + 255 * 256] * (k > 0) + [0] * (32 - (k > 0)), "u2")
            ion["charge_state"] = numpy.int8(k)
            ion["mass_to_charge_range"] = numpy.array([[low, high]], "f4")
    seed("fuzz_nexus", "foreign", (work / "foreign.nxs").read_bytes())


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        vendor_files(work)
        parameters(json.loads(subprocess.run([tool.PROGRAM, "describe", "--json"], check=True, capture_output=True).stdout)["steps"])
        recipes()
        nexus_files(work)
        try:
            foreign_files(work)
        except ImportError as missing:
            print(f"corpus: {missing}: no seeds of Keras networks and foreign NeXus files", file=sys.stderr)
    for target in ("fuzz_round_pos", "fuzz_round_csv", "fuzz_round_nexus"):
        seed(target, "bytes", bytes(range(256)) * 4)


if __name__ == "__main__":
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # of the program that makes the seeds
    main()
