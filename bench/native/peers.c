/*
 * Viewers of WebRTC as real as they must be for a measurement: STUN, DTLS, SRTP; every packet is decrypted.
 *
 * stdout first:  fingerprint <SHA-256 of our certificate>
 * stdin, a line each:  <ip> <port> <server's ufrag> <server's password>     one viewer more, numbered from 0
 * stdout then:   connected <viewer> <ms it took>     or   failed <viewer> <why>
 * End of stdin, stdout:
 *     frame <viewer> <ssrc> <RTP timestamp> <tag> <CLOCK_MONOTONIC ns>      for each packet with the marker bit
 *     total <viewer> <packets> <lost> <undecipherable>
 * The tag is the packet's last four bytes, big-endian, in hex: the sender may number its frames there. Lost packets are
 * gaps in the sequence numbers, counted for each SSRC. Exit status 0, or 1 when the process itself cannot work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "dtls.h"
#include "lines.h"
#include "peer.h"
#include "stun.h"

enum { MAX_VIEWERS = 2000, MAX_SSRC = 4, BATCH = 64, PACKET = 2048, TICK_MS = 50 };

struct source {
    uint32_t ssrc;
    uint16_t last;
    bool used;
};

struct viewer {
    struct peer peer;
    srtp_t srtp;
    struct source sources[MAX_SSRC];
    unsigned long packets, lost, bad;
};

struct frame {
    unsigned viewer;
    uint32_t ssrc, timestamp, tag;
    uint64_t ns;
};

static struct viewer viewers[MAX_VIEWERS];
static unsigned viewer_count;
static struct frame *frames;
static size_t frame_count, frame_room;
static SSL_CTX *context;
static int epoll;

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void fail(struct viewer *v, const char *why)
{
    if (v->peer.phase != PEER_FAILED) peer_fail(&v->peer, why);
    say("failed %u %s", (unsigned)(v - viewers), why);
}

static void add_viewer(char *line)
{
    struct viewer *v = &viewers[viewer_count];
    if (viewer_count == MAX_VIEWERS || !peer_open(&v->peer, line)) {
        fprintf(stderr, "peers: not a viewer: %s\n", line);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = ++viewer_count};
    if (v->peer.phase == PEER_FAILED) fail(v, v->peer.why);
    else if (epoll_ctl(epoll, EPOLL_CTL_ADD, v->peer.fd, &event) != 0) fail(v, strerrordesc_np(errno));
}

static void shake_hands(struct viewer *v)
{
    peer_handshake(&v->peer, context);
    if (v->peer.phase == PEER_FAILED) return fail(v, v->peer.why);
    if (v->peer.phase != PEER_LIVE) return;
    if (!dtls_inbound(v->peer.ssl, &v->srtp)) return fail(v, "no SRTP profile");
    say("connected %u %.1f", (unsigned)(v - viewers), (double)(clock_ns() - v->peer.began) / 1e6);
}

static void count_sequence(struct viewer *v, uint32_t ssrc, uint16_t sequence)
{
    for (int i = 0; i < MAX_SSRC; i++) {
        struct source *s = &v->sources[i];
        if (s->used && s->ssrc != ssrc) continue;
        uint16_t step = (uint16_t)(sequence - s->last);
        // Half the number space back is an old packet that came late: no gap.
        if (s->used && step >= 0x8000) return;
        if (s->used && step > 0) v->lost += step - 1u;
        *s = (struct source){.ssrc = ssrc, .last = sequence, .used = true};
        return;
    }
}

static void take_rtp(struct viewer *v, uint8_t *packet, int length)
{
    if (length < 12 || packet[0] >> 6 != 2) return;
    // RTCP by its packet types (RFC 5761 §4).
    if (packet[1] >= 192 && packet[1] <= 223) return;
    if (srtp_unprotect(v->srtp, packet, &length) != srtp_err_status_ok) {
        v->bad++;
        return;
    }
    uint64_t now = clock_ns();
    v->packets++;
    uint32_t ssrc = get32(packet + 8);
    count_sequence(v, ssrc, (uint16_t)(packet[2] << 8 | packet[3]));
    if ((packet[1] & 0x80) == 0 || length < 16) return;
    if (frame_count == frame_room) {
        frame_room = frame_room == 0 ? 4096 : frame_room * 2;
        struct frame *more = realloc(frames, frame_room * sizeof *frames);
        if (more == NULL) exit(1);
        frames = more;
    }
    frames[frame_count++] = (struct frame){(unsigned)(v - viewers), ssrc, get32(packet + 4), get32(packet + length - 4), now};
}

static void readable(struct viewer *v)
{
    static uint8_t packets[BATCH][PACKET];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    if (v->peer.phase != PEER_LIVE) shake_hands(v);
    if (v->peer.phase != PEER_LIVE) return;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){packets[i], PACKET};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int got = recvmmsg(v->peer.fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return fail(v, strerrordesc_np(errno));
    for (int i = 0; i < got; i++)
        if (!stun_is(packets[i], messages[i].msg_len)) take_rtp(v, packets[i], (int)messages[i].msg_len);
}

static void tick(uint64_t now)
{
    for (unsigned i = 0; i < viewer_count; i++) {
        if (viewers[i].peer.phase == PEER_FAILED) continue;
        peer_tick(&viewers[i].peer, now);
        if (viewers[i].peer.phase == PEER_FAILED) fail(&viewers[i], viewers[i].peer.why);
    }
}

int main(void)
{
    char fingerprint[FINGERPRINT_TEXT];
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || srtp_init() != srtp_err_status_ok || (context = dtls_context(fingerprint)) == NULL) {
        fprintf(stderr, "peers: epoll, libsrtp or OpenSSL cannot be set up\n");
        return 1;
    }
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = 0};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input) != 0) {
        fprintf(stderr, "peers: stdin must be a pipe: %s\n", strerror(errno));
        return 1;
    }
    say("fingerprint %s", fingerprint);
    uint64_t ticked = 0;
    for (bool open = true; open;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, TICK_MS);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 == 0) open = lines_read(add_viewer);
            else if (viewers[events[i].data.u32 - 1].peer.phase != PEER_FAILED) readable(&viewers[events[i].data.u32 - 1]);
        }
        uint64_t now = clock_ns();
        if (now - ticked > TICK_MS * 1000000u) tick(ticked = now);
    }
    for (size_t i = 0; i < frame_count; i++) {
        const struct frame *f = &frames[i];
        printf("frame %u %u %u %08x %llu\n", f->viewer, f->ssrc, f->timestamp, f->tag, (unsigned long long)f->ns);
    }
    for (unsigned i = 0; i < viewer_count; i++)
        printf("total %u %lu %lu %lu\n", i, viewers[i].packets, viewers[i].lost, viewers[i].bad);
    return fflush(stdout) == 0 ? 0 : 1;
}
