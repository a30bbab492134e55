/*
 * Viewers that touch: STUN, DTLS, SCTP, and messages on data channels at their time; no browser between.
 *
 *     touches
 *
 * stdout first:  fingerprint <SHA-256 of our certificate>
 * stdin, a line each:  <ip> <port> <server's ufrag> <server's password>     one viewer more, numbered from 0
 * stdout then:   connected <viewer> <ms it took>     or   failed <viewer> <why>
 * stdin:  go <file>      sends its events (pace.h; one part each: u16 viewer, u16 stream, u8 1 = unreliable, message); again as often as asked
 * stdout then:  sent <number from 0> <CLOCK_MONOTONIC ns just before>      for each that was taken, then  done
 */
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dtls.h"
#include "lines.h"
#include "pace.h"
#include "peer.h"
#include "sctp.h"

enum { MAX_VIEWERS = 200, MAX_EVENTS = 200000, HEAD = 5, PACKET = 2048, TICK_MS = 10 };

struct viewer {
    struct peer peer;
    struct channel *channel;
    bool told;
};

static struct viewer viewers[MAX_VIEWERS];
static unsigned viewer_count;
static SSL_CTX *context;
static uint64_t ticked;
// What is to be sent; empty = nothing.
static char events[PATH_MAX];

static void take_line(char *line)
{
    struct viewer *v = &viewers[viewer_count];
    if (strncmp(line, "go ", 3) == 0) snprintf(events, sizeof events, "%s", line + 3);
    else if (viewer_count == MAX_VIEWERS || !peer_open(&v->peer, line)) fprintf(stderr, "touches: not a viewer: %s\n", line);
    else viewer_count++;
}

static void advance(struct viewer *v)
{
    struct peer *p = &v->peer;
    if (p->phase == PEER_ICE || p->phase == PEER_DTLS) peer_handshake(p, context);
    if (p->phase == PEER_LIVE && v->channel == NULL && (v->channel = sctp_connect(p->ssl)) == NULL)
        peer_fail(p, "no SCTP association");
    if (p->phase != PEER_LIVE) return;
    uint8_t packet[PACKET];
    for (int got; (got = SSL_read(p->ssl, packet, sizeof packet)) > 0;) sctp_take(v->channel, packet, (size_t)got);
}

// Waits for something that long at most. Standard input waits while events are sent.
static void look_after_all(int wait_ms)
{
    struct pollfd all[MAX_VIEWERS + 1] = {{.fd = events[0] == '\0' ? 0 : -1, .events = POLLIN}};
    for (unsigned i = 0; i < viewer_count; i++) all[i + 1] = (struct pollfd){.fd = viewers[i].peer.fd, .events = POLLIN};
    unsigned looked_at = viewer_count;
    poll(all, looked_at + 1, wait_ms);
    if (all[0].revents != 0 && !lines_read(take_line)) exit(0);
    uint64_t now = clock_ns();
    if (now - ticked >= TICK_MS * 1000000u) {
        sctp_tick((uint32_t)((now - ticked) / 1000000u));
        ticked = now;
    }
    for (unsigned i = 0; i < looked_at; i++) {
        struct viewer *v = &viewers[i];
        if (v->peer.phase != PEER_FAILED) {
            peer_tick(&v->peer, now);
            if (all[i + 1].revents != 0 || !v->told) advance(v);
        }
        if (v->told) continue;
        v->told = true;
        if (v->peer.phase == PEER_FAILED) say("failed %u %s", i, v->peer.why);
        else if (v->channel != NULL && sctp_connected(v->channel))
            say("connected %u %.1f", i, (double)(now - v->peer.began) / 1e6);
        else v->told = false;
    }
}

static bool send_all(void)
{
    static uint64_t sent[MAX_EVENTS];
    struct pace pace;
    struct part parts[PACE_PARTS];
    unsigned number = 0;
    if (!pace_open(&pace, events)) return false;
    for (; number < MAX_EVENTS && pace_next(&pace, parts) == 1; number++) {
        const uint8_t *head = parts[0].bytes;
        unsigned viewer = parts[0].length < HEAD ? MAX_VIEWERS : (unsigned)(head[0] << 8 | head[1]);
        if (viewer >= viewer_count || viewers[viewer].peer.phase != PEER_LIVE) {
            fprintf(stderr, "touches: event %u is for a viewer that is not here\n", number);
            return false;
        }
        uint64_t before = clock_ns();
        bool taken = sctp_send(viewers[viewer].channel, (uint16_t)(head[2] << 8 | head[3]), head[4] != 0, head + HEAD, parts[0].length - HEAD);
        sent[number] = taken ? before : 0;
        look_after_all(0);
    }
    pace_close(&pace);
    for (unsigned i = 0; i < number; i++)
        if (sent[i] != 0) printf("sent %u %llu\n", i, (unsigned long long)sent[i]);
    say("done");
    events[0] = '\0';
    return true;
}

int main(void)
{
    char fingerprint[FINGERPRINT_TEXT];
    if ((context = dtls_context(fingerprint)) == NULL) return 1;
    sctp_setup();
    ticked = clock_ns();
    say("fingerprint %s", fingerprint);
    for (;;) {
        look_after_all(TICK_MS);
        if (events[0] != '\0' && !send_all()) return 1;
    }
}
