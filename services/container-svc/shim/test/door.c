// SPDX-License-Identifier: Apache-2.0
// The door's clients, the phone's listeners behind it, and a kernel that refuses.
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { MINUTE_MS = 60000, CONNECTIONS_MAX = 16 };

static int connect_door(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		die(path);
	return fd;
}

// A name of the command line as a packet: % stands for a byte 0. `given`: a descriptor that goes with it, or -1.
static int request(int door, const char *name, int given)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof given)];
	} control = { .bytes = { 0 } };
	char *bytes = strdup(name);
	struct iovec part = { .iov_base = bytes, .iov_len = strlen(name) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	for (char *zero = bytes; (zero = strchr(zero, '%')) != NULL;)
		*zero++ = '\0';
	if (given >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof given);
		memcpy(CMSG_DATA(&control.head), &given, sizeof given);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.bytes;
	}
	const ssize_t n = sendmsg(door, &message, MSG_NOSIGNAL);
	free(bytes);
	return n == (ssize_t)part.iov_len ? 0 : -1;
}

// Prints the answer in a word or two: connected, closed, or the error's. Returns what came with it, -1 for nothing.
static int hear(int door)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	unsigned char bytes[16];
	struct iovec part = { .iov_base = bytes, .iov_len = sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes };
	int fd = -1;

	const ssize_t n = recvmsg(door, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(head), sizeof fd);
	const int code = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24;
	if (n <= 0)
		puts("closed");
	else if (n != 4 || (code == 0) != (fd >= 0))
		printf("nonsense: %zd bytes, code %d, descriptor %d\n", n, code, fd);
	else if (code != 0)
		puts(strerror(code));
	else if ((fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) != (O_NONBLOCK | O_RDWR))
		puts("a descriptor that blocks");
	else
		puts("connected");
	fflush(stdout);
	return fd;
}

// ask DOOR NAME…: one request after another on one connection; what came is held until all are answered.
static int ask(const char *path, char **names)
{
	const int door = connect_door(path);

	for (; *names != NULL; names++) {
		if (request(door, *names, -1) != 0)
			puts("closed");
		else
			(void)hear(door);
	}
	return 0;
}

// ask-each DOOR COUNT NAME: each request on a connection of its own, all of them open until standard input ends.
static int ask_each(const char *path, int count, const char *name)
{
	int doors[CONNECTIONS_MAX];

	for (int i = 0; i < count && i < CONNECTIONS_MAX; i++) {
		doors[i] = connect_door(path);
		if (request(doors[i], name, -1) != 0)
			puts("closed");
		else
			close(hear(doors[i]));
	}
	fflush(stdout);
	(void)!read(0, doors, 1);
	return 0;
}

// talk DOOR NAME COUNT [LINE]: COUNT times over one connection; each time a line goes through what came, and the one that comes back is printed.
static int talk(const char *path, const char *name, int count, const char *words)
{
	const int door = connect_door(path);

	for (int i = 0; i < count; i++) {
		char line[64] = "";
		const int fd = request(door, name, -1) == 0 ? hear(door) : -1;
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (fd < 0)
			return 1;
		if (dprintf(fd, "%s\n", words) <= 0 || poll(&ready, 1, MINUTE_MS) != 1 || read(fd, line, sizeof line - 1) <= 0)
			die("talk");
		fputs(line, stdout);
		close(fd);
	}
	return 0;
}

// give DOOR NAME: a request with a descriptor of the client's; "refused" where the kernel does not let it be sent, as it has to where it knows how.
static int give(const char *path, const char *name)
{
	const int door = connect_door(path), yes = 1;
	// Whether it knows the option at all (Linux 6.16).
	const int can_refuse = setsockopt(door, SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &yes, sizeof yes) == 0;

	if (request(door, name, 1) != 0 && errno == EPERM)
		puts("refused");
	else if (can_refuse)
		puts("not refused, though the kernel can");
	else
		(void)hear(door);
	return 0;
}

// ask-deaf DOOR NAME: asks without ever reading; ends with 0 when it has been dropped.
static int ask_deaf(const char *path, const char *name)
{
	const int64_t end = now_us() + MINUTE_MS * INT64_C(1000);
	const int door = connect_door(path);

	while (now_us() < end)
		if (request(door, name, -1) != 0)
			return errno == EPIPE || errno == ECONNRESET ? 0 : 1;
	return 1;
}

// What comes of a descriptor that the phone sends: as `give`, the other way.
static const char *sent_to(int fd)
{
	const int yes = 1;

	if (request(fd, "-", 1) != 0 && errno == EPERM)
		return "refused";
	return setsockopt(fd, SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &yes, sizeof yes) == 0 ? "not refused, though the kernel can:" : "sent";
}

// abstract NAME WORD: listens there, says so, and answers each line with WORD and the line. A WORD of - never accepts.
static int abstract(const char *name, const char *word)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	const int accepts = strcmp(word, "-") != 0;

	memcpy(address.sun_path + 1, name, strlen(name));
	const int server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (server < 0 || bind(server, (struct sockaddr *)&address, length) != 0 || listen(server, accepts ? 128 : 0) != 0)
		die(name);
	puts("listening");
	fflush(stdout);
	while (!accepts)
		pause();
	for (;;) {
		char line[64] = "";
		const int fd = accept(server, NULL, NULL);

		puts("accepted");
		fflush(stdout);
		if (fd >= 0 && read(fd, line, sizeof line - 1) > 0)
			dprintf(fd, "%s %s", strncmp(line, "give", 4) == 0 ? sent_to(fd) : word, strncmp(line, "give", 4) == 0 ? "touch\n" : line);
		close(fd);
	}
}

// Becomes the program, with what the filter leaves it.
static int under(const struct sock_fprog *filter, char **argv)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) != 0)
		die("seccomp");
	execv(argv[0], argv);
	die(argv[0]);
}

// refusing-passrights PROGRAM [ARGUMENT…]: runs it on a kernel before SO_PASSRIGHTS.
static int refusing_passrights(char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 3),
		// The option's name is the third.
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 83, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	return under(&(struct sock_fprog){ .len = sizeof filter / sizeof *filter, .filter = filter }, argv);
}

// refusing-setns FD PROGRAM [ARGUMENT…]: runs it on a kernel that lets nobody enter the namespace of descriptor FD.
static int refusing_setns(unsigned fd, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 3),
		// The lower half of the first argument, on machines that put it first.
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fd, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	return under(&(struct sock_fprog){ .len = sizeof filter / sizeof *filter, .filter = filter }, argv);
}

int door_verb(const char *verb, int count, char **rest)
{
	if (strcmp(verb, "ask") == 0 && count >= 2)
		return ask(rest[0], rest + 1);
	if (strcmp(verb, "ask-each") == 0 && count == 3)
		return ask_each(rest[0], atoi(rest[1]), rest[2]);
	if (strcmp(verb, "talk") == 0 && (count == 3 || count == 4))
		return talk(rest[0], rest[1], atoi(rest[2]), count == 4 ? rest[3] : "touch");
	if (strcmp(verb, "give") == 0 && count == 2)
		return give(rest[0], rest[1]);
	if (strcmp(verb, "ask-deaf") == 0 && count == 2)
		return ask_deaf(rest[0], rest[1]);
	if (strcmp(verb, "abstract") == 0 && count == 2)
		return abstract(rest[0], rest[1]);
	if (strcmp(verb, "refusing-passrights") == 0 && count >= 1)
		return refusing_passrights(rest);
	if (strcmp(verb, "refusing-setns") == 0 && count >= 2)
		return refusing_setns((unsigned)atoi(rest[0]), rest + 1);
	return -1;
}
