#include "persist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "klog.h"
#include "store.h"

enum { FIELD_1_BYTES = 0x0a, FIELD_2_BYTES = 0x12, FILE_LIMIT = 1 << 20 };

static struct persist_records saved;
static int loaded;

static int varint(const uint8_t **at, const uint8_t *end, size_t *value) {
    *value = 0;
    for (int shift = 0; *at < end && shift < 35; shift += 7) {
        uint8_t b = *(*at)++;
        *value |= (size_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) return 0;
    }
    return -1;
}

static int record_decode(const uint8_t *at, const uint8_t *end, struct persist_records *into) {
    char *text[2] = {NULL, NULL};
    int r = -1;
    while (at < end) {
        size_t tag, n;
        if (varint(&at, end, &tag) < 0 || (tag & 7) != 2 || varint(&at, end, &n) < 0 || n > (size_t)(end - at)) goto out;
        if (tag == FIELD_1_BYTES || tag == FIELD_2_BYTES) {
            char **field = &text[tag == FIELD_2_BYTES];
            free(*field);
            if (!(*field = strndup((const char *)at, n))) goto out;
        }
        at += n;
    }
    r = text[0] ? persist_put(into, text[0], text[1] ? text[1] : "") : 0;
out:
    free(text[0]);
    free(text[1]);
    return r;
}

int persist_decode(const uint8_t *bytes, size_t size, struct persist_records *into) {
    const uint8_t *at = bytes, *end = bytes + size;
    while (at < end) {
        size_t tag, n;
        if (varint(&at, end, &tag) < 0 || (tag & 7) != 2 || varint(&at, end, &n) < 0 || n > (size_t)(end - at)) return -1;
        if (tag == FIELD_1_BYTES && record_decode(at, at + n, into) < 0) return -1;
        at += n;
    }
    return 0;
}

static size_t varint_size(size_t v) {
    size_t n = 1;
    while (v >>= 7) n++;
    return n;
}

static uint8_t *put_head(uint8_t *at, uint8_t tag, size_t n) {
    *at++ = tag;
    for (; n >= 0x80; n >>= 7) *at++ = (uint8_t)(n | 0x80);
    *at++ = (uint8_t)n;
    return at;
}

static size_t record_size(const struct persist_record *r) {
    size_t n = strlen(r->name), v = strlen(r->value);
    return 1 + varint_size(n) + n + 1 + varint_size(v) + v;
}

uint8_t *persist_encode(const struct persist_records *records, size_t *size) {
    *size = 0;
    for (size_t i = 0; i < records->count; i++) {
        size_t n = record_size(&records->items[i]);
        *size += 1 + varint_size(n) + n;
    }
    uint8_t *bytes = malloc(*size + 1), *at = bytes;
    for (size_t i = 0; bytes && i < records->count; i++) {
        const struct persist_record *r = &records->items[i];
        at = put_head(at, FIELD_1_BYTES, record_size(r));
        at = put_head(at, FIELD_1_BYTES, strlen(r->name));
        at = mempcpy(at, r->name, strlen(r->name));
        at = put_head(at, FIELD_2_BYTES, strlen(r->value));
        at = mempcpy(at, r->value, strlen(r->value));
    }
    return bytes;
}

int persist_put(struct persist_records *records, const char *name, const char *value) {
    char *copy = strdup(value);
    if (!copy) return -1;
    for (size_t i = 0; i < records->count; i++) {
        if (strcmp(records->items[i].name, name)) continue;
        free(records->items[i].value);
        records->items[i].value = copy;
        return 0;
    }
    struct persist_record *grown = realloc(records->items, (records->count + 1) * sizeof *grown);
    char *key = strdup(name);
    if (grown) records->items = grown;
    if (!grown || !key) {
        free(copy);
        free(key);
        return -1;
    }
    grown[records->count++] = (struct persist_record){key, copy};
    return 0;
}

void persist_free(struct persist_records *records) {
    for (size_t i = 0; i < records->count; i++) {
        free(records->items[i].name);
        free(records->items[i].value);
    }
    free(records->items);
    *records = (struct persist_records){0};
}

void persist_load(void) {
    uint8_t *bytes = malloc(FILE_LIMIT);
    // O_NOFOLLOW: /data is the phone's own and survives it; its owner may have put anything there.
    int fd = open(PERSIST_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 && bytes ? read(fd, bytes, FILE_LIMIT) : 0;
    if (fd >= 0) close(fd);
    struct persist_records records = {0};
    if (n < 0 || (n > 0 && persist_decode(bytes, (size_t)n, &records) < 0))
        LOGE("Unable to read persistent property file: damaged; %zu properties kept", records.count);
    free(bytes);
    for (size_t i = 0; i < records.count; i++)
        if (strncmp(records.items[i].name, "persist.", 8) == 0) store_default(records.items[i].name, records.items[i].value);
    persist_free(&saved);
    saved = records;
    loaded = 1;
    store_default("ro.persistent_properties.ready", "true");
}

void persist_save(const char *name, const char *value) {
    size_t n;
    if (!loaded || persist_put(&saved, name, value) < 0) return;
    uint8_t *bytes = persist_encode(&saved, &n);
    int fd = open(PERSIST_FILE ".tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int ok = bytes && fd >= 0 && write(fd, bytes, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    free(bytes);
    if (!ok || rename(PERSIST_FILE ".tmp", PERSIST_FILE) < 0)
        LOGE("Could not store persistent property %s: %s", name, strerror(errno));
}
