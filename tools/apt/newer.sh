#!/bin/sh
# Unpacks a package of a newer release beside the system; nothing is installed and no source of apt's is changed.
#
#   tools/apt/newer.sh NAME FOLDER PACKAGE DEBIAN-SUITE… [-- UBUNTU-PACKAGE UBUNTU-SUITE…]
#
# NAME begins each line on stderr: who asks. The first suite that has the package gives it; FOLDER, which must exist, gets
# its files. Only for packages whose programs lean on nothing that an older release lacks (Go's, say). Works without root.
# Exit 1 with a sentence when there is no way to get it.
set -eu
name=$1 folder=$2
shift 2
say() { printf '%s\n' "$name: $*" >&2; }
. "$(dirname -- "$(readlink -f -- "$0")")/quietly.sh"

. /etc/os-release
case $ID in
  debian) component=main keyring=/usr/share/keyrings/debian-archive-keyring.gpg ;;
  ubuntu)
    component=universe keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
    while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
    [ $# -eq 0 ] || shift
    ;;
  *) set -- ;;
esac
[ $# -ge 2 ] || { say "do not know how to get it on $ID"; exit 1; }
package=$1
shift
# The mirror this machine is configured for also carries newer releases: same base, another suite.
base=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" 'Created-By: Packages' | head -n 1)
[ -n "$base" ] || { say "apt has no package lists for $VERSION_CODENAME: run apt-get update"; exit 1; }

work=$(mktemp -d "$folder/.get.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/lists/partial" "$work/archives/partial"
signed=
[ ! -f "$keyring" ] || signed="[signed-by=$keyring] "
apt() {
  apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache::archives="$work/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= -o Acquire::Languages=none "$@"
}
fetch() { cd "$work" && apt update && apt download "$package"; }
for suite; do
  [ "$suite" != -- ] || break
  say "getting $package from $suite (once)"
  printf 'deb %s%s %s %s\n' "$signed" "$base" "$suite" "$component" >"$work/sources.list"
  # A shell of its own: quietly's trap would take the place of this one's.
  if (quietly "$package" fetch); then break; fi
done
for deb in "$work/$package"_*.deb; do
  [ -f "$deb" ] || { say "no release gave $package"; exit 1; }
  dpkg-deb -x "$deb" "$folder"
done
