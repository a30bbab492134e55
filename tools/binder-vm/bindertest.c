// SPDX-License-Identifier: Apache-2.0
// Proves that a binderfs works: two processes, one transaction.
//
//   usage: bindertest DIR          DIR is a mounted binderfs with the device `binder`
//
// Prints what it does; the last line is BINDER-OK and the exit status 0 when a "ping" sent through DIR/binder was answered
// with "pong" by a context manager in another process. Static, so that it runs in any container.
// The protocol: include/uapi/linux/android/binder.h.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/android/binder.h>
#include <linux/android/binderfs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAP_BYTES = 1 << 20, READ_BYTES = 512, PING_CODE = 42 };

struct __attribute__((packed)) transaction_command {
	uint32_t command;
	struct binder_transaction_data data;
};

struct __attribute__((packed)) reply_commands {
	uint32_t free_command;
	binder_uintptr_t buffer;
	struct transaction_command reply;
};

static _Noreturn void die(const char *what)
{
	printf("FAILED: %s: %s\n", what, strerror(errno));
	exit(1);
}

// Opens a device and gives the kernel room for what it receives. The mapping lives as long as the process.
static int open_device(const char *path)
{
	const int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die(path);
	if (mmap(NULL, MAP_BYTES, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0) == MAP_FAILED)
		die("mmap of the device");
	return fd;
}

// One BINDER_WRITE_READ. Returns the bytes read into `in`.
static size_t exchange(int fd, const void *out, size_t out_size, void *in, size_t in_size)
{
	struct binder_write_read call = {
		.write_size = out_size,
		.write_buffer = (uintptr_t)out,
		.read_size = in_size,
		.read_buffer = (uintptr_t)in,
	};

	while (ioctl(fd, BINDER_WRITE_READ, &call) != 0)
		if (errno != EINTR)
			die("BINDER_WRITE_READ");
	return call.read_consumed;
}

static void answer(int fd, const struct binder_transaction_data *request)
{
	static const char pong[] = "pong";
	struct reply_commands commands = {
		.free_command = BC_FREE_BUFFER,
		.buffer = request->data.ptr.buffer,
		.reply.command = BC_REPLY,
	};

	commands.reply.data.data_size = sizeof pong;
	commands.reply.data.data.ptr.buffer = (uintptr_t)pong;
	exchange(fd, &commands, sizeof commands, NULL, 0);
}

// The context manager: answers until it is killed. Writes a byte to `ready` once it is one.
static _Noreturn void serve(const char *path, int ready)
{
	const uint32_t enter = BC_ENTER_LOOPER;
	const int fd = open_device(path);
	int zero = 0;

	if (ioctl(fd, BINDER_SET_CONTEXT_MGR, &zero) != 0)
		die("BINDER_SET_CONTEXT_MGR");
	exchange(fd, &enter, sizeof enter, NULL, 0);
	printf("server %d is context manager of %s\n", getpid(), path);
	fflush(stdout);
	if (write(ready, "r", 1) != 1)
		die("ready");
	for (;;) {
		char in[READ_BYTES];
		const size_t length = exchange(fd, NULL, 0, in, sizeof in);

		for (size_t at = 0; at + sizeof(uint32_t) <= length;) {
			uint32_t command;

			memcpy(&command, in + at, sizeof command);
			if (command == BR_TRANSACTION || command == BR_TRANSACTION_SEC_CTX) {
				struct binder_transaction_data request;
				memcpy(&request, in + at + sizeof command, sizeof request);
				printf("server: code %u from uid %u: '%.*s'\n", request.code, request.sender_euid,
				       (int)request.data_size, (const char *)(uintptr_t)request.data.ptr.buffer);
				fflush(stdout);
				answer(fd, &request);
			}
			at += sizeof command + _IOC_SIZE(command);
		}
	}
}

// Sends one ping to handle 0 and waits for the reply.
static bool ping(const char *path)
{
	static const char text[] = "ping";
	const int fd = open_device(path);
	struct transaction_command request = { .command = BC_TRANSACTION };
	size_t out = sizeof request;

	request.data.code = PING_CODE;
	request.data.data_size = sizeof text;
	request.data.data.ptr.buffer = (uintptr_t)text;
	for (;;) {
		char in[READ_BYTES];
		const size_t length = exchange(fd, &request, out, in, sizeof in);

		out = 0;
		for (size_t at = 0; at + sizeof(uint32_t) <= length;) {
			uint32_t command;

			memcpy(&command, in + at, sizeof command);
			if (command == BR_FAILED_REPLY || command == BR_DEAD_REPLY)
				return false;
			if (command == BR_REPLY) {
				struct binder_transaction_data reply;
				memcpy(&reply, in + at + sizeof command, sizeof reply);
				const char *got = (const char *)(uintptr_t)reply.data.ptr.buffer;
				printf("client %d: '%.*s'\n", getpid(), (int)reply.data_size, got);
				return reply.data_size == 5 && memcmp(got, "pong", 5) == 0;
			}
			at += sizeof command + _IOC_SIZE(command);
		}
	}
}

static void list(const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;

	if (entries == NULL)
		die(dir);
	printf("%s:", dir);
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			printf(" %s", entry->d_name);
	putchar('\n');
	closedir(entries);
}

int main(int argc, char **argv)
{
	struct binder_version version = { 0 };
	char path[PATH_MAX], byte;
	int ready[2];

	if (argc != 2 || strlen(argv[1]) > PATH_MAX - 16) {
		fputs("usage: bindertest DIR\n", stderr);
		return 2;
	}
	list(argv[1]);
	snprintf(path, sizeof path, "%s/binder", argv[1]);
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BINDER_VERSION, &version) != 0)
		die(path);
	close(fd);
	printf("protocol version %d\n", version.protocol_version);
	fflush(stdout);

	if (pipe(ready) != 0)
		die("pipe");
	const pid_t server = fork();
	if (server < 0)
		die("fork");
	if (server == 0)
		serve(path, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		puts("FAILED: the server did not start");
		return 1;
	}
	const bool answered = ping(path);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	puts(answered ? "BINDER-OK" : "FAILED: no reply");
	return answered ? 0 : 1;
}
