"""growth.py [--program P] [--millions 1,3,10,30] [--threads 1,2] [--steps a,b] - what this machine can do at all, and how the program grows with ions and threads.

Limits (limits.py) are measured in the same run. Specimens are simulated boxes of
CoCrNi. Times are the program's own, whole calls with reading and writing; memory is the largest resident size. numpy is needed. A measurement, no test."""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import limits

ROOT = pathlib.Path(__file__).resolve().parents[2]
IONS_PER_NM3 = 44.6
STEPS = {
    "import": ("import", "tip.pos", "tip.rrng"),
    "crop": ("crop", "tip.nxs", "--every", "2"),
    "composition": ("composition", "tip.nxs"),
    "spectrum": ("spectrum", "tip.nxs"),
    "shuffle": ("shuffle", "tip.nxs"),
    "frequency": ("frequency", "tip.nxs", "--species", "Ni"),
    "neighbours": ("neighbours", "tip.nxs", "--k", "4", "--draws", "0"),
    "warren_cowley": ("warren_cowley", "tip.nxs", "--pairs", "Ni-Ni,Ni-Cr", "--k", "12", "--draws", "9"),
    "classify": ("classify", "tip.nxs", "--species", "Ni"),
    "domains": ("domains", "found.nxs"),
    "superlattice": ("superlattice", "tip.nxs", "--species", "Ni"),
    "segment": ("segment", "tip.nxs", "--model", "fcc-generic", "--species-codes", "Ni:1,other:0", "--lattice-parameter", "0.36"),
}
SLOW = {"segment": 1, "superlattice": 10}
"""Millions of ions beyond which a step is only tried when it is named."""


class Box:
    """A specimen of so many million ions in a folder of its own, and what is made of it."""

    def __init__(self, program, folder, millions):
        self.program, self.folder = program, folder
        edge = (millions * 1e6 / IONS_PER_NM3 / 2) ** (1 / 3) / 2
        domains = max(1, round(millions * 1e6 / 4600))
        self.call("synthesise", "--preset", "cocrni-a", "--box", f"{-edge:.3f},{edge:.3f},{-edge:.3f},{edge:.3f},{-4 * edge:.3f},0", "--domains", domains, "-o", "tip.nxs")
        self.call("export", "tip.nxs", "-o", "tip.pos")

    def call(self, *args):
        done = subprocess.run([self.program, *map(str, args), "--json", "--overwrite"], cwd=self.folder, capture_output=True, text=True, check=False)
        document = json.loads(done.stdout)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, args))}: {document['error']}")
        return document

    def measure(self, step, threads):
        if step == "domains" and not (self.folder / "found.nxs").exists():
            self.call(*STEPS["classify"], "-o", "found.nxs")
        out = "found.nxs" if step == "classify" else "out.nxs"
        document = self.call(*STEPS[step], "--threads", threads, "-o", out)
        return document["elapsed_s"], document["peak_rss_bytes"] / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/ordapt"))
    parser.add_argument("--millions", default="1,3,10")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--steps", default="")
    args = parser.parse_args()
    sizes, threads = [float(word) for word in args.millions.split(",")], [int(word) for word in args.threads.split(",")]
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        print(limits.told(limits.measure(name)), flush=True)
        for millions in sizes:
            folder = pathlib.Path(name) / f"{millions:g}"
            folder.mkdir()
            box = Box(os.path.abspath(args.program), folder, millions)
            for step in args.steps.split(",") if args.steps else STEPS:
                for n in threads:
                    if args.steps or millions <= SLOW.get(step, 1e9):
                        rows.setdefault(step, {})[millions, n] = box.measure(step, n)
                cells = [f"{rows[step][millions, n][0]:.2f} s" for n in threads if (millions, n) in rows.get(step, {})]
                if cells:
                    print(f"{step}, {millions:g} M ions: " + ", ".join(cells), flush=True)
            for path in folder.iterdir():
                path.unlink()
    head = [f"{millions:g} M, {n} thread{'s' if n > 1 else ''}" for millions in sizes for n in threads]
    print("\n| step, s (MB) | " + " | ".join(head) + " |\n" + "|---" * (len(head) + 1) + "|")
    for step, cells in rows.items():
        told = [f"{cells[key][0]:.2f} ({cells[key][1]:.0f})" if key in cells else "" for key in ((m, n) for m in sizes for n in threads)]
        print(f"| `{step}` | " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
