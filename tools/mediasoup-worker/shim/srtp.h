// SPDX-License-Identifier: Apache-2.0
// The part of the libsrtp 3 API that the mediasoup worker uses, on top of Debian's libsrtp 2
// (libsrtp 3 is not packaged). Implementation: srtp3_over_srtp2.cpp.
//
// Everything here has C++ linkage, so the functions that have the same names in libsrtp 2 (with other
// signatures) are other symbols and the two never meet. libsrtp 2's own header is <srtp2/srtp.h> and is
// included by the implementation only.
#ifndef SHIM_SRTP3_H
#define SHIM_SRTP3_H

#include <cstddef>
#include <cstdint>

// The most octets that protecting adds: authentication tag (16) and MKI (128, unused here). For SRTCP
// the 4 octets of the index come on top; they fit, as no MKI is ever used.
#define SRTP_MAX_TAG_LEN 16
#define SRTP_MAX_MKI_LEN 128
#define SRTP_MAX_TRAILER_LEN (SRTP_MAX_TAG_LEN + SRTP_MAX_MKI_LEN)

// Values 0..27 are those of libsrtp 2 (checked at compile time by the implementation).
enum srtp_err_status_t
{
	srtp_err_status_ok            = 0,
	srtp_err_status_fail          = 1,
	srtp_err_status_bad_param     = 2,
	srtp_err_status_alloc_fail    = 3,
	srtp_err_status_dealloc_fail  = 4,
	srtp_err_status_init_fail     = 5,
	srtp_err_status_terminus      = 6,
	srtp_err_status_auth_fail     = 7,
	srtp_err_status_cipher_fail   = 8,
	srtp_err_status_replay_fail   = 9,
	srtp_err_status_replay_old    = 10,
	srtp_err_status_algo_fail     = 11,
	srtp_err_status_no_such_op    = 12,
	srtp_err_status_no_ctx        = 13,
	srtp_err_status_cant_check    = 14,
	srtp_err_status_key_expired   = 15,
	srtp_err_status_socket_err    = 16,
	srtp_err_status_signal_err    = 17,
	srtp_err_status_nonce_bad     = 18,
	srtp_err_status_read_fail     = 19,
	srtp_err_status_write_fail    = 20,
	srtp_err_status_parse_err     = 21,
	srtp_err_status_encode_err    = 22,
	srtp_err_status_semaphore_err = 23,
	srtp_err_status_pfkey_err     = 24,
	srtp_err_status_bad_mki       = 25,
	srtp_err_status_pkt_idx_old   = 26,
	srtp_err_status_pkt_idx_adv   = 27,
	srtp_err_status_buffer_small  = 28,
	srtp_err_status_cryptex_err   = 29
};

enum srtp_profile_t
{
	srtp_profile_reserved         = 0,
	srtp_profile_aes128_cm_sha1_80 = 1,
	srtp_profile_aes128_cm_sha1_32 = 2,
	srtp_profile_null_sha1_80     = 5,
	srtp_profile_null_sha1_32     = 6,
	srtp_profile_aead_aes_128_gcm = 7,
	srtp_profile_aead_aes_256_gcm = 8
};

enum srtp_ssrc_type_t
{
	ssrc_undefined    = 0,
	ssrc_specific     = 1,
	ssrc_any_inbound  = 2,
	ssrc_any_outbound = 3
};

struct srtp_ssrc_t
{
	srtp_ssrc_type_t type;
	uint32_t value;
};

enum srtp_event_t
{
	event_ssrc_collision,
	event_key_soft_limit,
	event_key_hard_limit,
	event_packet_index_limit
};

// Both are opaque; srtp_t is libsrtp 2's own session pointer.
struct Srtp3Session;
struct Srtp3Policy;
using srtp_t        = Srtp3Session*;
using srtp_policy_t = Srtp3Policy*;

struct srtp_event_data_t
{
	srtp_t session;
	uint32_t ssrc;
	srtp_event_t event;
};

using srtp_event_handler_func_t = void(srtp_event_data_t* data);

srtp_err_status_t srtp_init();
srtp_err_status_t srtp_shutdown();
const char* srtp_get_version_string();
srtp_err_status_t srtp_install_event_handler(srtp_event_handler_func_t* handler);

size_t srtp_profile_get_master_key_length(srtp_profile_t profile);
size_t srtp_profile_get_master_salt_length(srtp_profile_t profile);

srtp_err_status_t srtp_policy_create(srtp_policy_t* policy);
void srtp_policy_destroy(srtp_policy_t policy);
srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc);
srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile);
// Exactly one key, without MKI: all the worker asks for.
srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* mki,
  size_t mkiLen);
srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow);
srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t windowSize);

srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy);
srtp_err_status_t srtp_dealloc(srtp_t session);
// The worker passes the SSRC in network byte order, which is what libsrtp 2 wants.
srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc);

// In each of these, *outLen is the room in `out` before the call and the octets used after it; `in` and
// `out` are either the same buffer or do not overlap.
srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t mkiIndex);
srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen);
srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t mkiIndex);
srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen);

#endif
