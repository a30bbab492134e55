#include "rtcp.h"

#include <string.h>

// Ours as a sender of RTCP. A viewer sends no media, so it collides with nobody.
enum { OUR_SSRC = 1 };
// mediasoup's probation packets (RTC/RTP/ProbationGenerator.hpp): no media, and each burst has numbers of its own.
enum { PROBATION_SSRC = 1234 };
static const uint64_t DELTA_NS = 250000, REFERENCE_NS = 64000000;

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static void head(uint8_t *out, unsigned count, unsigned type, size_t length)
{
    out[0] = (uint8_t)(0x80 | count);
    out[1] = (uint8_t)type;
    put16(out + 2, (uint32_t)(length / 4 - 1));
    put32(out + 4, OUR_SSRC);
}

static void count_source(struct rtcp_receiver *r, uint32_t ssrc, uint16_t sequence)
{
    for (int i = 0; i < RTCP_SOURCES; i++) {
        struct rtcp_source *s = &r->sources[i];
        if (s->used && s->ssrc != ssrc) continue;
        if (!s->used) *s = (struct rtcp_source){.ssrc = ssrc, .first = sequence, .highest = sequence, .used = true};
        uint16_t step = (uint16_t)(sequence - (uint16_t)s->highest);
        // Half the number space back is an old packet that came late.
        if (step < 0x8000) s->highest += step;
        s->received++;
        return;
    }
}

// The two bytes of a one-byte-header extension (RFC 8285 §4.2); NULL when it is not there.
static const uint8_t *extension_of(const uint8_t *packet, size_t length, unsigned id)
{
    size_t at = 12u + 4u * (packet[0] & 15u);
    if ((packet[0] & 0x10) == 0 || length < at + 4 || get16(packet + at) != 0xbede) return NULL;
    size_t end = at + 4 + 4u * get16(packet + at + 2);
    if (end > length) return NULL;
    for (at += 4; at < end;) {
        unsigned size = (packet[at] & 15u) + 1u;
        if (packet[at] == 0) {
            at++;
            continue;
        }
        if (packet[at] >> 4 == id && size == 2 && at + 3 <= end) return packet + at + 1;
        at += 1u + size;
    }
    return NULL;
}

void rtcp_received(struct rtcp_receiver *r, const uint8_t *packet, size_t length, unsigned extension, uint64_t now_ns)
{
    if (length < 12) return;
    count_source(r, get32(packet + 8), get16(packet + 2));
    const uint8_t *number = extension == 0 ? NULL : extension_of(packet, length, extension);
    if (number == NULL) return;
    if (!r->begun) r->base = get16(number);
    r->begun = true;
    uint16_t index = (uint16_t)(get16(number) - r->base);
    // Older than the last feedback, or more in one interval than a feedback holds: told by nobody, as if it were lost.
    if (index >= RTCP_ARRIVALS) return;
    r->at[index] = now_ns;
    if (index >= r->count) r->count = (uint16_t)(index + 1);
}

unsigned long rtcp_lost(const struct rtcp_receiver *r)
{
    unsigned long lost = 0;
    for (int i = 0; i < RTCP_SOURCES && r->sources[i].used; i++) {
        const struct rtcp_source *s = &r->sources[i];
        uint32_t expected = s->highest - s->first + 1;
        if (s->ssrc != PROBATION_SSRC && expected > s->received) lost += expected - s->received;
    }
    return lost;
}

void rtcp_totals(const struct rtcp_receiver *r, unsigned long *came, unsigned long *sent)
{
    *came = *sent = 0;
    for (int i = 0; i < RTCP_SOURCES && r->sources[i].used; i++) {
        const struct rtcp_source *s = &r->sources[i];
        if (s->ssrc == PROBATION_SSRC) continue;
        *came += s->received;
        *sent += s->highest - s->first + 1;
    }
}

size_t rtcp_report(struct rtcp_receiver *r, uint8_t *out)
{
    size_t at = 8;
    unsigned blocks = 0;
    for (; blocks < RTCP_SOURCES && r->sources[blocks].used; blocks++, at += 24) {
        struct rtcp_source *s = &r->sources[blocks];
        uint32_t expected = s->highest - s->first + 1;
        uint32_t lost = expected > s->received ? expected - s->received : 0;
        uint32_t sent = expected - s->reported_expected, came = s->received - s->reported_received;
        uint32_t fraction = sent > came ? (sent - came) * 256 / sent : 0;
        s->reported_expected = expected;
        s->reported_received = s->received;
        put32(out + at, s->ssrc);
        put32(out + at + 4, (fraction > 255 ? 255 : fraction) << 24 | (lost & 0xffffff));
        put32(out + at + 8, s->highest);
        // Neither jitter nor the time of a sender report is measured.
        memset(out + at + 12, 0, 12);
    }
    head(out, blocks, 201, at);
    return at;
}

/*
 * Status of each packet in two bits, seven to a chunk: 0 not received, 1 a delta of one byte, 2 of two. All first, then the
 * deltas, the first one to the reference time.
 */
size_t rtcp_feedback(struct rtcp_receiver *r, uint8_t *out)
{
    if (r->count == 0) return 0;
    uint16_t first = 0;
    while (r->at[first] == 0) first++;
    uint64_t reference = r->at[first] / REFERENCE_NS;
    int64_t before = (int64_t)(reference * (REFERENCE_NS / DELTA_NS));

    size_t chunks = (r->count + 6u) / 7u, at = 20 + 2 * chunks;
    memset(out, 0, at);
    for (uint16_t i = 0; i < r->count; i++) {
        if (r->at[i] == 0) continue;
        int64_t when = (int64_t)(r->at[i] / DELTA_NS), delta = when - before;
        before = when;
        unsigned status = delta >= 0 && delta <= 255 ? 1 : 2;
        uint8_t *chunk = out + 20 + 2 * (i / 7);
        put16(chunk, get16(chunk) | 0xc000u | status << (12 - 2 * (i % 7)));
        if (status == 1) out[at++] = (uint8_t)delta;
        else {
            put16(out + at, (uint32_t)delta);
            at += 2;
        }
    }
    for (size_t i = 0; i < chunks; i++) out[20 + 2 * i] |= 0xc0;
    while (at % 4 != 0) out[at++] = 0;
    head(out, 15, 205, at);
    put32(out + 8, r->sources[0].ssrc);
    put16(out + 12, r->base);
    put16(out + 14, r->count);
    put32(out + 16, (uint32_t)(reference & 0xffffff) << 8 | r->feedbacks++);
    r->base = (uint16_t)(r->base + r->count);
    r->count = 0;
    memset(r->at, 0, sizeof r->at);
    return at;
}
