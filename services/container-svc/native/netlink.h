// SPDX-License-Identifier: Apache-2.0
// rtnetlink(7), one request after the other: what `ip` does, without a program that takes longer to start than to work.
#ifndef ANCLOUD_NETLINK_H
#define ANCLOUD_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

// One request as it is sent: a header, a family's own header, attributes. Larger ones are not built here.
struct request {
	struct nlmsghdr header;
	char body[1024];
};

// Begins a request with the family's header, e.g. a struct ifinfomsg. `flags` besides NLM_F_REQUEST and NLM_F_ACK.
void request_begin(struct request *request, uint16_t type, uint16_t flags, const void *head, size_t size);
// Appends an attribute. Returns it, so that a nest can be closed.
struct rtattr *request_add(struct request *request, uint16_t type, const void *value, size_t size);
void request_add_text(struct request *request, uint16_t type, const char *text);
// Appends an attribute whose value is what is added until request_close.
struct rtattr *request_open(struct request *request, uint16_t type);
void request_close(struct request *request, struct rtattr *nest);
// A header of a family within a nest (VETH_INFO_PEER begins with a struct ifinfomsg).
void request_add_head(struct request *request, const void *head, size_t size);

// A socket of the network namespace that the caller is in, or -1 with errno.
int netlink_open(void);
// Sends it and waits for the kernel's word: 0, or -1 with errno as the kernel gave it.
int netlink_do(int fd, struct request *request);

#endif
