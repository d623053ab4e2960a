"""contest.py [--program P] [--boxes a,b] [--seed 21] [--published FOLDER] - what each method sees of order that is known, and what it misses.

For each box (`synthesise --preset cocrni-a` ... `e`): the networks that the authors published (FOLDER holds cocrni_model_0.h5 ...; left out where it does not), the networks that ship
with the program, and `superlattice`; beside them two oracles that know all true spheres. Prints average precision, precision and recall of the selected ions, and the
share of the true spheres that were found, by radius (a quarter of their ions selected; for the list of domains: one lies inside). Needs numpy, scipy and h5py.

The position oracle ranks ions by the chance that they came from inside a sphere, given where the noise has put them; the label oracle also knows the label of each ion and its atomic
plane, and what labels each sphere has on which planes. Who does not know the spheres cannot reach them.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np
from scipy.stats import ncx2

SPECIES, PERIOD = "Ni", 0.36


def run(program, *args):
    done = subprocess.run([program, *map(str, args), "--json", "--overwrite"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}\n{done.stderr}")
    return json.loads(done.stdout)["summary"]


def average_precision(score, truth):
    order = np.argsort(-score, kind="stable")
    score, truth = score[order], truth[order]
    last = np.r_[score[1:] != score[:-1], True]  # equal scores are taken together
    found, taken = np.cumsum(truth)[last], np.flatnonzero(last) + 1
    return float((np.diff(np.r_[0, found]) * found / taken).sum() / truth.sum())


class Truth:
    """Ions and spheres of a synthesised box."""

    def __init__(self, path):
        with h5py.File(path) as file:
            made = file["entry1/synthesise/synthesise1"]
            self.inside = made["truth/domain"][:]
            self.centre = np.stack([made[f"spheres/{axis}"][:] for axis in "xyz"], 1).astype(float)
            self.radius = made["spheres/radius"][:].astype(float)
            config = file["entry1/synthesise/config"]
            self.sigma = float(np.mean(config["sigma_lateral"][()]))
            probe = file["entry1/atom_probe1"]
            self.xyz = probe["reconstruction/reconstructed_positions"][:].astype(float)
            self.is_species = species_of(probe["ranging/peak_identification"])
        self.family = np.round(self.xyz[:, 2] / (PERIOD / 2)).astype(int) % 2

    def near(self):
        """Chance to have come from inside, and the sphere that is likeliest, for every ion: the lateral noise is Gaussian; that in depth is small beside the spheres."""
        chance, which = np.zeros(len(self.xyz)), np.zeros(len(self.xyz), int)
        for j, (centre, radius) in enumerate(zip(self.centre, self.radius)):
            d = self.xyz - centre
            near = np.flatnonzero((np.abs(d[:, 2]) < radius) & (np.hypot(d[:, 0], d[:, 1]) < radius + 4 * self.sigma))
            disc = (radius ** 2 - d[near, 2] ** 2) / self.sigma ** 2
            p = ncx2.cdf(disc, 2, (d[near, 0] ** 2 + d[near, 1] ** 2) / self.sigma ** 2)
            better = p > chance[near]
            chance[near[better]], which[near[better]] = p[better], j + 1
        return chance, which

    def oracles(self):
        chance, which = self.near()
        truth = self.inside > 0
        matrix = self.is_species[~truth].mean()
        ratio = np.ones(len(chance))
        for family in (0, 1):
            for j in range(1, len(self.radius) + 1):
                own = (self.inside == j) & (self.family == family)
                share = (self.is_species[own].sum() + 1) / (own.sum() + 2)
                here = (which == j) & (self.family == family)
                ratio[here] = np.where(self.is_species[here], share / matrix, (1 - share) / (1 - matrix))
        told = chance * ratio / (chance * ratio + 1 - chance)
        return average_precision(chance, truth), average_precision(told, truth)


def species_of(ranging):
    """Which ions are of the species: the numbers of the groups ionN of that name."""
    numbers = [int(name[3:]) for name in ranging if name[3:].isdigit() and SPECIES.encode() in ranging[name]["name"][()]]
    return np.isin(ranging["iontypes"][:], numbers)


class Contestant:
    def __init__(self, name, find_order):
        self.name, self.find_order = name, find_order
        self.spheres, self.found = {}, {}

    def take_part(self, program, tip, folder):
        result, score = folder / "result.nxs", folder / "score.nxs"
        run(program, *self.find_order(tip), "-o", result)
        judged = run(program, "score", result, "--truth", tip, "-o", score)
        with h5py.File(score) as file:
            table = file["entry1/score/score1/by_radius"]
            for radius, spheres, found in zip(*(table[name][:] for name in ("radius", "spheres", "found"))):
                key = round(float(radius), 3)
                self.spheres[key] = self.spheres.get(key, 0) + int(spheres)
                self.found[key] = self.found.get(key, 0) + int(found)
        return judged

    def share(self, radius):
        return f"{self.found[radius] / self.spheres[radius]:.2f}"


class Listed(Contestant):
    """Of the same result the list of domains: a sphere is found where one of them lies inside."""

    def take_part(self, program, tip, folder):
        with h5py.File(tip) as file, h5py.File(folder / "result.nxs") as other:
            spheres, listed = file["entry1/synthesise/synthesise1/spheres"], other["entry1/superlattice/superlattice1/domains"]
            centre, at = (np.stack([group[axis][:] for axis in "xyz"], 1) for group in (spheres, listed))
            for place, radius in zip(centre, spheres["radius"][:]):
                key = next(known for known in sorted(self.spheres) if radius < known + 0.1)
                self.found[key] = self.found.get(key, 0) + bool((np.linalg.norm(at - place, axis=1) < radius).any())


def contestants(program, published, folder):
    models = sorted(published.glob("cocrni_model_?.h5")) if published else []
    if models:
        run(program, "import", *models, "-o", folder / "published.nxs")
        yield Contestant("published networks", lambda tip: ("classify", tip, "--model", folder / "published.nxs", "--species", SPECIES))
    yield Contestant("networks of ordapt", lambda tip: ("classify", tip, "--model", "cocrni-002", "--species", SPECIES))
    yield Contestant("superlattice", lambda tip: ("superlattice", tip, "--species", SPECIES))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/ordapt")
    parser.add_argument("--boxes", default="a,b,c,d,e")
    parser.add_argument("--seed", default="", help="of all boxes; left out: that of the presets")
    parser.add_argument("--published", type=pathlib.Path, default=pathlib.Path(os.environ.get("ORDAPT_REFERENCE", "../shared/reference")) / "ml-apt")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        listed = Listed("list of superlattice", None)
        field = list(contestants(args.program, args.published if args.published.is_dir() else None, folder))
        print("| box | " + " | ".join(f"{one.name}: average precision (precision, recall)" for one in field) + " | oracle: position | with label |")
        print("|---" * (len(field) + 3) + "|")
        for box in args.boxes.split(","):
            tip = folder / "tip.nxs"
            run(args.program, "synthesise", "--preset", f"cocrni-{box}", *(("--seed", args.seed) if args.seed else ()), "-o", tip)
            cells = []
            for one in field:
                judged = one.take_part(args.program, tip, folder)
                chosen = f"{judged['precision']:.2f}, {judged['recall']:.2f}" if judged["selected"] else "none selected"
                cells.append(f"{judged['average_precision']:.3f} ({chosen})")
            listed.spheres = field[-1].spheres
            listed.take_part(args.program, tip, folder)
            print(f"| {box} | " + " | ".join(cells) + " | {:.3f} | {:.3f} |".format(*Truth(tip).oracles()), flush=True)
    field.append(listed)
    print("\n| radius of the sphere, nm | spheres | " + " | ".join(f"{one.name}: found" for one in field) + " |")
    print("|---" * (len(field) + 2) + "|")
    for radius in sorted(radius for radius, count in listed.spheres.items() if count):
        print(f"| {radius:.1f} | {listed.spheres[radius]} | " + " | ".join(one.share(radius) for one in field) + " |")


if __name__ == "__main__":
    main()
