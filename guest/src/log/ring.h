// logd's memory: the newest entries, oldest first. Pure.
#pragma once

#include <stdint.h>

#include "log/log.h"

enum { RING_BYTES = 1 << 20 }; // of entries with their heads; the oldest go when a new one needs the room

struct ring_entry {
    struct ring_entry *next; // younger
    uint64_t sequence;       // 1 for the first entry ever, grows by one
    struct log_entry head;
    char payload[]; // head.len bytes: priority, tag, NUL, text, NUL
};

struct ring {
    struct ring_entry *oldest, *newest; // owned
    uint64_t sequence;                  // of the newest entry ever added
    uint32_t bytes;
};

// Takes a copy. 0, or -1: out of memory, or payload of more than LOG_TEXT_MAX or less than 3 bytes.
int ring_add(struct ring *r, const struct log_entry *head, const char *payload, uint32_t len);
// The first entry younger than `after` in one of the buffers (bits of `lids`), or NULL.
const struct ring_entry *ring_next(const struct ring *r, uint64_t after, uint32_t lids);
// Sequence before the newest `count` entries of these buffers: ring_next(that) gives the first of them.
uint64_t ring_tail(const struct ring *r, uint32_t count, uint32_t lids);
void ring_clear(struct ring *r, uint32_t lids);
