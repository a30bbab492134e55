// SPDX-License-Identifier: Apache-2.0
// The shim forgets senders that a session knows by RTCP alone, and no other; started by test.mjs. Exit status 1, and a line for each that
// failed.
#include <arpa/inet.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "shim/srtp.h"

// libsrtp 2's own, which tells whether a session has a stream (the shim's sessions are libsrtp 2's).
extern "C" int srtp_get_stream_roc(void* session, uint32_t ssrc, uint32_t* roc);

namespace
{
	using Packet = std::vector<uint8_t>;
	constexpr size_t most{ 64 };
	int failed{ 0 };

	void expect(bool so, const char* what)
	{
		if (!so)
		{
			++failed;
			std::printf("FAILED: %s\n", what);
		}
	}

	srtp_t session(srtp_ssrc_type_t direction)
	{
		uint8_t key[16 + 14]{ 1, 2, 3 };
		srtp_policy_t policy{ nullptr };
		srtp_t made{ nullptr };

		srtp_policy_create(&policy);
		srtp_policy_set_ssrc(policy, { direction, 0 });
		srtp_policy_set_profile(policy, srtp_profile_aes128_cm_sha1_80);
		srtp_policy_add_key(policy, key, 16, key + 16, 14, nullptr, 0);
		srtp_create(&made, policy);
		srtp_policy_destroy(policy);

		return made;
	}

	void put(uint8_t* at, uint32_t value)
	{
		for (int i = 0; i < 4; ++i)
		{
			at[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
		}
	}

	Packet rtp(srtp_t out, uint32_t ssrc, uint8_t sequence)
	{
		uint8_t plain[40]{ 0x80, 96, 0, sequence };
		Packet made(200);
		size_t length{ made.size() };

		put(plain + 8, ssrc);
		srtp_protect(out, plain, sizeof(plain), made.data(), &length, 0);
		made.resize(length);

		return made;
	}

	// An empty receiver report. Of a session of its own: one that sends keeps its streams too.
	Packet report(uint32_t ssrc)
	{
		const srtp_t out = session(ssrc_any_outbound);
		uint8_t plain[8]{ 0x80, 201, 0, 1 };
		Packet made(200);
		size_t length{ made.size() };

		put(plain + 4, ssrc);
		srtp_protect_rtcp(out, plain, sizeof(plain), made.data(), &length, 0);
		made.resize(length);
		srtp_dealloc(out);

		return made;
	}

	bool opens(srtp_t in, bool rtcp, Packet packet)
	{
		size_t length{ packet.size() };
		auto* const open = rtcp ? srtp_unprotect_rtcp : srtp_unprotect;

		return open(in, packet.data(), packet.size(), packet.data(), &length) == srtp_err_status_ok;
	}

	bool knows(srtp_t in, uint32_t ssrc)
	{
		uint32_t roc{ 0 };

		return srtp_get_stream_roc(reinterpret_cast<void*>(in), ssrc, &roc) == 0;
	}

	size_t known(srtp_t in, uint32_t from, uint32_t to)
	{
		size_t count{ 0 };

		for (uint32_t ssrc = from; ssrc < to; ++ssrc)
		{
			count += knows(in, ssrc) ? 1 : 0;
		}

		return count;
	}
} // namespace

int main()
{
	srtp_init();

	const srtp_t out = session(ssrc_any_outbound);
	const srtp_t in  = session(ssrc_any_inbound);
	const uint32_t media{ 7 };
	const uint32_t later{ 8 };
	const uint32_t removed{ 9 };
	const Packet first = rtp(out, media, 1);

	// One that begins with RTP, one whose report comes before it, one that the worker has removed.
	expect(opens(in, false, first) && opens(in, true, report(media)), "RTP, and a report of it");
	expect(opens(in, true, report(later)) && opens(in, false, rtp(out, later, 1)), "a report before its RTP");
	expect(opens(in, true, report(removed)) && srtp_stream_remove(in, htonl(removed)) == srtp_err_status_ok, "a removed one");

	bool all{ true };

	for (uint32_t ssrc = 1000; ssrc < 2000; ++ssrc)
	{
		all = all && opens(in, true, report(ssrc));
	}

	expect(all, "reports of a thousand senders");
	expect(known(in, 1000, 2000) == most, "of a thousand the newest are known");
	expect(known(in, 2000 - most, 2000) == most, "and they are the newest");
	expect(opens(in, true, report(1000)) && knows(in, 1000) && !knows(in, 2000 - most), "one that was forgotten comes back");
	expect(!opens(in, true, report(1999)), "a known one's report is not taken twice");
	expect(knows(in, media) && knows(in, later), "RTP's are known still");
	expect(!opens(in, false, first), "and so is what they have sent");
	expect(opens(in, false, rtp(out, media, 2)) && opens(in, false, rtp(out, later, 2)), "they go on");

	// In the middle of the ages: what is forgotten then is still the oldest.
	expect(opens(in, false, rtp(out, 1990, 1)), "a known one begins to send");
	expect(opens(in, true, report(3000)) && opens(in, true, report(3001)), "two more");
	expect(knows(in, 1990) && !knows(in, 2000 - most + 1) && knows(in, 2000 - most + 2), "the oldest goes, and one only");

	srtp_dealloc(in);
	srtp_dealloc(out);
	srtp_shutdown();

	return failed == 0 ? 0 : 1;
}
