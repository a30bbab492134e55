// The packages of this phone: those of the image (lines of /system/etc/system-packages) and those installed,
// <root>/<package>/base.apk. An installed package's version stands in its `version` file beside it.
#pragma once

#include <stdint.h>

enum { INSTALL_REPLACE = 1, INSTALL_ALLOW_DOWNGRADE = 2 };
enum { APK_MAX = 1 << 30, MANIFEST_MAX = 4 << 20 };

// Installs the APK that fd is open on (a regular file, read from its start). package[224] gets its name when known.
// NULL, or Android's name of the failure ("INSTALL_FAILED_INVALID_APK: why"), valid until the next call.
const char *packages_install(const char *root, int fd, unsigned flags, char *package);

// NULL, or the failure ("DELETE_FAILED_INTERNAL_ERROR").
const char *packages_remove(const char *root, const char *package);

// Path of the APK, or -1: not installed.
int packages_path(const char *root, const char *package, char *path, unsigned size);

// Calls each for every package by name. third_party: 1 installed, 0 of the image; version code 0 when unknown.
void packages_list(const char *root, const char *system_list,
                   void (*each)(const char *package, const char *path, int third_party, uint32_t version, void *cookie),
                   void *cookie);
