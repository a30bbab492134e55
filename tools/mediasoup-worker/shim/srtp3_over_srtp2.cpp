// SPDX-License-Identifier: Apache-2.0
// See srtp.h (the one beside this file). The two headers declare the same C names for different
// things, so libsrtp 2's is taken into a namespace; its functions are extern "C", which a namespace does
// not change, so they still link.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

namespace v2
{
#include <srtp2/srtp.h>
} // namespace v2

// libsrtp 2 defines these three as macros too, with the values that srtp.h repeats.
static_assert(SRTP_MAX_TAG_LEN == 16 && SRTP_MAX_MKI_LEN == 128);
#undef SRTP_MAX_TAG_LEN
#undef SRTP_MAX_MKI_LEN
#undef SRTP_MAX_TRAILER_LEN

#include "srtp.h"
#include "srtp2_openssl.h"

static_assert(static_cast<int>(v2::srtp_err_status_pkt_idx_adv) == static_cast<int>(srtp_err_status_pkt_idx_adv));
static_assert(static_cast<int>(v2::srtp_err_status_replay_old) == static_cast<int>(srtp_err_status_replay_old));
static_assert(static_cast<int>(v2::srtp_err_status_bad_mki) == static_cast<int>(srtp_err_status_bad_mki));
static_assert(static_cast<int>(v2::srtp_profile_aes128_cm_sha1_80) == static_cast<int>(srtp_profile_aes128_cm_sha1_80));
static_assert(static_cast<int>(v2::srtp_profile_aead_aes_256_gcm) == static_cast<int>(srtp_profile_aead_aes_256_gcm));
static_assert(static_cast<int>(v2::ssrc_any_inbound) == static_cast<int>(ssrc_any_inbound));
static_assert(static_cast<int>(v2::ssrc_any_outbound) == static_cast<int>(ssrc_any_outbound));
static_assert(static_cast<int>(v2::event_packet_index_limit) == static_cast<int>(event_packet_index_limit));

struct Srtp3Policy
{
	v2::srtp_policy_t policy{};
	unsigned char key[SRTP_MAX_KEY_LEN]{};
	bool hasProfile{ false };
	bool hasKey{ false };
	srtp_profile_t profile{ srtp_profile_reserved };
};

namespace
{
	srtp_event_handler_func_t* eventHandler{ nullptr };

	srtp_err_status_t status(v2::srtp_err_status_t err)
	{
		return static_cast<srtp_err_status_t>(err);
	}

	v2::srtp_t ctx(srtp_t session)
	{
		return reinterpret_cast<v2::srtp_t>(session);
	}

	void onEvent(v2::srtp_event_data_t* data)
	{
		if (eventHandler == nullptr)
		{
			return;
		}

		srtp_event_data_t event{ reinterpret_cast<srtp_t>(data->session),
			                       data->ssrc,
			                       static_cast<srtp_event_t>(data->event) };

		eventHandler(&event);
	}

	/*
	 * The senders of a session that it knows by RTCP alone, the newest `most`. libsrtp keeps a stream for each SSRC under which a packet came
	 * that its keys open, and searches them one after the other; the worker has those removed whose RTP no producer wants, and none of RTCP.
	 * So whoever has the keys of one connection could make every packet of it cost a millisecond of a worker that serves many. Who is
	 * forgotten is known again by its next packet; an honest peer has one such sender for each of its m-sections.
	 */
	struct RtcpOnly
	{
		static constexpr size_t most{ 64 };
		std::array<uint32_t, most> ssrcs{};
		size_t count{ 0 };
		size_t oldest{ 0 };

		void add(v2::srtp_t session, uint32_t ssrc)
		{
			if (count < most)
			{
				ssrcs[count++] = ssrc;

				return;
			}

			v2::srtp_remove_stream(session, htonl(ssrcs[oldest]));
			ssrcs[oldest] = ssrc;
			oldest        = (oldest + 1) % most;
		}

		void forget(uint32_t ssrc)
		{
			const auto end   = ssrcs.begin() + count;
			const auto found = std::find(ssrcs.begin(), end, ssrc);

			if (found == end)
			{
				return;
			}

			// The places' order is their age.
			std::rotate(ssrcs.begin(), ssrcs.begin() + oldest, end);
			oldest = 0;
			std::remove(ssrcs.begin(), end, ssrc);
			--count;
		}
	};

	RtcpOnly* rtcpOnly(srtp_t session)
	{
		return static_cast<RtcpOnly*>(v2::srtp_get_user_data(ctx(session)));
	}

	// The SSRC of a packet, whose octets begin there; false when it is too short for one.
	bool ssrcAt(size_t at, const uint8_t* packet, size_t len, uint32_t* ssrc)
	{
		if (packet == nullptr || len < at + 4)
		{
			return false;
		}

		*ssrc = uint32_t{ packet[at] } << 24 | uint32_t{ packet[at + 1] } << 16 | uint32_t{ packet[at + 2] } << 8 |
		        uint32_t{ packet[at + 3] };

		return true;
	}

	using InPlace = v2::srtp_err_status_t(v2::srtp_t, void*, int*);

	// libsrtp 2 works in place: copy first if `out` is another buffer. `room` is what it may write past
	// the end of the input.
	srtp_err_status_t apply(
	  InPlace* function, srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t room)
	{
		if (session == nullptr || in == nullptr || out == nullptr || outLen == nullptr)
		{
			return srtp_err_status_bad_param;
		}

		if (inLen > static_cast<size_t>(std::numeric_limits<int>::max()) - room)
		{
			return srtp_err_status_bad_param;
		}

		if (*outLen < inLen + room)
		{
			return srtp_err_status_buffer_small;
		}

		if (out != in)
		{
			std::memcpy(out, in, inLen);
		}

		int len        = static_cast<int>(inLen);
		const auto err = function(ctx(session), out, &len);

		if (err == v2::srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(len);
		}

		return status(err);
	}
} // namespace

srtp_err_status_t srtp_init()
{
	const auto err = v2::srtp_init();

	return err == v2::srtp_err_status_ok ? static_cast<srtp_err_status_t>(srtp2_use_openssl()) : status(err);
}

srtp_err_status_t srtp_shutdown()
{
	return status(v2::srtp_shutdown());
}

const char* srtp_get_version_string()
{
	return v2::srtp_get_version_string();
}

srtp_err_status_t srtp_install_event_handler(srtp_event_handler_func_t* handler)
{
	eventHandler = handler;

	return status(v2::srtp_install_event_handler(onEvent));
}

size_t srtp_profile_get_master_key_length(srtp_profile_t profile)
{
	return v2::srtp_profile_get_master_key_length(static_cast<v2::srtp_profile_t>(profile));
}

size_t srtp_profile_get_master_salt_length(srtp_profile_t profile)
{
	return v2::srtp_profile_get_master_salt_length(static_cast<v2::srtp_profile_t>(profile));
}

srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	if (policy == nullptr)
	{
		return srtp_err_status_bad_param;
	}

	*policy = new (std::nothrow) Srtp3Policy();

	return *policy != nullptr ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

void srtp_policy_destroy(srtp_policy_t policy)
{
	if (policy != nullptr)
	{
		// Not plain memset(), which the compiler may drop just before a delete.
		volatile unsigned char* key = policy->key;

		for (size_t i = 0; i < sizeof(policy->key); ++i)
		{
			key[i] = 0;
		}

		delete policy;
	}
}

srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	if (policy == nullptr)
	{
		return srtp_err_status_bad_param;
	}

	policy->policy.ssrc.type  = static_cast<v2::srtp_ssrc_type_t>(ssrc.type);
	policy->policy.ssrc.value = ssrc.value;

	return srtp_err_status_ok;
}

srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	if (policy == nullptr)
	{
		return srtp_err_status_bad_param;
	}

	const auto profile2 = static_cast<v2::srtp_profile_t>(profile);
	auto err            = v2::srtp_crypto_policy_set_from_profile_for_rtp(&policy->policy.rtp, profile2);

	if (err == v2::srtp_err_status_ok)
	{
		// For ..._sha1_32 this one too gives an 80 bit tag for SRTCP, as RFC 3711 and RFC 5764 want.
		err = v2::srtp_crypto_policy_set_from_profile_for_rtcp(&policy->policy.rtcp, profile2);
	}

	policy->profile    = profile;
	policy->hasProfile = err == v2::srtp_err_status_ok;

	return status(err);
}

srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* mki,
  size_t mkiLen)
{
	if (policy == nullptr || !policy->hasProfile || policy->hasKey || key == nullptr || salt == nullptr || mki != nullptr || mkiLen != 0)
	{
		return srtp_err_status_bad_param;
	}

	if (
	  keyLen != srtp_profile_get_master_key_length(policy->profile) ||
	  saltLen != srtp_profile_get_master_salt_length(policy->profile) || keyLen + saltLen > sizeof(policy->key))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->key, key, keyLen);
	std::memcpy(policy->key + keyLen, salt, saltLen);
	policy->policy.key = policy->key;
	policy->hasKey     = true;

	return srtp_err_status_ok;
}

srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	if (policy == nullptr)
	{
		return srtp_err_status_bad_param;
	}

	policy->policy.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t windowSize)
{
	if (policy == nullptr || (windowSize != 0 && (windowSize < 64 || windowSize >= 0x8000)))
	{
		return srtp_err_status_bad_param;
	}

	policy->policy.window_size = windowSize;

	return srtp_err_status_ok;
}

srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	if (session == nullptr || policy == nullptr || !policy->hasProfile || !policy->hasKey)
	{
		return srtp_err_status_bad_param;
	}

	v2::srtp_t session2{ nullptr };
	const auto err = v2::srtp_create(&session2, &policy->policy);

	*session = err == v2::srtp_err_status_ok ? reinterpret_cast<srtp_t>(session2) : nullptr;

	if (err != v2::srtp_err_status_ok)
	{
		return status(err);
	}

	auto* senders = new (std::nothrow) RtcpOnly();

	if (senders == nullptr)
	{
		v2::srtp_dealloc(session2);
		*session = nullptr;

		return srtp_err_status_alloc_fail;
	}

	v2::srtp_set_user_data(session2, senders);

	return srtp_err_status_ok;
}

srtp_err_status_t srtp_dealloc(srtp_t session)
{
	auto* senders  = session == nullptr ? nullptr : rtcpOnly(session);
	const auto err = v2::srtp_dealloc(ctx(session));

	if (err == v2::srtp_err_status_ok)
	{
		delete senders;
	}

	return status(err);
}

srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	// In network byte order, unlike all others.
	rtcpOnly(session)->forget(ntohl(ssrc));

	return status(v2::srtp_remove_stream(ctx(session), ssrc));
}

srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	return apply(v2::srtp_protect, session, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN);
}

srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	uint32_t ssrc{ 0 };
	// Before the packet is opened in its place: its head is not encrypted.
	const bool named = ssrcAt(8, in, inLen, &ssrc);
	const auto err   = apply(v2::srtp_unprotect, session, in, inLen, out, outLen, 0);

	if (err == srtp_err_status_ok && named)
	{
		rtcpOnly(session)->forget(ssrc);
	}

	return err;
}

srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	// Tag and the 4 octets of the SRTCP index: well within this.
	return apply(v2::srtp_protect_rtcp, session, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN);
}

srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	uint32_t ssrc{ 0 };
	uint32_t roc{ 0 };
	const bool unknown = session != nullptr && ssrcAt(4, in, inLen, &ssrc) &&
	                     v2::srtp_get_stream_roc(ctx(session), ssrc, &roc) != v2::srtp_err_status_ok;
	const auto err     = apply(v2::srtp_unprotect_rtcp, session, in, inLen, out, outLen, 0);

	if (err == srtp_err_status_ok && unknown)
	{
		rtcpOnly(session)->add(ctx(session), ssrc);
	}

	return err;
}
