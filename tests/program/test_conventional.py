"""Golden tasks of conventional analysis, from positions in vendor files to tables, through the program's files; scored by the tables' own rules."""
import csv
import json
import math
import struct

import h5py
import numpy as np
import pytest
import tool

GOLDEN = tool.REFERENCE / "conventional"
SYMBOLS = ("Ni", "Al", "Cr", "Co")  # of species 0, 1, 2, 3
RRNG = "[Ions]\nNumber=4\n" + "".join(f"Ion{i}={s}\n" for i, s in enumerate(SYMBOLS, 1)) + "[Ranges]\nNumber=4\n" + "".join(
    f"Range{i}={10 * i - 1} {10 * i + 1} {s}:1 Color:000000\n" for i, s in enumerate(SYMBOLS, 1))

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="reference data conventional is absent (set ORDAPT_REFERENCE)")


def task(name):
    return next(t for t in json.loads((GOLDEN / "tasks.json").read_text())["tasks"] if t["id"] == name)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def specimen(name, folder):
    """The points of a table as a vendor file with ranges, imported."""
    rows = rows_of(GOLDEN / "inputs" / f"{name}.csv")
    pos = folder / f"{name}.pos"
    pos.write_bytes(b"".join(struct.pack(">4f", *(float(row[c]) for c in "xyz"), 10 * int(row["species"]) + 10) for row in rows))
    pos.with_suffix(".rrng").write_text(RRNG)
    tool.ok("import", pos, pos.with_suffix(".rrng"), "-o", folder / f"{name}.nxs")
    return folder / f"{name}.nxs"


def key_of(row, keys):
    def part(text):
        try:
            return round(float(text), 6)
        except ValueError:
            return text
    return tuple(part(str(row[k])) for k in keys)


def check(table, rows):
    """Each row of the table by its rule; rows that are 0 throughout may be left out."""
    got = {key_of(row, table["key"]): row for row in rows}
    assert len(got) == len(rows), "keys are there once"
    known = set()
    for row in rows_of(GOLDEN / "expected" / table["file"]):
        key = key_of(row, table["key"])
        known.add(key)
        for column in table["cols"]:
            want, have = float(row[column["name"]]), float(got.get(key, {}).get(column["name"], 0))
            scale = {"int": 1, "abs": 1, "rel": abs(want)}[column["mode"]]
            assert math.isfinite(have) and abs(have - want) <= column["tol"] * scale + 1e-15, (table["file"], key, column["name"], have, want)
    assert all(float(row[c["name"]]) == 0 for key, row in got.items() if key not in known for c in table["cols"])


class Step:
    """Arrays of a result, one task after the other."""

    def __init__(self, path, step):
        with h5py.File(path) as file:
            here = file[f"entry1/{step}"]
            self.tasks = [{f"{group}/{name}": here[task][group][name][()] for group in here[task] if isinstance(here[task][group], h5py.Group)
                           for name in here[task][group] if isinstance(here[task][group][name], h5py.Dataset)}
                          for task in (f"{step}{k}" for k in range(1, 99)) if task in here]


def tables(name):
    return {t["file"]: t for t in task(name)["outputs"]}


@pytest.mark.parametrize("threads", [1, 3])
def test_knn(tmp_path, threads):
    p = task("knn")["params"]
    tip, out, want = specimen("points", tmp_path), tmp_path / "near.nxs", tables("knn")
    common = ("--bin-width", p["hist_bin"], "--density", p["rho"], "--range", 20, "--threads", threads)
    tool.ok("neighbours", tip, "--k", p["kmax"], *common, "-o", out)
    (near,) = Step(out, "neighbours").tasks
    columns = range(1, p["kmax"] + 1)
    check(want["knn_all.csv"], [{"i": i} | {f"d{k}": d[k - 1] for k in columns} for i, d in zip(near["distances/ion_index"], near["distances/distance"])])
    counts = near["distribution/ions"]
    assert not near["orders/beyond"].any()
    check(want["knn_hist.csv"], [{"bin_lo": b * p["hist_bin"]} | {f"k{k}": counts[k - 1, b] for k in (1, 5, 10)} for b in range(counts.shape[1])])
    listed = [int(row["k"]) for row in rows_of(GOLDEN / "expected" / "knn_csr.csv")]
    check(want["knn_csr.csv"], [{"k": k, "mean_measured": near["orders/mean"][k - 1], "mean_random_theory": near["orders/random"][k - 1]} for k in listed])
    tool.ok("neighbours", tip, "--k", 5, "--pairs", SYMBOLS[0], *common, "-o", tmp_path / "own.nxs")
    (own,) = Step(tmp_path / "own.nxs", "neighbours").tasks
    check(want["knn_species0.csv"], [{"i": i} | {f"d{k}": d[k - 1] for k in range(1, 6)} for i, d in zip(own["distances/ion_index"], own["distances/distance"])])
    assert np.isfinite(own["orders/z"]).all() and 0 < own["summary/p_permuted"] <= 1


def shells_of(structure, edge):
    """Edges half-way between the listed distances, the last one before half the box."""
    radii = sorted({float(row["r"]) for row in rows_of(GOLDEN / "expected" / "warren_cowley.csv") if row["structure"] == structure})
    return [0, *((a + b) / 2 for a, b in zip(radii, radii[1:])), min(radii[-1] * 1.01, edge / 2)]


def order_rows(folder, tip, pairs, *shells):
    """One row a pair and shell, and what the shells are."""
    tool.ok("warren_cowley", tip, "--pairs", ",".join(f"{SYMBOLS[i]}-{SYMBOLS[j]}" for i, j in pairs), "--draws", 3, *shells, "-o", folder / "order.nxs", "--overwrite")
    (wc,) = Step(folder / "order.nxs", "warren_cowley").tasks
    rows = [{"i": i, "j": j, "shell": int(s), "k": int(s), "p": wc["order/share"][a, m], "p_ij": wc["order/share"][a, m], "alpha": wc["order/alpha"][a, m],
             "alpha_wc": wc["order/alpha"][a, m], "alpha_pm": wc["order/alpha_pm"][a, m], "r": wc["shells/radius"][m], "coordination": wc["shells/coordination"][m]}
            for a, (i, j) in enumerate(pairs) for m, s in enumerate(wc["order/shell"])]
    assert b"efficiency" in wc["summary/caveat"]
    return rows, wc


PAIRS = ((0, 0), (0, 1), (1, 0), (1, 1))


def test_warren_cowley(tmp_path):
    rows = []
    for structure, edge in task("warren_cowley")["params"]["box"].items():
        tip = specimen(f"lattice_{structure}", tmp_path)
        shells = shells_of(structure, edge)
        found, _ = order_rows(tmp_path, tip, PAIRS, "--shells", ",".join(map(str, shells)), "--periodic", f"{edge},{edge},{edge}")
        rows += [{"structure": structure} | row for row in found]
    check(tables("warren_cowley")["warren_cowley.csv"], rows)


@pytest.mark.parametrize("structure, lattice, parameter", [("L12", "fcc", 0.36), ("B2", "bcc", 0.287), ("D03", "bcc", 0.287)])
def test_shells_of_a_lattice_are_those_by_hand(tmp_path, structure, lattice, parameter):
    edge = task("warren_cowley")["params"]["box"][structure]
    tip = specimen(f"lattice_{structure}", tmp_path)
    by_hand = shells_of(structure, edge)
    n = len(by_hand) - 1
    one, _ = order_rows(tmp_path, tip, PAIRS, "--shells", ",".join(map(str, by_hand)), "--periodic", f"{edge},{edge},{edge}")
    kept = [row for row in one if row["shell"] < n]
    two, wc = order_rows(tmp_path, tip, PAIRS, "--lattice", lattice, "--lattice-parameter", parameter, "--lattice-shells", n - 1, "--periodic", f"{edge},{edge},{edge}")
    assert two == kept and len(wc["shells/upper"]) == n - 1


def test_wc_knn(tmp_path):
    tip = specimen("fcc_apt", tmp_path)
    rows, wc = order_rows(tmp_path, tip, PAIRS, "--k", ",".join(map(str, task("wc_knn")["params"]["k"])))
    check(tables("wc_knn")["wc_knn.csv"], rows)
    assert np.array_equal(wc["shells/coordination"], task("wc_knn")["params"]["k"])
    assert np.array_equal(wc["profile/contacts"].sum(0), wc["order/contacts"])
