#include "dtls.h"

#include <openssl/ec.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (certificate == NULL) return NULL;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"bench", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    if (X509_sign(certificate, key, EVP_sha256()) == 0) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

SSL_CTX *dtls_context(char *fingerprint)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key == NULL ? NULL : self_signed(key);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    // SSL_CTX_set_tlsext_use_srtp answers 0 for success, unlike the others.
    bool ok = context != NULL && certificate != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1 &&
              SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0 &&
              X509_digest(certificate, EVP_sha256(), digest, &length) == 1 && length == 32;
    if (ok) {
        for (unsigned i = 0; i < length; i++) sprintf(fingerprint + i * 3, "%02X:", digest[i]);
        fingerprint[FINGERPRINT_TEXT - 1] = '\0';
        // Who the server is was learnt over signalling on this machine; its certificate says nothing more.
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (ok) return context;
    SSL_CTX_free(context);
    return NULL;
}

// Browsers send a flight again after 50 ms, then ever later (WebRTC's DtlsTransport); OpenSSL's second would be the measurement's own.
static unsigned next_timeout(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    return last_us == 0 ? 50000 : last_us < 1500000 ? last_us * 2 : 3000000;
}

SSL *dtls_client(SSL_CTX *context, int socket)
{
    struct sockaddr_storage to;
    socklen_t length = sizeof to;
    if (getpeername(socket, (struct sockaddr *)&to, &length) != 0) return NULL;
    SSL *ssl = SSL_new(context);
    BIO *bio = BIO_new_dgram(socket, BIO_NOCLOSE);
    if (ssl == NULL || bio == NULL) {
        SSL_free(ssl);
        BIO_free(bio);
        return NULL;
    }
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &to);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    DTLS_set_timer_cb(ssl, next_timeout);
    return ssl;
}

// One direction of the material: whose key and salt begin at `key_at` and `salt_at`.
static bool create(srtp_t *session, srtp_policy_t policy, const unsigned char *key_at, size_t key, const unsigned char *salt_at, size_t salt)
{
    unsigned char master[32 + 14];
    memcpy(master, key_at, key);
    memcpy(master + key, salt_at, salt);
    policy.key = master;
    return srtp_create(session, &policy) == srtp_err_status_ok;
}

bool dtls_sessions(SSL *ssl, srtp_t *inbound, srtp_t *outbound)
{
    SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);
    if (profile == NULL) return false;
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    size_t key = 16, salt = 12;
    if (profile->id == SRTP_AEAD_AES_256_GCM) {
        key = 32;
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
    } else if (profile->id == SRTP_AEAD_AES_128_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else if (profile->id == SRTP_AES128_CM_SHA1_80) {
        salt = 14;
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    } else {
        return false;
    }
    policy.window_size = 1024;
    // Client key, server key, client salt, server salt (RFC 5764 §4.2).
    unsigned char material[2 * (32 + 14)], *salts = material + 2 * key;
    if (SSL_export_keying_material(ssl, material, 2 * (key + salt), "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0) != 1) return false;
    policy.ssrc.type = ssrc_any_inbound;
    if (!create(inbound, policy, material + key, key, salts + salt, salt)) return false;
    policy.ssrc.type = ssrc_any_outbound;
    if (create(outbound, policy, material, key, salts, salt)) return true;
    srtp_dealloc(*inbound);
    return false;
}
