#!/bin/sh
# Prints the path of a nats-server that is new enough, getting one when the machine has none.
#
#   tools/nats/get.sh            → /…/nats-server
#
# Why not the distribution's own: Debian 12 has 2.9.10, and JetStream lost data until 2.10.23. A newer Debian's package is
# one self-contained Go binary (needs libc6 ≥ 2.34), so it is unpacked beside the system and never installed.
#
# NATS_SERVER=/path      is used as it is, when new enough
# XDG_CACHE_HOME         default ~/.cache; the binary is kept in <cache>/ancloud/nats/<version>/
#
# Works without root. Exit 1 with a sentence on stderr when there is no way to get one.
set -eu

MIN=2.10.23
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ancloud/nats

say() { printf '%s\n' "nats: $*" >&2; }
version_of() { "$1" --version 2>/dev/null | sed -n 's/^nats-server: v\{0,1\}\([0-9.]*\).*/\1/p'; }
new_enough() {
  v=$(version_of "$1") || return 1
  [ -n "$v" ] && [ "$(printf '%s\n%s\n' "$MIN" "$v" | sort -V | head -n 1)" = "$MIN" ]
}
cached() {
  for file in "$CACHE"/*/nats-server; do
    if [ -x "$file" ] && new_enough "$file"; then printf '%s\n' "$file"; return 0; fi
  done
  return 1
}

if [ -n "${NATS_SERVER:-}" ]; then
  if new_enough "$NATS_SERVER"; then printf '%s\n' "$NATS_SERVER"; exit 0; fi
  say "NATS_SERVER=$NATS_SERVER is not a nats-server of at least $MIN; correct it or unset it"
  exit 1
fi
own=$(command -v nats-server || true)
if [ -n "$own" ] && new_enough "$own"; then printf '%s\n' "$own"; exit 0; fi
cached && exit 0

mkdir -p "$CACHE"
# One fetches, the others wait and find it.
exec 9>"$CACHE/.lock"
flock 9
cached && exit 0

work=$(mktemp -d "$CACHE/.get.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
"$(dirname -- "$(readlink -f -- "$0")")/../apt/newer.sh" nats "$work" nats-server trixie -- nats-server plucky questing || {
  say "install nats-server >= $MIN or name one in NATS_SERVER"
  exit 1
}
binary=$(find "$work" -type f -name nats-server -perm -u+x | head -n 1)
if [ -z "$binary" ] || ! new_enough "$binary"; then
  say "the package's nats-server does not run here or is older than $MIN; set NATS_SERVER"
  exit 1
fi
version=$(version_of "$binary")
mkdir -p "$CACHE/$version"
mv "$binary" "$CACHE/$version/nats-server"
printf '%s\n' "$CACHE/$version/nats-server"
