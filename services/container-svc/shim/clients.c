// SPDX-License-Identifier: Apache-2.0
// Those who want to hear of changes. A client is told; it never makes the shim wait.
#include "shim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int clients_listen(struct clients *clients, const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error = 0;

	for (int i = 0; i < CLIENTS_MAX; i++)
		clients->fds[i] = -1;
	snprintf(address.sun_path, sizeof address.sun_path, "%s/shim.sock", dir);
	clients->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (clients->listen_fd < 0)
		return -errno;
	// Whoever holds shim.lock owns the name: what stands there is left from a shim that was killed.
	unlink(address.sun_path);
	const mode_t mask = umask(0177);
	if (bind(clients->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(clients->listen_fd, CLIENTS_MAX) != 0)
		error = -errno;
	umask(mask);
	return error;
}

static void drop(struct clients *clients, int index)
{
	close(clients->fds[index]);
	clients->fds[index] = -1;
}

static void tell(struct clients *clients, int index, const struct text *line)
{
	const ssize_t n = send(clients->fds[index], line->bytes, line->length, MSG_DONTWAIT | MSG_NOSIGNAL);

	// Half a line would be worse than none, and a new connection gets the current state anyway.
	if (n != (ssize_t)line->length)
		drop(clients, index);
}

void clients_accept(struct clients *clients, const struct text *greeting)
{
	const int fd = accept4(clients->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (clients->fds[i] < 0) {
			clients->fds[i] = fd;
			tell(clients, i, greeting);
			return;
		}
	}
	close(fd);
}

void clients_send(struct clients *clients, const struct text *line)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients->fds[i] >= 0)
			tell(clients, i, line);
}

void clients_receive(struct clients *clients, int index)
{
	char ignored[256];
	const ssize_t n = recv(clients->fds[index], ignored, sizeof ignored, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(clients, index);
}
