// SPDX-License-Identifier: Apache-2.0
// libsrtp's own ciphers and OpenSSL's make the same packets, open each other's, and refuse what was changed. Started by test.mjs.
// Exit status 1, and a line for each that failed.
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shim/srtp2_openssl.h"

enum { PROFILES = 4, SIZES = 4, ROOM = 1500 };

static const struct {
    srtp_profile_t id;
    const char *name;
} profiles[PROFILES] = {
    {srtp_profile_aes128_cm_sha1_80, "AES128_CM_SHA1_80"},
    {srtp_profile_aes128_cm_sha1_32, "AES128_CM_SHA1_32"},
    {srtp_profile_aead_aes_128_gcm, "AEAD_AES_128_GCM"},
    {srtp_profile_aead_aes_256_gcm, "AEAD_AES_256_GCM"},
};
// Of a packet: no payload at all, less than a block, a part of one behind several, a full one.
static const int sizes[SIZES] = {12, 20, 12 + 16 * 5 + 3, 1200};

struct packet {
    unsigned char bytes[ROOM];
    int length;
};

static bool session(srtp_t *made, srtp_profile_t profile, srtp_ssrc_type_t direction)
{
    unsigned char key[SRTP_MAX_KEY_LEN];
    for (int i = 0; i < SRTP_MAX_KEY_LEN; i++) key[i] = (unsigned char)(i * 7 + 1);
    srtp_policy_t policy = {.ssrc.type = direction, .key = key, .window_size = 1024};
    return srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile) == srtp_err_status_ok &&
           srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile) == srtp_err_status_ok &&
           srtp_create(made, &policy) == srtp_err_status_ok;
}

// An RTP packet, or an empty receiver report of 8 octets with as much behind it.
static struct packet plain(bool rtcp, int i)
{
    struct packet p = {.length = sizes[i]};
    for (int at = 8; at < p.length; at++) p.bytes[at] = (unsigned char)(at * 3 + i);
    const unsigned char head[8] = {0x80, rtcp ? 201 : 96, 0, (unsigned char)(i + 1), 0, 0, 0, 9};
    memcpy(p.bytes, head, sizeof head);
    // Not another SSRC for each.
    if (!rtcp) memcpy(p.bytes + 8, (const unsigned char[]){0, 0, 0, 9}, 4);
    return p;
}

static bool protect_all(struct packet made[PROFILES][2][SIZES])
{
    for (int profile = 0; profile < PROFILES; profile++) {
        srtp_t out;
        if (!session(&out, profiles[profile].id, ssrc_any_outbound)) return false;
        for (int i = 0; i < SIZES; i++) {
            struct packet *p = made[profile][0] + i, *report = made[profile][1] + i;
            *p = plain(false, i);
            *report = plain(true, i);
            if (srtp_protect(out, p->bytes, &p->length) != srtp_err_status_ok) return false;
            if (srtp_protect_rtcp(out, report->bytes, &report->length) != srtp_err_status_ok) return false;
        }
        srtp_dealloc(out);
    }
    return true;
}

static bool opens(srtp_t in, bool rtcp, struct packet p, int i)
{
    const struct packet expected = plain(rtcp, i);
    struct packet changed = p;
    // In the tag, which SRTCP's index follows with GCM.
    changed.bytes[p.length - (rtcp ? 6 : 2)] ^= 1;
    srtp_err_status_t (*const open)(srtp_t, void *, int *) = rtcp ? srtp_unprotect_rtcp : srtp_unprotect;
    return open(in, changed.bytes, &changed.length) == srtp_err_status_auth_fail &&
           open(in, p.bytes, &p.length) == srtp_err_status_ok && p.length == expected.length &&
           memcmp(p.bytes, expected.bytes, (size_t)p.length) == 0;
}

int main(void)
{
    static struct packet own[PROFILES][2][SIZES], openssl[PROFILES][2][SIZES];
    if (srtp_init() != srtp_err_status_ok || !protect_all(own)) return puts("FAILED: libsrtp cannot be set up"), 1;
    const int status = srtp2_use_openssl();
    if (status != 0 || !protect_all(openssl)) return printf("FAILED: OpenSSL's ciphers: %d\n", status), 1;
    int failed = 0;
    for (int profile = 0; profile < PROFILES; profile++) {
        srtp_t in;
        bool ok = session(&in, profiles[profile].id, ssrc_any_inbound);
        for (int rtcp = 0; rtcp < 2; rtcp++)
            for (int i = 0; i < SIZES; i++) {
                const struct packet *a = own[profile][rtcp] + i, *b = openssl[profile][rtcp] + i;
                ok = ok && a->length == b->length && memcmp(a->bytes, b->bytes, (size_t)a->length) == 0 && opens(in, rtcp == 1, *a, i);
            }
        if (!ok) failed += printf("FAILED: %s\n", profiles[profile].name) > 0;
        srtp_dealloc(in);
    }
    return failed == 0 ? 0 : 1;
}
