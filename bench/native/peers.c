/*
 * peers [EXTENSION [FRAMES]]: viewers of WebRTC as real as they must be for a measurement: STUN, DTLS, SRTP; every packet is
 * decrypted. With EXTENSION, the id of the transport-wide sequence number, they also tell when packets arrive, as a browser
 * does: each 100 ms, and a receiver report each second. FRAMES is how many frames of each viewer are noted; all when missing.
 *
 * stdout first:  fingerprint <SHA-256 of our certificate>
 * stdin, a line each:  <ip> <port> <server's ufrag> <server's password>     one viewer more, numbered from 0
 * stdout then:   connected <viewer> <ms it took>     or   failed <viewer> <why>
 * stdin:   count                          stdout:   count <packets> <lost>  of all viewers so far
 * stdin:   each                           stdout:   each, and <packets> <sent up to the last of them> of each viewer so far
 * End of stdin, stdout:
 *     frame <viewer> <ssrc> <RTP timestamp> <tag> <CLOCK_MONOTONIC ns>      for each packet with the marker bit
 *     total <viewer> <packets> <lost> <undecipherable>
 * The tag is the packet's last four bytes, big-endian, in hex: the sender may number its frames there. Lost packets are
 * those whose sequence number did not come, counted for each SSRC. Exit status 0, or 1 when the process itself cannot work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "clock.h"
#include "dtls.h"
#include "lines.h"
#include "peer.h"
#include "rtcp.h"
#include "srtp2_openssl.h"
#include "stun.h"

enum { MAX_VIEWERS = 2000, BATCH = 64, PACKET = 2048, TICK_MS = 50 };
static const uint64_t FEEDBACK_NS = 100000000, REPORT_NS = 1000000000;

struct viewer {
    struct peer peer;
    srtp_t inbound, outbound;
    struct rtcp_receiver rtcp;
    uint64_t fed_back, reported;
    unsigned long packets, frames, bad;
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
static unsigned extension;
static unsigned long frames_noted = -1ul;

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void fail(struct viewer *v, const char *why)
{
    if (v->peer.phase != PEER_FAILED) peer_fail(&v->peer, why);
    say("failed %u %s", (unsigned)(v - viewers), why);
}

static void take_line(char *line)
{
    if (strcmp(line, "count") == 0) {
        unsigned long packets = 0, lost = 0;
        for (unsigned i = 0; i < viewer_count; i++) {
            packets += viewers[i].packets;
            lost += rtcp_lost(&viewers[i].rtcp);
        }
        say("count %lu %lu", packets, lost);
        return;
    }
    if (strcmp(line, "each") == 0) {
        printf("each");
        for (unsigned i = 0; i < viewer_count; i++) {
            unsigned long came, sent;
            rtcp_totals(&viewers[i].rtcp, &came, &sent);
            printf(" %lu %lu", came, sent);
        }
        say("%s", "");
        return;
    }
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
    if (!dtls_sessions(v->peer.ssl, &v->inbound, &v->outbound)) return fail(v, "no SRTP profile");
    say("connected %u %.1f", (unsigned)(v - viewers), (double)(clock_ns() - v->peer.began) / 1e6);
}

static void take_rtp(struct viewer *v, uint8_t *packet, int length)
{
    if (length < 12 || packet[0] >> 6 != 2) return;
    // RTCP by its packet types (RFC 5761 §4).
    if (packet[1] >= 192 && packet[1] <= 223) return;
    if (srtp_unprotect(v->inbound, packet, &length) != srtp_err_status_ok) {
        v->bad++;
        return;
    }
    uint64_t now = clock_ns();
    v->packets++;
    uint32_t ssrc = get32(packet + 8);
    rtcp_received(&v->rtcp, packet, (size_t)length, extension, now);
    if ((packet[1] & 0x80) == 0 || length < 16 || v->frames++ >= frames_noted) return;
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

static void send_rtcp(struct viewer *v, uint8_t *packet, size_t size)
{
    int length = (int)size;
    if (size == 0 || srtp_protect_rtcp(v->outbound, packet, &length) != srtp_err_status_ok) return;
    // A full socket loses it, as a network would.
    if (send(v->peer.fd, packet, (size_t)length, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
        fail(v, strerrordesc_np(errno));
}

static void tell(struct viewer *v, uint64_t now)
{
    uint8_t packet[RTCP_MAX];
    if (extension == 0 || v->packets == 0) return;
    if (now - v->fed_back >= FEEDBACK_NS) {
        v->fed_back = now;
        send_rtcp(v, packet, rtcp_feedback(&v->rtcp, packet));
    }
    if (v->peer.phase == PEER_LIVE && now - v->reported >= REPORT_NS) {
        v->reported = now;
        send_rtcp(v, packet, rtcp_report(&v->rtcp, packet));
    }
}

static void tick(uint64_t now)
{
    for (unsigned i = 0; i < viewer_count; i++) {
        if (viewers[i].peer.phase == PEER_FAILED) continue;
        peer_tick(&viewers[i].peer, now);
        if (viewers[i].peer.phase == PEER_FAILED) fail(&viewers[i], viewers[i].peer.why);
        else if (viewers[i].peer.phase == PEER_LIVE) tell(&viewers[i], now);
    }
}

int main(int argc, char **argv)
{
    char fingerprint[FINGERPRINT_TEXT];
    extension = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    if (argc > 2) frames_noted = strtoul(argv[2], NULL, 10);
    // A socket for each viewer.
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || srtp_init() != srtp_err_status_ok || srtp2_use_openssl() != 0 || (context = dtls_context(fingerprint)) == NULL) {
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
            if (events[i].data.u32 == 0) open = lines_read(take_line);
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
        printf("total %u %lu %lu %lu\n", i, viewers[i].packets, rtcp_lost(&viewers[i].rtcp), viewers[i].bad);
    return fflush(stdout) == 0 ? 0 : 1;
}
