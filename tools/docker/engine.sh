#!/bin/bash
# Docker for the tests, also on a machine where no engine runs and no registry can be reached.
#
#   usage: tools/docker/engine.sh COMMAND
#
#   start         prints DOCKER_HOST of an engine that answers: the one that is configured, else a private one, started now
#   status        prints DOCKER_HOST of an engine that answers now; exit 1 when none does
#   stop          ends the private engine, if there is one; images stay for the next start
#   purge         as stop, and removes all it has stored
#   base          prints the name of a base image for the Dockerfile (its ANCLOUD_BASE), made with mmdebstrap when
#                 debian:bookworm-slim cannot be pulled
#   images [TAG]  builds ancloud/service, ancloud/host and ancloud/store with TAG (default: test); prints the three names
#
# The private engine touches nothing of the machine's: its own socket and data, no iptables, no sysctl; a bridge docker0
# which goes with it. Published ports on 127.0.0.1 work (userland proxy), containers of one network reach each other, and nothing
# inside reaches the internet; builds use the machine's network. It needs root and dockerd (docker.io).
#
# Environment:
#   ANCLOUD_BASE          base image to use as it is
#   ANCLOUD_DOCKER_ROOT   images and layers of the private engine, default /var/cache/ancloud-docker; emptied at a start
#                         that finds it above 16 GB
#   ANCLOUD_DOCKER_RUN    its socket, pid and log, default /run/ancloud-docker
#   XDG_CACHE_HOME        default ~/.cache; base image and finished builds are kept in <cache>/ancloud/docker
set -euo pipefail
shopt -s inherit_errexit # a step that fails inside $(…) ends everything

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
data=${ANCLOUD_DOCKER_ROOT:-/var/cache/ancloud-docker}
run=${ANCLOUD_DOCKER_RUN:-/run/ancloud-docker}
ancloud_cache=${XDG_CACHE_HOME:-$HOME/.cache}/ancloud
cache=$ancloud_cache/docker
readonly max_kib=$((16 << 20))
readonly cgroup=ancloud-docker

say() { echo "docker: $*" >&2; }
die() { say "$*"; exit 1; }
answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: apt-get install --no-install-recommends $2"; }

# pid of the private engine; nothing when it does not run. The command line is compared, since pids are reused.
engine_pid() {
  local pid
  pid=$(cat "$run/dockerd.pid" 2>/dev/null) || return 0
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "--exec-root $run/exec "; then echo "$pid"; fi
}

print_host() { echo "${DOCKER_HOST:-unix:///var/run/docker.sock}"; }

use_engine() {
  need docker docker.io
  answers && return
  export DOCKER_HOST=unix://$run/docker.sock
  answers
}

start() {
  if use_engine; then
    print_host
    return
  fi
  need dockerd docker.io
  [ "$(id -u)" = 0 ] || die "no engine answers, and starting one needs root"
  mkdir -p "$run"
  exec 9>"$run/lock"
  flock 9
  if ! answers; then
    [ -z "$(engine_pid)" ] || die "dockerd (pid $(engine_pid)) runs but does not answer; see $run/dockerd.log"
    if [ -d "$data" ] && [ "$(du -sxk "$data" | cut -f1)" -gt $max_kib ]; then
      say "$data has grown above 16 GB: emptying it"
      rm -rf "$data"
    fi
    mkdir -p "$data"
    [ -e /sys/class/net/docker0 ] || : >"$run/made-docker0"
    # 9>&-: the engine must not hold the lock.
    setsid dockerd --data-root "$data" --exec-root "$run/exec" --pidfile "$run/dockerd.pid" \
      --host "unix://$run/docker.sock" --iptables=false --ip6tables=false --ip-forward=false \
      --ip-masq=false --cgroup-parent "/$cgroup" --log-level warn </dev/null >"$run/dockerd.log" 2>&1 9>&- &
    local tries
    for tries in $(seq 100); do
      answers && break
      sleep 0.2
    done
    answers || die "dockerd did not start: $(tail -n 3 "$run/dockerd.log")"
  fi
  print_host
}

stop() {
  local pid tries
  pid=$(engine_pid)
  if [ -n "$pid" ]; then
    # Containers of a test that was cut off, and the bridges of their networks.
    local containers
    containers=$(timeout 10 docker --host "unix://$run/docker.sock" ps -aq 2>/dev/null || true)
    # shellcheck disable=SC2086 # one word each
    [ -z "$containers" ] || docker --host "unix://$run/docker.sock" rm --force --volumes $containers >/dev/null || true
    docker --host "unix://$run/docker.sock" network prune -f >/dev/null || true
    kill -TERM "$pid"
    for tries in $(seq 150); do
      [ -n "$(engine_pid)" ] || break
      sleep 0.2
    done
    [ -z "$(engine_pid)" ] || { say "dockerd did not end in 30 s: killing it"; kill -KILL "$pid"; }
  fi
  # Parents that runc and BuildKit leave; rmdir takes none that is in use.
  find /sys/fs/cgroup -maxdepth 3 -depth -type d \( -path "*/$cgroup" -o -path "*/$cgroup/*" \) -exec rmdir {} + 2>/dev/null || true
  [ ! -e "$run/made-docker0" ] || ip link delete docker0 2>/dev/null || true
  # The engine leaves its network namespace mounted there.
  awk -v run="$run/" 'index($5, run) == 1 {print $5}' /proc/self/mountinfo | sort -r | xargs -r umount 2>/dev/null || true
  rm -rf "$run"
}

# ── the base image

sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT) #$(ORIGIN)' 'Created-By: Packages' |
    sed -n 's/ #\(Debian\|Ubuntu\)$//p' | grep -E " $1(-updates|-security)? " | sort -u
}

base() {
  if [ -n "${ANCLOUD_BASE:-}" ]; then echo "$ANCLOUD_BASE"; return; fi
  local slim=debian:bookworm-slim
  if docker image inspect "$slim" >/dev/null 2>&1 || timeout 30 docker pull -q "$slim" >/dev/null 2>&1; then
    echo "$slim"
    return
  fi
  need mmdebstrap mmdebstrap
  local suite list options key file
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  list=$(sources "$suite")
  [ -n "$list" ] || die "apt has no package lists for $suite; run apt-get update"
  # How this machine reaches its mirror; the same holds inside.
  options=$(apt-config dump --format '%F "%v";%n' Acquire::Check-Valid-Until Acquire::Check-Date Acquire::http Acquire::https)
  key=$({ echo "$list" "$options"; date +%Y-%m; cat "${BASH_SOURCE[0]}" /usr/local/share/ca-certificates/*.crt 2>/dev/null; } |
    sha256sum | cut -c1-12)
  local image=ancloud/base:$suite-$key
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    mkdir -p "$cache"
    file=$cache/base-$suite-$(dpkg --print-architecture)-$key.tar.gz
    exec 8>"$cache/lock"
    flock 8
    if [ ! -f "$file" ]; then
      say "making a base image of $suite with mmdebstrap (about 40 s)"
      rm -f "$cache"/base-*
      debootstrap "$suite" "$list" "$options" | gzip -1 >"$file.tmp"
      mv "$file.tmp" "$file"
    fi
    docker import "$file" "$image" >/dev/null
    exec 8>&-
  fi
  echo "$image"
}

# As Debian's own slim images: no documentation, no translations. The operator's own certificates are trusted inside too.
debootstrap() {
  local work
  work=$(mktemp -d)
  printf '%s\n' "$2" >"$work/sources"
  printf '%s\nAcquire::Retries "3";\n' "$3" >"$work/apt.conf"
  local arguments=(--quiet --variant=minbase --include=ca-certificates --aptopt="$work/apt.conf")
  local path
  for path in doc man locale info; do arguments+=(--dpkgopt="path-exclude=/usr/share/$path/*"); done
  arguments+=(--dpkgopt='path-include=/usr/share/doc/*/copyright')
  arguments+=(--customize-hook='cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null || true')
  arguments+=(--customize-hook='chroot "$1" update-ca-certificates >/dev/null 2>&1')
  local status=0
  mmdebstrap "${arguments[@]}" "$1" - "$work/sources" >&3 || status=$?
  rm -rf "$work"
  return $status
} 3>&1 1>&2

# ── ancloud's images

# Finished builds for the context, by hard link: this machine's own, and those an earlier build made inside.
fill_context_cache() {
  local to=$repo/.docker-cache guest
  rm -rf "$to"
  mkdir -p "$to"/{nats,mediasoup-worker,guest}
  local link=(cp -a --link)
  [ "$(stat -c %d "$repo")" = "$(stat -c %d "$ancloud_cache")" ] || link=(cp -a)
  "${link[@]}" "$ancloud_cache"/nats/[0-9]* "$to/nats/" 2>/dev/null || true
  "${link[@]}" "$ancloud_cache"/mediasoup-worker/[0-9]* "$to/mediasoup-worker/" 2>/dev/null || true
  guest=$ancloud_cache/guest/$(ANCLOUD_APT=0 "$repo/guest/build.sh" --hash 2>/dev/null || true).sqfs
  [ ! -f "$guest" ] || "${link[@]}" "$guest" "$to/guest/"
  [ ! -d "$cache/built" ] || "${link[@]}" "$cache/built/." "$to/"
  find "$to" -name '*lock' -delete
}

# What this build made anew, for the next one, wherever that runs: from the image of one stage, its folder of finished builds.
keep_builds() {
  local container kept=$cache/built/$2
  container=$(docker create "$1" true)
  rm -rf "$kept.new"
  mkdir -p "$kept.new"
  docker cp "$container:/root/.cache/ancloud/$2/." - | tar -C "$kept.new" -xf - --wildcards "$3" 2>/dev/null || true
  docker rm "$container" >/dev/null
  rm -rf "$kept"
  mv "$kept.new" "$kept"
}

images() {
  local tag=${1:-test} base_image registry target
  start >/dev/null
  use_engine || die "no engine answers"
  base_image=$(base)
  registry=$(cd / && npm config get registry 2>/dev/null || true)
  # An old client brings BuildKit's along; a newer one needs the plugin buildx, and has the classic builder without it.
  if docker version --format '{{.Client.Version}}' | grep -qE '^(1[89]|20)\.' || docker buildx version >/dev/null 2>&1; then
    export DOCKER_BUILDKIT=1
  else
    export DOCKER_BUILDKIT=0
  fi
  mkdir -p "$cache"
  exec 7>"$cache/build.lock"
  flock 7
  trap 'rm -rf "$repo/.docker-cache"' EXIT
  fill_context_cache
  local arguments=(--network host --build-arg "ANCLOUD_BASE=$base_image" --build-arg "NPM_CONFIG_REGISTRY=$registry")
  say "building ancloud's images on $base_image (minutes when nothing is cached)"
  for target in nats worker guest service media host store; do
    docker build "${arguments[@]}" --target "$target" -t "ancloud/$target:$tag" "$repo" >"$cache/build.log" 2>&1 ||
      { tail -n 40 "$cache/build.log" >&2; die "building $target failed; the whole log is $cache/build.log"; }
  done
  keep_builds "ancloud/nats:$tag" nats './[0-9]*'
  keep_builds "ancloud/worker:$tag" mediasoup-worker './[0-9]*'
  keep_builds "ancloud/guest:$tag" guest './*.sqfs'
  # With BuildKit the layers of earlier builds are its own cache, so images without a name only take room.
  if [ "$DOCKER_BUILDKIT" = 1 ] && [ "${DOCKER_HOST:-}" = "unix://$run/docker.sock" ]; then
    docker image prune -f >/dev/null
    docker builder prune -f --keep-storage 6GB >/dev/null
  fi
  printf 'ancloud/%s:%s\n' service "$tag" media "$tag" host "$tag" store "$tag"
}

case ${1:-} in
  start) start ;;
  status) use_engine && print_host ;;
  stop) stop ;;
  purge) stop; rm -rf "$data" ;;
  base) start >/dev/null; use_engine; base ;;
  images) images "${2:-}" ;;
  *) die "usage: tools/docker/engine.sh start | status | stop | purge | base | images [TAG]" ;;
esac
