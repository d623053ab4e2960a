#!/bin/sh
# Installs what the tests need, builds, runs everything and ends with "N passed, N failed, N skipped".
# Works from any folder, twice in a row. Downloads and virtual environments go to ${ORDAPT_CACHE:-~/.cache/ordapt}.
#   QUICK=1  without sanitizers and without what needs Python packages from PyPI
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
logs=$top/build/tests
export ORDAPT_SOURCE=$top ORDAPT_PROGRAM=$top/build/release/bin/ordapt
export ORDAPT_REFERENCE=${ORDAPT_REFERENCE:-$top/../shared/reference}
export ORDAPT_CACHE=${ORDAPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ordapt}
broken=0
say() { printf '\n== %s\n' "$*"; }

say "Packages"
cargo= # fetches the sources of HDF5 for the wheel; where it comes with Rust itself, that one is taken
command -v cargo >/dev/null || { cargo=cargo; grep -q bookworm /etc/os-release && cargo=cargo-web; }
ORDAPT_MORE_PACKAGES="$cargo g++ libxml2-utils hdf5-tools python3-venv python3-dev python3-numpy libgl1 libglib2.0-0 libmagic1 libgomp1 libasan8 libubsan1 man-db chromium fonts-dejavu-core" sh examples/install.sh || exit 1

say "Build: release"
cmake --preset release -DORDAPT_TESTS=ON >/dev/null && cmake --build --preset release || exit 1
mkdir -p "$logs" && rm -f "$logs"/*.log

say "Unit, physics, golden, house and package tests"
ctest --test-dir build/release --output-on-failure --no-tests=error -j2 --output-log "$logs/ctest.log" -V >"$logs/ctest.out" 2>&1 || broken=1
grep -E '^ *[0-9]+/[0-9]+ Test|tests passed' "$logs/ctest.out"
[ "$broken" = 0 ] || grep -E 'FAILED|ERROR|error:|Failure|_fails|expected' "$logs/ctest.out" | head -n 80

if [ "${QUICK:-0}" != 1 ]; then
    say "The same under address and undefined-behaviour sanitizers"
    cmake --preset debug >/dev/null && cmake --build --preset debug || exit 1
    ctest --test-dir build/debug --output-on-failure --no-tests=error -j2 -L 'unit|physics|golden' >"$logs/sanitizers.out" 2>&1 || { broken=1; grep -vE ' Passed ' "$logs/sanitizers.out" | tail -n 80; }
    grep -E 'tests passed' "$logs/sanitizers.out"

    say "Python environment"
    python=$(sh tests/plugin/environment.sh) || exit 1
    ORDAPT_SITE=$(sh tests/plugin/install.sh) || exit 1
    export ORDAPT_SITE
    # Beside the tests of the program, which wait for no other services, as those of NOMAD do. The seed is always the same: chance belongs to longer runs
    # by hand. clang and its runtime are needed by nothing else: without them the targets are skipped, by name.
    ORDAPT_MORE_PACKAGES="clang libclang-rt-dev" sh examples/install.sh >/dev/null 2>&1 || true
    (ORDAPT_FUZZ_SEED=1 ORDAPT_PYTHON=$python nice -n 19 sh tests/fuzz/run.sh 0.33 >"$logs/fuzz.log" 2>&1 || echo "1 failed in 0s: tests/fuzz/run.sh" >>"$logs/fuzz.log") &
    fuzz=$!
    say "Program, definitions and plugin"
    "$python" -m pytest -q -rs -n 2 --dist loadfile --durations=25 tests/program tests/house tests/plugin --ignore tests/plugin/nomad >"$logs/pytest.log" 2>&1 || broken=1
    tail -n 90 "$logs/pytest.log"

    say "Fuzz targets, 20 s each"
    wait "$fuzz"
    tail -n 60 "$logs/fuzz.log"

    # NOMAD's own workers, the Temporal server and their stores, in environments of their own: the newest version whole, the oldest with its cpu worker.
    for version in nomad nomad-1.4; do
        say "NOMAD: requirements-$version.txt"
        log=$logs/pytest-$version.log
        if ! python=$(sh tests/plugin/environment.sh "tests/plugin/requirements-$version.txt"); then
            echo "1 skipped in 0.0s: the packages of requirements-$version.txt cannot be fetched" | tee "$log"
            continue
        fi
        if [ "$version" = nomad ]; then set -- tests/plugin/nomad; else set -- tests/plugin/nomad/test_steps.py; fi
        ORDAPT_ONLY_CPU=$([ "$version" = nomad ] || echo 1) PYTHONPATH=$ORDAPT_SITE "$python" -m pytest -q -rs --durations=15 "$@" >"$log" 2>&1 || broken=1
        tail -n 60 "$log"
    done
fi

# cmocka prints "[  PASSED  ] 7 test(s)."; pytest closes with "12 passed, 1 skipped in 3.1s".
set -- $(cat "$logs"/ctest.out "$logs"/pytest*.log "$logs"/fuzz.log 2>/dev/null | awk '
    { sub(/^[0-9]+: /, "") }
    /^\[  PASSED  \] [0-9]/  { passed += $4 }
    /^\[  FAILED  \] [0-9]/  { failed += $4 }
    /^\[  SKIPPED \] [0-9]/  { skipped += $4 }
    /^[=0-9].*(passed|failed|error|skipped).* in [0-9.:]+s?/ {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) passed += $(i-1)
            if ($i ~ /^(failed|error)/) failed += $(i-1)
            if ($i ~ /^skipped/) skipped += $(i-1)
        }
    }
    END { printf "%d %d %d\n", passed, failed, skipped }')
failed=$2
[ "$broken" = 1 ] && [ "$failed" = 0 ] && failed=1
[ "$1" = 0 ] && failed=1
printf '\n%d passed, %d failed, %d skipped\n' "$1" "$failed" "$3"
[ "$failed" = 0 ]
