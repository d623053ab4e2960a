#!/bin/sh
# Makes the models that ship with the program, with their record: banks of simulated patterns, networks trained on them.
#   sh examples/models/make.sh                 all of them, into this folder
#   sh examples/models/make.sh cocrni-002      one
# Needs build/release/bin/ordapt (or ORDAPT=program). Banks go to build/models and are not kept: every model's record says how its
# bank was made, and `ordapt replay examples/models/NAME.nxs --search build/models` makes the model again from it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
ordapt=${ORDAPT:-$top/build/release/bin/ordapt}
banks=$top/build/models
mkdir -p "$banks"

# make NAME "options of bank" "options of train"
make() {
    bank="$banks/$1-bank.nxs"
    printf '\n== %s\n' "$1"
    # shellcheck disable=SC2086
    "$ordapt" bank --preset "$1" $2 --seed 1 -o "$bank" --overwrite
    # shellcheck disable=SC2086
    "$ordapt" train "$bank" --preset "$1" $3 --seed 1 -o "$here/$1.nxs" --overwrite
}

# Small networks are as good as the published ones on what a voxel holds, and ten times as fast; most of the patterns are voxels
# as `classify` meets them, the crystals keep the published banks known.
curves="--filters 16 --dense 32 --dropout 0 --batch 64 --epochs 12"
for name in ${*:-cocrni-002 cocrni-111 feal-002 allimg-011}; do
    case $name in
        cocrni-002 | cocrni-111) make "$name" "--voxels 80000" "$curves" ;;
        feal-002) make "$name" "--voxels 120000" "$curves" ;;
        allimg-011) make "$name" "--voxels 3000" "--dense 32" ;;
        *) echo "make.sh: there is no model $name" >&2; exit 2 ;;
    esac
done
