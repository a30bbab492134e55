#!/bin/bash
# Prints the path of a mediasoup worker that runs on this machine; builds one when there is none.
#
#   usage: tools/mediasoup-worker/build.sh            (no arguments; progress goes to stderr)
#
# Tried in this order:
#   1. $MEDIASOUP_WORKER_BIN, when set. If it does not run that is an error, never a reason to take another.
#   2. the binary that mediasoup's own postinstall downloads, node_modules/mediasoup/worker/out/Release.
#   3. the cache: ${XDG_CACHE_HOME:-~/.cache}/ancloud/mediasoup-worker/<version>-<hash>/mediasoup-worker
#      (a cache folder that is not writable, in a read-only container say, is used as it is).
#   4. a build of the worker sources inside the npm package, against the system's libraries, into the cache.
#
# Environment:
#   MEDIASOUP_WORKER_BIN  see 1; mediasoup itself reads the same variable at run time
#   ANCLOUD_APT=0         as root, do not apt-get the build packages, only say which are missing
#   CXX, CXXFLAGS         as CMake takes them; they are part of the hash
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
readonly fallback_version=3.27.1
readonly packages=(g++ cmake ninja-build pkg-config flatbuffers-compiler libflatbuffers-dev libabsl-dev
  libsrtp2-dev libssl-dev libuv1-dev)

say() { echo "mediasoup-worker: $*" >&2; }
die() { say "$*"; exit 1; }

# Started by hand, without the variable its parent sets, a worker says so and exits with 41. To get that
# far it has been loaded and linked, so this is the whole smoke test.
runs() {
  [ -x "$1" ] || return 1
  local status=0
  env -u MEDIASOUP_VERSION "$1" </dev/null >/dev/null 2>&1 || status=$?
  [ "$status" = 41 ]
}

# The installed package, in the root's node_modules or (when npm could not hoist it) in media-svc's.
installed_package() {
  local dir
  for dir in "$root/node_modules/mediasoup" "$root/services/media-svc/node_modules/mediasoup"; do
    [ -f "$dir/worker/src/lib.cpp" ] && [ -f "$dir/package.json" ] && { echo "$dir"; return; }
  done
  return 0
}

# The exact version: of the installed package, else as locked, else as media-svc asks for it.
wanted_version() {
  local package=$1 version=
  if [ -n "$package" ]; then
    version=$(sed -n 's/^[[:space:]]*"version":[[:space:]]*"\([^"]*\)".*/\1/p' "$package/package.json" | head -1)
  fi
  if [ -z "$version" ] && [ -f "$root/package-lock.json" ]; then
    version=$(grep -A2 -E '"([^"]*/)?node_modules/mediasoup": \{' "$root/package-lock.json" |
      sed -n 's/.*"version": "\([^"]*\)".*/\1/p' | head -1)
  fi
  if [ -z "$version" ] && [ -f "$root/services/media-svc/package.json" ]; then
    version=$(sed -n 's/.*"mediasoup": "\([0-9][^"]*\)".*/\1/p' "$root/services/media-svc/package.json" | head -1)
  fi
  echo "${version:-$fallback_version}"
}

# Everything that decides what the binary is, but for mediasoup's version. Library versions belong in it
# because abseil's shared libraries are renamed with every release.
build_hash() {
  {
    (cd "$here" && find CMakeLists.txt shim -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    uname -m
    "${CXX:-g++}" -dumpfullversion
    echo "${CXX:-} ${CXXFLAGS:-}"
    flatc --version
    pkg-config --modversion openssl libuv libsrtp2 absl_strings
  } | sha256sum | cut -c1-16
}

build() {
  local package=$1 version=$2 target=$3 work
  work=$(mktemp -d "${TMPDIR:-/tmp}/mediasoup-worker.XXXXXX")
  # shellcheck disable=SC2064 # expanded now on purpose: `work` is gone when the trap runs
  trap "rm -rf '$work'" EXIT
  if [ -z "$package" ]; then
    say "fetching the npm package mediasoup@$version"
    # npm pack runs none of the package's scripts and checks the archive against the registry's hash.
    (cd "$work" && npm pack --silent "mediasoup@$version" >/dev/null && tar xzf mediasoup-*.tgz)
    package=$work/package
  fi
  say "building $version from $package (about 5 minutes of CPU time)"
  cmake -S "$here" -B "$work/build" -G Ninja -DWORKER="$package/worker" >&2
  nice -n 10 ninja -C "$work/build" >&2
  runs "$work/build/mediasoup-worker" || die "the new worker does not answer with exit status 41"
  # Complete under another name first: whoever sees the final name sees a whole file.
  install -m 755 "$work/build/mediasoup-worker" "$target.new.$$"
  mv -f "$target.new.$$" "$target"
}

main() {
  [ $# = 0 ] || die "takes no arguments (the path is printed on stdout)"
  if [ -n "${MEDIASOUP_WORKER_BIN:-}" ]; then
    runs "$MEDIASOUP_WORKER_BIN" || die "MEDIASOUP_WORKER_BIN=$MEDIASOUP_WORKER_BIN is no worker that runs here"
    echo "$MEDIASOUP_WORKER_BIN"
    return
  fi
  local package version
  package=$(installed_package)
  if [ -n "$package" ] && runs "$package/worker/out/Release/mediasoup-worker"; then
    echo "$package/worker/out/Release/mediasoup-worker"
    return
  fi
  version=$(wanted_version "$package")
  "$here/../apt/need.sh" mediasoup-worker "${packages[@]}"
  local dir target
  dir=${XDG_CACHE_HOME:-$HOME/.cache}/ancloud/mediasoup-worker/$version-$(build_hash)
  target=$dir/mediasoup-worker
  if ! runs "$target"; then
    mkdir -p "$dir"
    exec 9>"$dir/lock"
    flock -n 9 || { say "waiting for another build"; flock 9; }
    runs "$target" || build "$package" "$version" "$target"
  fi
  echo "$target"
}

main "$@"
