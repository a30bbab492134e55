// Between pm and installd, on /dev/socket/installd (SOCK_SEQPACKET, from init; installd runs as system, pm as whoever).
//
//   request  one packet: words, each ended by NUL: "install", flags in decimal | "remove", package | "list", ""
//            with the open APK as SCM_RIGHTS for install: what the caller may not read it cannot install
//   answer   one packet: text, empty for success ("INSTALL_FAILED_…" otherwise); for list, lines of
//            "package path third-party(0|1) version-code" (/data/app itself is not for everybody's eyes)
// Only root, system and shell are served.
#pragma once

enum { INSTALLD_ANSWER_MAX = 1 << 16 };
#define INSTALLD_SOCKET "/dev/socket/installd"
#define APP_ROOT "/data/app"
#define SYSTEM_PACKAGES "/system/etc/system-packages"
