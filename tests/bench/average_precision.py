"""average_precision.py [--program P] [--boxes a,b] MODEL... - how well networks find the ions of ordered domains, on synthesised boxes of CoCrNi.

For each box: `synthesise`, `classify` with each model, `score`; prints the average precision of ions ranked by the sum of their pixel, and the
precision and recall of the selected ones. The published networks are imported from ORDAPT_REFERENCE where that is set.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

NICKEL = ("--ordered-species", "Ni")
PRESETS = {name: ("--preset", f"cocrni-{name}", "--seed", "101") for name in "abcde"}
OTHERS = {  # other composition, noise, efficiency, shape, order, tilt, species
    "a again": ("--preset", "cocrni-a", "--seed", "102"),
    "c again": ("--preset", "cocrni-c", "--seed", "102"),
    "neutral": ("--preset", "cocrni-a", "--domain-composition", "neutral", "--seed", "201"),
    "Ni 40 %": (*NICKEL, "--domains", "50", "--radii", "0.8,1.3", "--composition", "Co:0.3,Cr:0.3,Ni:0.4", "--sigma-lateral", "0.4", "--sigma-depth", "0.04",
                "--efficiency", "0.6", "--domain-composition", "neutral", "--seed", "202"),
    "Ni 25 %": (*NICKEL, "--domains", "60", "--radii", "0.6,1.2", "--composition", "Co:0.4,Cr:0.35,Ni:0.25", "--sigma-lateral", "0.25", "--sigma-depth", "0.025",
                "--efficiency", "0.37", "--lattice-parameter", "0.354", "--seed", "203"),
    "ellipsoids": ("--preset", "cocrni-a", "--stretch", "0.8,0.8,1.6", "--seed", "204"),
    "large": ("--preset", "cocrni-a", "--domains", "12", "--radii", "1.8,2.5", "--sigma-lateral", "0.8", "--sigma-depth", "0.05", "--efficiency", "0.37", "--seed", "205"),
    "tilt 3": ("--preset", "cocrni-a", "--tilt", "3", "--seed", "206"),
    "order 0.7": ("--preset", "cocrni-a", "--order", "0.7", "--seed", "207"),
    "quiet": (*NICKEL, "--domains", "60", "--radii", "0.5,1.0", "--sigma-lateral", "0.15", "--sigma-depth", "0.015", "--efficiency", "0.8", "--seed", "208"),
    "very quiet": (*NICKEL, "--domains", "50", "--radii", "0.6,1.4", "--sigma-lateral", "0.08", "--sigma-depth", "0.008", "--efficiency", "0.95",
                   "--rotation", "30", "--seed", "212"),
    "loud": (*NICKEL, "--domains", "40", "--radii", "1.0,1.6", "--sigma-lateral", "0.8", "--sigma-depth", "0.06", "--efficiency", "0.35", "--seed", "209"),
    "Cr orders": ("--ordered-species", "Cr", "--domains", "60", "--radii", "0.7,1.4", "--seed", "210"),
    "Co orders": ("--ordered-species", "Co", "--composition", "Co:0.25,Cr:0.25,Ni:0.5", "--domains", "40", "--radii", "0.9,1.5", "--sigma-lateral", "0.45",
                  "--sigma-depth", "0.035", "--efficiency", "0.45", "--seed", "211"),
    "maps of Co": ("--preset", "cocrni-a", "--seed", "101"),
}
SPECIES = {"Cr orders": "Cr", "Co orders": "Co", "maps of Co": "Co"}
BOXES = PRESETS | OTHERS


def run(program, *args):
    done = subprocess.run([program, *map(str, args), "--json", "--overwrite"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}\n{done.stderr}")
    return json.loads(done.stdout)


def scores(program, box, models, folder):
    tip, found = folder / "tip.nxs", folder / "found.nxs"
    run(program, "synthesise", *BOXES[box], "-o", tip)
    for model in models:
        run(program, "classify", tip, "--model", model, "--species", SPECIES.get(box, "Ni"), "-o", found)
        yield run(program, "score", found, "--truth", tip, "-o", folder / "score.nxs")["summary"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="build/release/bin/ordapt")
    parser.add_argument("--boxes", default=",".join(BOXES), help="of " + ", ".join(BOXES))
    parser.add_argument("models", nargs="*", metavar="MODEL", help="files, or names of shipped models")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, models = pathlib.Path(name), list(args.models or ["cocrni-002"])
        reference = pathlib.Path(os.environ.get("ORDAPT_REFERENCE", "")) / "ml-apt"
        if os.environ.get("ORDAPT_REFERENCE") and reference.is_dir():
            run(args.program, "import", *sorted(reference.glob("cocrni_model_*.h5")), "-o", folder / "published.nxs")
            models.insert(0, folder / "published.nxs")
        print("| box | prevalence | " + " | ".join(pathlib.Path(m).stem for m in models) + " |\n" + "|---" * (len(models) + 2) + "|")
        for box in args.boxes.split(","):
            found = list(scores(args.program, box.strip(), models, folder))
            cells = [f"{s['average_precision']:.3f} ({s['precision']:.2f}, {s['recall']:.2f}, {s['spheres_found']}/{s['spheres']})" for s in found]
            print(f"| {box} | {found[0]['prevalence']:.3f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
