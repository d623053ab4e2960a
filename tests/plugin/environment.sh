#!/bin/sh
# environment.sh [REQUIREMENTS] - makes or finds a virtual environment with the pinned packages and prints its Python.
# It lies in the cache (ORDAPT_CACHE, else XDG_CACHE_HOME/ordapt, else ~/.cache/ordapt) under the digest of the
# requirements, so that it is made once. Ends with 69 where there is no suitable Python, with 75 where packages
# cannot be fetched.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
requirements=${1:-$here/requirements.txt}
cache=${ORDAPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ordapt}
folder=$cache/venv-$(sha256sum < "$requirements" | cut -c1-16)

python=
for candidate in ${ORDAPT_PYTHON:-} python3.11 python3 python3.12 python3.13; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "environment.sh: no Python 3.11 to 3.13 with venv; Debian: python3-venv" >&2
    exit 69
fi

mkdir -p "$cache"
exec 9> "$folder.lock"
flock 9
if [ ! -e "$folder/complete" ]; then
    echo "environment.sh: making $folder, once" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder"
    # uv installs NOMAD's 240 packages in 20 s, pip in minutes.
    if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.13.9 >&2 \
        || ! "$folder/bin/python" -m uv pip install --quiet --python "$folder/bin/python" --requirement "$requirements" >&2; then
        echo "environment.sh: the packages of $(basename "$requirements") could not be fetched" >&2
        exit 75
    fi
    touch "$folder/complete"
fi
echo "$folder/bin/python"
