"""atomnet_tables.py [--program P] [--alloys a,b] [--cubes N] TABLE... - the tables of docs/atomnet.md: what networks of neighbours find on cubes of 10 nm of unseen seeds.

    score   areas under the ROC curve by block and of the decision, recall and precision, calibration; both kinds of noise, and the golden cubes
    sweep   recall and precision over thresholds
    depth   AUC of the last block against the standard deviation of Gaussian noise in depth
    tilt    the same against the largest turn about x and y
    turn    what the mean over turned and mirrored copies of the specimen is worth
    limit   AUC of one who knows all domains, the noise of the cube and the place where each ion was found, but not the site that it came from
    generic fcc-generic beside the network of the alloy
    bf16    probabilities and AUC with products of bfloat16, by bench_bf16 of a build with -DORDAPT_BENCH=ON (--rounded)
    spread  AUC of an ensemble beside the network that ships, and what the spread of an ion says (--ensemble, one alloy)

Published networks stand beside those that ship where ORDAPT_REFERENCE is set. numpy and h5py are needed.
"""
import argparse
import collections
import os
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "examples/models"
Alloy = collections.namedtuple("Alloy", "reference cells domains codes lattice ordered")
ALLOYS = {"al-li-mg": Alloy("AlLiMg", 25, 13, "Al:0,Li:1,Mg:2", 0.405, "Li:1,Mg:1,other:0"), "au-cu": Alloy("AuCu", 26, 50, "Cu:0,Au:1", 0.39, ""),
          "co-alloy": Alloy("CoNiAlW", 28, 13, "Co:1,Ni:2,Al:3,W:4,Cr:0", 0.3587, "Al:1,W:1,Cr:1,other:0")}
SEEDS = {"published": 1, "gauss": 1}
TOOL = {"program": "build/release/bin/ordapt", "rounded": "build/bench/bench/bench_bf16", "ensemble": None, "folder": pathlib.Path("."), "cubes": 100, "alloys": list(ALLOYS)}
Cubes = collections.namedtuple("Cubes", "path domain cube tests")


def run(*args, program=None):
    done = subprocess.run([program or TOOL["program"], *map(str, args), "--overwrite"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}\n{done.stderr}")


def published(alloy):
    """The authors' checkpoints as a model, where they are at hand."""
    folder, path = pathlib.Path(os.environ.get("ORDAPT_REFERENCE", "/nowhere")) / "atomnet", TOOL["folder"] / f"published-{alloy}.nxs"
    if folder.is_dir() and not path.exists():
        run("import", *sorted(folder.glob(f"{ALLOYS[alloy].reference}_block*.h5")), "--preset", alloy, "-o", path)
    return path if path.exists() else None


def nets(alloy):
    """Name -> file."""
    found = {"published": published(alloy), "ours": SHIPPED / f"{alloy}.nxs"}
    return {name: path for name, path in found.items() if path and path.exists()}


def make(alloy, noise, *more, still=False):
    """Cubes for tests as the preset has them; those for training, which nobody looks at, are tiny."""
    path, a = TOOL["folder"] / "cubes.nxs", ALLOYS[alloy]
    quiet = ("--sigma-lateral", 1e-9, "--sigma-depth", 1e-9) if still else ()
    run("synthesise", "--preset", alloy, "--cubes", TOOL["cubes"], "--cells", f"3,{a.cells}", "--cube-domains", f"1,1,{a.domains},{a.domains}", "--noise", noise,
        "--seed", SEEDS[noise], *more, *quiet, "-o", path)
    with h5py.File(path) as file:
        made = file["entry1/synthesise/synthesise1"]
        return Cubes(path, made["truth/domain"][()] > 0, made["truth/cube"][()], np.flatnonzero(made["cubes/part"][()] == 2) + 1)


def segment(tip, net, *more, program=None):
    """(ions, blocks)"""
    run("segment", tip, "--model", net, *more, "-o", TOOL["folder"] / "found.nxs", program=program)
    with h5py.File(TOOL["folder"] / "found.nxs") as file:
        return file["entry1/segment/segment1/probability/by_block"][()].astype(float)


def calibrated(net, p):
    """As with --calibrated: the logit divided by the temperature of the model, which imported ones lack."""
    found = []
    with h5py.File(net) as file:
        file.visititems(lambda name, node: found.append(float(node[()])) if name.endswith("summary/temperature") else None)
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return 1 / (1 + ((1 - p) / p) ** (1 / (found[0] if found else 1)))


# ---- figures ----

def area(p, is_true):
    """Pairs in order, ties half."""
    _, place, count = np.unique(p, return_inverse=True, return_counts=True)
    rank, n = (np.cumsum(count) - (count - 1) / 2)[place], is_true.sum()
    return (rank[is_true].sum() - n * (n + 1) / 2) / (n * (len(p) - n))


def calibration_error(p, is_true, bins=15):
    """By the confidence in what is more probable."""
    confidence, right = np.maximum(p, 1 - p), (p > 0.5) == is_true
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins)) / len(p)


def by_cube(cubes, p, figure):
    """Mean and standard deviation over the cubes for tests of figure(probabilities, truth)."""
    values = np.array([figure(p[cubes.cube == c], cubes.domain[cubes.cube == c]) for c in cubes.tests])
    return values.mean(), values.std(ddof=1) if len(values) > 1 else np.nan


def recall(threshold):
    return lambda p, t: (t & (p > threshold)).sum() / t.sum()


def precision(threshold):
    return lambda p, t: (t & (p > threshold)).sum() / max((p > threshold).sum(), 1)


def decision(p, t):
    return (recall(0.5)(p, t) + (~t & (p <= 0.5)).sum() / (~t).sum()) / 2


def told(pair, digits=3):
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"


def line(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def head(*cells):
    line(*cells)
    print("|---" * len(cells) + "|")


# ---- tables ----

def score():
    head("alloy", "noise", "network", "AUC, block 1", "AUC, last block", "AUC of the decision", "recall", "precision", "calibration error", "calibrated")
    for alloy in TOOL["alloys"]:
        for noise in SEEDS:
            cubes = make(alloy, noise)
            is_test = np.isin(cubes.cube, cubes.tests)
            for name, net in nets(alloy).items():
                p = segment(cubes.path, net)
                errors = [calibration_error(q[is_test], cubes.domain[is_test]) for q in (p[:, -1], calibrated(net, p[:, -1]))]
                figures = [(0, area), (-1, area), (-1, decision), (-1, recall(0.5)), (-1, precision(0.5))]
                line(alloy, noise, name, *[told(by_cube(cubes, p[:, block], figure)) for block, figure in figures], *[f"{error:.3f}" for error in errors])
    golden()


def golden():
    """The cubes of the reference data, of the seeds and parameters that its README tells."""
    for alloy in TOOL["alloys"]:
        path = pathlib.Path(os.environ.get("ORDAPT_REFERENCE", "/nowhere")) / f"atomnet/golden/{ALLOYS[alloy].reference}_cube.h5"
        if not path.exists():
            continue
        with h5py.File(path) as file:
            places, species, label = (file[name][()] for name in ("xyz_nm", "species", "label"))
        write_vendor(places, species, [pair.split(":") for pair in ALLOYS[alloy].codes.split(",")])
        for name, net in nets(alloy).items():
            p = segment(TOOL["folder"] / "tip.nxs", net)
            print(f"golden cube of {alloy}, {name}: AUC " + ", ".join(f"{area(p[:, b], label > 0):.4f}" for b in range(p.shape[1])), flush=True)


def write_vendor(places, number, codes):
    """tip.nxs of ions at the places, number k being the species with that code."""
    symbol, folder = {int(code): name for name, code in codes}, TOOL["folder"]
    rows = np.column_stack([places, 10.0 * (1 + number)]).astype(">f4")
    (folder / "tip.pos").write_bytes(rows.tobytes())
    ranges = "".join(f"Range{k + 1}={10 * (k + 1) - 1} {10 * (k + 1) + 1} Vol:0.01 {symbol[k]}:1 Color:FF0000\n" for k in sorted(symbol))
    (folder / "tip.rrng").write_text(f"[Ions]\nNumber={len(symbol)}\n" + "".join(f"Ion{k + 1}={symbol[k]}\n" for k in sorted(symbol)) +
                                     f"[Ranges]\nNumber={len(symbol)}\n{ranges}", encoding="ascii")
    run("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "tip.nxs")


def sweep():
    thresholds = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    head("alloy", "network", *thresholds)
    for alloy in TOOL["alloys"]:
        cubes = make(alloy, "published")
        for name, net in nets(alloy).items():
            p = segment(cubes.path, net)[:, -1]
            line(alloy, name, *[f"{by_cube(cubes, p, recall(t))[0]:.2f} / {by_cube(cubes, p, precision(t))[0]:.2f}" for t in thresholds])


def against(option, values, noise):
    """AUC of the last block for each value of an option."""
    head("alloy", "network", *values)
    for alloy in TOOL["alloys"]:
        banks = {}
        rows = {name: [] for name in nets(alloy)}
        for value in values:
            banks = make(alloy, noise, option, value)
            for name, net in nets(alloy).items():
                rows[name].append(f"{by_cube(banks, segment(banks.path, net)[:, -1], area)[0]:.3f}")
        for name, cells in rows.items():
            line(alloy, name, *cells)


def depth():
    against("--sigma-depth", [0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2], "gauss")


def tilt():
    against("--angles", [f"{t},{t},90" for t in (0, 3, 6, 10, 20, 45)], "published")


def positions(path):
    with h5py.File(path) as file:
        tip = file["entry1/atom_probe1"]
        return tip["reconstruction/reconstructed_positions"][()].astype(float), tip["ranging/peak_identification/iontypes"][()]


def copies(cubes, alloy):
    """Its ions, and those turned about z and mirrored, as (name, places)."""
    places, _ = positions(cubes.path)
    for name, angle, mirror in (("as it is", 0, False), ("30", 30, False), ("60", 60, False), ("90", 90, False), ("mirrored", 0, True), ("mirrored, 45", 45, True)):
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turned = places * ([1, -1, -1] if mirror else 1)
        yield name, np.column_stack([c * turned[:, 0] - s * turned[:, 1], s * turned[:, 0] + c * turned[:, 1], turned[:, 2]])


def turn():
    """Probabilities of the copies, alone and their mean."""
    for alloy in TOOL["alloys"]:
        cubes = make(alloy, "published")
        _, types = positions(cubes.path)
        composition = {"al-li-mg": ["Al", "Li", "Mg"], "au-cu": ["Cu", "Au", "Ag"], "co-alloy": ["Co", "Ni", "Al", "W", "Cr"]}[alloy]
        found = {}
        for name, places in copies(cubes, alloy):
            write_vendor(places, types - 1, [(symbol, k) for k, symbol in enumerate(composition)])
            found[name] = segment(TOOL["folder"] / "tip.nxs", SHIPPED / f"{alloy}.nxs")[:, -1]
        spread = np.std(list(found.values()), axis=0).mean()
        found["mean of all"] = np.mean(list(found.values()), axis=0)
        print(f"{alloy}: " + ", ".join(f"{name} {told(by_cube(cubes, p, area), 4)}" for name, p in found.items()) + f"; mean spread of an ion {spread:.3f}", flush=True)


def generic():
    head("alloy", "noise", "AUC, last block, of fcc-generic", "calibration error")
    for alloy in TOOL["alloys"]:
        for noise in SEEDS if ALLOYS[alloy].ordered else ():
            cubes = make(alloy, noise)
            p = segment(cubes.path, SHIPPED / "fcc-generic.nxs", "--species-codes", ALLOYS[alloy].ordered, "--lattice-parameter", ALLOYS[alloy].lattice)
            p = calibrated(SHIPPED / "fcc-generic.nxs", p[:, -1])
            is_test = np.isin(cubes.cube, cubes.tests)
            line(alloy, noise, told(by_cube(cubes, p, area)), f"{calibration_error(p[is_test], cubes.domain[is_test]):.3f}")


def bf16():
    """One cube of each alloy (--cubes 10) will do: it has 45 000 ions."""
    head("alloy", "network", "rounded layers", "largest difference", "mean difference", "change of the AUC")
    for alloy in TOOL["alloys"]:
        cubes = make(alloy, "published")
        is_test = np.isin(cubes.cube, cubes.tests)
        for name, net in nets(alloy).items():
            exact = segment(cubes.path, net)[is_test, -1]
            for least, layers in ((0, "all"), (2048, "of 2048 weights and more")):
                os.environ["ORDAPT_BF16_LEAST"] = str(least)
                p = segment(cubes.path, net, program=TOOL["rounded"])[is_test, -1]
                change = area(p, cubes.domain[is_test]) - area(exact, cubes.domain[is_test])
                line(alloy, name, layers, f"{abs(p - exact).max():.4f}", f"{abs(p - exact).mean():.5f}", f"{change:+.5f}")


def spread():
    """Beside the network that ships; then, by quarters of the spread, how many decisions are wrong and how many the probabilities themselves expect to be."""
    alloy, = TOOL["alloys"]
    cubes = make(alloy, "published")
    is_test = np.isin(cubes.cube, cubes.tests)
    head("network", "AUC, last block", "calibration error")
    for name, net in {**nets(alloy), "ensemble": pathlib.Path(TOOL["ensemble"])}.items():
        p = segment(cubes.path, net)[:, -1]
        line(name, told(by_cube(cubes, p, area)), f"{calibration_error(p[is_test], cubes.domain[is_test]):.3f}")
    with h5py.File(TOOL["folder"] / "found.nxs") as file:
        width = file["entry1/segment/segment1/probability/spread"][()].astype(float)[is_test]
    p, truth = p[is_test], cubes.domain[is_test]
    quarter = np.searchsorted(np.quantile(width, [0.25, 0.5, 0.75]), width)
    print()
    head("spread of an ion", "mean spread", "wrong at 0.5", "expected to be wrong")
    for k, name in enumerate(("lowest quarter", "second", "third", "highest")):
        use = quarter == k
        line(name, f"{width[use].mean():.3f}", f"{np.mean((p[use] > 0.5) != truth[use]):.3f}", f"{np.minimum(p, 1 - p)[use].mean():.3f}")


# ---- the limit ----

def frame_of(angles):
    """Turn of a cube: about x, then y, then z, as synthesise does it."""
    frame = np.eye(3)
    for axis, sign in ((0, 1), (1, -1), (2, 1)):
        u, v = [k for k in range(3) if k != axis]
        c, s = np.cos(np.radians(angles[axis])), sign * np.sin(np.radians(angles[axis]))
        frame[u], frame[v] = frame[u] * c + frame[v] * s, frame[v] * c - frame[u] * s
    return frame


def oracle(found, moved, half, spheres, radii, random):
    """Odds of order at places in the frame of the crystal: how many of the places that the ion may have come from, by the displacements of its cube, lie in a domain."""
    step = 0.05
    n = int(np.ceil(half / step)) + 1
    axis = np.arange(-n, n + 1) * step
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    kind = 2 * ((abs(x) <= half) & (abs(y) <= half) & (abs(z) <= half)).astype(np.int8)
    for (a, b, c), radius in zip(spheres, radii, strict=True):
        kind |= (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 <= radius**2
    inside, of_all = np.full(len(found), 0.02), np.full(len(found), 0.1)
    for _ in range(300):
        at = np.clip(np.rint((found - moved(random, len(found))) / step).astype(int) + n, 0, 2 * n)
        here = kind[at[:, 0], at[:, 1], at[:, 2]]
        inside += here == 3
        of_all += here >= 2
    return inside / (of_all - inside)


def read_places(cubes):
    """Places from the centre of their cube, types; centre, turn, spheres and radii of the cubes for tests."""
    places, types = positions(cubes.path)
    with h5py.File(cubes.path) as file:
        made = file["entry1/synthesise/synthesise1"]
        centre, angle, spheres = (np.column_stack([made[f"{group}{axis}"][()] for axis in "xyz"]) for group in ("cubes/", "cubes/angle_", "spheres/"))
        radius, first = made["spheres/radius"][()], np.concatenate([[0], np.cumsum(made["cubes/domains"][()])]).astype(int)
    own = {c: slice(first[c - 1], first[c]) for c in cubes.tests}
    return places - centre[cubes.cube - 1], types, {c: (frame_of(angle[c - 1]), spheres[own[c]] - centre[c - 1], radius[own[c]]) for c in cubes.tests}


def odds_of_species(alloy, types, is_true):
    """In the Au-Cu cubes Ag, which no domain holds, counts as Au, so that there is nothing to be told."""
    if alloy == "au-cu":
        return 1.0
    shares = np.array([[np.mean(types[is_true] == k), np.mean(types[~is_true] == k)] for k in range(types.max() + 1)])
    return (shares[:, 0] / np.maximum(shares[:, 1], 1e-12))[types]


def limit():
    """Displacements are those from the same cubes without noise; along the three axes they are independent."""
    head("alloy", "noise", "AUC of the limit")
    for alloy in TOOL["alloys"]:
        for noise in SEEDS:
            still, _, _ = read_places(make(alloy, noise, still=True))
            cubes = make(alloy, noise)
            places, types, tests = read_places(cubes)
            random, values = np.random.default_rng(1), []
            for c, (frame, spheres, radii) in tests.items():
                use = cubes.cube == c
                shift, true = places[use] - still[use], cubes.domain[use]

                def moved(random, n, shift=shift, frame=frame):
                    return np.column_stack([shift[random.integers(len(shift), size=n), k] for k in range(3)]) @ frame

                odds = oracle(places[use] @ frame, moved, np.abs(still[use] @ frame).max(), spheres @ frame, radii, random)
                values.append(area(odds * odds_of_species(alloy, types[use], true), true))
            line(alloy, noise, told((np.mean(values), np.std(values, ddof=1))))


TABLES = {function.__name__: function for function in (score, sweep, depth, tilt, turn, limit, generic, bf16, spread)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=TOOL["program"])
    parser.add_argument("--rounded", default=TOOL["rounded"])
    parser.add_argument("--ensemble", help="a network of several members")
    parser.add_argument("--alloys", default=",".join(ALLOYS))
    parser.add_argument("--cubes", type=int, default=100, help="a tenth of them are for tests; sweeps over many values are quicker with 30")
    parser.add_argument("tables", nargs="+", choices=list(TABLES), metavar="TABLE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        TOOL.update(program=args.program, rounded=args.rounded, ensemble=args.ensemble, folder=pathlib.Path(name), cubes=args.cubes, alloys=args.alloys.split(","))
        for table in args.tables:
            TABLES[table]()


if __name__ == "__main__":
    main()
