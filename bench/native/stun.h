// STUN binding requests as an ICE agent sends them to an ICE-lite server (RFC 8489, RFC 8445 §7.1).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STUN_MAX = 600 };

/*
 * Writes a binding request that nominates its candidate pair into `out` (STUN_MAX bytes).
 * user: "<server's ufrag>:<our ufrag>", at most 400 bytes; password: the server's.
 * Returns its length, 0 when user is too long.
 */
size_t stun_request(uint8_t *out, const char *user, const char *password);

// True for a success response to a binding request.
bool stun_success(const uint8_t *message, size_t length);

// True for anything that is STUN: first byte 0 to 3 (RFC 7983 §7).
bool stun_is(const uint8_t *message, size_t length);
