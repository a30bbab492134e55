#!/bin/sh
# Makes the reference guest: guest/build.sh [OUT.sqfs] prints the path of the squashfs (and copies it to OUT.sqfs).
#
#   --hash       only prints the content hash: of the sources and of the versions of the packages they are built with
#   ANCLOUD_APT  0: install nothing; say what is missing and exit with 3 (also when not root)
#
# The image is kept as ${XDG_CACHE_HOME:-~/.cache}/ancloud/guest/<hash>.sqfs and appears there whole or not at all.
# adbd and busybox come as packages from this machine's own Debian or Ubuntu mirror, unpacked beside the system, which is
# not changed by them. Needs no root once the packages of `packages` are installed.
set -eu
export LC_ALL=C
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ancloud/guest
[ -r /etc/os-release ] && . /etc/os-release
suite=${VERSION_CODENAME:-unknown}
arch=$(uname -m)

say() { printf 'guest: %s\n' "$*" >&2; }
die() { printf 'guest: %s\n' "$2" >&2; exit "$1"; }

# Debian packages that the build needs installed; each part may name its own in src/<part>/packages.
packages() {
  { echo gcc; echo make; echo libc6-dev; echo linux-libc-dev; echo binutils; echo squashfs-tools
    cat "$here"/src/*/packages 2>/dev/null || true; } | sed 's/#.*//; /^[[:space:]]*$/d' | sort -u
}

installed() { dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' $(packages) 2>/dev/null | sed -n 's/ installed$//p'; }

# Everything that decides what is in the image; names and bytes, no times, no owners.
content_hash() {
  { ( cd "$here" && find build.sh Makefile src rootfs -type f ! -name '*_test.c' ! -path 'src/test/*' ! -name 'test.sh' ! -name '*.py' -o -type l | sort |
        while IFS= read -r f; do
          if [ -L "$f" ]; then printf '%s -> %s\n' "$f" "$(readlink "$f")"; else sha256sum "$f"; fi
        done )
    echo "$suite $arch"
    installed | sort
  } | sha256sum | cut -c1-64
}

# adbd and busybox with all libraries they need, into $1. The suite's own package, or that of its backports, found
# through the mirror that this machine is configured with.
fetch_packages() {
  root=$1 apt=$cache/apt-$suite-$arch
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  : > "$apt/status" # an empty machine, so that the whole closure is fetched, whatever is installed here
  set -- -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$apt/lists" \
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" -o Dir::Cache::archives="$apt/archives" \
    -o Debug::NoLocking=true -o APT::Sandbox::User= -o APT::Install-Recommends=false -qq
  if [ ! -e "$apt/complete" ]; then
    base=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" 'Created-By: Packages' | head -n 1)
    [ -n "$base" ] || die 4 "apt knows no mirror for '$suite': /etc/apt/sources.list"
    components=main
    [ "${ID:-}" = ubuntu ] && components='main universe'
    say "looking for adbd in $suite"
    echo "deb $base $suite $components" > "$apt/sources.list"
    apt-get "$@" update >&2 || die 4 "apt-get update failed for $suite"
    if ! apt-get "$@" install -y --download-only adbd busybox-static >/dev/null 2>&1; then
      say "fetching adbd from $suite-backports"
      echo "deb $base $suite-backports $components" >> "$apt/sources.list"
      apt-get "$@" update >&2 || die 4 "apt-get update failed for $suite-backports"
      b=$suite-backports
      apt-get "$@" install -y --download-only adbd/$b android-libcutils/$b android-libbase/$b android-liblog/$b \
        busybox-static >&2 || die 4 "no adbd for $suite: neither in it nor in its backports"
    fi
    : > "$apt/complete"
  fi
  for deb in "$apt"/archives/*.deb; do
    case ${deb##*/} in libc6_*) continue ;; esac # the programs built here use this machine's, so all do
    dpkg-deb -x "$deb" "$root"
    dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb" >> "$root/versions"
  done
}

# Copies every library that the ELF files named need, and the loader, into $1/system/lib64.
libraries() {
  target=$1
  shift
  for elf; do ldd "$elf" 2>/dev/null || true; done | awk '/=> \// {print $3} /^\t\/.*ld-linux/ {print $1}' | sort -u |
    while IFS= read -r lib; do cp -Lf "$lib" "$target/system/lib64/${lib##*/}"; done
}

assemble() {
  tree=$1 debs=$2 bins=$3
  mkdir -p "$tree"
  cp -R "$here/rootfs/." "$tree/"
  mkdir -p "$tree/system/bin" "$tree/system/lib64" "$tree/vendor/bin" "$tree/vendor/etc/init" "$tree/sbin" "$tree/storage"
  for d in dev proc sys data mnt tmp apex acct odm product; do mkdir -p "$tree/$d"; done
  ln -s system/bin "$tree/bin"
  ln -s system/etc "$tree/etc"
  ln -s system/lib64 "$tree/lib64"
  ln -s system/lib64 "$tree/lib"
  ln -s /data/media "$tree/sdcard"

  install -m 755 "$debs/bin/busybox" "$tree/system/bin/busybox" 2>/dev/null || install -m 755 "$debs/usr/bin/busybox" "$tree/system/bin/busybox"
  # Not those that would stand in the way of Android's own commands, or that make no sense in a phone.
  for applet in $("$tree/system/bin/busybox" --list); do
    case $applet in
      busybox | init | linuxrc | reboot | halt | poweroff | run-init | switch_root | pivot_root | telnetd | httpd | crond | crontab | \
      getty | login | su | sulogin | passwd | dpkg | dpkg-deb | rpm | rpm2cpio | start-stop-daemon | sv* | run-parts | syslogd | klogd | logread | loadkmap | setkeycodes) ;;
      *) ln -s busybox "$tree/system/bin/$applet" ;;
    esac
  done

  for program in "$bins"/bin/*; do
    name=${program##*/}
    if [ -L "$program" ]; then
      ln -s "$(basename "$(readlink "$program")")" "$tree/system/bin/$name"
    else
      strip -o "$tree/system/bin/$name" "$program"
      chmod 755 "$tree/system/bin/$name"
    fi
  done
  mv "$tree/system/bin/init" "$tree/init"
  mv "$tree/system/bin/control" "$tree/system/bin/reboot"
  ln -s reboot "$tree/system/bin/start"
  ln -s reboot "$tree/system/bin/stop"
  ln -s pm "$tree/system/bin/cmd"

  install -m 755 "$debs/usr/lib/android-sdk/platform-tools/adbd" "$tree/system/bin/adbd"
  # Files of this machine that parts want in the image: lines of "path on this machine, path in the guest".
  cat "$here"/src/*/files 2>/dev/null | sed 's/#.*//; /^[[:space:]]*$/d' | while read -r from to; do
    install -D -m 644 "$from" "$tree$to"
  done
  LD_LIBRARY_PATH=$(find "$debs" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':') libraries "$tree" "$tree/system/bin/adbd"
  libraries "$tree" "$tree/init" "$bins"/bin/*
  ldconfig -X -r "$tree"
  rm -rf "$tree/system/etc/ldconfig" "$tree/var" "$tree/system/etc/ld.so.conf.d"
  case $arch in x86_64) abi=x86_64 ;; aarch64) abi=arm64-v8a ;; *) abi=$arch ;; esac
  printf 'ro.product.cpu.abi=%s\nro.product.cpu.abilist=%s\nro.product.cpu.abilist64=%s\n' $abi $abi $abi >> "$tree/system/build.prop"
  { cat "$debs/versions"; installed; } | sort -u > "$tree/system/etc/packages"
  cp "$here/NOTICE" "$tree/system/etc/NOTICE"
}

build() {
  out=$1 hash=$2
  work=$(mktemp -d "${TMPDIR:-/tmp}/ancloud-guest-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  say "compiling"
  nice make -C "$here" -s OUT="$work/out" -j "$(nproc)" programs >&2
  say "unpacking packages"
  mkdir "$work/debs"
  fetch_packages "$work/debs"
  say "assembling the file system"
  assemble "$work/root" "$work/debs" "$work/out"
  echo "ro.ancloud.guest.hash=$hash" >> "$work/root/system/build.prop"
  say "packing"
  unset SOURCE_DATE_EPOCH
  mksquashfs "$work/root" "$work/image" -noappend -no-progress -quiet -no-xattrs -comp zstd -Xcompression-level 19 \
    -all-root -mkfs-time 0 -all-time 0 -p 'system/bin m 751 0 2000' -p 'vendor/bin m 751 0 2000' -p 'tmp m 1777 0 0' \
    -p 'data m 771 1000 1000' >&2
  size=$(stat -c %s "$work/image")
  [ "$size" -le $((40 * 1024 * 1024)) ] || die 5 "the image has $size bytes, more than 40 MiB"
  mv "$work/image" "$out.tmp.$$"
  mv "$out.tmp.$$" "$out"
  # Older sources' images: the newest eight stay for other checkouts of this machine.
  ls -t "$cache"/*.sqfs | tail -n +9 | while IFS= read -r old; do rm -f "$old"; done
  say "done: $((size / 1024)) KiB"
}

case ${1:-} in
  --hash) content_hash; exit ;;
  -*) die 2 "usage: build.sh [--hash | OUT.sqfs]" ;;
esac
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9 # the second of two waits and then finds the first one's image
"$here/../tools/apt/need.sh" guest $(packages) || die 3 "the packages above are missing"
hash=$(content_hash)
image=$cache/$hash.sqfs
[ -e "$image" ] || build "$image" "$hash"
if [ -n "${1:-}" ]; then
  cp "$image" "$1.tmp.$$"
  mv "$1.tmp.$$" "$1"
  image=$1
fi
printf '%s\n' "$image"
