#!/bin/bash
# Prints the path of a folder that holds a virtual machine's kernel with real binderfs; makes it when there is none.
#
#   usage: tools/binder-vm/build.sh            (no arguments; progress goes to stderr)
#
# No Debian kernel enables binderfs. This takes the newest amd64 kernel of bookworm-backports and rebuilds only
# drivers/android of its source as a module, with binderfs on. The folder, cached under
# ${XDG_CACHE_HOME:-~/.cache}/ancloud/binder-vm/<kernel version>-<hash of this folder>/, holds
#   vmlinuz  initrd.cpio  binder_linux.ko  modules/lib/modules/<version>  kernel-version
#
# Environment:
#   ANCLOUD_APT=0   as root, do not apt-get the tools, only say which are missing
#
# The packages of the kernel are downloaded and unpacked, never installed. backports is read through a private list made
# from the mirror this machine is configured with: its own sources stay as they are.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ancloud/binder-vm
readonly release=bookworm-backports
readonly tools=(gcc make xz-utils cpio busybox-static kmod binutils)
# In this order they are loaded; with what each needs.
readonly modules=(9p 9pnet_virtio overlay squashfs loop virtio_net crc32c_generic binder_linux)

say() { echo "binder-vm: $*" >&2; }
die() { say "$*"; exit 1; }

require_tools() {
  local package missing=()
  command -v dpkg-query >/dev/null || die "needs Debian's packages (no dpkg here)"
  for package in "${tools[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || [ "${ANCLOUD_APT:-1}" = 0 ]; then
    die "missing packages: run apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 ||
    { "${apt[@]}" update >&2 &&
      DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2; }
}

# Sets the array `apt`: options under which apt knows bookworm and backports of the configured mirror, and nothing else.
private_lists() {
  local base
  base=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -1)
  [ -n "$base" ] || die "no configured apt source for bookworm: run apt-get update first"
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$base" "$release" >"$cache/apt/sources.list"
  apt=(-q -o "Dir::Etc::sourcelist=$cache/apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::Lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt" -o APT::Sandbox::User=root)
}

build() {
  local version=$1 target=$2 work image kernel abi source
  work=$(mktemp -d "$cache/work.XXXXXX")
  # shellcheck disable=SC2064 # expanded now on purpose: `work` is gone when the trap runs
  trap "rm -rf '$work'" EXIT
  image=$(apt-cache "${apt[@]}" depends "linux-image-amd64=$version" | awk '/Depends: linux-image/ { print $2; exit }')
  kernel=${image#linux-image-}
  abi=${kernel%-amd64}
  source=linux-source-$(grep -oE '^[0-9]+\.[0-9]+' <<<"$abi")

  say "downloading the packages of kernel $kernel (about 275 MB)"
  mkdir "$work/deb" "$work/unpacked" "$work/source"
  (cd "$work/deb" && apt-get "${apt[@]}" download "$image=$version" "linux-headers-$kernel=$version" \
    "linux-headers-$abi-common=$version" "linux-kbuild-$abi=$version" "$source=$version") >&2
  local package
  for package in "$work"/deb/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
  rm -rf "$work/deb"

  say "building binder_linux with binderfs"
  tar -C "$work/source" -xf "$work/unpacked/usr/src/$source.tar.xz" --strip-components=1 --wildcards "$source/drivers/android/*"
  local headers=$work/unpacked/usr/src/linux-headers-$kernel
  # The headers name each other by the path they would have if installed.
  sed -i "s#include /usr/src/#include $work/unpacked/usr/src/#" "$headers/Makefile"
  local compiler
  compiler=$(command -v gcc-12 || command -v gcc)
  nice -n 10 make -s -j"$(nproc)" -C "$headers" M="$work/source/drivers/android" CC="$compiler" \
    CONFIG_ANDROID_BINDER_IPC=m CONFIG_ANDROID_BINDERFS=y CONFIG_DEBUG_INFO_BTF_MODULES= \
    KCFLAGS=-DCONFIG_ANDROID_BINDERFS=1 modules >&2

  local result=$work/result tree=$work/unpacked/lib/modules/$kernel
  mkdir -p "$result/modules/lib/modules"
  strip -g -o "$result/binder_linux.ko" "$work/source/drivers/android/binder_linux.ko"
  install -D -m 644 "$result/binder_linux.ko" "$tree/extra/binder_linux.ko"
  # Debian's own, which makes nodes and has no binderfs, by a name that nothing loads by itself.
  xzcat -f "$tree"/kernel/drivers/android/binder_linux.ko* >"$tree/extra/binder_without_binderfs.ko"
  rm -f "$tree"/kernel/drivers/android/binder_linux.ko* "$tree/build" "$tree/source"
  mv "$tree" "$result/modules/lib/modules/"
  depmod -b "$result/modules" "$kernel"
  cp "$work/unpacked/boot/vmlinuz-$kernel" "$result/vmlinuz"
  echo "$kernel" >"$result/kernel-version"
  initramfs "$work/root" "$result" "$kernel"
  mv -T "$result" "$target"
}

# busybox, our init, and the modules in the order they have to be loaded.
initramfs() {
  local root=$1 result=$2 kernel=$3 module path name
  mkdir -p "$root"/{bin,dev,proc,sys,lib/modules}
  cp /usr/bin/busybox "$root/bin/"
  install -m 755 "$here/vm-init" "$root/init"
  for module in "${modules[@]}"; do
    modprobe -d "$result/modules" -S "$kernel" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
  done | awk '!seen[$0]++' | while read -r path; do
    name=$(basename "$path" .xz)
    case $path in
      *.xz) xzcat "$path" >"$root/lib/modules/$name" ;;
      *) cp "$path" "$root/lib/modules/$name" ;;
    esac
    strip -g "$root/lib/modules/$name"
    echo "$name" >>"$root/lib/modules/order"
  done
  (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$result/initrd.cpio"
}

main() {
  [ $# = 0 ] || die "takes no arguments (the path is printed on stdout)"
  [ "$(uname -m)" = x86_64 ] || die "only for x86_64 machines"
  local apt hash version target known
  mkdir -p "$cache"
  hash=$(cd "$here" && sha256sum build.sh vm-init | sha256sum | cut -c1-16)
  exec 9>"$cache/lock"
  flock -n 9 || { say "waiting for another build"; flock 9; }

  # What was built once serves until this folder changes; a newer kernel of the archive is no reason to build again.
  for known in "$cache"/*-"$hash"; do
    [ -f "$known/initrd.cpio" ] && { echo "$known"; return; }
  done
  require_tools
  private_lists
  say "reading the package lists of $release"
  apt-get "${apt[@]}" update >&2
  version=$(apt-cache "${apt[@]}" madison linux-image-amd64 | awk -F'|' '{ gsub(/ /, "", $2); print $2; exit }')
  [ -n "$version" ] || die "$release has no linux-image-amd64"
  target=$cache/${version//[^A-Za-z0-9.+~-]/_}-$hash
  build "$version" "$target"
  echo "$target"
}

main "$@"
