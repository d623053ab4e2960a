#!/bin/sh
# sources.sh TREE - one digest over what the distribution is made of: names, sizes, times of change and the commit.
set -eu
cd "$1"
{ git rev-parse HEAD 2>/dev/null || true
  find CMakeLists.txt LICENSE cmake core plugin examples/models -type f ! -path '*/__pycache__/*' ! -path '*/.*cache/*' -printf '%p %s %T@\n' | LC_ALL=C sort
} | sha256sum
