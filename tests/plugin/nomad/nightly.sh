#!/bin/sh
# nightly.sh - the same tests of entries with a real Elasticsearch node behind NOMAD instead of the stand-in, and searches over REST.
# Needs java (17) and mvn; the jars (33 MB, Maven Central) are kept in the cache. About five minutes on two cores.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$here/../../.." && pwd)
cache=${ORDAPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ordapt}/elasticsearch-7.17.29
command -v java >/dev/null && command -v mvn >/dev/null || { echo "nightly.sh needs java 17 and mvn; Debian: default-jdk-headless maven" >&2; exit 69; }

if [ ! -e "$cache/complete" ]; then
    mkdir -p "$cache"
    mvn -q -f "$here/elastic/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$cache/jars" || exit 75
    touch "$cache/complete"
fi
python=$(sh "$here/../environment.sh" "$here/../requirements-nomad.txt")
site=${ORDAPT_SITE:-$(sh "$here/../install.sh")}
export ORDAPT_ELASTIC_JARS="$cache/jars" ORDAPT_SOURCE="$top" PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
export ORDAPT_PROGRAM="${ORDAPT_PROGRAM:-$top/build/release/bin/ordapt}"
exec "$python" -m pytest -q "$here/test_entries.py" "$here/test_search.py"
