// One property area file, byte for byte as bionic lays it out
// (AOSP bionic libc/system_properties/include/system_properties/{prop_area,prop_info}.h, the form since Android 11:
// behind the root node stands a 92-byte backup of the value that is being written).
//
//   header   128 bytes: u32 bytes used, u32 serial, u32 magic, u32 version, 28 reserved u32
//   data     offsets count from its start; the root node stands at 0
//   node     u32 name length, u32 prop, u32 left, u32 right, u32 children, name, NUL; one level per dotted part,
//            siblings are a binary tree ordered by length, then by bytes
//   prop     u32 serial, value[92], name, NUL. serial: top byte value length, bit 16 long value, bit 0 being written
//   long     the value field holds a hint text and, 56 bytes in, the value's offset from the prop
//
// One writer (init) per file; any number of readers in other processes. No locks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AREA_SIZE = 128 * 1024,
    AREA_HEADER = 128,
    AREA_FIRST = 112, // bytes used of an empty area: root node (20, it has no name and no NUL) and backup (92)
    AREA_MAGIC = 0x504f5250,
    AREA_LONG = 1 << 16,
    AREA_LONG_OFFSET = 56,
};
#define AREA_VERSION 0xfc6ed0abu

struct area {
    uint8_t *map; // the whole file, owned; NULL when closed
    size_t size;
    bool writable;
};

// Makes (or empties) the file, mode 0444, for the only writer. 0, or -1 with errno.
int area_create(struct area *a, const char *path);
// Maps an existing file read-only. 0, or -1 with errno (EINVAL: not a property area).
int area_open(struct area *a, const char *path);
void area_close(struct area *a);

// Offset of the prop, or 0 when absent.
uint32_t area_find(const struct area *a, const char *name);

// Copies the value (cut, always NUL) and returns its whole length. Consistent also while the writer writes.
// serial, when not NULL, gets the serial that the value belongs to.
int area_read(const struct area *a, uint32_t prop, char *value, size_t n, uint32_t *serial);

// Name of a prop; points into the map, valid until area_close.
const char *area_name(const struct area *a, uint32_t prop);

// Adds a property that is not there. Values of PROP_VALUE_MAX bytes and more are stored long.
// 0, or -1: ENOMEM area full, EINVAL a name with empty parts.
int area_add(struct area *a, const char *name, const char *value);

// Replaces a value (shorter than PROP_VALUE_MAX, not long) and wakes who waits on the prop's serial. 0, or -1 EINVAL.
int area_update(struct area *a, uint32_t prop, const char *value);

// Calls each for every prop until it returns non-zero; returns that value or 0.
int area_foreach(const struct area *a, int (*each)(const struct area *a, uint32_t prop, void *cookie), void *cookie);

// The header's serial: only that of the file properties_serial is ever used.
uint32_t area_serial(const struct area *a);
// Adds one to it and wakes all who wait.
void area_bump(struct area *a);
// Waits until the serial differs from old. timeout_ms < 0: for ever. 1 differs, 0 time is over.
int area_wait(const struct area *a, uint32_t old, int timeout_ms);
