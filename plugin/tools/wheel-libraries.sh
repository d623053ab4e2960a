# wheel-libraries.sh - read by wheel.sh: sources of HDF5 and the NeXus API, what is built of them, and one folder with all there is
# to link against. Versions, digests and options stand here and nowhere else; a change of any makes a new folder in the cache.

hdf5_crate=hdf5-metno-src
hdf5_crate_version=0.10.4 # brings the sources of HDF5 2.2.0
hdf5_sha256=69c883c565498492954e344c482f8622525e58c7a71100dd9498c4940da82885
napi_sha256=e78a116feb2ebd04de31a8d8707c65e8e15a64aa8999a40fea305e3909bd6533
napi_version=4.4.2 # what the sources of 4.4.3 call their interface
small="crypto deflate yaml" # linked in; jansson is not: its archive on Debian cannot be part of a shared library

say() { printf 'wheel.sh: %s\n' "$*" >&2; }
fail() { status=$1; shift; say "$*"; exit "$status"; }
archive() { # the static library of the system
    found=$("${CC:-cc}" -print-file-name="lib$1.a")
    [ -f "$found" ] || fail 69 "lib$1.a is missing; sh examples/install.sh installs it"
    printf '%s\n' "$found"
}
check() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status || { rm -f "$1"; fail 65 "$1 is not the file that was expected (SHA-256 $2)"; }; }

fetch_hdf5() { # FILE
    command -v cargo >/dev/null || fail 69 "cargo is missing: it fetches the sources of HDF5; Debian 12: cargo-web, elsewhere cargo 1.70 or newer"
    desk=$(mktemp -d)
    mkdir "$desk/src"
    : > "$desk/src/lib.rs"
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n' "$hdf5_crate" "$hdf5_crate_version" > "$desk/Cargo.toml"
    (cd "$desk" && cargo fetch --quiet >&2) || { rm -rf "$desk"; fail 75 "cargo cannot fetch $hdf5_crate $hdf5_crate_version"; }
    rm -rf "$desk"
    cp "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"$hdf5_crate-$hdf5_crate_version.crate" "$1"
}

fetch_napi() { # FILE; apt with lists of its own, so that the system's stay as they are and no rights are needed
    command -v apt-get >/dev/null || fail 69 "apt-get is missing: it fetches the sources of the NeXus API"
    desk=$(mktemp -d)
    mkdir -p "$desk/lists/partial" "$desk/archives/partial"
    for key in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/ubuntu-archive-keyring.gpg; do [ ! -e "$key" ] || keys="[signed-by=$key]"; done
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format 'deb-src KEYS $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep " $release \(main\|universe\)\$" | sort -u |
        sed "s|KEYS|${keys:-}|" > "$desk/sources.list"
    apt() { apt-get -qq -o Dir::Etc::SourceList="$desk/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$desk/lists" -o Dir::Cache="$desk" \
        -o APT::Sandbox::User=root "$@" >&2; }
    (cd "$desk" && apt update && apt source --download-only --tar-only nexus) || { rm -rf "$desk"; fail 75 "apt-get cannot fetch the sources of nexus"; }
    cp "$desk"/nexus_*.orig.tar.gz "$1"
    rm -rf "$desk"
}

source_of() { # NAME DIGEST FOLDER: the sources, fetched once
    kept=$cache/$1-$2.tar.gz
    [ -e "$kept" ] || { say "fetching $1"; "fetch_$1" "$kept.part"; check "$kept.part" "$2"; mv "$kept.part" "$kept"; }
    mkdir -p "$3"
    tar -xzf "$kept" -C "$3" --strip-components=1
}

build_hdf5() { # PREFIX
    scratch=$(mktemp -d)
    source_of hdf5 "$hdf5_sha256" "$scratch/source"
    say "building HDF5, once (two minutes)"
    { cmake -S "$scratch/source/ext/hdf5" -B "$scratch/build" -G Ninja -DCMAKE_INSTALL_PREFIX="$1" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS_RELEASE='-O2 -DNDEBUG' -DCMAKE_SHARED_LINKER_FLAGS='-s -Wl,-Bsymbolic,--exclude-libs,ALL' \
        -DBUILD_SHARED_LIBS=ON -DBUILD_STATIC_LIBS=OFF -DBUILD_TESTING=OFF -DHDF5_NO_PACKAGES=ON -DHDF5_DISABLE_COMPILER_WARNINGS=ON \
        -DHDF5_BUILD_HL_LIB=OFF -DHDF5_BUILD_TOOLS=OFF -DHDF5_BUILD_UTILS=OFF -DHDF5_BUILD_EXAMPLES=OFF -DHDF5_BUILD_CPP_LIB=OFF -DHDF5_BUILD_FORTRAN=OFF \
        -DHDF5_BUILD_JAVA=OFF -DHDF5_ENABLE_ROS3_VFD=OFF -DHDF5_ENABLE_SZIP_SUPPORT=OFF -DHDF5_ENABLE_NONSTANDARD_FEATURES=OFF \
        -DHDF5_ENABLE_ZLIB_SUPPORT=ON -DZLIB_LIBRARY="$(archive z)" -DZLIB_LIBRARY_RELEASE="$(archive z)" &&
      cmake --build "$scratch/build" --target install; } > "$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; fail 70 "HDF5 could not be built"; }
    cp "$scratch/source/ext/hdf5/LICENSE" "$1/LICENCE"
    rm -rf "$scratch"
}

build_napi() { # PREFIX
    scratch=$(mktemp -d)
    source_of napi "$napi_sha256" "$scratch"
    say "building the NeXus API, once"
    mkdir -p "$1/lib" "$1/include/nexus"
    sed "s/@API_VERSION@/$napi_version/" "$scratch/include/napi.h.in" > "$1/include/nexus/napi.h"
    printf '#define %s\n' WITH_HDF5 HAVE_HDF5 HAVE_TZSET HAVE_STRDUP 'HAVE_LONG_LONG_INT 1' 'HAVE_UNSIGNED_LONG_LONG_INT 1' 'HAVE_STDINT_H 1' 'HAVE_INTTYPES_H 1' \
        'PRINTF_INT64 lld' 'PRINTF_UINT64 llu' 'SIZEOF_VOIDP __SIZEOF_POINTER__' 'SIZEOF_INT __SIZEOF_INT__' 'SIZEOF_LONG_INT __SIZEOF_LONG__' \
        'SIZEOF_LONG_LONG_INT __SIZEOF_LONG_LONG__' 'SIZEOF_SIZE_T __SIZEOF_SIZE_T__' > "$1/include/nexus/nxconfig.h"
    (cd "$scratch/src" && "${CC:-cc}" -shared -fPIC -O2 -w -s -D_GNU_SOURCE -DH5_USE_110_API \
        -I"$1/include/nexus" -I../include -I. -I"$hdf5/include" napi.c napi5.c napiu.c nxio.c nxstack.c nxdataset.c stptok.c \
        -o "$1/lib/libNeXus.so" -Wl,-soname,libNeXus.so.1,--no-undefined -L"$hdf5/lib" -lhdf5 -lm) ||
        fail 70 "the NeXus API could not be built"
    cp "$scratch/COPYING" "$1/LICENCE"
    rm -rf "$scratch"
}

made() { # NAME: its folder in the cache, named by how it is built, of what, with what
    printf '%s/%s-' "$cache" "$1"
    { sed -n "/^[a-z0-9_]*_sha256=/p; /^build_$1()/,/^}/p" "$tools/wheel-libraries.sh"; "${CC:-cc}" --version; } | sha256sum | cut -c1-16
}
make_once() { # NAME FOLDER
    [ ! -e "$2/complete" ] || return 0
    rm -rf "$2"
    "build_$1" "$2"
    : > "$2/complete"
}
libraries() { # sets hdf5 and napi
    hdf5=$(made hdf5) napi=$(made napi)
    make_once hdf5 "$hdf5"
    make_once napi "$napi"
}

describe() { # NAME VERSION LIBS [CFLAGS]: what pkg-config says of it
    printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs: -L%s %s\nCflags: %s\n' "$1" "$1" "$2" "$prefix/lib" "$3" "${4:-}" > "$prefix/pkgconfig/$1.pc"
}
gather() { # PREFIX: libraries, descriptions for pkg-config, licences
    mkdir -p "$1/lib" "$1/pkgconfig" "$1/licences"
    blas=$("$python" -c 'import pathlib, scipy_openblas32; print(pathlib.Path(scipy_openblas32.__file__).parent)')
    cp "$blas/lib/libscipy_openblas.so" "$1/lib/"
    cp "$napi/lib/libNeXus.so" "$1/lib/libNeXus.so.1"
    ln -s libNeXus.so.1 "$1/lib/libNeXus.so"
    cp -P "$hdf5"/lib/libhdf5.so* "$1/lib/"
    cp "$("${CC:-cc}" -print-file-name=libjansson.so)" "$1/lib/libjansson.so.4"
    ln -s libjansson.so.4 "$1/lib/libjansson.so"
    for name in $small; do cp "$(archive "$name")" "$1/lib/"; done
    describe openblas "$("$python" -c 'import importlib.metadata as m; print(m.version("scipy-openblas32"))')" -lscipy_openblas "-I$blas/include -DBLAS_SYMBOL_PREFIX=scipy_"
    describe nexus "$napi_version" -lNeXus "-I$napi/include/nexus"
    for name in jansson libcrypto libdeflate yaml-0.1; do
        describe "$name" "$(pkg-config --modversion "$name")" "$(pkg-config --libs-only-l "$name")" "$(pkg-config --cflags "$name")"
    done
    cp "$hdf5/LICENCE" "$1/licences/HDF5.txt"
    cp "$napi/LICENCE" "$1/licences/NeXus-API-LGPL-2.1.txt"
    cp "$blas"/../scipy_openblas32-*.dist-info/licenses/LICENSE.txt "$1/licences/OpenBLAS.txt"
    for name in jansson ssl deflate yaml zlib1g; do
        for notice in /usr/share/doc/lib$name-dev/copyright /usr/share/doc/$name-dev/copyright; do [ ! -e "$notice" ] || cp "$notice" "$1/licences/$name.txt"; done
        [ -e "$1/licences/$name.txt" ] || fail 69 "the licence of $name is missing: /usr/share/doc/lib$name-dev/copyright"
    done
}
