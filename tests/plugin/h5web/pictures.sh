#!/bin/sh
# Takes the pictures of docs/results.md with H5Web: a simulated specimen, its distribution maps, and where the shipped networks find order.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
ordapt=${ORDAPT_PROGRAM:-$top/build/release/bin/ordapt}
python=$(sh "$top/tests/plugin/environment.sh" "$top/tests/plugin/requirements-h5web.txt")
out=$top/build/tests/pictures
rm -rf "$out" && mkdir -p "$out" && cd "$out"
"$python" "$top/tests/plugin/h5web/bundle.py" "$out/site"
"$ordapt" synthesise --preset cocrni-a --seed 7 -o specimen.nxs
"$ordapt" sdm specimen.nxs --pairs Ni-Ni,Co-Cr -o sdm.nxs
"$ordapt" run csro tip=specimen.nxs species=Ni net="$top/examples/models/cocrni-002.nxs" -o csro.nxs
"$python" -B "$top/tests/plugin/h5web/look.py" site . >seen.jsonl <<END
{"file": "specimen.nxs", "picture": "$top/docs/h5web-specimen.png", "width": 900, "height": 560}
{"file": "sdm.nxs", "picture": "$top/docs/h5web-sdm.png", "width": 900, "height": 560}
{"file": "csro.nxs", "paths": ["/entry1", "/entry1/found", "/entry1/found/classify1", "/entry1/found/classify1/pixels"], "after": "$top/docs/h5web-map.png", "width": 900, "height": 560}
END
