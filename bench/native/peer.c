#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "dtls.h"
#include "stun.h"

static const uint64_t CONSENT_NS = 5000000000u, RETRY_NS = 100000000u, GIVE_UP_NS = 30000000000u;

void peer_fail(struct peer *p, const char *why)
{
    p->phase = PEER_FAILED;
    p->why = why;
    if (p->fd >= 0) close(p->fd);
    p->fd = -1;
}

static void ask(struct peer *p, uint64_t now)
{
    uint8_t message[STUN_MAX];
    size_t length = stun_request(message, p->user, p->password);
    p->asked = now;
    if (send(p->fd, message, length, 0) < 0 && errno != EAGAIN) peer_fail(p, strerrordesc_np(errno));
}

bool peer_open(struct peer *p, const char *line)
{
    char ip[64], ufrag[300], password[256];
    unsigned port;
    if (sscanf(line, "%63s %u %299s %255s", ip, &port, ufrag, password) != 4) return false;
    *p = (struct peer){.phase = PEER_ICE, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .began = clock_ns()};
    snprintf(p->user, sizeof p->user, "%s:bnch", ufrag);
    snprintf(p->password, sizeof p->password, "%s", password);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int room = 4 << 20;
    if (p->fd >= 0) setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (p->fd < 0) peer_fail(p, strerrordesc_np(errno));
    else if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) peer_fail(p, "not an IPv4 address");
    else if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0) peer_fail(p, strerrordesc_np(errno));
    else ask(p, p->began);
    return true;
}

// OpenSSL reads the socket itself; STUN answers that come in between it drops as no DTLS.
static void shake_hands(struct peer *p)
{
    int done = SSL_do_handshake(p->ssl);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(p->ssl, done);
    if (error == SSL_ERROR_NONE) p->phase = PEER_LIVE;
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) peer_fail(p, "DTLS handshake");
}

void peer_handshake(struct peer *p, SSL_CTX *context)
{
    if (p->phase == PEER_DTLS) return shake_hands(p);
    if (p->phase != PEER_ICE) return;
    uint8_t packet[STUN_MAX];
    // One at a time: the next packet may already be the handshake's.
    ssize_t got = recv(p->fd, packet, sizeof packet, 0);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return peer_fail(p, strerrordesc_np(errno));
    if (got <= 0 || !stun_is(packet, (size_t)got)) return;
    if (!stun_success(packet, (size_t)got)) return peer_fail(p, "ICE refused");
    p->ssl = dtls_client(context, p->fd);
    if (p->ssl == NULL) return peer_fail(p, "DTLS client");
    p->phase = PEER_DTLS;
    shake_hands(p);
}

void peer_tick(struct peer *p, uint64_t now)
{
    if (p->phase == PEER_FAILED) return;
    if (p->phase != PEER_LIVE && now - p->began > GIVE_UP_NS)
        peer_fail(p, p->phase == PEER_ICE ? "ICE: no answer" : "DTLS: no answer");
    else if (p->phase == PEER_DTLS && DTLSv1_handle_timeout(p->ssl) < 0) peer_fail(p, "DTLS timeout");
    else if (p->phase == PEER_ICE && now - p->asked > RETRY_NS) ask(p, now);
    else if (p->phase == PEER_LIVE && now - p->asked > CONSENT_NS) ask(p, now);
}
