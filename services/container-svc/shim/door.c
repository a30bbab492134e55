// SPDX-License-Identifier: Apache-2.0
// Gives out connections to the phone's own scrcpy sockets (README, "Door").
//
// What clients send is not trusted, though only one user may connect:
//   - the name is compared before anything else is done, and nothing but scrcpy's sockets can be named;
//   - a request is taken by recv: descriptors sent with it never enter our table, and where the kernel can it refuses them;
//   - what is given out takes no descriptors of the phone's, or there is no door;
//   - one request of each client a round, no answer waits for room.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Since Linux 6.16; not in every libc's headers.
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

static const char PREFIX[] = "scrcpy_";

enum {
	PREFIX_LENGTH = sizeof PREFIX - 1,
	NAME_LENGTH = PREFIX_LENGTH + 8,
	NOT_BACK = -4096, // beyond every errno: the thread is still in the phone's namespace
};

// A socket that does not take descriptors, neither itself nor what is accepted from it: their last close may wait, as a TCP
// connection's with SO_LINGER does, and whoever reads the socket waits with it.
static bool refuse_descriptors(int fd)
{
	const int no = 0;

	return setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no) == 0;
}

static int bind_to(int fd, const char *path, uid_t owner)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	// As with shim.sock: whoever holds shim.lock owns the name.
	unlink(path);
	const mode_t mask = umask(0177);
	const bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
	const int error = errno;
	umask(mask);
	if (!bound)
		return -error;
	// Listens last: nobody connects before the owner is right.
	if ((owner != DOOR_OWNER_SELF && lchown(path, owner, (gid_t)-1) != 0) || listen(fd, DOOR_MAX) != 0) {
		const int why = errno;
		unlink(path);
		return -why;
	}
	return 0;
}

int door_open(struct door *door, const char *path, uid_t owner, bool trusting)
{
	int error = 0;

	*door = (struct door){ .path = path, .listen_fd = -1, .own_net_fd = -1, .trusting = trusting };
	for (int i = 0; i < DOOR_MAX; i++)
		door->fds[i] = -1;
	if (path == NULL)
		return 0;
	door->own_net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	door->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door->own_net_fd < 0 || door->listen_fd < 0)
		error = -errno;
	else if (!refuse_descriptors(door->listen_fd) && !trusting)
		error = -ENOPROTOOPT;
	else
		error = bind_to(door->listen_fd, path, owner);
	if (error == 0)
		return 0;
	if (door->own_net_fd >= 0)
		close(door->own_net_fd);
	if (door->listen_fd >= 0)
		close(door->listen_fd);
	door->own_net_fd = door->listen_fd = -1;
	return error;
}

static void drop(struct door *door, int index)
{
	close(door->fds[index]);
	door->fds[index] = -1;
}

void door_close(struct door *door)
{
	if (door->listen_fd < 0)
		return;
	unlink(door->path);
	close(door->listen_fd);
	door->listen_fd = -1;
	for (int i = 0; i < DOOR_MAX; i++)
		if (door->fds[i] >= 0)
			drop(door, i);
}

void door_accept(struct door *door)
{
	const int fd = accept4(door->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = 0; i < DOOR_MAX; i++) {
		if (door->fds[i] < 0) {
			door->fds[i] = fd;
			return;
		}
	}
	close(fd);
}

static bool is_allowed(const char *name, size_t length)
{
	if (length != NAME_LENGTH || memcmp(name, PREFIX, PREFIX_LENGTH) != 0)
		return false;
	for (size_t i = PREFIX_LENGTH; i < length; i++)
		if (!((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f')))
			return false;
	return true;
}

// A socket belongs to the network namespace that its maker is in, and keeps it. So this thread, and no other, is in the phone's
// for the time of one call. Returns the socket, -errno or NOT_BACK.
static int socket_in(const struct door *door, int net_fd)
{
	if (setns(net_fd, CLONE_NEWNET) != 0)
		return -errno;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		fd = -errno;
	else if (!refuse_descriptors(fd) && !door->trusting) {
		close(fd);
		fd = -EOPNOTSUPP;
	}
	if (setns(door->own_net_fd, CLONE_NEWNET) != 0) {
		if (fd >= 0)
			close(fd);
		return NOT_BACK;
	}
	return fd;
}

// A socket connected to an abstract name of the phone, -errno or NOT_BACK.
static int connect_in(const struct door *door, int proc_fd, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	// Asked for anew each time: pid 1 may have moved, and what it cannot enter it cannot make us enter.
	const int net_fd = proc_fd < 0 ? -1 : openat(proc_fd, "ns/net", O_RDONLY | O_CLOEXEC);
	if (net_fd < 0) // ENOENT: pid 1 is a zombie
		return proc_fd < 0 || errno == ENOENT ? -ESRCH : -errno;
	const int fd = socket_in(door, net_fd);
	close(net_fd);
	if (fd < 0)
		return fd;
	memcpy(address.sun_path + 1, name, NAME_LENGTH); // the first byte stays 0: abstract
	if (connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + NAME_LENGTH) != 0) {
		const int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

// `fd`: what goes with it, or -1. Whether it was sent.
static bool answer(int client, uint32_t code, int fd)
{
	unsigned char bytes[4] = { code & 255, code >> 8 & 255, code >> 16 & 255, code >> 24 };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof fd)];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = bytes, .iov_len = sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.bytes;
	}
	return sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof bytes;
}

void door_serve(struct door *door, int index, int revents, int proc_fd)
{
	char name[NAME_LENGTH];
	const int client = door->fds[index];

	if ((revents & (POLLHUP | POLLERR)) != 0) {
		drop(door, index);
		return;
	}
	// The length is the packet's own, also of one that was cut. A packet of no bytes cannot be sent on such a socket: 0 is the end.
	const ssize_t n = recv(client, name, sizeof name, MSG_DONTWAIT | MSG_TRUNC);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop(door, index);
		return;
	}
	const int fd = is_allowed(name, (size_t)n) ? connect_in(door, proc_fd, name) : -EPERM;
	if (fd == NOT_BACK) {
		// The thread has no other use for a network, so the phone keeps its shim;
		// but what the next one would get is no longer sure.
		door_close(door);
		return;
	}
	// Whoever has no room for the answer is dropped: it asks without reading.
	if (!answer(client, fd < 0 ? (uint32_t)-fd : 0, fd))
		drop(door, index);
	if (fd >= 0)
		close(fd);
}
