#!/bin/sh
# Makes test-data/, which the tests of the tools name (planemo test): a small specimen, a bank and networks of seconds. The program is
# `ordapt` on PATH, or ORDAPT_PROGRAM.
set -eu
ordapt=${ORDAPT_PROGRAM:-ordapt}
folder=${1:-$(dirname "$0")/test-data}
mkdir -p "$folder" && cd "$folder"
"$ordapt" synthesise --box -4,4,-4,4,-8,0 --domains 4 --seed 3 -o tip.nxs -q --overwrite
"$ordapt" export tip.nxs -o tip.pos -q --overwrite
"$ordapt" bank --preset cocrni-002 --sigma-lateral 0.2,0.4 --sigma-depth 0.02/0.03 --efficiency 0.4,0.5 --voxels 200 -o bank.nxs -q --overwrite
"$ordapt" train bank.nxs --filters 4 --dense 8 --epochs 2 --folds 2 -o net.nxs -q --overwrite
"$ordapt" classify tip.nxs --model net.nxs --species Ni --threshold 0.1 --roi=-2,2,-2,2,-5,-2 -o classify.nxs -q --overwrite
"$ordapt" synthesise --preset au-cu --cubes 3 --cells 6,8 -o cubes.nxs -q --overwrite
"$ordapt" train cubes.nxs --preset au-cu --blocks 1 --epochs 1 -o neighbours.nxs -q --overwrite
