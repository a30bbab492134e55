// Between pm and installd, on /dev/socket/installd (SOCK_SEQPACKET, from init; installd runs as system, pm as whoever).
//
//   request  one packet: words, each ended by NUL: "install", flags in decimal | "remove", package
//            with the open APK as SCM_RIGHTS for install: what the caller may not read it cannot install
//   answer   one packet: text, empty for success ("INSTALL_FAILED_…" otherwise)
// Only root, system and shell are served.
#pragma once

#define INSTALLD_SOCKET "/dev/socket/installd"
#define APP_ROOT "/data/app"
#define SYSTEM_PACKAGES "/system/etc/system-packages"
