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
#include "srtp2_openssl.h"
#include "stun.h"

// As much as a line has room for, and what SRTP appends.
enum { PACKET = 32000, TRAILER = 256, TICK_MS = 50 };

static struct peer peer = {.fd = -1};
static srtp_t inbound, outbound;
static SSL_CTX *context;
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

static void take_line(char *line)
{
    char how[8];
    unsigned times;
    int at = 0;
    uint8_t packet[PACKET];
    if (!begun) {
        begun = true;
        if (!peer_open(&peer, line)) peer.phase = PEER_FAILED, peer.why = "not a viewer";
        if (peer.phase == PEER_FAILED) say("failed 0 %s", peer.why);
        return;
    }
    unsigned sent = 0;
    if (peer.phase == PEER_LIVE && sscanf(line, "%7s %u %n", how, &times, &at) == 2 && at > 0) {
        size_t size = unhex(line + at, packet);
        while (sent < times && send_as(how, packet, size, sent)) sent++;
    }
    say("sent %u", sent);
}

static void readable(void)
{
    uint8_t packet[PACKET];
    if (peer.phase == PEER_LIVE) {
        // What it is sent is of no interest, and must not fill the socket.
        while (recv(peer.fd, packet, sizeof packet, MSG_DONTWAIT) > 0) {}
        return;
    }
    peer_handshake(&peer, context);
    if (peer.phase == PEER_LIVE && !dtls_sessions(peer.ssl, &inbound, &outbound)) peer_fail(&peer, "no SRTP profile");
    if (peer.phase == PEER_FAILED) say("failed 0 %s", peer.why);
    if (peer.phase == PEER_LIVE) say("connected 0 %.1f", (double)(clock_ns() - peer.began) / 1e6);
}

int main(void)
{
    char fingerprint[FINGERPRINT_TEXT];
    if (srtp_init() != srtp_err_status_ok || srtp2_use_openssl() != 0 || (context = dtls_context(fingerprint)) == NULL) {
        fprintf(stderr, "hostile: libsrtp or OpenSSL cannot be set up\n");
        return 1;
    }
    say("fingerprint %s", fingerprint);
    for (bool open = true; open;) {
        struct pollfd ends[2] = {{0, POLLIN, 0}, {peer.phase == PEER_FAILED ? -1 : peer.fd, POLLIN, 0}};
        if (poll(ends, 2, TICK_MS) < 0 && errno != EINTR) return 1;
        if (ends[0].revents != 0) open = lines_read(take_line);
        if (ends[1].revents != 0) readable();
        if (begun) peer_tick(&peer, clock_ns());
    }
    return 0;
}
