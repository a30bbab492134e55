// SPDX-License-Identifier: Apache-2.0
// A phone's cable: a veth pair from the host's bridge to eth0 in the phone's network namespace.
//
// Its inner end is born where it belongs: moving one there waits for the kernel's read-side critical sections, ten milliseconds and
// more (net/core/dev.c, rcu_barrier). Nothing passes while the host's end is down, and whoever guards it sets it up.
#include "hostcap.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char INSIDE[] = "eth0";

enum { PID_MOST = 4194304 }; // PID_MAX_LIMIT of 64-bit kernels (include/linux/threads.h)

static int wrong_name(const char *name)
{
	if (name[0] != '\0' && strlen(name) < IF_NAMESIZE && strchr(name, '/') == NULL)
		return 0;
	return misused("'%s': a device's name has 1 to %d bytes, no slash", name, IF_NAMESIZE - 1);
}

static void begin_link(struct request *request, uint16_t type, uint16_t flags, unsigned index, unsigned up)
{
	const struct ifinfomsg head = { .ifi_index = (int)index, .ifi_flags = up, .ifi_change = up };

	request_begin(request, type, flags, &head, sizeof head);
}

static int make_pair(int netlink, const char *device, const struct ether_addr *mac, unsigned long pid)
{
	const struct ifinfomsg none = { 0 };
	const uint32_t target = (uint32_t)pid;
	struct request request;

	begin_link(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	request_add_text(&request, IFLA_IFNAME, device);
	struct rtattr *const info = request_open(&request, IFLA_LINKINFO);
	request_add_text(&request, IFLA_INFO_KIND, "veth");
	struct rtattr *const data = request_open(&request, IFLA_INFO_DATA);
	struct rtattr *const peer = request_open(&request, VETH_INFO_PEER);
	request_add_head(&request, &none, sizeof none);
	request_add_text(&request, IFLA_IFNAME, INSIDE);
	request_add(&request, IFLA_ADDRESS, mac, sizeof *mac);
	request_add(&request, IFLA_NET_NS_PID, &target, sizeof target);
	request_close(&request, peer);
	request_close(&request, data);
	request_close(&request, info);
	return netlink_do(netlink, &request);
}

// No address of its own making: an fe80:: one would be a way from a phone to its host.
static int without_ipv6(int netlink, unsigned index)
{
	const uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	struct request request;

	begin_link(&request, RTM_NEWLINK, 0, index, 0);
	struct rtattr *const families = request_open(&request, IFLA_AF_SPEC);
	struct rtattr *const inet6 = request_open(&request, AF_INET6);
	request_add(&request, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
	request_close(&request, inet6);
	request_close(&request, families);
	// A kernel without IPv6 makes no such address either.
	return netlink_do(netlink, &request) == 0 || errno == EAFNOSUPPORT ? 0 : -1;
}

static int join_bridge(int netlink, unsigned index, unsigned bridge)
{
	struct request request;

	begin_link(&request, RTM_NEWLINK, 0, index, 0);
	request_add(&request, IFLA_MASTER, &bridge, sizeof bridge);
	return netlink_do(netlink, &request);
}

// Isolated before it is up: ports of the bridge that are isolated do not hear each other.
static int isolate(int netlink, unsigned index)
{
	const uint8_t yes = 1;
	struct request request;

	begin_link(&request, RTM_NEWLINK, 0, index, 0);
	struct rtattr *const info = request_open(&request, IFLA_LINKINFO);
	request_add_text(&request, IFLA_INFO_SLAVE_KIND, "bridge");
	struct rtattr *const data = request_open(&request, IFLA_INFO_SLAVE_DATA);
	request_add(&request, IFLA_BRPORT_ISOLATED, &yes, sizeof yes);
	request_close(&request, data);
	request_close(&request, info);
	return netlink_do(netlink, &request);
}

static int set_up(int netlink, unsigned index)
{
	struct request request;

	begin_link(&request, RTM_NEWLINK, 0, index, IFF_UP);
	return netlink_do(netlink, &request);
}

static int delete_link(int netlink, unsigned index)
{
	struct request request;

	begin_link(&request, RTM_DELLINK, 0, index, 0);
	return netlink_do(netlink, &request);
}

static int enter_namespace(unsigned long pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%lu/ns/net", pid);
	const int namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0)
		return refused("%s", path);
	if (setns(namespace, CLONE_NEWNET) != 0)
		return refused("entering %s", path);
	close(namespace);
	return ANSWER_YES;
}

// Whether the process's namespace has an eth0: the end of our pair, as a phone has no other way to one.
static int has_inside(unsigned long pid)
{
	const int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (ours < 0)
		return refused("/proc/self/ns/net");
	if (enter_namespace(pid) != ANSWER_YES)
		return ANSWER_ERROR;
	const bool found = if_nametoindex(INSIDE) != 0;
	if (setns(ours, CLONE_NEWNET) != 0)
		return refused("coming back");
	close(ours);
	return found ? ANSWER_YES : ANSWER_NO;
}

static int give_address(int netlink, unsigned index, const struct in_addr *address, unsigned prefix)
{
	const struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = index };
	struct request request;

	request_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
	request_add(&request, IFA_LOCAL, address, sizeof *address);
	request_add(&request, IFA_ADDRESS, address, sizeof *address);
	return netlink_do(netlink, &request);
}

static int lead_everywhere(int netlink, unsigned index, const struct in_addr *gateway)
{
	const struct rtmsg head = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	struct request request;

	request_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
	request_add(&request, RTA_GATEWAY, gateway, sizeof *gateway);
	request_add(&request, RTA_OIF, &index, sizeof index);
	return netlink_do(netlink, &request);
}

// The host's end: what of it is not so yet. It may be up already, of a phone that runs.
static int settle_outside(int netlink, const char *device, unsigned index, const char *bridge)
{
	const unsigned master = if_nametoindex(bridge);

	if (master == 0)
		return refused("%s", bridge);
	if (without_ipv6(netlink, index) != 0)
		return refused("%s: addrgenmode none", device);
	if (join_bridge(netlink, index, master) != 0)
		return refused("%s: joining %s", device, bridge);
	if (isolate(netlink, index) != 0)
		return refused("%s: isolating it", device);
	return ANSWER_YES;
}

struct address {
	const char *text;
	struct in_addr ip, gateway;
	unsigned long prefix;
};

// The phone's end. Leaves us in its namespace.
static int settle_inside(unsigned long pid, const struct address *address)
{
	if (enter_namespace(pid) != ANSWER_YES)
		return ANSWER_ERROR;
	const int netlink = netlink_open();
	if (netlink < 0)
		return refused("netlink of process %lu", pid);
	const unsigned index = if_nametoindex(INSIDE), loopback = if_nametoindex("lo");
	if (index == 0 || loopback == 0)
		return refused("the devices of process %lu", pid);
	if (set_up(netlink, loopback) != 0)
		return refused("setting lo up");
	if (give_address(netlink, index, &address->ip, (unsigned)address->prefix) != 0)
		return refused("giving %s/%lu to %s", address->text, address->prefix, INSIDE);
	if (set_up(netlink, index) != 0)
		return refused("setting %s up", INSIDE);
	if (lead_everywhere(netlink, index, &address->gateway) != 0)
		return refused("the default route of process %lu", pid);
	return ANSWER_YES;
}

int veth_plug(int argc, char **argv)
{
	const char *const device = argv[0], *const bridge = argv[1];
	struct address address = { .text = argv[4] };
	struct ether_addr mac;
	unsigned long pid;

	(void)argc;
	if (wrong_name(device) || wrong_name(bridge))
		return ANSWER_USAGE;
	if (ether_aton_r(argv[2], &mac) == NULL)
		return misused("MAC '%s': six hexadecimal bytes with colons", argv[2]);
	if (!number(argv[3], 1, PID_MOST, &pid))
		return misused("PID '%s': a process id", argv[3]);
	if (inet_pton(AF_INET, argv[4], &address.ip) != 1)
		return misused("ADDRESS '%s': an IPv4 address", argv[4]);
	if (!number(argv[5], 1, 32, &address.prefix))
		return misused("PREFIX '%s': a number from 1 to 32", argv[5]);
	if (inet_pton(AF_INET, argv[6], &address.gateway) != 1)
		return misused("GATEWAY '%s': an IPv4 address", argv[6]);

	const int netlink = netlink_open();
	if (netlink < 0)
		return refused("netlink");
	unsigned index = if_nametoindex(device);
	// One of an earlier boot leads to a namespace that nobody knows any more.
	const int leads = index == 0 ? ANSWER_NO : has_inside(pid);
	if (leads == ANSWER_ERROR)
		return leads;
	if (index != 0 && leads == ANSWER_NO && delete_link(netlink, index) != 0)
		return refused("deleting %s", device);
	if (leads == ANSWER_NO) {
		if (make_pair(netlink, device, &mac, pid) != 0)
			return refused("making %s with its other end at process %lu", device, pid);
		index = if_nametoindex(device);
	}
	int answer = settle_outside(netlink, device, index, bridge);
	if (answer == ANSWER_YES)
		answer = settle_inside(pid, &address);
	// From the host's side a cable without an address looks like any other: rather none.
	if (answer != ANSWER_YES)
		(void)delete_link(netlink, index);
	return answer;
}

int veth_remove(int argc, char **argv)
{
	(void)argc;
	if (wrong_name(argv[0]))
		return ANSWER_USAGE;
	const unsigned index = if_nametoindex(argv[0]);
	if (index == 0)
		return ANSWER_YES;
	const int netlink = netlink_open();
	if (netlink < 0)
		return refused("netlink");
	// It goes by itself when the phone's namespace does, so also in between.
	if (delete_link(netlink, index) != 0 && errno != ENODEV)
		return refused("deleting %s", argv[0]);
	return ANSWER_YES;
}
