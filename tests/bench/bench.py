"""Ours against the peers: each row lets both take turns in one run, several rounds, and compares medians.

python3 tests/bench/bench.py --build build/bench [--rows label,sdm] [--rounds 5] [--threads N] [--ions 1000000]

--build is a build folder configured with -DORDAPT_BENCH=ON. What the machine can do at all (limits.py) is measured first, and rows that one thing bounds say how much
of it they reach. Environments with the peers are made once, in the cache
folder of tests/plugin/environment.sh. This is a measurement, no test: nothing depends on it.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import limits

HERE = Path(__file__).resolve().parent
PLUGIN = HERE.parent / "plugin"
BOX = (40.5, 40.5, 20.5)  # nm, of the scan: 80 x 80 x 40 voxels
DBSCAN_POINTS = 40000

# Ten alloying and matrix elements, some as molecular ions: 28 ranges.
RANGES = [(0.98, 1.05, "H:1"), (1.98, 2.05, "H:2"), (11.95, 12.08, "C:1"), (13.43, 13.55, "Al:1"), (13.95, 14.08, "N:1"),
          (15.95, 16.08, "O:1"), (23.92, 24.05, "C:2"), (24.93, 25.05, "Cr:1"), (25.93, 26.05, "Cr:1"), (26.43, 26.55, "Cr:1"),
          (26.93, 27.15, "Al:1"), (27.42, 27.54, "Mn:1"), (27.93, 28.06, "Fe:1"), (28.42, 28.54, "Fe:1"), (28.93, 29.06, "Ni:1"),
          (29.40, 29.53, "Co:1"), (29.92, 30.06, "Ni:1"), (30.42, 30.54, "Ni:1"), (30.92, 31.05, "Ni:1"), (31.40, 31.53, "Cu:1"),
          (31.93, 32.06, "O:2"), (51.90, 52.08, "Cr:1"), (52.90, 53.08, "Cr:1"), (55.90, 56.08, "Fe:1"), (57.90, 58.10, "Ni:1"),
          (58.88, 59.07, "Co:1"), (59.90, 60.08, "Ni:1"), (67.90, 68.10, "Cr:1 O:1")]


# ---------------------------------------------------------------------------------------------- inputs


def write_ranges(path):
    elements = sorted({word.split(":")[0] for row in RANGES for word in row[2].split()})
    lines = ["[Ions]", f"Number={len(elements)}"] + [f"Ion{i}={name}" for i, name in enumerate(elements, 1)]
    lines += ["[Ranges]", f"Number={len(RANGES)}"]
    lines += [f"Range{i}={low:.4f} {high:.4f} Vol:0.01000 {ion} Color:33FFFF" for i, (low, high, ion) in enumerate(RANGES, 1)]
    path.write_text("\r\n".join(lines) + "\r\n")


def write_pos(path, x, y, z, mass):
    import numpy as np

    np.stack([x, y, z, mass], axis=1).astype(">f4").tofile(path)


def lattice(random, box, share):
    """Sites of a noisy fcc crystal, a = 0.36 nm, of which a share was detected; lateral noise 0.3 nm, in depth 0.06 nm."""
    import numpy as np

    a = 0.36
    i, j, k = (n.ravel() for n in np.meshgrid(*[np.arange(int(edge / a)) for edge in box], indexing="ij"))
    sites = [(i + u, j + v, k + w) for u, v, w in ((0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))]
    x, y, z = (np.concatenate(axis) * a for axis in zip(*sites))
    kept = random.random(len(x)) < share
    x, y, z = x[kept], y[kept], z[kept]
    n = len(x)
    return x + random.normal(0, 0.3, n), y + random.normal(0, 0.3, n), z + random.normal(0, 0.06, n)


def write_specimen(path, n, seed):
    """A specimen of n ions: peaks with tails in most of the ranges, one ion in eight anywhere from 1 to 100 Da."""
    import numpy as np

    random = np.random.default_rng(seed)
    edge = (n / (4 / 0.36**3 * 0.37) / 2) ** (1 / 3)
    x, y, z = (random.uniform(0, side, n).astype("f4") for side in (edge, edge, 2 * edge))
    peak = np.array([low + 0.05 for low, _, _ in RANGES])[random.integers(0, len(RANGES), n)]
    mass = peak + random.normal(0, 0.015, n) + random.exponential(0.02, n)
    background = random.random(n) < 0.125
    mass[background] = random.uniform(1, 100, background.sum())
    write_pos(path, x, y, z, mass)


def write_sorted(path, source):
    """The ions of another file, those of each cubic nanometre one after the other: near in space is near in memory."""
    import numpy as np

    records = np.fromfile(source, ">f4").reshape(-1, 4)
    cell = records[:, :3].astype(int)
    records[np.lexsort(cell.T)].tofile(path)


def write_solutes(path, n, seed):
    """Dense spheres in a thinned-out crystal, n points in all: domains with gaps between them."""
    import numpy as np

    random = np.random.default_rng(seed)
    p = np.stack(lattice(random, (40, 40, 40), 0.5), axis=1)
    chosen = np.zeros(len(p), bool)
    while chosen.sum() < n:
        chosen |= ((p - random.uniform(0, 40, 3)) ** 2).sum(axis=1) <= 0.64
    p = p[chosen][:n]
    write_pos(path, *p.T, np.full(len(p), 29.0))


def write_network(path, shape, curves, seed):
    """conv1d of width 10 on 93 bins, pooling by two, dense 256, dense: weights Glorot-uniform, layer by layer; then curves."""
    import numpy as np

    channels, filters, classes = map(int, shape.split(","))
    random, inputs = np.random.default_rng(seed), (10 * channels, 42 * filters, 256)
    with open(path, "wb") as file:
        for n, units, fan in zip(inputs, (filters, 256, classes), (10 * (channels + filters), 42 * filters + 256, 256 + classes)):
            random.uniform(-((6 / fan) ** 0.5), (6 / fan) ** 0.5, (n, units)).astype("<f4").tofile(file)
            random.uniform(-0.1, 0.1, units).astype("<f4").tofile(file)
        random.uniform(0, 1, (curves, 93, channels)).astype("<f4").tofile(file)


ATOMNET = {  # (inputs, units) of the layers of block 1, in the order of the published checkpoints
    "tnet1": [(5, 32), (32, 64), (64, 128), (128, 128), (128, 64), (64, 25)], "mlp1": [(5, 32), (32, 32)],
    "tnet2": [(32, 32), (32, 64), (64, 128), (128, 128), (128, 64), (64, 1024)], "mlp2": [(32, 32), (32, 64), (64, 128)], "head": [(128, 128), (128, 64), (64, 1)]}


def write_atomnet(path, atoms, seed):
    """Weights Glorot-uniform, layer by layer, then rows of atoms as dense as in a specimen."""
    import numpy as np

    random = np.random.default_rng(seed)
    with open(path, "wb") as file:
        for n, units in (layer for part in ATOMNET.values() for layer in part):
            random.uniform(-((6 / (n + units)) ** 0.5), (6 / (n + units)) ** 0.5, (n, units)).astype("<f4").tofile(file)
            random.uniform(-0.1, 0.1, units).astype("<f4").tofile(file)
        rows = random.normal(0, 1, (atoms, 32, 5)).astype("<f4")
        rows[:, :, 3:] = random.integers(0, 3, (atoms, 32, 2))
        rows.tofile(file)


COCRNI, FEAL = "1,16,2", "2,64,3"  # channels, filters, classes of the published networks


def network_flops(shape):
    """Of one curve: a convolution over 84 places, two dense layers; a multiplication and an addition each."""
    channels, filters, classes = map(int, shape.split(","))
    return 2 * (84 * 10 * channels * filters + 42 * filters * 256 + 256 * classes)


def atomnet_flops():
    """Of one atom: the layers before the largest of 32 neighbours is taken are passed by each of them, and two matrices turn their columns."""
    work = {part: [n * units for n, units in layers] for part, layers in ATOMNET.items()}
    of_each = sum(sum(work[part][:3]) for part in ("tnet1", "mlp1", "tnet2", "mlp2")) + 5 * 5 + 32 * 32
    return 2 * (32 * of_each + sum(work["tnet1"][3:]) + sum(work["tnet2"][3:]) + sum(work["head"]))


TIP = (20, 20, 120)  # nm: 39 x 39 x 239 voxels of 1 nm every 0.5 nm, 1.4 M ions
TIP_MASSES = {"Co": 58.93, "Cr": 51.94, "Ni": 57.94}
EPOCHS, LEARNT = 6, 9360  # of the row training; patterns that a member sees in an epoch, those of its validation included


def write_tip(path, ranges):
    """A random alloy of three species, and its ranges."""
    import numpy as np

    random = np.random.default_rng(9)
    x, y, z = lattice(random, TIP, 0.34)
    write_pos(path, x, y, z, np.array(list(TIP_MASSES.values()))[random.integers(0, 3, len(x))])
    lines = ["[Ions]", "Number=3"] + [f"Ion{i}={name}" for i, name in enumerate(TIP_MASSES, 1)] + ["[Ranges]", "Number=3"]
    lines += [f"Range{i}={mass - 0.1:.2f} {mass + 0.1:.2f} Vol:0.01000 {name}:1 Color:33FFFF" for i, (name, mass) in enumerate(TIP_MASSES.items(), 1)]
    ranges.write_text("\r\n".join(lines) + "\r\n")


def write_dilute(path, ions, share, seed):
    """A share of the ions of a crystal, chosen at random: solutes without order."""
    import numpy as np

    random = np.random.default_rng(seed)
    edge = (ions / (4 / 0.36**3 * 0.37)) ** (1 / 3)
    p = np.stack(lattice(random, (edge, edge, edge), 0.37), axis=1)
    p = p[random.random(len(p)) < share]
    write_pos(path, *p.T, np.full(len(p), 29.0))


def make_inputs(folder, ions):
    import numpy as np

    random = np.random.default_rng(1)
    names = ("specimen.pos", "ten.pos", "sorted.pos", "nickel.pos", "solutes.pos", "dilute.pos", "ranges.rrng", "x.oasis.specific.yaml", "cocrni.f32", "feal.f32", "atomnet.f32")
    files = {name: folder / name for name in names}
    write_network(files["cocrni.f32"], COCRNI, 32768, 5)
    write_network(files["feal.f32"], FEAL, 8192, 6)
    write_atomnet(files["atomnet.f32"], 16384, 8)
    write_ranges(files["ranges.rrng"])
    write_specimen(files["specimen.pos"], ions, 2)
    write_specimen(files["ten.pos"], 10 * ions, 3)
    write_sorted(files["sorted.pos"], files["specimen.pos"])
    x, y, z = lattice(random, BOX, 0.36 / 3)
    write_pos(files["nickel.pos"], x, y, z, np.full(len(x), 29.0))
    write_solutes(files["solutes.pos"], DBSCAN_POINTS, 4)
    write_dilute(files["dilute.pos"], 1000000, 0.15, 7)
    files["x.oasis.specific.yaml"].write_text("common: {}\n")
    return {name: str(path) for name, path in files.items()}


# ---------------------------------------------------------------------------------------------- contestants


class Server:
    """A process that prepares once and then runs one round for every line (bench_engine.c, peers.py)."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("ready")

    def expect(self, word=None):
        line = self.process.stdout.readline().strip()
        if not line or (word and line != word):
            raise SystemExit(f"{self.process.args[:3]} said {line!r}")
        return line

    def round(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        seconds, processor, items, check, extra = map(float, self.expect().split())
        return {"seconds": seconds, "processor": processor, "items": items, "check": check, "extra": extra}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Command:
    """A program that is started anew for every round; its start counts. Its output is removed before: writing over a file
    is another matter than writing a new one."""

    def __init__(self, command, items, folder, output, tells_memory=False):
        self.command, self.items, self.folder, self.output, self.tells_memory = command, items, folder, folder / output, tells_memory

    def round(self):
        self.output.unlink(missing_ok=True)
        with tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(self.command, cwd=self.folder, stdout=subprocess.PIPE, stderr=errors)
            said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            seconds, process.returncode = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
            process.stdout.close()
            if process.returncode:
                errors.seek(0)
                raise SystemExit(f"{self.command} failed:\n{errors.read().decode()[-2000:]}")
        memory = json.loads(said)["peak_rss_bytes"] if self.tells_memory else 0  # ru_maxrss counts what Python had before it became the program
        return {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "items": self.items, "check": 0, "extra": memory}

    def close(self):
        pass


class Setting:
    """Where things are, and which contestants they make."""

    def __init__(self, options, files, folder):
        self.options, self.files, self.folder = options, files, folder
        self.engine, self.program = options.build / "bench" / "bench_engine", options.build / "bin" / "ordapt"

    def ours(self, task, *files):
        return Server([self.engine, task, str(self.options.threads), *self.named(files)])

    def peer(self, task, *files, requirements=HERE / "requirements.txt", threads=None):
        return Server([environment(requirements), str(HERE / "peers.py"), task, str(threads or self.options.threads), *self.named(files)])

    def named(self, files):
        return [self.files.get(name, name) for name in files]

    def program_import(self, name, output, *more):
        command = [self.program, "import", self.files[name], self.files["ranges.rrng"], "-o", str(self.folder / output), "--overwrite", "--quiet",
                   "--threads", str(self.options.threads), *more]
        return Command(command, os.path.getsize(self.files[name]) / 16, self.folder, output)

    def call(self, *words):
        """A step that only prepares."""
        subprocess.run([self.program, *map(str, words), "--overwrite", "--quiet"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def training(self):
        """Published network, five folds; the bank is made before."""
        self.call("bank", "--preset", "cocrni-002", "-o", "bank.nxs")
        command = [self.program, "train", "bank.nxs", "--preset", "cocrni-002", "--epochs", str(EPOCHS), "-o", "trained.nxs", "--overwrite", "--quiet",
                   "--threads", str(self.options.threads)]
        return Command(command, 5 * EPOCHS * LEARNT, self.folder, "trained.nxs")

    def job(self, network="net.nxs"):
        """The recipe: actual data and one control, domains, activation maps; with five networks of the published shape, or those that ship.
        Each draw of `domains` would classify one control more."""
        write_tip(self.folder / "tip.pos", self.folder / "tip.rrng")
        self.call("import", "tip.pos", "tip.rrng", "-o", "tip.nxs")
        if network == "net.nxs":
            self.call("bank", "--preset", "cocrni-002", "-o", "bank.nxs")
            self.call("train", "bank.nxs", "--preset", "cocrni-002", "--epochs", "1", "-o", network)
        roi = ",".join(f"{low},{high}" for low, high in zip((0, 0, 0), TIP))
        command = [self.program, "run", "csro", "tip=tip.nxs", f"net={network}", "species=Ni,Co,Cr", "draws=0", f"roi={roi}", "-o", "csro.nxs", "--overwrite",
                   "--json", "--threads", str(self.options.threads)]
        return Command(command, 3 * 39 * 39 * 239, self.folder, "csro.nxs", tells_memory=True)

    def order(self):
        """A box of 276 000 ions with 60 domains; reading and writing of files is in the time of ours, and not in that of the peer."""
        self.call("synthesise", "--preset", "cocrni-a", "-o", "order.nxs")
        command = [self.program, "superlattice", "order.nxs", "--species", "Ni", "--fit-sigma", "false", "-o", "found.nxs", "--overwrite", "--json",
                   "--threads", str(self.options.threads)]
        return Command(command, 275974, self.folder, "found.nxs", tells_memory=True)

    def converter(self):
        command = [Path(environment(PLUGIN / "requirements.txt")).with_name("dataconverter"), "run", "specimen.pos", "ranges.rrng",
                   "x.oasis.specific.yaml", "--reader", "apm", "--nxdl", "NXapm", "--output", "peer.nxs"]
        return Command(command, os.path.getsize(self.files["specimen.pos"]) / 16, self.folder, "peer.nxs")


def environment(requirements):
    done = subprocess.run(["sh", PLUGIN / "environment.sh", requirements], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


BOX_TEXT = ",".join(map(str, BOX))
APAV, CONVERTER = PLUGIN / "requirements-apav.txt", PLUGIN / "requirements.txt"

ONNX, PYKDTREE, NAPF = HERE / "requirements-onnx.txt", HERE / "requirements-pykdtree.txt", HERE / "requirements-napf.txt"

# name: (what, unit, peer, target ratio, by how much of it the check may differ (None: no check), ours, theirs)
ROWS = {
    "import": (".pos + .rrng to NXapm, gzip 1 + shuffle", "ions/s", "pynxtools-apm 0.5.3", 30, None,
               lambda s: s.program_import("specimen.pos", "ours.nxs"), lambda s: s.converter()),
    "raw": ("the same, uncompressed, 10 times the ions", "ions/s", "h5py: hash, write, fsync", 0.8, None,
            lambda s: s.program_import("ten.pos", "ours.nxs", "--compression", "none"),
            lambda s: s.peer("raw", "ten.pos", "ranges.rrng", str(s.folder / "raw.h5"))),
    "label": ("ranging, label per ion", "ions/s", "numpy searchsorted", 15, 0,
              lambda s: s.ours("label", "ten.pos", "ranges.rrng"), lambda s: s.peer("label", "ten.pos", "ranges.rrng")),
    "rrng": ("reading .rrng, 28 ranges", "files/s", "APAV 1.4.0", 20, 0,
             lambda s: s.ours("rrng", "ranges.rrng"), lambda s: s.peer("rrng-apav", "ranges.rrng", requirements=APAV)),
    "rrng-ifes": ("reading .rrng, 28 ranges", "files/s", "ifes 0.5.0", None, None,
                  lambda s: s.ours("rrng", "ranges.rrng"), lambda s: s.peer("rrng-ifes", "ranges.rrng", requirements=CONVERTER)),
    "sdm": ("z-SDM insphere, 0.75 nm, 18 ions", "voxels/s", "60 lines of numba", 2, 0,
            lambda s: s.ours("sdm", "nickel.pos", BOX_TEXT), lambda s: s.peer("sdm", "nickel.pos", BOX_TEXT)),
    "curve": ("smoothing, background, normalisation of 93 bins", "curves/s", "50 lines of numba", 15, 1e-4,
              lambda s: s.ours("clean", "nickel.pos", BOX_TEXT), lambda s: s.peer("curve", "nickel.pos", BOX_TEXT)),
    "cnn": ("network of cocrni, one member, float32", "curves/s", "ONNX Runtime 1.31", 1.2, 1e-5,
            lambda s: s.ours("cnn", "cocrni.f32", COCRNI), lambda s: s.peer("cnn", "cocrni.f32", COCRNI, requirements=ONNX)),
    "cnn_feal": ("network of feal, one member, float32", "curves/s", "ONNX Runtime 1.31", 1.2, 1e-5,
                 lambda s: s.ours("cnn", "feal.f32", FEAL), lambda s: s.peer("cnn", "feal.f32", FEAL, requirements=ONNX)),
    "atomnet": ("one block of AtomNet, float32, neighbours known", "atoms/s", "ONNX Runtime 1.31", 1.2, 1e-4,
                lambda s: s.ours("atomnet", "atomnet.f32"), lambda s: s.peer("atomnet", "atomnet.f32", requirements=ONNX)),
    "training": ("training, cocrni-002, 5 folds, published network", "patterns/s", "Keras 3.15, TensorFlow 2.21", 5, None,
                 lambda s: s.training(), lambda s: s.peer("training", "3", requirements=HERE / "requirements-training.txt")),
    "atomnet_training": ("training of a block of AtomNet, batch 256", "atoms/s", "torch 2.15", 2, None,
                         lambda s: s.ours("atomnet_training", "40"), lambda s: s.peer("atomnet_training", "10", requirements=HERE / "requirements-torch.txt")),
    "csro_job": ("csro, 3 species, 5 networks: ours with control and domains, the peer without", "curves/s", "numba + ONNX Runtime", 2, None,
                 lambda s: s.job(), lambda s: s.peer("job", str(s.folder / "tip.pos"), "cocrni.f32", COCRNI, ",".join(map(str, TIP)), "5",
                                                     requirements=HERE / "requirements-job.txt")),
    "csro_shipped": ("the same with the networks that ship", "curves/s", "numba + ONNX Runtime, published network", 2, None,
                     lambda s: s.job("cocrni-002"), lambda s: s.peer("job", str(s.folder / "tip.pos"), "cocrni.f32", COCRNI, ",".join(map(str, TIP)), "5",
                                                                     requirements=HERE / "requirements-job.txt")),
    "dbscan": ("DBSCAN of 40 000 ions", "ions/s", "scikit-learn 1.9", 20, 0,
               lambda s: s.ours("dbscan", "solutes.pos"), lambda s: s.peer("dbscan", "solutes.pos")),
    "dbscan_open3d": ("DBSCAN of the solutes (15 %) of 1 M ions", "ions/s", "open3d 0.20", 8, 0,
                      lambda s: s.ours("dbscan", "dilute.pos"),
                      lambda s: s.peer("dbscan-open3d", "dilute.pos", requirements=HERE / "requirements-open3d.txt")),
    "superlattice": ("superlattice of 276 000 ions, planes, map, posterior; ours with files", "ions/s", "numpy, scipy (pocketfft)", 15, None,
                     lambda s: s.order(), lambda s: s.peer("order", str(s.folder / "order.nxs"))),
    "monte_carlo": ("Metropolis exchanges, fcc of 12 x 12 x 12 cells, two shells, 1000 K: the step's own box", "attempts/s", "60 lines of numba", 3, 0.02,
                    lambda s: s.ours("monte_carlo", "12,1000"), lambda s: s.peer("monte_carlo", "12,1000")),
    "monte_carlo_hot": ("the same at 3000 K: four of five attempts exchange", "attempts/s", "60 lines of numba", 3, 0.05,
                        lambda s: s.ours("monte_carlo", "12,3000"), lambda s: s.peer("monte_carlo", "12,3000")),
    "monte_carlo_large": ("the same, 40 x 40 x 40 cells, 1000 K", "attempts/s", "60 lines of numba", 3, 0.02,
                          lambda s: s.ours("monte_carlo", "40,1000"), lambda s: s.peer("monte_carlo", "40,1000")),
    "nearest": ("32 nearest ions of each, itself included, 30/nm3", "ions/s", "pykdtree 1.4.3", 12, 1e-6,
                lambda s: s.ours("nearest", "specimen.pos"), lambda s: s.peer("nearest", "specimen.pos", requirements=PYKDTREE)),
    "nearest_sorted": ("the same, ions sorted by cubes of 1 nm beforehand", "ions/s", "pykdtree 1.4.3", None, 1e-6,
                       lambda s: s.ours("nearest", "sorted.pos"), lambda s: s.peer("nearest", "sorted.pos", requirements=PYKDTREE)),
    "nearest_k10": ("10 nearest ions of each, as they come", "ions/s", "nanoflann (napf 0.1.0)", 8, 1e-6,
                    lambda s: s.ours("nearest_k10", "specimen.pos"), lambda s: s.peer("nearest_k10", "specimen.pos", requirements=NAPF)),
    "nearest_k10_sorted": ("the same, ions sorted by cubes of 1 nm beforehand", "ions/s", "nanoflann (napf 0.1.0)", None, 1e-6,
                           lambda s: s.ours("nearest_k10", "sorted.pos"), lambda s: s.peer("nearest_k10", "sorted.pos", requirements=NAPF)),
    "nearest_ten": ("32 nearest, 10 times the ions", "ions/s", "pykdtree 1.4.3", 12, 1e-6,
                    lambda s: s.ours("nearest", "ten.pos"), lambda s: s.peer("nearest", "ten.pos", requirements=PYKDTREE)),
}


# What bounds a row, and how much of it an item takes: operations of the networks by their shape; bytes that must be read and written. Rows that are bound by
# several, or by what a processor does between them, have none.
LIMITS = {"label": ("copies", lambda output: 4 + 1), "cnn": ("products", lambda output: network_flops(COCRNI)), "cnn_feal": ("products", lambda output: network_flops(FEAL)),
          "atomnet": ("products", lambda output: atomnet_flops()), "raw": ("writes", lambda output: output), "import": ("writes", lambda output: output)}


# ---------------------------------------------------------------------------------------------- measuring


def measure(name, setting, most):
    """Turns: ours, theirs, ours, theirs; so that a busy moment meets both. most: what the machine can do."""
    what, unit, peer, target, tolerance, make_ours, make_theirs = ROWS[name]
    ours, theirs = make_ours(setting), make_theirs(setting)
    rounds = [(ours.round(), theirs.round()) for _ in range(setting.options.rounds)]
    ours.close(), theirs.close()
    a, b = zip(*rounds)
    if tolerance is not None and abs(a[-1]["check"] - b[-1]["check"]) > tolerance * abs(b[-1]["check"]):
        raise SystemExit(f"{what}: ours gives {a[-1]['check']}, {peer} {b[-1]['check']}: they do not do the same")
    rate = [statistics.median(r["items"] / r["seconds"] for r in side) for side in (a, b)]
    per_processor = [statistics.median(r["items"] / max(r["processor"], 1e-9) for r in side) for side in (a, b)]
    output = ours.output.stat().st_size / a[-1]["items"] if isinstance(ours, Command) else 0
    limit, takes = LIMITS.get(name, ("", None))
    share = f"{100 * rate[0] * takes(output) / most[limit]:.0f} % of {limit}" if limit else "-"
    return {"what": what, "unit": unit, "peer": peer, "share": share, "target": target, "ours": rate[0], "theirs": rate[1], "ratio": rate[0] / rate[1],
            "processor_ratio": per_processor[0] / per_processor[1], "extra": (a[-1]["extra"], b[-1]["extra"]), "items": a[-1]["items"]}


def measure_memory(setting):
    """Largest resident memory of import, crop, range, composition and domains of many ions."""
    folder, most, n = setting.folder, {}, os.path.getsize(setting.files["ten.pos"]) / 16
    calls = {"import": ["import", setting.files["ten.pos"], setting.files["ranges.rrng"], "-o", "tip.nxs"],
             "crop": ["crop", "tip.nxs", "--roi", "0,1000,0,1000,1,1000", "-o", "cropped.nxs"],
             "range": ["range", "tip.nxs", "-o", "ranged.nxs"],
             "composition": ["composition", "tip.nxs", "-o", "composition.nxs"],
             "domains": ["domains", "tip.nxs", "--eps", "0.25", "-o", "domains.nxs"]}
    for name, words in calls.items():
        done = subprocess.run([setting.program, *words, "--json", "--overwrite", "--threads", str(setting.options.threads)], cwd=folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            print(f"{name}: {done.stderr.decode().strip()}", file=sys.stderr)
            continue
        most[name] = json.loads(done.stdout)["peak_rss_bytes"]
    return n, most


def amount(value):
    for limit, word in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {word}"
    return f"{value:.3g}"


def print_row(r):
    target = f"{r['target']:g}" if r["target"] else "-"
    extra = f" memory {amount(r['extra'][0])}B / {amount(r['extra'][1])}B |" if any(r["extra"]) else " |"
    print(f"| {r['what']} | {r['peer']} | {amount(r['ours'])} {r['unit']} | {amount(r['theirs'])} {r['unit']} | {r['ratio']:.2f} | "
          f"{r['processor_ratio']:.2f} | {target} | {r['share']} |{extra}", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="build folder, configured with -DORDAPT_BENCH=ON")
    parser.add_argument("--rows", default=",".join([*ROWS, "memory"]), help="which rows, by name: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (%(default)s)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads of both sides (all cores)")
    parser.add_argument("--ions", type=int, default=1000000, help="ions of the specimen; some rows take ten times as many (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where inputs and outputs go; a disk, as fsync is measured (a temporary folder)")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def main():
    options = parse()
    try:
        import numpy  # noqa: F401
    except ImportError:  # start again with the Python of the peers, which has it
        python = environment(HERE / "requirements.txt")
        os.execv(python, [python, *sys.argv])
    folder = Path(tempfile.mkdtemp(prefix="ordapt-bench-", dir=options.folder))
    try:
        setting = Setting(options, make_inputs(folder, options.ions), folder)
        rows = options.rows.split(",")
        most = limits.measure(folder)
        print(limits.told(most))
        print("\n| what | peer | ours | peer's | ratio | per processor second | target | ours, of the limit | |\n|---|---|---|---|---|---|---|---|---|", flush=True)
        for name in rows:
            if name != "memory":
                print_row(measure(name, setting, most))
        if "memory" in rows:
            n, most = measure_memory(setting)
            print(f"\nPeak memory, {amount(n)} ions (target 40 bytes an ion + 50 MB = {amount(40 * n + 50e6)}B): "
                  + ", ".join(f"{name} {amount(bytes_)}B" for name, bytes_ in most.items()))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
