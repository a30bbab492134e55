#!/bin/sh
# Prints a folder with the CLI plugin docker-compose 2, getting one when the machine has none:
#
#   DOCKER_CONFIG=$(dirname "$(tools/docker/compose.sh)") docker compose version
#
# The folder is called cli-plugins, so the folder above it serves as DOCKER_CONFIG. Debian 12's own docker-compose is 1.29,
# which rejects this project's docker-compose.yml; a newer Debian's or Ubuntu's package holds one self-contained Go binary,
# which is unpacked beside the system and never installed.
#
#   COMPOSE_PLUGIN=/path   is used as it is
#   XDG_CACHE_HOME         default ~/.cache; the binary is kept in <cache>/ancloud/docker/cli-plugins/
set -eu

plugins=${XDG_CACHE_HOME:-$HOME/.cache}/ancloud/docker/cli-plugins

say() { printf 'compose: %s\n' "$*" >&2; }
works() { [ -x "$1" ] && "$1" version --short 2>/dev/null | grep -q "^v\{0,1\}[2-9]"; }
ours() { works "$plugins/docker-compose" && printf '%s\n' "$plugins"; }

mkdir -p "$plugins"
if [ -n "${COMPOSE_PLUGIN:-}" ]; then
  works "$COMPOSE_PLUGIN" || { say "COMPOSE_PLUGIN=$COMPOSE_PLUGIN is no docker-compose 2"; exit 1; }
  ln -sf "$COMPOSE_PLUGIN" "$plugins/docker-compose"
fi
ours && exit 0
# One fetches, the others wait and find it.
exec 9>"$plugins/.lock"
flock 9
ours && exit 0
for own in /usr/libexec/docker/cli-plugins /usr/lib/docker/cli-plugins /usr/local/lib/docker/cli-plugins "$HOME/.docker/cli-plugins"; do
  if works "$own/docker-compose"; then ln -sf "$own/docker-compose" "$plugins/docker-compose"; ours && exit 0; fi
done

. /etc/os-release
case $ID in
  debian) suites=trixie component=main package=docker-compose keyring=/usr/share/keyrings/debian-archive-keyring.gpg ;;
  ubuntu) suites="${VERSION_CODENAME}-updates plucky" component=universe package=docker-compose-v2 keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg ;;
  *) say "do not know how to get docker-compose 2 on $ID; install it, or name it in COMPOSE_PLUGIN"; exit 1 ;;
esac
# The mirror this machine is configured for also carries newer releases: same base, another suite.
base=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" 'Created-By: Packages' | head -n 1)
if [ -z "$base" ]; then
  say "apt has no package lists for $VERSION_CODENAME; run apt-get update, or set COMPOSE_PLUGIN"
  exit 1
fi

work=$(mktemp -d "$plugins/.get.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/root"
signed=
[ ! -f "$keyring" ] || signed="[signed-by=$keyring]"
for suite in $suites; do
  say "getting docker-compose from $suite (once)"
  printf 'deb %s %s %s %s\n' "$signed" "$base" "$suite" "$component" >"$work/sources.list"
  set -- -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache::archives="$work/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= -o Acquire::Languages=none
  if (cd "$work" && apt-get "$@" update && apt-get "$@" download "$package") >&2; then break; fi
done
for deb in "$work"/docker-compose*.deb; do
  [ -f "$deb" ] || { say "no suite of $suites gave docker-compose; set COMPOSE_PLUGIN"; exit 1; }
  dpkg-deb -x "$deb" "$work/root"
done
binary=$(find "$work/root" -type f -name docker-compose -perm -u+x -path '*cli-plugins*' | head -n 1)
if [ -z "$binary" ] || ! works "$binary"; then
  say "the package's docker-compose does not run here; set COMPOSE_PLUGIN"
  exit 1
fi
mv "$binary" "$plugins/docker-compose"
ours
