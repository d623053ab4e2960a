"""What this machine can do at all, measured in the run in which its figures are: float32 matrix products (numpy's BLAS), copying of memory (bytes read and bytes
written), writing to the disk with fsync. numpy is needed."""
import os
import pathlib
import platform
import time


def best(action, turns=3):
    times = []
    for _ in range(turns):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def measure(folder):
    """FLOP/s, bytes/s, bytes/s; folder lies on the disk in question."""
    import numpy as np

    n = 2048
    a, b = np.ones((n, n), "f4"), np.ones((n, n), "f4")
    large, copy = np.ones(1 << 28, "u1"), np.empty(1 << 28, "u1")
    place = pathlib.Path(folder) / "limit.bin"

    def write():
        with place.open("wb") as file:
            file.write(large)
            file.flush()
            os.fsync(file.fileno())

    a @ b
    found = {"products": 2 * n**3 / best(lambda: a @ b), "copies": 2 * large.nbytes / best(lambda: np.copyto(copy, large)), "writes": large.nbytes / best(write)}
    place.unlink()
    return found


def told(found):
    """Two lines: the machine, and what it can do."""
    names = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return (f"machine: {names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}\n"
            f"limits: float32 products {found['products'] / 1e9:.0f} GFLOP/s, copies {found['copies'] / 1e9:.1f} GB/s, writes {found['writes'] / 1e9:.2f} GB/s")
