#include "stun.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

enum { HEADER = 20, COOKIE = 0x2112a442 };
enum { USERNAME = 0x0006, MESSAGE_INTEGRITY = 0x0008, PRIORITY = 0x0024, USE_CANDIDATE = 0x0025, FINGERPRINT = 0x8028, ICE_CONTROLLING = 0x802a };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

// Appends an attribute, padded to 4 bytes (RFC 8489 §14).
static size_t attribute(uint8_t *message, size_t at, unsigned type, const void *value, size_t length)
{
    put16(message + at, type);
    put16(message + at + 2, (unsigned)length);
    if (length > 0) memcpy(message + at + 4, value, length);
    size_t padded = (length + 3) & ~(size_t)3;
    memset(message + at + 4 + length, 0, padded - length);
    return at + 4 + padded;
}

// CRC-32 of ISO 3309, as FINGERPRINT wants it (RFC 8489 §14.7).
static uint32_t crc32(const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

size_t stun_request(uint8_t *out, const char *user, const char *password)
{
    size_t length = strlen(user);
    if (length > 400) return 0;
    memset(out, 0, HEADER);
    put16(out, 0x0001);
    put32(out + 4, COOKIE);
    RAND_bytes(out + 8, 12);
    // Candidate priority of a peer-reflexive one (RFC 8445 §5.1.2.1); a lite server does not weigh it.
    uint8_t priority[4], tie[8];
    put32(priority, 110u << 24 | 65535u << 8 | 255u);
    RAND_bytes(tie, sizeof tie);
    size_t at = attribute(out, HEADER, USERNAME, user, length);
    at = attribute(out, at, PRIORITY, priority, sizeof priority);
    at = attribute(out, at, ICE_CONTROLLING, tie, sizeof tie);
    at = attribute(out, at, USE_CANDIDATE, "", 0);

    // The length field counts up to and with the attribute that is computed (RFC 8489 §14.5, §14.7).
    uint8_t digest[EVP_MAX_MD_SIZE], check[4];
    unsigned digest_length = 0;
    put16(out + 2, (unsigned)(at - HEADER + 24));
    HMAC(EVP_sha1(), password, (int)strlen(password), out, at, digest, &digest_length);
    at = attribute(out, at, MESSAGE_INTEGRITY, digest, digest_length);
    put16(out + 2, (unsigned)(at - HEADER + 8));
    put32(check, crc32(out, at) ^ 0x5354554eu);
    return attribute(out, at, FINGERPRINT, check, sizeof check);
}

bool stun_is(const uint8_t *message, size_t length)
{
    return length >= HEADER && message[0] <= 3;
}

bool stun_success(const uint8_t *message, size_t length)
{
    return stun_is(message, length) && message[0] == 0x01 && message[1] == 0x01;
}
