#!/bin/sh
# Sees to it that Debian packages are installed.
#
#   tools/apt/need.sh NAME PACKAGE…          NAME begins each line on stderr: who needs them
#
# As root, what is missing is installed, without the packages that are only recommended and without starting services.
# Otherwise, or with ANCLOUD_APT=0, exit 1 with the command to run. Where there is no dpkg it does nothing: whoever needs
# the programs names those it misses.
set -eu
name=$1
shift
command -v dpkg-query >/dev/null || exit 0
say() { printf '%s\n' "$name: $*" >&2; }
. "$(dirname -- "$(readlink -f -- "$0")")/quietly.sh"

missing=
for package; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || [ "${ANCLOUD_APT:-1}" = 0 ]; then
  say "missing packages: as root run apt-get install --no-install-recommends$missing"
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# Keeps maintainer scripts from starting services (docker, dnsmasq) that nobody asked for: invoke-rc.d(8).
export RUNLEVEL=1
apt() { apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"; }
# shellcheck disable=SC2086 # package names are words
install() { apt install --no-install-recommends $missing; }
# Asks, and fails where a package or its version is unknown: a fresh machine has no package lists yet, or old ones.
# shellcheck disable=SC2086
known() { apt install --no-install-recommends --print-uris $missing >/dev/null 2>&1; }

say "installing$missing"
# A failing update may only mean one dead source of many: whether the packages can be had is what counts.
known || quietly 'apt-get update' apt update || true
quietly 'apt-get install' install || {
  say 'once more with fresh package lists'
  quietly 'apt-get update' apt update || true
  quietly 'apt-get install' install || {
    say "fix what apt says above (network? /etc/apt/sources.list?); by hand: apt-get install --no-install-recommends$missing"
    exit 1
  }
}
