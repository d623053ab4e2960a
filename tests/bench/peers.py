"""The peers, one task each, speaking like bench_engine.c: `python peers.py TASK THREADS FILE...`.

Prepares, prints "ready", then runs once for every line it reads and prints
"seconds processor_seconds items check extra". Imports and the first run (compilation) are never in the time.
"""
import hashlib
import os
import sys
import time


def read_pos(path):
    import numpy as np

    return np.fromfile(path, ">f4").reshape(-1, 4).astype("f4")


def box_of(text):
    return [float(word) for word in text.split(",")]


class Rrng:
    """Reading a range file, `repeats` times."""

    def __init__(self, read, path, repeats):
        self.read, self.path, self.repeats = read, path, repeats

    def run(self):
        for _ in range(self.repeats):
            found = self.read(self.path)
        return self.repeats, found, 0


def rrng_apav(threads, path):
    import apav

    return Rrng(lambda name: len(apav.load_rrng(name)), path, 20)


def rrng_ifes(threads, path):
    from ifes_apt_tc_data_modeling.rrng.rrng_reader import ReadRrngFileFormat

    def read(name):
        ReadRrngFileFormat(name, unique=True, verbose=False)
        return 0  # merges ranges of one ion, so that its number says nothing

    return Rrng(read, path, 1)


class Label:
    """numpy: one search in the sorted bounds and one look at the table of types."""

    def __init__(self, threads, path, ranges):
        import numpy as np

        self.np, self.mass = np, np.ascontiguousarray(read_pos(path)[:, 3])
        rows = sorted(self.rows(ranges))
        self.bounds = np.array([bound for low, high, _ in rows for bound in (low, high)])
        self.types = np.zeros(2 * len(rows) + 1, np.uint8)
        self.types[1::2] = [number for _, _, number in rows]

    @staticmethod
    def rows(path):
        """Lines "RangeN=low high Vol:... A:1 B:1 Color:..."; types numbered as they come, as bench.py wrote them."""
        numbers = {}
        for line in open(path):
            if line.startswith("Range") and "=" in line and not line.startswith("Ranges"):
                words = line.split("=", 1)[1].split()
                ion = " ".join(sorted(word for word in words[2:] if not word.startswith(("Vol:", "Color:"))))
                yield float(words[0]), float(words[1]), numbers.setdefault(ion, len(numbers) + 1)

    def run(self):
        found = self.types[self.np.searchsorted(self.bounds, self.mass, side="right")]
        return len(self.mass), self.np.count_nonzero(found), 0


class Sdm:
    def __init__(self, threads, path, box):
        import numba
        import peer_sdm

        numba.set_num_threads(threads)
        self.peer, self.box = peer_sdm, box_of(box)
        self.points = read_pos(path)[:, :3].astype("f8")

    def run(self):
        maps = self.peer.maps_of(self.points, self.box)
        return len(maps), int(maps.sum(dtype="u8")), 0


class Curve:
    """Clean-up of the maps of a scan."""

    def __init__(self, threads, path, box):
        import numba
        import peer_curve
        import peer_sdm

        numba.set_num_threads(threads)
        self.peer, self.maps = peer_curve, peer_sdm.maps_of(read_pos(path)[:, :3].astype("f8"), box_of(box))

    def run(self):
        curves = self.peer.clean(self.maps)
        curves[curves != curves] = 0
        return len(curves), float(curves.sum(dtype="f8")), 0


def cnn(threads, path, shape):
    import peer_network

    return peer_network.Cnn(threads, path, shape)


def atomnet(threads, path):
    import peer_network

    return peer_network.Atomnet(threads, path)


def training(threads, epochs):
    import peer_training

    return peer_training.Training(threads, epochs)


def atomnet_training(threads, steps):
    import peer_atomnet

    return peer_atomnet.Steps(threads, steps)


def order(threads, path):
    import peer_order

    return peer_order.Order(threads, path)


def job(threads, *words):
    import peer_job

    return peer_job.Job(threads, *words)


def monte_carlo(threads, box):
    import peer_exchange

    return peer_exchange.Chain(threads, box)


class Dbscan:
    """With the memory it took: the largest resident size less that before."""

    def __init__(self, threads, path):
        from sklearn.cluster import DBSCAN

        self.method = DBSCAN(eps=0.4, min_samples=3, n_jobs=threads if threads > 1 else None)
        self.points = (read_pos(path)[:, :3].astype("f8") * 1000).round() / 1000

    @staticmethod
    def memory(word):
        for line in open("/proc/self/status"):
            if line.startswith(word):
                return 1024 * int(line.split()[1])
        return 0

    def run(self):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = self.memory("VmRSS")
        domains = self.method.fit(self.points).labels_.max() + 1
        return len(self.points), domains, self.memory("VmHWM") - before


class Raw:
    """The arrays of an import, hashed, ranged beforehand, written uncompressed and synchronised: the least that must be done."""

    def __init__(self, threads, path, ranges, output):
        import h5py
        import numpy as np

        self.np, self.h5py, self.inputs, self.output = np, h5py, (path, ranges), output
        self.types = np.zeros(os.path.getsize(path) // 16, np.uint8)

    def before(self):
        os.unlink(self.output)

    @staticmethod
    def hash(name):
        with open(name, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def run(self):
        for name in self.inputs:
            self.hash(name)
        records = self.np.fromfile(self.inputs[0], ">f4").reshape(-1, 4)
        with self.h5py.File(self.output, "w") as file:
            file["reconstructed_positions"] = records[:, :3].astype("f4")
            file["mass_to_charge"] = records[:, 3].astype("f4")
            file["iontypes"] = self.types
        descriptor = os.open(self.output, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        self.hash(self.output)  # ours digests what it writes, for the record
        return len(records), 0, 0


class Open3d:
    """cluster_dbscan of a point cloud of doubles; one thread, whatever is asked for."""

    def __init__(self, threads, path):
        import open3d

        points = (read_pos(path)[:, :3].astype("f8") * 1000).round() / 1000
        self.cloud, self.n = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points)), len(points)

    def run(self):
        import numpy as np

        return self.n, np.asarray(self.cloud.cluster_dbscan(eps=0.4, min_points=3)).max() + 1, 0


class Nearest:
    """pykdtree: tree and the 32 nearest of each point, itself included, so many at a time; coordinates as the floats they are, ions as they come."""

    LISTS = 1 << 18

    def __init__(self, threads, path):
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read when OpenMP is loaded
        from pykdtree.kdtree import KDTree

        self.tree, self.points = KDTree, read_pos(path)[:, :3].copy()

    def run(self):
        tree, total = self.tree(self.points), 0
        for at in range(0, len(self.points), self.LISTS):
            total += int(tree.query(self.points[at:at + self.LISTS], k=32)[1].sum(dtype="u8"))
        return len(self.points), total, 0


class Napf:
    """nanoflann by its Python binding napf: tree and the 11 nearest of each point, itself included, so many at a time; coordinates as the floats they are."""

    LISTS = 1 << 18

    def __init__(self, threads, path):
        import napf

        self.tree, self.threads, self.points = napf.KDT, threads, read_pos(path)[:, :3].copy()

    def run(self):
        tree, total = self.tree(self.points, nthread=self.threads), 0
        for at in range(0, len(self.points), self.LISTS):
            total += int(tree.knn_search(self.points[at:at + self.LISTS], 11, self.threads)[1].sum(dtype="u8"))
        return len(self.points), total, 0


TASKS = {"rrng-apav": rrng_apav, "rrng-ifes": rrng_ifes, "label": Label, "sdm": Sdm, "curve": Curve, "cnn": cnn, "atomnet": atomnet, "training": training,
         "atomnet_training": atomnet_training, "job": job, "order": order, "monte_carlo": monte_carlo,
         "dbscan": Dbscan, "dbscan-open3d": Open3d, "nearest": Nearest, "nearest_k10": Napf, "raw": Raw}


def main():
    output, sys.stdout = sys.stdout, sys.stderr  # some peers print
    task = TASKS[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
    task.run()
    print("ready", file=output, flush=True)
    for _ in sys.stdin:
        if hasattr(task, "before"):
            task.before()
        start, processor = time.perf_counter(), time.process_time()
        items, check, extra = task.run()
        seconds, used = time.perf_counter() - start, time.process_time() - processor
        if hasattr(task, "after"):
            check = task.after()
        print(f"{seconds:.9g} {used:.9g} {items} {check} {extra}", file=output, flush=True)


if __name__ == "__main__":
    main()
