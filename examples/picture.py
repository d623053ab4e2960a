#!/usr/bin/env python3
"""Two pictures of a run: the average z-SDM, and the specimen with its domains.

usage: picture.py SDM.nxs DOMAINS.nxs IONS.nxs TRUTH.nxs     writes sdm.png and domains.png into the current folder
"""
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

INK, FAINT, ACCENT = "#1b2a41", "#b8c4d6", "#d1495b"
plt.rcParams.update({"font.size": 10, "axes.edgecolor": INK, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
                     "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 120})


def mean_map(path):
    with h5py.File(path, "r") as f:
        group = f["/entry1/sdm/sdm1/mean_map"]
        return group["distance"][()], group["counts"][0]


def draw_sdm(path, out):
    distance, counts = mean_map(path)
    spacing = 0.18  # nm, a/2 of CoCrNi along <002>
    figure, axes = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
    for k in range(-3, 4):
        axes.axvline(k * spacing, color=FAINT, lw=0.8, zorder=0)
    axes.fill_between(distance, counts, color=ACCENT, alpha=0.15, lw=0)
    axes.plot(distance, counts, color=ACCENT, lw=1.6)
    axes.set_xlabel("distance along z (nm)")
    axes.set_ylabel("pairs per voxel and bin")
    axes.set_title("Average z-SDM, Ni-Ni   (lines: planes of the fcc lattice, 0.18 nm apart)", loc="left", fontsize=10)
    axes.set_xlim(distance[0], distance[-1])
    axes.set_ylim(bottom=0)
    figure.savefig(out)


def read_domains(path):
    with h5py.File(path, "r") as f:
        group = f["/entry1/domains/domains1"]
        return group["membership/ion_index"][()], group["membership/domain"][()], group["sizes/size"][()]


def draw_domains(domains, ions, truth, out):
    index, number, sizes = read_domains(domains)
    with h5py.File(ions, "r") as f:
        xyz = f["/entry1/atom_probe1/reconstruction/reconstructed_positions"][()]
    with h5py.File(truth, "r") as f:
        sphere = f["/entry1/synthesise/synthesise1/spheres"]
        circles = np.c_[sphere["x"][()], sphere["z"][()], sphere["radius"][()]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 6.4), layout="constrained", width_ratios=[1.25, 1])
    some = np.random.default_rng(1).permutation(len(xyz))[:25000]
    left.scatter(xyz[some, 0], xyz[some, 2], s=0.5, c=FAINT, lw=0, rasterized=True)
    inside = number > 0
    colour = plt.get_cmap("turbo")((number[inside] * 0.618034) % 1.0)
    left.scatter(xyz[index[inside], 0], xyz[index[inside], 2], s=3, c=colour, lw=0, rasterized=True)
    for x, z, radius in circles:
        left.add_patch(plt.Circle((x, z), radius, fill=False, ec=INK, lw=0.5))
    left.set_aspect("equal")
    left.set_xlabel("x (nm)")
    left.set_ylabel("z (nm), apex on top")
    left.set_title("Ions, domains (colour), true spheres (circles)", loc="left", fontsize=10)
    right.hist(sizes, bins=np.arange(0, max(sizes, default=1) + 25, 25), color=ACCENT, alpha=0.85, ec="white", lw=0.6)
    right.set_xlabel("ions per domain")
    right.set_ylabel("domains")
    right.set_title(f"{len(sizes)} domains of truly ordered ions", loc="left", fontsize=10)
    figure.savefig(out)


def main(argv):
    if len(argv) != 5:
        print(__doc__)
        return 2
    draw_sdm(argv[1], "sdm.png")
    draw_domains(argv[2], argv[3], argv[4], "domains.png")
    print("sdm.png, domains.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
