// DTLS 1.2 client over a connected UDP socket, and the SRTP keys that come out of it (RFC 5764).
#pragma once
#include <openssl/ssl.h>
#include <srtp2/srtp.h>
#include <stdbool.h>

enum { FINGERPRINT_TEXT = 32 * 3 };

/*
 * A context with a self-signed certificate of its own; `fingerprint` (FINGERPRINT_TEXT bytes) gets its SHA-256 as
 * "AA:BB:…". NULL on failure. The caller frees it with SSL_CTX_free.
 */
SSL_CTX *dtls_context(char *fingerprint);

// A handshake over the non-blocking connected socket; NULL on failure. Freed with SSL_free; the socket stays the caller's.
SSL *dtls_client(SSL_CTX *context, int socket);

/*
 * The sessions for what the server sends and for what is sent to it, from a finished handshake; false when no profile was agreed
 * on that is known here. Both are the caller's: srtp_dealloc.
 */
bool dtls_sessions(SSL *ssl, srtp_t *inbound, srtp_t *outbound);
