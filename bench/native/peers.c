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
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "dtls.h"
#include "stun.h"

enum { MAX_VIEWERS = 2000, MAX_SSRC = 4, BATCH = 64, PACKET = 2048, TICK_MS = 50 };
static const uint64_t CONSENT_NS = 5000000000u, RETRY_NS = 100000000u, GIVE_UP_NS = 10000000000u;

enum phase { ICE, DTLS, LIVE, FAILED };

struct source {
    uint32_t ssrc;
    uint16_t last;
    bool used;
};

struct viewer {
    enum phase phase;
    int fd;
    SSL *ssl;
    srtp_t srtp;
    char user[402], password[256];
    uint64_t began, asked;
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

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static void fail(struct viewer *v, const char *why)
{
    v->phase = FAILED;
    if (v->fd >= 0) close(v->fd);
    v->fd = -1;
    say("failed %u %s", (unsigned)(v - viewers), why);
}

static void ask(struct viewer *v, uint64_t now)
{
    uint8_t message[STUN_MAX];
    size_t length = stun_request(message, v->user, v->password);
    v->asked = now;
    if (send(v->fd, message, length, 0) < 0 && errno != EAGAIN) fail(v, strerror(errno));
}

static void add_viewer(const char *ip, unsigned port, const char *ufrag, const char *password)
{
    struct viewer *v = &viewers[viewer_count++];
    *v = (struct viewer){.phase = ICE, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .began = clock_ns()};
    snprintf(v->user, sizeof v->user, "%s:bnch", ufrag);
    snprintf(v->password, sizeof v->password, "%s", password);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int room = 4 << 20;
    if (v->fd < 0) return fail(v, strerror(errno));
    setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) return fail(v, "not an IPv4 address");
    if (connect(v->fd, (struct sockaddr *)&to, sizeof to) != 0) return fail(v, strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = viewer_count};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, v->fd, &event) != 0) return fail(v, strerror(errno));
    ask(v, v->began);
}

static void shake_hands(struct viewer *v)
{
    int done = SSL_do_handshake(v->ssl);
    if (done != 1) {
        int error = SSL_get_error(v->ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(v, "DTLS handshake");
        return;
    }
    if (!dtls_inbound(v->ssl, &v->srtp)) return fail(v, "no SRTP profile");
    v->phase = LIVE;
    say("connected %u %.1f", (unsigned)(v - viewers), (double)(clock_ns() - v->began) / 1e6);
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

static void take(struct viewer *v, uint8_t *packet, int length)
{
    if (stun_is(packet, (size_t)length)) {
        if (v->phase != ICE) return;
        if (!stun_success(packet, (size_t)length)) return fail(v, "ICE refused");
        v->ssl = dtls_client(context, v->fd);
        if (v->ssl == NULL) return fail(v, "DTLS client");
        v->phase = DTLS;
        shake_hands(v);
    } else if (v->phase == LIVE) {
        take_rtp(v, packet, length);
    }
}

// During the handshake OpenSSL reads the socket itself; STUN answers that come in between it drops as no DTLS.
static void readable(struct viewer *v)
{
    static uint8_t packets[BATCH][PACKET];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    if (v->phase == DTLS) shake_hands(v);
    if (v->phase != ICE && v->phase != LIVE) return;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){packets[i], PACKET};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    // While asking for ICE one at a time: the next packet may already be the handshake's.
    int got = recvmmsg(v->fd, messages, v->phase == ICE ? 1 : BATCH, MSG_DONTWAIT, NULL);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return fail(v, strerror(errno));
    for (int i = 0; i < got; i++) take(v, packets[i], (int)messages[i].msg_len);
}

static void tick(uint64_t now)
{
    for (unsigned i = 0; i < viewer_count; i++) {
        struct viewer *v = &viewers[i];
        if (v->phase == FAILED) continue;
        if (v->phase != LIVE && now - v->began > GIVE_UP_NS) fail(v, v->phase == ICE ? "ICE: no answer" : "DTLS: no answer");
        else if (v->phase == DTLS && DTLSv1_handle_timeout(v->ssl) < 0) fail(v, "DTLS timeout");
        else if (v->phase == ICE && now - v->asked > RETRY_NS) ask(v, now);
        else if (v->phase == LIVE && now - v->asked > CONSENT_NS) ask(v, now);
    }
}

static void take_lines(char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char ip[64], ufrag[300], password[256];
        unsigned port;
        if (viewer_count < MAX_VIEWERS && sscanf(line, "%63s %u %299s %255s", ip, &port, ufrag, password) == 4)
            add_viewer(ip, port, ufrag, password);
        else
            fprintf(stderr, "peers: not a viewer: %s\n", line);
    }
}

// Returns false at the end of stdin. A line is taken when it is whole.
static bool read_stdin(void)
{
    static char held[65536];
    static size_t have;
    ssize_t got = read(0, held + have, sizeof held - 1 - have);
    if (got <= 0) return got < 0 && errno == EINTR;
    have += (size_t)got;
    char *end = memrchr(held, '\n', have);
    if (end == NULL) return have < sizeof held - 1;
    *end = '\0';
    size_t used = (size_t)(end - held) + 1;
    take_lines(held);
    memmove(held, held + used, have - used);
    have -= used;
    return true;
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
            if (events[i].data.u32 == 0) open = read_stdin();
            else if (viewers[events[i].data.u32 - 1].phase != FAILED) readable(&viewers[events[i].data.u32 - 1]);
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
