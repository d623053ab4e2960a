#!/bin/sh
# coverage.sh - lines and branches of core/ that the tests pass through: unit, physics and golden tests, then those of the program. Needs gcovr.
# Prints every place that none passes, shares by folder, and the totals; the same stands in build/coverage/coverage.out, and gcovr's table in coverage.txt.
# Built by -O1: half an hour on two cores, where -O0 takes three times as long. Left out are tests of the program that do over and over what others do once
# (all kernels and threads, kills, flipped bytes), and those that need another build (valgrind).
#   ORDAPT_JOBS     tests at a time (2)
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$top" || exit 1
jobs=${ORDAPT_JOBS:-2} build=build/coverage
command -v gcovr >/dev/null || { echo "coverage.sh needs gcovr (Debian: gcovr)" >&2; exit 69; }
cmake --preset coverage -DORDAPT_TESTS=ON >/dev/null && cmake --build --preset coverage -j "$jobs" >/dev/null || exit 1
find "$build" -name '*.gcda' -delete
export ORDAPT_SOURCE="$top" ORDAPT_PROGRAM="$top/$build/bin/ordapt" ORDAPT_REFERENCE="${ORDAPT_REFERENCE:-$top/../shared/reference}"
ctest --test-dir "$build" -L 'unit|physics|golden' -j "$jobs" >"$build/ctest.out" 2>&1 || echo "some tests failed: $build/ctest.out"
"$(sh tests/plugin/environment.sh)" -m pytest -q -n "$jobs" --dist loadfile tests/program --ignore tests/program/test_matrix.py --ignore tests/program/test_memcheck.py \
    -k "not killed_at and not flipped" >"$build/pytest.out" 2>&1 || echo "some tests failed: $build/pytest.out"
gcovr -r . --filter core/ "$build" --exclude-unreachable-branches --txt "$build/coverage.txt" --json "$build/coverage.json" || exit 1
python3 tests/coverage.py "$build/coverage.json" | tee "$build/coverage.out"
