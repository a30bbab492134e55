/*
 * hostile: a viewer or a publisher that was let in, has its DTLS and SRTP keys, and sends with them whatever it is told. What that is, the
 * tests say (test-integration/src/farm/rogue-viewer.test.ts, rogue-publisher.test.ts); here are the keys.
 *
 * stdout first:  fingerprint <SHA-256 of our certificate>
 * stdin:   <ip> <port> <server's ufrag> <server's password>     stdout:   connected 0 <ms it took>     or   failed 0 <why>; once
 * stdin:   <how> <times> <hex>                                  stdout:   sent <how many left>
 *     rtp    encrypted as SRTP; each time with the next sequence number
 *     rtcp   encrypted as SRTCP
 *     dtls   a record of DTLS: to the other end SCTP
 *     raw    as it is
 * stdin:   associate                                            stdout:   associated <ms it took>     or   failed 0 <why>
 * stdin:   message <times> <stream> <PPID> <how> <size> <hex>   stdout:   sent <how many were taken>
 *     by SCTP, of that many bytes: those given, then zeros. How: letters of u = unordered, o = open, its end does not come; - = neither
 * stdin:   reset <times>                                        stdout:   sent <how often all streams were asked to begin anew>
 * stdin:   heard                                                stdout:   heard <packets of RTP> <packets of SCTP that left>      so far
 * What libsrtp does not encrypt because it is too short or too odd is sent as it is. Ends with stdin.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "dtls.h"
#include "lines.h"
#include "peer.h"
#include "sctp.h"
#include "srtp2_openssl.h"
#include "stun.h"

// As much as a line has room for, and what SRTP appends.
enum { PACKET = 32000, TRAILER = 256, TICK_MS = 10, MESSAGE = 4 << 20 };
// What is not taken by then is not taken any more: a full window, an association that has ended.
static const uint64_t TAKEN_NS = 5000000000u;

static struct peer peer = {.fd = -1};
static srtp_t inbound, outbound;
static SSL_CTX *context;
static struct channel *channel;
static uint64_t ticked, heard;
static bool begun;

static size_t unhex(const char *text, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; n < PACKET && sscanf(text + 2 * n, "%2x", &byte) == 1; n++) out[n] = (uint8_t)byte;
    return n;
}

static bool leaves(const uint8_t *packet, size_t length)
{
    // A full socket is waited for: what a flood is made of shall be sent.
    while (send(peer.fd, packet, length, 0) < 0) {
        if (errno != EAGAIN) return false;
        struct pollfd room = {peer.fd, POLLOUT, 0};
        poll(&room, 1, TICK_MS);
    }
    return true;
}

static bool send_as(const char *how, const uint8_t *given, size_t size, unsigned time)
{
    uint8_t packet[PACKET + TRAILER];
    int length = (int)size;
    memcpy(packet, given, size);
    if (strcmp(how, "dtls") == 0) return SSL_write(peer.ssl, packet, length) > 0;
    if (strcmp(how, "rtp") == 0) {
        if (size >= 4) {
            unsigned sequence = ((unsigned)packet[2] << 8 | packet[3]) + time;
            packet[2] = (uint8_t)(sequence >> 8), packet[3] = (uint8_t)sequence;
        }
        if (srtp_protect(outbound, packet, &length) != srtp_err_status_ok) length = (int)size;
    } else if (strcmp(how, "rtcp") == 0 && srtp_protect_rtcp(outbound, packet, &length) != srtp_err_status_ok) {
        length = (int)size;
    }
    return leaves(packet, (size_t)length);
}

// ABORT, SHUTDOWN and SHUTDOWN COMPLETE (RFC 9260 §3.3) are not heard: whoever wants it to stop has to see to it.
static bool ends_association(const uint8_t *packet, size_t length)
{
    return length > 12 && (packet[12] == 6 || packet[12] == 7 || packet[12] == 14);
}

// What has come: the handshake's, SCTP's, or media, which are counted and dropped.
static void readable(void)
{
    static uint8_t packet[PACKET];
    if (peer.phase != PEER_LIVE) return peer_handshake(&peer, context);
    for (ssize_t got; (got = recv(peer.fd, packet, 2, MSG_DONTWAIT | MSG_PEEK)) > 0;) {
        // By their first bytes (RFC 7983 §7); RTCP by its packet types (RFC 5761 §4).
        if (packet[0] >= 20 && packet[0] <= 63) {
            int length = SSL_read(peer.ssl, packet, sizeof packet);
            if (length > 0 && channel != NULL && !ends_association(packet, (size_t)length)) sctp_take(channel, packet, (size_t)length);
            continue;
        }
        if (got == 2 && packet[0] >> 6 == 2 && (packet[1] < 192 || packet[1] > 223)) heard++;
        recv(peer.fd, packet, sizeof packet, MSG_DONTWAIT);
    }
}

static void look_after(void)
{
    uint64_t now = clock_ns();
    if (begun) peer_tick(&peer, now);
    if (now - ticked < TICK_MS * 1000000u) return;
    if (channel != NULL) sctp_tick((uint32_t)((now - ticked) / 1000000u));
    ticked = now;
}

// Until something comes, or a tick has passed.
static void wait_for_packets(void)
{
    struct pollfd end = {peer.fd, POLLIN, 0};
    if (poll(&end, 1, TICK_MS) > 0) readable();
    look_after();
}

static void associate(void)
{
    uint64_t from = clock_ns();
    if (peer.phase == PEER_LIVE && channel == NULL) channel = sctp_connect(peer.ssl);
    while (channel != NULL && !sctp_connected(channel) && clock_ns() - from < TAKEN_NS) wait_for_packets();
    if (channel == NULL || !sctp_connected(channel) || !sctp_widen(channel)) say("failed 0 no SCTP association");
    else say("associated %.1f", (double)(clock_ns() - from) / 1e6);
}

static bool send_message(const struct sctp_oddity *as, const uint8_t *message, size_t size)
{
    for (uint64_t from = clock_ns(); channel != NULL && clock_ns() - from < TAKEN_NS; wait_for_packets())
        if (sctp_send_odd(channel, as, message, size)) return true;
    return false;
}

static bool reset(void)
{
    for (uint64_t from = clock_ns(); channel != NULL && clock_ns() - from < TAKEN_NS; wait_for_packets())
        if (sctp_reset(channel)) return true;
    return false;
}

static unsigned take_message(const char *line)
{
    static uint8_t message[MESSAGE];
    struct sctp_oddity as = {0};
    unsigned times, sent = 0;
    size_t size;
    char how[4];
    int at = 0;
    if (sscanf(line, "message %u %hu %u %3s %zu %n", &times, &as.stream, &as.ppid, how, &size, &at) != 5 || size > MESSAGE) return 0;
    as.unordered = strchr(how, 'u') != NULL, as.open = strchr(how, 'o') != NULL;
    memset(message, 0, size);
    unhex(line + at, message);
    while (sent < times && send_message(&as, message, size)) sent++;
    return sent;
}

static unsigned take_packet(const char *line)
{
    static uint8_t packet[PACKET];
    char how[8];
    unsigned times, sent = 0;
    int at = 0;
    if (peer.phase != PEER_LIVE || sscanf(line, "%7s %u %n", how, &times, &at) != 2 || at == 0) return 0;
    size_t size = unhex(line + at, packet);
    while (sent < times && send_as(how, packet, size, sent)) sent++;
    return sent;
}

static void take_line(char *line)
{
    unsigned times, sent = 0;
    if (!begun) {
        begun = true;
        if (!peer_open(&peer, line)) peer.phase = PEER_FAILED, peer.why = "not a viewer";
    } else if (strcmp(line, "associate") == 0) {
        associate();
    } else if (strcmp(line, "heard") == 0) {
        // With those that wait in the socket: they have been sent.
        if (peer.phase == PEER_LIVE) readable();
        say("heard %llu %llu", (unsigned long long)heard, channel == NULL ? 0ull : (unsigned long long)sctp_packets(channel));
    } else if (sscanf(line, "reset %u", &times) == 1) {
        while (sent < times && reset()) sent++;
        say("sent %u", sent);
    } else {
        say("sent %u", strncmp(line, "message ", 8) == 0 ? take_message(line) : take_packet(line));
    }
}

// Once: that it is connected, or why not.
static void tell(void)
{
    static bool told;
    if (told || !begun || peer.phase == PEER_ICE || peer.phase == PEER_DTLS) return;
    told = true;
    if (peer.phase == PEER_LIVE && !dtls_sessions(peer.ssl, &inbound, &outbound)) peer_fail(&peer, "no SRTP profile");
    if (peer.phase == PEER_FAILED) say("failed 0 %s", peer.why);
    else say("connected 0 %.1f", (double)(clock_ns() - peer.began) / 1e6);
}

int main(void)
{
    char fingerprint[FINGERPRINT_TEXT];
    if (srtp_init() != srtp_err_status_ok || srtp2_use_openssl() != 0 || (context = dtls_context(fingerprint)) == NULL) {
        fprintf(stderr, "hostile: libsrtp or OpenSSL cannot be set up\n");
        return 1;
    }
    sctp_setup();
    ticked = clock_ns();
    say("fingerprint %s", fingerprint);
    for (bool open = true; open;) {
        struct pollfd ends[2] = {{0, POLLIN, 0}, {peer.phase == PEER_FAILED ? -1 : peer.fd, POLLIN, 0}};
        if (poll(ends, 2, TICK_MS) < 0 && errno != EINTR) return 1;
        if (ends[0].revents != 0) open = lines_read(take_line);
        if (ends[1].revents != 0) readable();
        look_after();
        tell();
    }
    return 0;
}
