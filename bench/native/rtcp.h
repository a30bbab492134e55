/*
 * What a receiver tells the sender of its stream: receiver reports (RFC 3550 §6.4.2), and when each packet arrived
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1), from which the sender's congestion control estimates.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTCP_SOURCES = 4, RTCP_ARRIVALS = 256, RTCP_MAX = 1024 };

struct rtcp_source {
    uint32_t ssrc;
    // Extended by the number of its wraps.
    uint32_t first, highest;
    uint32_t received;
    // As of the report before.
    uint32_t reported_expected, reported_received;
    bool used;
};

struct rtcp_receiver {
    struct rtcp_source sources[RTCP_SOURCES];
    // Arrivals since the last feedback: `at[i]` is the time of transport-wide number base + i, 0 when it has not come.
    uint64_t at[RTCP_ARRIVALS];
    uint16_t base, count;
    bool begun;
    uint8_t feedbacks;
};

// One RTP packet in the clear has come. `extension`: id of the transport-wide sequence number, 0 for none.
void rtcp_received(struct rtcp_receiver *r, const uint8_t *packet, size_t length, unsigned extension, uint64_t now_ns);

// Packets of all sources that came, and that were sent up to the last of them; a sender's probing is in neither.
void rtcp_totals(const struct rtcp_receiver *r, unsigned long *came, unsigned long *sent);

// Packets of all sources that were sent, going by their numbers, and have not come.
unsigned long rtcp_lost(const struct rtcp_receiver *r);

// Writes a report on all sources into `out` (RTCP_MAX bytes, with room for SRTCP's trailer). Returns its length.
size_t rtcp_report(struct rtcp_receiver *r, uint8_t *out);

// The same for arrivals since the last call; 0 when there were none.
size_t rtcp_feedback(struct rtcp_receiver *r, uint8_t *out);
