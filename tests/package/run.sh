#!/bin/sh
# run.sh SOURCE BUILD: installs BUILD into a scratch prefix, moves it, and uses it as a stranger would.
set -eu
source=$1 build=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/ordapt-package.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0
say() { passed=$((passed + 1)); printf '%s\n' "$*"; }
die() { printf '[  FAILED  ] 1 test(s).\n%s\n' "$*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/first" >"$work/install.log" || die "$(cat "$work/install.log")"
mv "$work/first" "$work/prefix" # what is installed must not remember where
prefix=$work/prefix
pc=$(dirname "$(find "$prefix" -name ordapt.pc)")
lib=$(dirname "$pc")
for file in include/ordapt.h bin/ordapt share/man/man1/ordapt.1 share/doc/ordapt/LICENSE; do
    [ -s "$prefix/$file" ] || die "$file is not installed"
done
if grep -rIl -e "$source" -e "$build" -e "$work/first" "$prefix" | grep .; then die "these files name folders of this machine"; fi
say "installed: header, program, manual page, licence"

"$prefix/bin/ordapt" synthesise --box 0,8,0,8,0,8 --seed 3 -o "$work/tip.nxs" --json >"$work/tip.json"
"$prefix/bin/ordapt" crop "$work/tip.nxs" --roi 1,5,1,5,1,5 -o "$work/cut.nxs" --json >"$work/cut.json"
want=$(sed -n 's/.*"summary": *{"ions": *\([0-9]*\).*/\1/p' "$work/cut.json")
[ -n "$want" ] || die "no number of ions in $(cat "$work/cut.json")"
say "the installed program works: $want ions"

use() { # use NAME PROGRAM: runs it, keeps what it printed
    (cd "$work" && LD_LIBRARY_PATH="$lib" "$2" tip.nxs 1,5,1,5,1,5 "$1.nxs") >"$work/$1.out" || die "$1: $(cat "$work/$1.out")"
    case $(cat "$work/$1.out") in "$want of "*) ;; *) die "$1 printed $(cat "$work/$1.out"), expected $want ions" ;; esac
    "$prefix/bin/ordapt" show "$work/$1.nxs" >"$work/$1.show" || die "$1: the program cannot show what the library wrote"
}

command -v make >/dev/null || export CMAKE_GENERATOR=Ninja # a machine that builds ordapt has one of them
cmake -S "$source/tests/package/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLE="$source/examples/crop.c" \
    -DCMAKE_BUILD_TYPE=Release >"$work/cmake.log" 2>&1 || die "$(cat "$work/cmake.log")"
cmake --build "$work/consumer" >"$work/make.log" 2>&1 || die "$(cat "$work/make.log")"
use cmake "$work/consumer/crop"
LD_LIBRARY_PATH="$lib" "$work/consumer/engine" >"$work/engine.out" || die "the engine alone fails"
say "find_package: ordapt::nexus and ordapt::ordapt"

export PKG_CONFIG_PATH="$pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
${CC:-cc} -std=c11 "$source/examples/crop.c" $(pkg-config --cflags --libs ordapt_nexus) -o "$work/by-pkg-config" || die "pkg-config ordapt_nexus"
use pkgconfig "$work/by-pkg-config"
${CC:-cc} -std=c11 "$source/tests/package/consumer/engine.c" $(pkg-config --cflags --libs ordapt) -o "$work/engine" || die "pkg-config ordapt"
LD_LIBRARY_PATH="$lib" "$work/engine" | cmp - "$work/engine.out" || die "the two engines differ"
cmp "$work/cmake.out" "$work/pkgconfig.out" || die "the two programs differ"
say "pkg-config: ordapt_nexus and ordapt, with the same digests"
printf '[  PASSED  ] %d test(s).\n' "$passed"
