// SPDX-License-Identifier: Apache-2.0
// AES-GCM (RFC 7714), AES in counter mode and HMAC-SHA1 (RFC 3711) for libsrtp 2, by OpenSSL.
//
// Debian builds libsrtp 2 with NSS, which goes through PKCS #11 for each packet and each key that is derived: sessions, object
// handles, locks. That was a fifth of a worker's time. libsrtp has a door for ciphers of others (srtp_replace_cipher_type).

// EVP copies a keyed HMAC by allocating; the old one copies a struct.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "srtp2_openssl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <srtp2/auth.h>
#include <srtp2/cipher.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Of libsrtp's library, not of its headers: where the test vectors are.
extern const srtp_cipher_type_t *srtp_crypto_kernel_get_cipher_type(srtp_cipher_type_id_t id);
extern const srtp_auth_type_t *srtp_crypto_kernel_get_auth_type(srtp_auth_type_id_t id);

enum { BLOCK = 16, SHA1_BLOCK = 64, GCM_SALT = 12, COUNTER_SALT = 14 };

// One of OpenSSL's algorithms under libsrtp's number.
struct kind {
    srtp_cipher_type_t type;
    const char *name;
    int key_len; // of libsrtp's keys, which the salt ends; no two are alike
    int salt_len;
    EVP_CIPHER *cipher; // looked up once: each look takes locks
};

struct cipher {
    srtp_cipher_t base; // first: libsrtp hands its address back
    const struct kind *kind;
    EVP_CIPHER_CTX *context;
    int tag_len;
    uint8_t salt[BLOCK]; // of counter mode, zeros behind it
};

static struct kind kinds[] = {
    {.name = "AES-128-CTR", .type.id = SRTP_AES_ICM_128, .key_len = 16 + COUNTER_SALT, .salt_len = COUNTER_SALT},
    {.name = "AES-256-CTR", .type.id = SRTP_AES_ICM_256, .key_len = 32 + COUNTER_SALT, .salt_len = COUNTER_SALT},
    {.name = "AES-128-GCM", .type.id = SRTP_AES_GCM_128, .key_len = 16 + GCM_SALT, .salt_len = GCM_SALT},
    {.name = "AES-256-GCM", .type.id = SRTP_AES_GCM_256, .key_len = 32 + GCM_SALT, .salt_len = GCM_SALT},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static srtp_err_status_t cipher_dealloc(srtp_cipher_t *base)
{
    struct cipher *c = (struct cipher *)base;
    EVP_CIPHER_CTX_free(c->context);
    OPENSSL_cleanse(c, sizeof *c);
    free(c);
    return srtp_err_status_ok;
}

static srtp_err_status_t cipher_alloc(srtp_cipher_t **made, int key_len, int tag_len)
{
    const struct kind *kind = kinds;
    while (kind->key_len != key_len)
        if (++kind == kinds + KINDS) return srtp_err_status_bad_param;
    if (kind->salt_len == GCM_SALT && tag_len != 8 && tag_len != 16) return srtp_err_status_bad_param;
    struct cipher *c = calloc(1, sizeof *c);
    if (c == NULL) return srtp_err_status_alloc_fail;
    c->base = (srtp_cipher_t){.type = &kind->type, .state = c, .key_len = key_len, .algorithm = (int)kind->type.id};
    c->kind = kind;
    c->tag_len = tag_len;
    c->context = EVP_CIPHER_CTX_new();
    if (c->context == NULL) {
        free(c);
        return srtp_err_status_alloc_fail;
    }
    *made = &c->base;
    return srtp_err_status_ok;
}

static srtp_err_status_t done(int openssl, srtp_err_status_t otherwise)
{
    return openssl == 1 ? srtp_err_status_ok : otherwise;
}

static srtp_err_status_t cipher_key(void *state, const uint8_t *key)
{
    struct cipher *c = state;
    // GCM's salt is in the IVs that libsrtp makes.
    if (c->kind->salt_len == COUNTER_SALT) memcpy(c->salt, key + c->kind->key_len - COUNTER_SALT, COUNTER_SALT);
    return done(EVP_EncryptInit_ex(c->context, c->kind->cipher, NULL, key, NULL), srtp_err_status_init_fail);
}

static srtp_err_status_t gcm_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
    struct cipher *c = state;
    return done(EVP_CipherInit_ex(c->context, NULL, NULL, NULL, iv, direction == srtp_direction_encrypt), srtp_err_status_init_fail);
}

static srtp_err_status_t gcm_aad(void *state, const uint8_t *aad, uint32_t length)
{
    struct cipher *c = state;
    int taken;
    return done(EVP_CipherUpdate(c->context, NULL, &taken, aad, (int)length), srtp_err_status_algo_fail);
}

// Both modes', and counter mode's way back.
static srtp_err_status_t cipher_apply(void *state, uint8_t *bytes, unsigned *length)
{
    struct cipher *c = state;
    int made;
    return done(EVP_CipherUpdate(c->context, bytes, &made, bytes, (int)*length), srtp_err_status_cipher_fail);
}

static srtp_err_status_t gcm_tag(void *state, uint8_t *tag, uint32_t *length)
{
    struct cipher *c = state;
    int made;
    if (EVP_CipherFinal_ex(c->context, tag, &made) != 1) return srtp_err_status_algo_fail;
    *length = (uint32_t)c->tag_len;
    return done(EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_GET_TAG, c->tag_len, tag), srtp_err_status_algo_fail);
}

// The tag ends `bytes`.
static srtp_err_status_t gcm_decrypt(void *state, uint8_t *bytes, unsigned *length)
{
    struct cipher *c = state;
    int text = (int)*length - c->tag_len, made;
    if (text < 0) return srtp_err_status_bad_param;
    if (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, c->tag_len, bytes + text) != 1) return srtp_err_status_algo_fail;
    if (EVP_CipherUpdate(c->context, bytes, &made, bytes, text) != 1) return srtp_err_status_cipher_fail;
    *length = (unsigned)text;
    return done(EVP_CipherFinal_ex(c->context, bytes + text, &made), srtp_err_status_auth_fail);
}

static srtp_err_status_t counter_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
    (void)direction; // the same both ways
    struct cipher *c = state;
    uint8_t counter[BLOCK];
    for (int i = 0; i < BLOCK; i++) counter[i] = c->salt[i] ^ iv[i];
    return done(EVP_EncryptInit_ex(c->context, NULL, NULL, NULL, counter), srtp_err_status_init_fail);
}

struct hmac {
    srtp_auth_t base;                // first, as above
    SHA_CTX inner, outer;            // after the key's block (RFC 2104): where each message begins
    SHA_CTX current;                 // the message's so far
};

static srtp_auth_type_t hmac_type;

static srtp_err_status_t hmac_alloc(srtp_auth_t **made, int key_len, int out_len)
{
    if (key_len > SHA1_BLOCK || out_len > SHA_DIGEST_LENGTH) return srtp_err_status_bad_param;
    struct hmac *h = calloc(1, sizeof *h);
    if (h == NULL) return srtp_err_status_alloc_fail;
    h->base = (srtp_auth_t){.type = &hmac_type, .state = h, .out_len = out_len, .key_len = key_len};
    *made = &h->base;
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_dealloc(srtp_auth_t *base)
{
    OPENSSL_cleanse(base, sizeof(struct hmac));
    free(base);
    return srtp_err_status_ok;
}

static int begin(SHA_CTX *sha, const uint8_t *key, int key_len, uint8_t pad)
{
    uint8_t block[SHA1_BLOCK];
    for (int i = 0; i < SHA1_BLOCK; i++) block[i] = (i < key_len ? key[i] : 0) ^ pad;
    const int ok = SHA1_Init(sha) == 1 && SHA1_Update(sha, block, sizeof block) == 1;
    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

static srtp_err_status_t hmac_start(void *state)
{
    struct hmac *h = state;
    h->current = h->inner;
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_key(void *state, const uint8_t *key, int key_len)
{
    struct hmac *h = state;
    if (key_len > SHA1_BLOCK) return srtp_err_status_bad_param;
    // RFC 2104's ipad and opad.
    if (!begin(&h->inner, key, key_len, 0x36) || !begin(&h->outer, key, key_len, 0x5c)) return srtp_err_status_init_fail;
    return hmac_start(h);
}

static srtp_err_status_t hmac_update(void *state, const uint8_t *bytes, int length)
{
    struct hmac *h = state;
    return done(SHA1_Update(&h->current, bytes, (size_t)length), srtp_err_status_auth_fail);
}

static srtp_err_status_t hmac_compute(void *state, const uint8_t *bytes, int length, int tag_len, uint8_t *tag)
{
    struct hmac *h = state;
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA_CTX outer = h->outer;
    if (tag_len > SHA_DIGEST_LENGTH) return srtp_err_status_bad_param;
    if (SHA1_Update(&h->current, bytes, (size_t)length) != 1 || SHA1_Final(digest, &h->current) != 1 ||
        SHA1_Update(&outer, digest, sizeof digest) != 1 || SHA1_Final(digest, &outer) != 1)
        return srtp_err_status_auth_fail;
    memcpy(tag, digest, (size_t)tag_len);
    return srtp_err_status_ok;
}

static srtp_auth_type_t hmac_type = {.alloc = hmac_alloc,
                                     .dealloc = hmac_dealloc,
                                     .init = hmac_key,
                                     .compute = hmac_compute,
                                     .update = hmac_update,
                                     .start = hmac_start,
                                     .description = "HMAC-SHA1 by OpenSSL",
                                     .id = SRTP_HMAC_SHA1};

static srtp_err_status_t use_cipher(struct kind *kind)
{
    const srtp_cipher_type_t *own = srtp_crypto_kernel_get_cipher_type(kind->type.id);
    // A libsrtp without GCM has none to be replaced.
    if (own == NULL) return srtp_err_status_ok;
    kind->cipher = EVP_CIPHER_fetch(NULL, kind->name, NULL);
    if (kind->cipher == NULL) return srtp_err_status_init_fail;
    const bool gcm = kind->salt_len == GCM_SALT;
    kind->type = (srtp_cipher_type_t){.alloc = cipher_alloc,
                                      .dealloc = cipher_dealloc,
                                      .init = cipher_key,
                                      .set_aad = gcm ? gcm_aad : NULL,
                                      .encrypt = cipher_apply,
                                      .decrypt = gcm ? gcm_decrypt : cipher_apply,
                                      .set_iv = gcm ? gcm_iv : counter_iv,
                                      .get_tag = gcm ? gcm_tag : NULL,
                                      .description = kind->name,
                                      .test_data = own->test_data,
                                      .id = kind->type.id};
    return srtp_replace_cipher_type(&kind->type, kind->type.id);
}

int srtp2_use_openssl(void)
{
    for (int i = 0; i < KINDS; i++) {
        const srtp_err_status_t status = use_cipher(&kinds[i]);
        if (status != srtp_err_status_ok) return (int)status;
    }
    const srtp_auth_type_t *own = srtp_crypto_kernel_get_auth_type(SRTP_HMAC_SHA1);
    if (own == NULL) return srtp_err_status_init_fail;
    hmac_type.test_data = own->test_data;
    return (int)srtp_replace_auth_type(&hmac_type, SRTP_HMAC_SHA1);
}
