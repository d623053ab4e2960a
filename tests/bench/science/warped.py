"""warped.py [--program P] [--boxes a,b,c] - what `superlattice` loses where the reconstruction is stretched and its planes are bent.

Each box (`synthesise --preset cocrni-a` ...) is judged as it is and warped: spacings from -3 to +3 % over its depth, and planes like spherical shells, 5 degrees at 8 nm from the axis.
Where the warp moves ions it moves their noise with them, so who follows the planes loses nothing. Needs numpy and h5py.
"""
import argparse
import pathlib
import tempfile

import h5py
import numpy as np
from contest import SPECIES, run


def warp(xyz):
    top, bottom = xyz[:, 2].max(), xyz[:, 2].min()
    depth = (xyz[:, 2] - bottom) / (top - bottom)
    stretch = 0.03 * (top - bottom) * (depth ** 2 - depth)  # its slope goes from -0.03 to 0.03
    bend = (xyz[:, 0] ** 2 + xyz[:, 1] ** 2) * np.tan(np.radians(5)) / 16
    return np.c_[xyz[:, :2], xyz[:, 2] + stretch - bend]


def precision(program, ions, truth, folder):
    found = run(program, "superlattice", ions, "--species", SPECIES, "-o", folder / "found.nxs")
    return run(program, "score", folder / "found.nxs", "--truth", truth, "-o", folder / "score.nxs")["average_precision"], found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/ordapt")
    parser.add_argument("--boxes", default="a,b,c")
    args = parser.parse_args()
    print("| box | average precision | warped | largest stretch, tilt that were measured |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for box in args.boxes.split(","):
            tip = folder / "tip.nxs"
            run(args.program, "synthesise", "--preset", f"cocrni-{box}", "-o", tip)
            run(args.program, "export", tip, "-o", folder / "tip.pos")
            with h5py.File(tip) as file:
                probe = file["entry1/atom_probe1"]
                xyz, mass = (probe[path][:] for path in ("reconstruction/reconstructed_positions", "mass_to_charge_conversion/mass_to_charge"))
            (folder / "warped.pos").write_bytes(np.c_[warp(xyz.astype(float)), mass].astype(">f4").tobytes())
            run(args.program, "import", folder / "warped.pos", folder / "tip.rrng", "-o", folder / "warped.nxs")
            plain, _ = precision(args.program, tip, tip, folder)
            warped, found = precision(args.program, folder / "warped.nxs", tip, folder)
            print(f"| {box} | {plain:.3f} | {warped:.3f} | {100 * found['largest_stretch']:.1f} %, {found['largest_tilt']:.1f} degrees |", flush=True)


if __name__ == "__main__":
    main()
