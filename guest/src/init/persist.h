// persist.* properties on disk: /data/property/persistent_properties, the protobuf that Android writes there
// (AOSP init/persistent_properties.proto: repeated record = 1 { name = 1, value = 2 }).
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PERSIST_FILE "/data/property/persistent_properties"

struct persist_record {
    char *name, *value; // owned
};
struct persist_records {
    struct persist_record *items;
    size_t count;
};

// Bytes to records. 0, or -1 for damaged bytes (records read so far are kept). Unknown fields are skipped.
int persist_decode(const uint8_t *bytes, size_t n, struct persist_records *into);
// Records to bytes; the caller frees. NULL when out of memory.
uint8_t *persist_encode(const struct persist_records *records, size_t *n);
// Adds or replaces. 0, or -1 when out of memory.
int persist_put(struct persist_records *records, const char *name, const char *value);
void persist_free(struct persist_records *records);

// Reads the file and sets each property it holds; from then on persist_save() writes. Both log what fails.
void persist_load(void);
// Remembers one property, rewriting the file (temporary file, fsync, rename). Before persist_load() it does nothing.
void persist_save(const char *name, const char *value);
