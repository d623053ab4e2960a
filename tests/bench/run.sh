#!/bin/sh
# run.sh [ROWS] - the tables of figures: what this machine can do, how steps grow with ions and threads, and every operation beside its peer, taking turns.
# Peers are installed from their registries at the versions of requirements*.txt. Leave the machine alone meanwhile: about an hour on two cores.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top"
cmake --preset release -B build/bench -DORDAPT_BENCH=ON >/dev/null
cmake --build build/bench >/dev/null
python=$(sh tests/plugin/environment.sh)
build/bench/bin/ordapt --version
"$python" tests/bench/growth.py --program build/bench/bin/ordapt
python3 tests/bench/bench.py --build build/bench ${1:+--rows "$1"}
