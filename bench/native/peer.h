// The way of a WebRTC client to a server: ICE's binding request, then DTLS. What comes after is its owner's.
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

enum peer_phase { PEER_ICE, PEER_DTLS, PEER_LIVE, PEER_FAILED };

struct peer {
    enum peer_phase phase;
    // Connected to the server, non-blocking; -1 once failed.
    int fd;
    // From DTLS on.
    SSL *ssl;
    char user[402], password[256];
    uint64_t began, asked;
    // Set when it failed: valid for ever.
    const char *why;
};

/*
 * Begins, to a server named by a line `<ip> <port> <server's ufrag> <server's password>`. Returns false when the line is none;
 * a peer that cannot even begin has failed.
 */
bool peer_open(struct peer *p, const char *line);

// To be called when `fd` is readable and the phase is not yet PEER_LIVE.
void peer_handshake(struct peer *p, SSL_CTX *context);

// To be called each 50 ms or so: asks again, consents again (RFC 7675), gives up.
void peer_tick(struct peer *p, uint64_t now);

void peer_fail(struct peer *p, const char *why);
