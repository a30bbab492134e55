// SPDX-License-Identifier: Apache-2.0
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *append(struct request *request, size_t size)
{
	char *const at = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
	const size_t used = (size_t)(at - (char *)request);

	// Names are checked before: only a mistake of ours could be longer.
	if (used + size > sizeof *request)
		abort();
	request->header.nlmsg_len = (uint32_t)(used + size);
	return at;
}

void request_begin(struct request *request, uint16_t type, uint16_t flags, const void *head, size_t size)
{
	memset(request, 0, sizeof *request);
	request->header.nlmsg_len = NLMSG_LENGTH(0);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	request_add_head(request, head, size);
}

void request_add_head(struct request *request, const void *head, size_t size)
{
	memcpy(append(request, size), head, size);
}

struct rtattr *request_add(struct request *request, uint16_t type, const void *value, size_t size)
{
	struct rtattr *const attribute = append(request, RTA_LENGTH(size));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size > 0)
		memcpy(RTA_DATA(attribute), value, size);
	return attribute;
}

void request_add_text(struct request *request, uint16_t type, const char *text)
{
	request_add(request, type, text, strlen(text) + 1);
}

struct rtattr *request_open(struct request *request, uint16_t type)
{
	return request_add(request, type, NULL, 0);
}

void request_close(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)((char *)request + request->header.nlmsg_len - (char *)nest);
}

int netlink_open(void)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const int on = 1;

	if (fd >= 0) // The kernel's word need not repeat the question.
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	return fd;
}

int netlink_do(int fd, struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[2048];
	} answer;

	if (send(fd, request, request->header.nlmsg_len, 0) != (ssize_t)request->header.nlmsg_len)
		return -1;
	const ssize_t length = recv(fd, &answer, sizeof answer, 0);
	if (length < 0)
		return -1;
	if (length < (ssize_t)NLMSG_LENGTH(sizeof answer.error.error) || answer.header.nlmsg_type != NLMSG_ERROR) {
		errno = EBADMSG;
		return -1;
	}
	errno = -answer.error.error;
	return answer.error.error == 0 ? 0 : -1;
}
