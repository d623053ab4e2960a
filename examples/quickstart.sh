#!/bin/sh
# From nothing to domains in a few minutes: installs packages, builds the program, makes a CoCrNi specimen with ordered
# spheres, imports it from .pos + .rrng as a measured one would be, maps it, finds its domains, draws two pictures.
# Works from any folder and any number of times; results are in build/quickstart.
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

say "4. Import, as of a measured specimen, and ranging"
"$ordapt" import tip.pos tip.rrng -o tip.nxs --overwrite
"$ordapt" range tip.nxs -o ranged.nxs --overwrite -q

say "5. Composition"
"$ordapt" composition ranged.nxs -o composition.nxs --overwrite

say "6. Maps: the z-SDM of Ni in every voxel"
"$ordapt" sdm ranged.nxs --pairs Ni-Ni --stride 1 -o sdm.nxs --overwrite

say "7. Domains of the ions that the TRUTH marks as ordered (no network has been asked yet)"
"$ordapt" domains ranged.nxs --selection specimen.nxs -o domains.nxs --overwrite

say "8. Every result can be made again from its record"
"$ordapt" replay domains.nxs --chain

say "9. Pictures"
python=""
for candidate in python3 /usr/bin/python3; do # another Python may stand before the one the packages belong to
    [ -z "$python" ] && "$candidate" -c 'import h5py, matplotlib' 2>/dev/null && python=$candidate
done
"$python" "$top/examples/picture.py" sdm.nxs domains.nxs ranged.nxs specimen.nxs

say "Done"
cat <<END
results   $top/$out/*.nxs     what was done: ordapt show domains.nxs
pictures  $top/$out/sdm.png, $top/$out/domains.png

To find order without knowing the truth, a network looks at the maps. ordapt trains none yet: give it the published
networks of the authors (Keras files model_0.h5 ... model_4.h5):
  $ordapt import model_*.h5 -o cocrni.nxs
  $ordapt run csro tip=ranged.nxs net=cocrni.nxs species=Ni -o csro.nxs
END
