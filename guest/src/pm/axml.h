// The head of a binary AndroidManifest.xml (AOSP frameworks/base libs/androidfw/include/androidfw/ResourceTypes.h):
// attributes of its first element, <manifest>. Pure; all offsets are checked.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct manifest {
    char package[224];      // valid by manifest_legal_package
    char version_name[64];  // empty when absent or a resource
    uint32_t version_code;  // 0 when absent
    char split[64];         // empty for a base APK
};

// 0, or -1: not a binary manifest, damaged, or without a valid package name.
int manifest_parse(const uint8_t *bytes, size_t size, struct manifest *m);

// Java package name with at least two parts, each a letter first, then letters, digits, _ (AOSP FrameworkParsingPackageUtils
// validateName): such a name can be a directory's name.
int manifest_legal_package(const char *name);
