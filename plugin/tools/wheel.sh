#!/bin/sh
# wheel.sh [OUTDIR] - makes the self-contained wheel and puts it into OUTDIR (default: dist). It runs where there is nothing but
# Python, and holds no library that speaks to a network: HDF5 is built from its source with zlib alone, the NeXus API with HDF5
# alone and as a library that can be exchanged (LGPL), OpenBLAS is the one that SciPy builds, the small ones are those of the
# system, linked in. Sources are fetched by cargo and apt-get, checked by SHA-256 and kept with what is built of them in
# ORDAPT_CACHE (default ~/.cache/ordapt); the next wheel takes seconds.
# Needs the packages of examples/install.sh and cargo 1.70 or newer (Debian 12: cargo-web). Ends with 69 where something is
# lacking, with 75 where a registry cannot be reached.
set -eu
unset PYTHONPATH

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$tools/../.." && pwd)
outdir=${1:-$top/dist}
cache=${ORDAPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ordapt}/wheel
work=$top/build/wheel
python=$(sh "$top/tests/plugin/environment.sh" "$tools/requirements-wheel.txt") || exit $?
PATH=$(dirname "$python"):$PATH
export PATH
. "$tools/wheel-libraries.sh"

TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
mkdir -p "$cache" "$work" "$outdir"
outdir=$(CDPATH='' cd -- "$outdir" && pwd)
exec 8> "$cache/lock" 9> "$work/lock"
flock 8
libraries
flock -u 8

# One folder with everything to link against: pkg-config sees nothing else, and the small libraries lie there as archives only.
flock 9
prefix=$work/prefix
rm -rf "$prefix" "$work/plain" "$work/repaired"
gather "$prefix"

say "engine"
settings() { for word; do printf -- '--config-settings=%s ' "$word"; done; }
if ! HDF5_ROOT=$hdf5 PKG_CONFIG_LIBDIR=$prefix/pkgconfig PKG_CONFIG_PATH='' "$python" -m pip wheel --disable-pip-version-check --no-deps --no-build-isolation \
    --wheel-dir "$work/plain" $(settings "build-dir=$work/engine-$(sha256sum < "$tools/wheel-libraries.sh" | cut -c1-8)" "cmake.define.ORDAPT_LICENCES=$prefix/licences" \
        cmake.define.CMAKE_INSTALL_RPATH_USE_LINK_PATH=OFF cmake.define.CMAKE_SHARED_LINKER_FLAGS=-Wl,--exclude-libs,ALL,--no-undefined) \
    "$top/plugin" > "$work/wheel.log" 2>&1; then
    { grep -E 'error:|ERROR|FAILED|missing' "$work/wheel.log" || tail -n 40 "$work/wheel.log"; } | head -n 40 >&2
    fail 70 "the build failed; all of it: $work/wheel.log"
fi

say "repair"
LD_LIBRARY_PATH=$prefix/lib "$python" -m auditwheel repair --wheel-dir "$work/repaired" "$work"/plain/*.whl > "$work/repair.log" 2>&1 ||
    { cat "$work/repair.log" >&2; fail 70 "auditwheel failed"; }
wheel=$(basename "$work"/repaired/*.whl)
mv "$work/repaired/$wheel" "$outdir/$wheel"
"$python" - "$outdir/$wheel" <<'END'
import sys
import zipfile

path = sys.argv[1]
entries = zipfile.ZipFile(path).infolist()
print(f"{path}: {sum(e.compress_size for e in entries) / 1e6:.1f} MB, {sum(e.file_size for e in entries) / 1e6:.1f} MB installed")
for entry in sorted(entries, key=lambda e: -e.file_size):
    if ".libs/lib" in entry.filename or entry.filename in ("ordapt/bin/ordapt", "ordapt/lib/libordapt_nexus.so"):
        print(f"  {entry.file_size / 1e6:6.1f} MB  {entry.filename}")
END
