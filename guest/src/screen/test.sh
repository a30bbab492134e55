#!/bin/sh
# Runs test.py of this part against the programs in OUT/bin (default: guest/out): test.sh [OUT [test…]]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
command -v python3 > /dev/null || { echo "test.sh: needs python3 (apt-get install --no-install-recommends python3)" >&2; exit 3; }
out=${1:-$here/../../out}
[ $# = 0 ] || shift
exec python3 "$here/test.py" "$out/bin" "$@"
