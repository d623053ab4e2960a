#!/bin/sh
# From nothing to a report of chemical order in a few minutes: installs packages, builds the program, makes a CoCrNi specimen with
# ordered spheres, imports it from .pos + .rrng as a measured one would be, trains five networks, finds the order with them and
# with a random control, replays it, and writes one page about it. Works from any folder and any number of times; results are
# in build/quickstart.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
out=build/quickstart
say() { printf '\n== %s\n' "$*"; }

say "1. Packages"
sh examples/install.sh

say "2. Build (build/release/bin/ordapt)"
cmake --preset release -DORDAPT_TESTS=OFF >build-quickstart.log 2>&1 || { cat build-quickstart.log; exit 1; }
cmake --build --preset release >>build-quickstart.log 2>&1 || { tail -n 40 build-quickstart.log; exit 1; }
mkdir -p "$out" && mv build-quickstart.log "$out/build.log"
ordapt=$top/build/release/bin/ordapt
"$ordapt" --version | head -n 1
cd "$out"

say "3. A CoCrNi specimen with 60 spheres of L1_2 order, written as .pos and .rrng"
"$ordapt" synthesise --preset cocrni-a --seed 7 -o specimen.nxs --overwrite
"$ordapt" export specimen.nxs -o tip.pos --overwrite -q

say "4. Import, as of a measured specimen, with ranging; composition"
"$ordapt" import tip.pos tip.rrng -o tip.nxs --overwrite
"$ordapt" composition tip.nxs -o composition.nxs --overwrite

say "5. Patterns to learn from: simulated crystals, and voxels as an experiment gives them"
"$ordapt" bank --preset cocrni-002 --voxels 20000 -o bank.nxs --overwrite

say "6. Five networks"
"$ordapt" train bank.nxs --filters 16 --dense 32 --dropout 0 --epochs 12 --batch 64 -o net.nxs --overwrite

say "7. Order of Ni along <002> with these networks, the random control, domains and their statistics"
"$ordapt" run csro tip=tip.nxs net=net.nxs species=Ni -o csro.nxs --overwrite

say "8. How much of the truth was found"
"$ordapt" score csro.nxs --truth specimen.nxs -o score.nxs --overwrite

say "9. The same again from the record: the same digest"
"$ordapt" replay csro.nxs --chain

say "10. The report"
if python=$(sh "$top/tests/plugin/environment.sh" "$top/plugin/requirements.txt"); then
    PYTHONPATH=$top/plugin/src "$python" -m ordapt.report csro.nxs -o report.html --overwrite
    report="report    $top/$out/report.html     open it in any browser"
else
    report="report    not made: it needs Python 3.11 or later with venv, and packages from PyPI: pip install './plugin[report]'"
fi

say "Done"
cat <<END
results   $top/$out/*.nxs     what was done: ordapt show csro.nxs
$report

For a measured specimen: ordapt import yours.pos yours.rrng -o yours.nxs, then
  ordapt run csro tip=yours.nxs species=Ni roi=-10,10,-10,10,-120,0 -o order.nxs     with the networks that ship
  ordapt run --list                                                                  Fe-Al, Al-Li-Mg
END
