#include "ring.h"

#include <stdlib.h>
#include <string.h>

static int is_in(const struct ring_entry *e, uint32_t lids) {
    return lids >> e->head.lid & 1;
}

static void drop_oldest(struct ring *r) {
    struct ring_entry *e = r->oldest;
    r->bytes -= (uint32_t)sizeof *e + e->head.len;
    r->oldest = e->next;
    if (!r->oldest) r->newest = NULL;
    free(e);
}

int ring_add(struct ring *r, const struct log_entry *head, const char *payload, uint32_t len) {
    if (len < 3 || len > LOG_TEXT_MAX) return -1;
    struct ring_entry *e = malloc(sizeof *e + len);
    if (!e) return -1;
    *e = (struct ring_entry){.sequence = ++r->sequence, .head = *head};
    e->head.len = (uint16_t)len;
    memcpy(e->payload, payload, len);
    e->payload[len - 1] = 0; // readers rely on it
    r->bytes += (uint32_t)sizeof *e + len;
    if (r->newest) r->newest->next = e; else r->oldest = e;
    r->newest = e;
    while (r->bytes > RING_BYTES) drop_oldest(r);
    return 0;
}

const struct ring_entry *ring_next(const struct ring *r, uint64_t after, uint32_t lids) {
    const struct ring_entry *e = r->oldest;
    if (!r->newest || r->newest->sequence <= after) return NULL;
    while (e && (e->sequence <= after || !is_in(e, lids))) e = e->next;
    return e;
}

uint64_t ring_tail(const struct ring *r, uint32_t count, uint32_t lids) {
    uint32_t all = 0;
    const struct ring_entry *e = r->oldest;
    for (; e; e = e->next) all += is_in(e, lids) != 0;
    for (e = r->oldest; e && all > count; e = e->next) all -= is_in(e, lids) != 0;
    return e ? e->sequence - 1 : r->sequence;
}

void ring_clear(struct ring *r, uint32_t lids) {
    struct ring_entry *e = r->oldest;
    r->oldest = r->newest = NULL;
    r->bytes = 0;
    while (e) {
        struct ring_entry *next = e->next;
        if (is_in(e, lids)) {
            free(e);
        } else {
            e->next = NULL;
            if (r->newest) r->newest->next = e; else r->oldest = e;
            r->newest = e;
            r->bytes += (uint32_t)sizeof *e + e->head.len;
        }
        e = next;
    }
}
