"""rates.py [--program P] [--kinds even,stretched,...] [--seeds 20] [--jobs 1] - whether the rates that `superlattice` states hold, on synthesised boxes of CoCrNi.

Boxes are cocrni-a ... cocrni-e in turn (`synthesise --preset`), each of another seed, and of each kind:

    even         as synthesised
    stretched    spacings from -3 to +3 % over the depth, planes bent like shells to 5 degrees
    composition  outside the spheres, a share of the other ions, from 0 to 0.15 along x, becomes the species
    density      a share of the ions, from 0 to 0.6 along x, is lost
    rare         8 % of the species instead of 33 %, in the spheres as well
    enriched     8 % of the species, but 25 % in the spheres
    diluted      everywhere, a share of the other ions, from 0 to 0.3 along x, becomes the species: order is less, down to a third of what the composition allows

Each is judged with its order (`superlattice --rate 0.1`, `score`) and with its labels in random order (`shuffle`). Printed for each kind: the share of the listed domains that are
farther than 0.5 nm from every true sphere, mean over the boxes and its standard error; the share of wrong ions among the selected; the largest difference between the mean
probability of ions in a tenth of its range and the share of them that truly lies in a sphere, where that tenth has over 2000 ions; the shuffled boxes that list any domain;
and all the tenths. Ends with 1 where a rate is exceeded by more than two standard errors or a tenth is off by more than 0.04. Needs numpy and h5py.
"""
import argparse
import concurrent.futures
import pathlib
import sys
import tempfile

import h5py
import numpy as np
from contest import SPECIES, run, species_of
from warped import warp

RATE, BOXES, OFF, FEW = 0.1, "abcde", 0.04, 2000


def same(xyz, mass, inside, species, random):
    return xyz, mass, inside


def stretched(xyz, mass, inside, species, random):
    return warp(xyz), mass, inside


def along(xyz):
    return (xyz[:, 0] - xyz[:, 0].min()) / np.ptp(xyz[:, 0])


def composition(xyz, mass, inside, species, random):
    return xyz, np.where(~inside & (random.random(len(xyz)) < 0.15 * along(xyz)), species, mass), inside


def diluted(xyz, mass, inside, species, random):
    return xyz, np.where(random.random(len(xyz)) < 0.3 * along(xyz), species, mass), inside


def density(xyz, mass, inside, species, random):
    kept = random.random(len(xyz)) >= 0.6 * along(xyz)
    return xyz[kept], mass[kept], inside[kept]


RARE = ("--composition", "Co:0.55,Cr:0.37,Ni:0.08")
KINDS = {"even": (same, ()), "stretched": (stretched, ()), "composition": (composition, ()), "density": (density, ()),
         "rare": (same, (*RARE, "--domain-composition", "neutral")), "enriched": (same, RARE), "diluted": (diluted, ())}


def read_box(path):
    """Positions, masses, truth, the mass of the species, spheres."""
    with h5py.File(path) as file:
        probe, made = file["entry1/atom_probe1"], file["entry1/synthesise/synthesise1"]
        xyz, mass = (probe[name][:].astype(float) for name in ("reconstruction/reconstructed_positions", "mass_to_charge_conversion/mass_to_charge"))
        centre = np.stack([made[f"spheres/{axis}"][:] for axis in "xyz"], 1).astype(float)
        species = mass[species_of(probe["ranging/peak_identification"])][0]
        return xyz, mass, made["truth/domain"][:] > 0, species, centre, made["spheres/radius"][:].astype(float)


def altered(program, kind, seed, tip, folder):
    """The box with what its kind does to it, as a vendor's file that was imported: its path, truth, centres, radii."""
    xyz, mass, inside, species, centre, radius = read_box(tip)
    change = KINDS[kind][0]
    if change is same:
        return tip, inside, centre, radius
    run(program, "export", tip, "-o", folder / "tip.pos")
    moved, mass, inside = change(xyz, mass, inside, species, np.random.default_rng(seed))
    if change is stretched:
        centre = warp(np.r_[centre, xyz[[xyz[:, 2].argmin(), xyz[:, 2].argmax()]]])[:-2]  # its depth is that of the ions
    (folder / "made.pos").write_bytes(np.c_[moved, mass].astype(">f4").tobytes())
    run(program, "import", folder / "made.pos", folder / "tip.rrng", "-o", folder / "made.nxs")
    return folder / "made.nxs", inside, centre, radius


def judge(program, kind, number):
    """False, listed domains; wrong, selected ions; calibration (tenth: ions, sum of probability, true); domains listed in random order."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tip, found, mixed = folder / "tip.nxs", folder / "found.nxs", folder / "mixed.nxs"
        box = BOXES[number % len(BOXES)]
        run(program, "synthesise", "--preset", f"cocrni-{box}", *KINDS[kind][1], "--seed", 100 + number, "-o", tip)
        ions, truth, centre, radius = altered(program, kind, number, tip, folder)
        run(program, "superlattice", ions, "--species", SPECIES, "--rate", RATE, "-o", found)
        run(program, "shuffle", ions, "--seed", number, "-o", mixed)
        of_random = run(program, "superlattice", mixed, "--species", SPECIES, "--rate", RATE, "-o", folder / "random.nxs")["domains"]
        with h5py.File(found) as file:
            result = file["entry1/superlattice/superlattice1"]
            at, p = np.stack([result["domains"][axis][:] for axis in "xyz"], 1), result["posterior/probability"][:]
            wrong = ~truth[result["selected/ion_index"][:]]
        apart = np.linalg.norm(at[:, None] - centre, axis=2) - radius if len(at) else np.zeros((0, 1))
    which = np.minimum((10 * p).astype(int), 9)
    bins = np.stack([np.bincount(which, weight, 10) for weight in (np.ones(len(p)), p, truth)], 1)
    return int((apart.min(1) > 0.5).sum()), len(at), int(wrong.sum()), len(wrong), bins, of_random


def tell(kind, boxes):
    """A row of the table; whether its rates hold."""
    false, listed, wrong, chosen, random = (np.array([box[i] for box in boxes]) for i in (0, 1, 2, 3, 5))
    share = false / np.maximum(listed, 1)
    error = share.std(ddof=1) / len(boxes) ** 0.5 if len(boxes) > 1 else np.nan
    bins = sum(box[4] for box in boxes)
    many = bins[:, 0] > FEW
    off = np.abs((bins[many, 1] - bins[many, 2]) / bins[many, 0]).max()
    lists, seldom = int((random > 0).sum()), RATE + 2 * (RATE * (1 - RATE) / len(boxes)) ** 0.5
    tenths = " ".join(f"{p / n:.2f}:{t / n:.2f}" for n, p, t in bins[many])
    print(f"| {kind} | {false.sum()} of {listed.sum()} | {share.mean():.3f} +- {error:.3f} | {wrong.sum() / max(chosen.sum(), 1):.3f} of {chosen.sum()} | {off:.3f} | "
          f"{lists} of {len(boxes)} | {tenths} |", flush=True)
    return bool(share.mean() <= RATE + 2 * error and off <= OFF and lists <= seldom * len(boxes))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/ordapt")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seeds", type=int, default=20, help="boxes of each kind")
    parser.add_argument("--jobs", type=int, default=1, help="boxes at once")
    args = parser.parse_args()
    holds = True
    print("| kind | false domains | their share, mean over the boxes | wrong ions of the selected | worst tenth | boxes in random order that list any | by tenths, mean probability : share in spheres |\n|---|---|---|---|---|---|---|")
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for kind in args.kinds.split(","):
            holds &= tell(kind, list(pool.map(lambda number, kind=kind: judge(args.program, kind, number), range(args.seeds))))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
