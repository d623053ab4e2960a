#!/bin/sh
# install.sh - builds the distribution of plugin/ as pip does and prints the folder it is installed in, for PYTHONPATH of any
# environment: packages, program and entry points are found there. Does nothing where the sources are those of the last time;
# a changed Python file takes three seconds. Ends with 75 where a registry cannot be reached.
set -eu
unset PYTHONPATH # pip shall not look at what was installed the last time

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$here/../.." && pwd)
folder=$top/build/tests
site=$folder/site
python=$(sh "$here/environment.sh" "$top/plugin/tools/requirements-build.txt") || exit $?

cd "$top"
mkdir -p "$folder"
exec 9> "$site.lock"
flock 9
sources=$(sh "$here/sources.sh" "$top")
if [ "$(cat "$site.sources" 2>/dev/null)" != "$sources" ] || [ ! -x "$site/ordapt/bin/ordapt" ]; then
    rm -rf "$site.new" "$site.sources"
    if ! "$python" -m pip install --disable-pip-version-check --no-deps --no-build-isolation --target "$site.new" ./plugin > "$site.log" 2>&1 9>&-; then
        { grep -E 'error:|ERROR|FAILED|missing' "$site.log" || tail -n 40 "$site.log"; } | head -n 40 >&2
        echo "install.sh: pip install ./plugin failed; all of it: $site.log" >&2
        exit 70
    fi
    rm -rf "$site.old"
    [ ! -e "$site" ] || mv "$site" "$site.old"
    mv "$site.new" "$site"
    rm -rf "$site.old"
    printf '%s\n' "$sources" > "$site.sources"
fi
printf '%s\n' "$site"
