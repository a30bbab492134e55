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

work=$(mktemp -d "$plugins/.get.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
"$(dirname -- "$(readlink -f -- "$0")")/../apt/newer.sh" compose "$work" docker-compose trixie -- docker-compose-v2 plucky || {
  say "install docker-compose 2, or name it in COMPOSE_PLUGIN"
  exit 1
}
binary=$(find "$work" -type f -name docker-compose -perm -u+x -path '*cli-plugins*' | head -n 1)
if [ -z "$binary" ] || ! works "$binary"; then
  say "the package's docker-compose does not run here; set COMPOSE_PLUGIN"
  exit 1
fi
mv "$binary" "$plugins/docker-compose"
ours
