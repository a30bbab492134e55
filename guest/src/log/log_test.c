#include <string.h>

#include "log/filter.h"
#include "log/ring.h"
#include "test/check.h"

static void add(struct ring *r, unsigned lid, const char *text) {
    char payload[128] = {LOG_INFO, 't', 0};
    struct log_entry head = {.lid = lid};
    strcpy(payload + 3, text);
    ring_add(r, &head, payload, 3 + (uint32_t)strlen(text) + 1);
}

static void ring_gives_in_order_and_by_buffer(void) {
    struct ring r = {0};
    add(&r, LOG_ID_MAIN, "a");
    add(&r, LOG_ID_KERNEL, "b");
    add(&r, LOG_ID_MAIN, "c");
    const struct ring_entry *e = ring_next(&r, 0, 1u << LOG_ID_MAIN);
    CHECK(e && strcmp(e->payload + 3, "a") == 0);
    e = ring_next(&r, e->sequence, 1u << LOG_ID_MAIN);
    CHECK(e && strcmp(e->payload + 3, "c") == 0 && !ring_next(&r, e->sequence, ~0u));
    CHECK(ring_tail(&r, 1, ~0u) == 2 && ring_tail(&r, 9, ~0u) == 0 && ring_tail(&r, 0, ~0u) == 3);
    ring_clear(&r, 1u << LOG_ID_MAIN);
    e = ring_next(&r, 0, ~0u);
    CHECK(e && strcmp(e->payload + 3, "b") == 0 && !ring_next(&r, e->sequence, ~0u));
    add(&r, LOG_ID_MAIN, "d");
    CHECK(ring_next(&r, 3, ~0u) && ring_next(&r, 3, ~0u)->sequence == 4);
    ring_clear(&r, ~0u);
    CHECK(!r.oldest && !r.newest && r.bytes == 0);
}

static void ring_stays_small_and_refuses_nonsense(void) {
    struct ring r = {0};
    struct log_entry head = {0};
    static char big[LOG_TEXT_MAX + 1];
    for (int i = 0; i < 2000; i++) CHECK(ring_add(&r, &head, big, LOG_TEXT_MAX) == 0);
    CHECK(r.bytes <= RING_BYTES && r.oldest->sequence > 1000 && r.newest->sequence == 2000);
    CHECK(ring_add(&r, &head, big, LOG_TEXT_MAX + 1) == -1 && ring_add(&r, &head, big, 2) == -1);
    ring_clear(&r, ~0u);
    memset(big, 'x', 10);
    CHECK(ring_add(&r, &head, big, 10) == 0 && r.newest->payload[9] == 0);
    ring_clear(&r, ~0u);
}

static void filters(void) {
    struct filter f = {.rest = LOG_VERBOSE};
    CHECK(filter_shows(&f, "any", LOG_VERBOSE));
    CHECK(filter_add(&f, "Zygote:W") == 0 && filter_add(&f, "*:S") == 0 && filter_add(&f, "adbd") == 0);
    CHECK(filter_shows(&f, "Zygote", LOG_ERROR) && !filter_shows(&f, "Zygote", LOG_INFO));
    CHECK(filter_shows(&f, "adbd", LOG_VERBOSE) && !filter_shows(&f, "other", LOG_FATAL));
    CHECK(filter_add(&f, "x:Q") == -1);
}

static void forms(void) {
    struct log_line l = {.tag = "Tag", .priority = LOG_WARN, .pid = 12, .tid = 34, .time = "01-02 03:04:05.678"};
    char out[128];
    form_line(FORM_BRIEF, &l, "text", 4, out, sizeof out);
    CHECK(strcmp(out, "W/Tag     (   12): text") == 0);
    form_line(FORM_THREADTIME, &l, "text", 4, out, sizeof out);
    CHECK(strcmp(out, "01-02 03:04:05.678    12    34 W Tag     : text") == 0);
    form_line(FORM_RAW, &l, "text", 2, out, sizeof out);
    CHECK(strcmp(out, "te") == 0);
    CHECK(form_named("brief") == FORM_BRIEF && form_named("nonsense") == -1);
}

int main(void) {
    RUN(ring_gives_in_order_and_by_buffer);
    RUN(ring_stays_small_and_refuses_nonsense);
    RUN(filters);
    RUN(forms);
    return DONE();
}
