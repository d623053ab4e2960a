"""superlattice_rates.py [--program P] [--boxes a,b] [--seeds 11,12] - whether the rates that `superlattice` states hold, on synthesised boxes of CoCrNi.

For each box: `synthesise`, `superlattice --rate 0.1`, `score`; prints the average precision, how many of the listed domains are farther than 0.5 nm from every true sphere, how many
of the selected ions are wrong, and at the end, for ions by their probability, the share that truly lies in a sphere. Needs numpy and h5py.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np


def run(program, *args):
    done = subprocess.run([program, *map(str, args), "--json", "--overwrite"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}\n{done.stderr}")
    return json.loads(done.stdout)["summary"]


def judge(program, box, seed, folder, bins):
    tip, found = folder / "tip.nxs", folder / "found.nxs"
    run(program, "synthesise", "--preset", f"cocrni-{box}", "--seed", seed, "-o", tip)
    summary = run(program, "superlattice", tip, "--species", "Ni", "--rate", 0.1, "-o", found)
    precision = run(program, "score", found, "--truth", tip, "-o", folder / "score.nxs")["average_precision"]
    with h5py.File(tip) as file, h5py.File(found) as other:
        spheres, truth = file["entry1/synthesise/synthesise1/spheres"], file["entry1/synthesise/synthesise1/truth/domain"][:] > 0
        result = other["entry1/superlattice/superlattice1"]
        centre, at = (np.stack([group[axis][:] for axis in "xyz"], 1) for group in (spheres, result["domains"]))
        false = int(((np.linalg.norm(at[:, None] - centre, axis=2) - spheres["radius"][:]).min(1) > 0.5).sum()) if len(at) else 0
        chosen, p = truth[result["selected/ion_index"][:]], result["posterior/probability"][:]
    which = np.minimum((10 * p).astype(int), 9)
    bins += np.stack([np.bincount(which, weight, 10) for weight in (np.ones(len(p)), p, truth)], 1)
    print(f"| {box} {seed} | {precision:.3f} | {summary['sigma_lateral']:.3f} | {false} of {len(at)} | {(~chosen).mean() if len(chosen) else 0:.3f} of {len(chosen)} | "
          f"{p.sum() / truth.sum():.2f} |", flush=True)
    return false, len(at), int((~chosen).sum()), len(chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/ordapt")
    parser.add_argument("--boxes", default="a,b,c,d,a")
    parser.add_argument("--seeds", default="11,12,13,14,15", help="one for each box")
    args = parser.parse_args()
    bins, sums = np.zeros((10, 3)), np.zeros(4, int)
    print("| box, seed | average precision | lateral blur, nm | false domains | wrong ions | sum of P / true ions |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for box, seed in zip(args.boxes.split(","), args.seeds.split(",")):
            sums += judge(args.program, box, seed, pathlib.Path(folder), bins)
    print(f"\nfalse domains {sums[0]} of {sums[1]} ({sums[0] / max(sums[1], 1):.3f}), wrong ions {sums[2] / max(sums[3], 1):.3f} of {sums[3]}\n")
    print("| ions | mean probability | share in spheres |\n|---|---|---|")
    for n, p, t in bins[bins[:, 0] > 0]:
        print(f"| {int(n)} | {p / n:.3f} | {t / n:.3f} |")


if __name__ == "__main__":
    main()
