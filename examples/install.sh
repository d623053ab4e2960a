#!/bin/sh
# Installs the system packages that ordapt is built from and its examples use - and nothing else. Debian and Ubuntu; other
# systems are told the names by cmake. Runs as root or with sudo; does nothing where all packages are there already.
set -eu
packages="ca-certificates git gcc libc6-dev cmake ninja-build pkg-config libhdf5-dev libnexus-dev libopenblas-dev libcmocka-dev
libjansson-dev libssl-dev libdeflate-dev libyaml-dev python3 python3-venv"
packages="$packages ${ORDAPT_MORE_PACKAGES:-}"

if ! command -v apt-get >/dev/null 2>&1; then
    echo "install.sh knows Debian and Ubuntu. Elsewhere run: cmake --preset release - it names each missing package for Fedora, conda-forge and Homebrew." >&2
    exit 69
fi
missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "install: all packages are there"
    exit 0
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "install.sh needs root or sudo to install:$missing" >&2; exit 69; }
    as_root="sudo"
fi
echo "install:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "install: done"
