#!/bin/sh
# coverage.sh - lines and branches of core/ that the tests pass through: unit, physics and golden tests, then those of the program. Needs gcovr.
# Prints the totals and every file below 90 % of its lines; the whole table is build/coverage/coverage.txt. About half an hour on two cores.
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$top" || exit 1
command -v gcovr >/dev/null || { echo "coverage.sh needs gcovr (Debian: gcovr)" >&2; exit 69; }
cmake --preset coverage -DORDAPT_TESTS=ON >/dev/null && cmake --build --preset coverage >/dev/null || exit 1
find build/coverage -name '*.gcda' -delete
export ORDAPT_SOURCE="$top" ORDAPT_PROGRAM="$top/build/coverage/bin/ordapt" ORDAPT_REFERENCE="${ORDAPT_REFERENCE:-$top/../shared/reference}"
ctest --test-dir build/coverage -L 'unit|physics|golden' -j2 >build/coverage/ctest.out 2>&1 || echo "some tests failed: build/coverage/ctest.out"
"$(sh tests/plugin/environment.sh)" -m pytest -q -n 2 --dist loadfile tests/program >build/coverage/pytest.out 2>&1 || echo "some tests failed: build/coverage/pytest.out"
gcovr -r . --filter core/ build/coverage --exclude-unreachable-branches --txt build/coverage/coverage.txt --json-summary build/coverage/coverage.json || exit 1
python3 - build/coverage/coverage.json <<'END'
import json, sys
told = json.load(open(sys.argv[1], encoding="utf-8"))
for file in sorted(told["files"], key=lambda file: file["line_percent"] or 0):
    if (file["line_percent"] or 0) < 90:
        print(f"{file['line_percent'] or 0:5.1f} % of {file['line_total']:4d} lines  {file['filename']}")
print(f"lines {told['line_percent']} % of {told['line_total']}, branches {told['branch_percent']} % of {told['branch_total']}, functions {told['function_percent']} %")
END
