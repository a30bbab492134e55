// Data channels over a DTLS connection, as a browser's peer sends them (RFC 8261, RFC 8831), by usrsctp.
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;

// Once per process, before anything else here.
void sctp_setup(void);

/*
 * Begins an association to port 5000 of the other end; what it has to say leaves by `ssl`, whose handshake must be over.
 * NULL on failure. `ssl` stays the caller's and must outlive it.
 */
struct channel *sctp_connect(SSL *ssl);

// True when messages can be sent.
bool sctp_connected(const struct channel *c);

// Packets that have left by DTLS.
uint64_t sctp_packets(const struct channel *c);

// One packet of the other end's, as DTLS decrypted it.
void sctp_take(struct channel *c, const uint8_t *packet, size_t length);

/*
 * One binary message (PPID 53). Unreliable: unordered and never sent twice, as a data channel with maxRetransmits 0. Leaves
 * before this returns unless the window is full. Returns false when it was not taken.
 */
bool sctp_send(struct channel *c, uint16_t stream, bool unreliable, const uint8_t *message, size_t length);

// How a message is sent that no browser sends.
struct sctp_oddity {
    uint16_t stream;
    uint32_t ppid;
    bool unordered;
    // Its end does not come: what is sent on that stream next is more of it.
    bool open;
};

// Makes the send buffer 8 MiB, which the longest message has to fit into. Returns false on failure.
bool sctp_widen(struct channel *c);

// As sctp_send, and false too when only a part of an open message was taken.
bool sctp_send_odd(struct channel *c, const struct sctp_oddity *as, const uint8_t *message, size_t length);

// Asks that all streams begin anew (RFC 6525); false while an earlier such request has no answer, or something is on its way.
bool sctp_reset(struct channel *c);

// To be called at least every 20 ms, with the milliseconds since the last call.
void sctp_tick(uint32_t elapsed_ms);
