#!/bin/sh
# run.sh MINUTES [TARGET...] - builds the fuzz targets (preset fuzz), makes their seeds, runs each MINUTES long (0.33 is 20 s), two at a time, and prints a
# table: target, executions, executions a second, edges covered, crashes. Ends with 1 where something was found; the input is kept in build/fuzz-found.
# Corpora grow in build/fuzz-corpora from run to run. Without clang and libFuzzer it says so and ends with 0.
#   ORDAPT_FUZZ_SEED   of the mutations; without it each run has one of its own
#   ORDAPT_PYTHON   a Python with numpy and h5py, for seeds of networks and foreign files (tests/plugin/environment.sh makes one)
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top" || exit 1
minutes=${1:?run.sh MINUTES [TARGET...]}
shift
seconds=$(awk -v m="$minutes" 'BEGIN { s = int(60 * m + 0.5); print (s > 0 ? s : 1) }')
started=$(date +%s)
corpora=$top/build/fuzz-corpora found=$top/build/fuzz-found seeds=$top/build/fuzz-seeds
mkdir -p "$corpora" "$found" "$top/build/fuzz-logs"
exec 9>"$corpora/lock"
flock -n 9 || { echo "run.sh: another run is at work in this checkout; wait for it" >&2; exit 75; }

echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n); int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d, (void)n; return 0; }' >"$corpora/try.c"
if ! clang -fsanitize=fuzzer,address "$corpora/try.c" -o "$corpora/try" >/dev/null 2>&1; then
    echo "1 skipped in 0s: the fuzz targets need clang with libFuzzer (Debian: clang, libclang-rt-14-dev)"
    exit 0
fi
cmake --preset fuzz >/dev/null && cmake --build --preset fuzz >"$top/build/fuzz-logs/build.log" 2>&1 || { tail -n 40 "$top/build/fuzz-logs/build.log"; exit 1; }
rm -rf "$seeds"
ORDAPT_PROGRAM=${ORDAPT_PROGRAM:-$top/build/fuzz/bin/ordapt} "${ORDAPT_PYTHON:-python3}" tests/fuzz/corpus.py "$seeds" || exit 1

# HDF5 keeps pieces of memory for later, which looks like leaks between two inputs, and at the end, where its exit handler is switched off: what those
# targets take is counted by the context instead.
cat >"$corpora/one.sh" <<'END'
target=$1 seconds=$2 top=$3 leaks=0
case $target in
    fuzz_nexus | fuzz_model | fuzz_keras | fuzz_h5_bytes) more="-max_len=400000 -len_control=0" ;;
    fuzz_recipe | fuzz_round_nexus) more="-max_len=8192" ;;
    *) more="-max_len=8192" leaks=1 ;;
esac
mkdir -p "$top/build/fuzz-corpora/$target" "$top/build/fuzz-seeds/$target"
cd "$top/build/fuzz-corpora" || exit 1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=malloc_context_size=6:quarantine_size_mb=64:detect_leaks=$leaks
"$top/build/fuzz/bin/$target" "$target" "$top/build/fuzz-seeds/$target" -max_total_time="$seconds" -timeout=120 -seed="${ORDAPT_FUZZ_SEED:-0}" -rss_limit_mb=4096 -print_final_stats=1 -detect_leaks=$leaks \
    -artifact_prefix="$top/build/fuzz-found/$target-" $more >"$top/build/fuzz-logs/$target.log" 2>&1
echo "exit $?" >>"$top/build/fuzz-logs/$target.log"
END
[ $# -gt 0 ] || set -- $(ls build/fuzz/bin | grep '^fuzz_')
rm -f build/fuzz-logs/fuzz_*.log
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh "$corpora/one.sh" '{}' "$seconds" "$top"

printf '%-18s %12s %10s %8s %8s\n' target executions "per s" edges crashes
failed=0 passed=0
for target in "$@"; do
    log=build/fuzz-logs/$target.log
    crashes=0
    if [ "$(tail -n 1 "$log" 2>/dev/null)" = "exit 0" ]; then passed=$((passed + 1)); else crashes=1 failed=$((failed + 1)); fi
    awk -v target="$target" -v crashes="$crashes" -v s="$seconds" '
        /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /stat::number_of_executed_units/ { n = $2 }
        /DONE/ { sub(/^#/, "", $1) }
        END { printf "%-18s %12d %10.0f %8d %8d\n", target, n, n / s, edges, crashes }' "$log"
done
for target in "$@"; do
    [ "$(tail -n 1 "build/fuzz-logs/$target.log")" = "exit 0" ] || { echo "-- $target"; grep -vE '^#[0-9]' "build/fuzz-logs/$target.log" | head -n 60; ls build/fuzz-found | grep "^$target-"; }
done
echo "$passed passed, $failed failed in $(($(date +%s) - started))s"
[ "$failed" = 0 ]
