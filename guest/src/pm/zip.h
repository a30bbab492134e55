// Reads one file out of a zip archive (APPNOTE.TXT): enough for an APK's manifest. Everything in the archive is taken
// as written by an enemy: all offsets are checked, output is bounded, and no name in it is ever used as a path.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum zip_error { ZIP_OK = 0, ZIP_NOT_A_ZIP = -1, ZIP_NO_ENTRY = -2, ZIP_DAMAGED = -3, ZIP_TOO_BIG = -4, ZIP_UNSUPPORTED = -5 };

// The bytes of the entry; *out is the caller's to free. More than limit bytes is ZIP_TOO_BIG, whatever the archive claims.
// Of two entries with the name the first counts, as for Android.
enum zip_error zip_read(const uint8_t *zip, size_t size, const char *name, size_t limit, uint8_t **out, size_t *out_size);
