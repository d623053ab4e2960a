#!/bin/sh
# Makes the models that ship with the program from their recipes: a bank of simulated patterns, networks trained on it.
#   sh examples/models/make.sh                 all of them, into this folder
#   sh examples/models/make.sh cocrni-002      one
# Needs build/release/bin/ordapt (or ORDAPT=program). The bank's arrays are not kept, its record is: `ordapt replay NAME.nxs` makes bank and
# networks again from the file alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ordapt=${ORDAPT:-$here/../../build/release/bin/ordapt}
[ $# -gt 0 ] || set -- cocrni-002 cocrni-111 feal-002 allimg-011 al-li-mg au-cu co-alloy fcc-generic
for name; do
    [ -e "$here/$name.recipe" ] || { echo "make.sh: there is no recipe $name" >&2; exit 2; }
    printf '\n== %s\n' "$name"
    "$ordapt" run "$here/$name.recipe" -o "$here/$name.nxs" --overwrite
done
