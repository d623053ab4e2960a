#!/bin/sh
# trust.sh SECTION... - repeats what docs/trust.md tells, section by section, each within an hour on two cores, and says how long it took.
# Builds what it needs; packages come from tests/run.sh, and from Debian: clang libclang-rt-14-dev clang-tidy cppcheck gcovr valgrind.
#   ORDAPT_REFERENCE   the reference data (../shared/reference); tests that need them are skipped without
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$top" || exit 1
export ORDAPT_SOURCE="$top" ORDAPT_PROGRAM="$top/build/release/bin/ordapt" ORDAPT_REFERENCE="${ORDAPT_REFERENCE:-$top/../shared/reference}"
analyzer="-fanalyzer -Wno-error=analyzer-malloc-leak -Wno-error=analyzer-null-dereference -Wno-error=analyzer-use-of-uninitialized-value"
failed=0

try() {
    printf '\n$ %s\n' "$*"
    "$@" || { echo "-- failed: $?"; failed=$((failed + 1)); }
}

build() {
    mkdir -p build
    for preset in "$@"; do
        printf '\n$ cmake --preset %s -DORDAPT_TESTS=ON && cmake --build --preset %s\n' "$preset" "$preset"
        cmake --preset "$preset" -DORDAPT_TESTS=ON >/dev/null && cmake --build --preset "$preset" >"build/$preset.log" 2>&1 || { tail -n 40 "build/$preset.log"; exit 1; }
    done
}

checks() { build "$1" && try ctest --preset "$1" -L 'unit|physics|golden' -j2 --no-tests=error; }

# pytest 'NAME=VALUE ...' ARGUMENT...
pytest() {
    settings=$1
    shift
    try env $settings "$python" -m pytest -q -p no:cacheprovider "$@"
}

section() {
    case $1 in
    fuzzing) try env -u ORDAPT_PROGRAM "ORDAPT_PYTHON=$python" sh tests/fuzz/run.sh 2 ;;
    torture)
        build release
        try env ORDAPT_TORTURE=all build/release/tests/test_allocations
        pytest ORDAPT_TORTURE=30 -s tests/program/test_faults.py
        pytest ORDAPT_KILLS=200 tests/program/test_bad_input.py -k killed
        ;;
    files)
        build release
        pytest '' tests/program/test_limits.py tests/program/test_bad_input.py -k 'not killed'
        try ctest --test-dir build/release -R house_hardened
        ;;
    same)
        build release clang
        pytest 'ORDAPT_MATRIX=whole ORDAPT_MATRIX_PROGRAMS=build/clang/bin/ordapt' -s tests/program/test_matrix.py
        pytest '' tests/program/test_slabs.py
        ;;
    earlier) build release && pytest '' tests/program/test_landed.py ;;
    numbers)
        build release
        try ctest --test-dir build/release -R 'properties|monte_carlo|reverse|frequency|charge|significance|neighbours|warren|intervals|composition'
        pytest '' tests/program/test_lattice.py tests/program/test_superlattice.py
        try "$python" tests/bench/science/rates.py --jobs 2 --kinds even,stretched,composition,density,rare,enriched
        ;;
    sanitizers)
        checks debug
        build release
        pytest '' tests/program/test_memcheck.py
        pytest '' tests/program/test_bad_input.py -k corpus
        ;;
    threads) checks tsan ;;
    memory) checks msan ;;
    analysis)
        try cmake --preset release -B build/analyzer -DORDAPT_TESTS=OFF "-DCMAKE_C_FLAGS=$analyzer"
        try cmake --build build/analyzer --target ordapt_cli
        try cppcheck -q --enable=warning,portability,performance --std=c11 --suppress=missingIncludeSystem -I core -I core/include core
        build clang
        try run-clang-tidy -quiet -p build/clang "$top/core/.*\.c"
        ;;
    coverage) try sh tests/coverage.sh ;;
    mutants) try "$python" tests/mutation/mutate.py --count 40 --seed 2 ;;
    speed) try sh tests/bench/run.sh ;;
    *)
        echo "trust.sh: there is no section '$1'" >&2
        exit 2
        ;;
    esac
}

[ $# -gt 0 ] || { echo "sections: fuzzing torture files same earlier numbers sanitizers threads memory analysis coverage mutants speed" >&2; exit 2; }
python=$(sh tests/plugin/environment.sh) || exit 1
for name in "$@"; do
    started=$(date +%s)
    section "$name"
    echo "== $name: $((($(date +%s) - started + 30) / 60)) minutes, $failed failed"
done
[ "$failed" = 0 ]
