// SPDX-License-Identifier: Apache-2.0
#ifndef SHIM_SRTP2_OPENSSL_H
#define SHIM_SRTP2_OPENSSL_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Gives libsrtp 2 OpenSSL's AES and SHA-1 in place of its own, for all sessions that are created afterwards. Call it once, after
 * `srtp_init`. Each is taken only when it passes libsrtp's own test vectors. 0, or the `srtp_err_status_t` of what failed.
 */
int srtp2_use_openssl(void);

#ifdef __cplusplus
}
#endif
#endif
