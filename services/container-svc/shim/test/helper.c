// SPDX-License-Identifier: Apache-2.0
// What the tests of phone-shim need that a shell cannot do: to stand in for crun, for a phone, and for a client. What is about the door is in door.c.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "helper.h"

_Noreturn void die(const char *what)
{
	perror(what);
	exit(99);
}

int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// create PIDFILE ROOT PROGRAM [ARGUMENT…]: a `crun create` that also starts. ROOT becomes the root of the child, which is in new
// namespaces before anybody is told its number.
static int create(char **argv, int namespaces)
{
	int apart[2];

	if (pipe(apart) != 0)
		die("pipe");
	const pid_t pid = fork();

	if (pid == 0) {
		setsid();
		if (namespaces != 0 && unshare(namespaces) != 0)
			die("unshare");
		close(apart[0]);
		close(apart[1]);
		if (chroot(argv[1]) != 0 || chdir("/") != 0)
			die(argv[1]);
		execv(argv[2], argv + 2);
		die(argv[2]);
	}
	close(apart[1]);
	(void)!read(apart[0], apart, 1);
	FILE *file = fopen(argv[0], "w");
	if (file == NULL || fprintf(file, "%d", pid) < 0 || fclose(file) != 0)
		die(argv[0]);
	return 0;
}

// ignoring PROGRAM [ARGUMENT…]: runs it with SIGPIPE ignored and the two signals that libc does not let one ignore.
static int ignoring(char **argv)
{
	const unsigned long ignore[4] = { (unsigned long)SIG_IGN };
	const int numbers[] = { SIGPIPE, 32, 33 };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		syscall(SYS_rt_sigaction, numbers[i], ignore, NULL, sizeof ignore[3]);
	execv(argv[0], argv);
	die(argv[0]);
}

// die-by SIGNAL: ends by a signal, with default disposition and without a core file.
static int die_by(int number)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	raise(number);
	return 98;
}

static uint32_t *map_area(const char *path, int flags)
{
	const int fd = open(path, O_RDWR | flags, 0444);
	if (fd < 0 || ftruncate(fd, 131072) != 0)
		die(path);
	uint32_t *area = mmap(NULL, 131072, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		die("mmap");
	close(fd);
	return area;
}

// area PATH SERIAL: makes a property area as bionic lays it out.
static int area(const char *path, uint32_t serial)
{
	uint32_t *header = map_area(path, O_CREAT | O_TRUNC);

	header[0] = 20;
	header[1] = serial;
	header[3] = 0xfc6ed0ab;
	header[2] = 0x504f5250;
	return 0;
}

// Changes the serial as bionic does; whether somebody was asleep on it.
static bool bump(uint32_t *header, uint32_t serial)
{
	__atomic_store_n(&header[1], serial, __ATOMIC_RELEASE);
	return syscall(SYS_futex, &header[1], FUTEX_WAKE, INT32_MAX, NULL, NULL, 0) > 0;
}

// bump PATH FIRST COUNT GAP_US: changes the serial COUNT times.
static int bumps(const char *path, uint32_t first, int count, useconds_t gap)
{
	uint32_t *header = map_area(path, 0);

	for (int i = 0; i < count; i++) {
		bump(header, first + (uint32_t)i);
		if (gap > 0)
			usleep(gap);
	}
	return 0;
}

// shake PATH MS: the file is whole for an instant and empty for the next, and waiters are woken in between.
static int shake(const char *path, int ms)
{
	const int64_t end = now_us() + (int64_t)ms * 1000;
	const int fd = open(path, O_RDWR);
	uint32_t header[4] = { 20, 0, 0x504f5250, 0xfc6ed0ab };
	uint32_t *map = map_area(path, 0);

	for (; now_us() < end; header[1]++) {
		if (ftruncate(fd, 131072) != 0 || pwrite(fd, header, sizeof header, 0) != sizeof header)
			die(path);
		syscall(SYS_futex, &map[1], FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
		if (ftruncate(fd, 0) != 0)
			die(path);
		usleep(header[1] % 3 * 1000);
	}
	return 0;
}

static FILE *connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		die(path);
	return fdopen(fd, "r");
}

// listen SOCKET: prints what the shim says until it closes.
static int listen_to(const char *path)
{
	FILE *in = connect_to(path);
	char line[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, in) != NULL)
		fputs(line, stdout);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

// latency SOCKET AREA COUNT: from the change to the line about it; prints how many changes woke the shim, and the median and the
// greatest time in microseconds.
static int latency(const char *path, const char *file, int count)
{
	FILE *in = connect_to(path);
	uint32_t *header = map_area(file, 0);
	int64_t took[256];
	char line[4096];
	int woken = 0;

	for (int i = 0; i < count && i < 256; i++) {
		const uint32_t serial = header[1] + 1;
		char wanted[64];

		usleep(80000);
		snprintf(wanted, sizeof wanted, "{\"type\":\"serial\",\"serial\":%u}\n", serial);
		const int64_t start = now_us();
		woken += bump(header, serial);
		do {
			if (fgets(line, sizeof line, in) == NULL)
				return 97;
		} while (strcmp(line, wanted) != 0);
		took[i] = now_us() - start;
	}
	qsort(took, (size_t)count, sizeof *took, compare);
	printf("%d %lld %lld\n", woken, (long long)took[count / 2], (long long)took[count - 1]);
	return 0;
}

// mute SOCKET MS: a client that never reads; says when it is connected; ends with 0 when the shim has dropped it within that time.
static int mute(const char *path, int ms)
{
	const int fd = fileno(connect_to(path));
	const int64_t end = now_us() + (int64_t)ms * 1000;
	const int least = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
	puts("connected");
	fflush(stdout);
	while (now_us() < end) {
		if (send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
			return 0;
		usleep(20000);
	}
	return 1;
}

// flood FIFO BYTES_PER_SECOND LINES: lines as init would write them, at that rate at most; prints the longest write in ms.
static int flood(const char *path, int rate, long count)
{
	const int fd = open(path, O_WRONLY);
	int64_t longest = 0;
	long lines = 0;

	if (fd < 0)
		die(path);
	while (lines < count) {
		// 20 ms at a time.
		for (int written = 0; written < rate / 50 && lines < count;) {
			char line[128];
			const int n = snprintf(line, sizeof line, "<6>flood: line %09ld ...........................................\n", lines);
			const int64_t before = now_us();
			if (write(fd, line, (size_t)n) != n)
				die("write");
			if (now_us() - before > longest)
				longest = now_us() - before;
			written += n;
			lines++;
		}
		usleep(20000);
	}
	printf("%lld\n", (long long)longest / 1000);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char **rest = argv + 2;

	if (strcmp(verb, "create") == 0 && argc >= 5)
		return create(rest, 0);
	if (strcmp(verb, "create-apart") == 0 && argc >= 5)
		return create(rest, CLONE_NEWNET);
	if (strcmp(verb, "create-mapped") == 0 && argc >= 5)
		return create(rest, CLONE_NEWUSER | CLONE_NEWNET);
	if (strcmp(verb, "exit") == 0 && argc == 3)
		return atoi(rest[0]);
	if (strcmp(verb, "sleep") == 0 && argc == 3)
		return usleep((useconds_t)atoi(rest[0]) * 1000) == 0 ? 0 : 96;
	if (strcmp(verb, "ignoring") == 0 && argc >= 3)
		return ignoring(rest);
	if (strcmp(verb, "die-by") == 0 && argc == 3)
		return die_by(atoi(rest[0]));
	if (strcmp(verb, "area") == 0 && argc == 4)
		return area(rest[0], (uint32_t)strtoul(rest[1], NULL, 10));
	if (strcmp(verb, "bump") == 0 && argc == 6)
		return bumps(rest[0], (uint32_t)strtoul(rest[1], NULL, 10), atoi(rest[2]), (useconds_t)atoi(rest[3]));
	if (strcmp(verb, "shake") == 0 && argc == 4)
		return shake(rest[0], atoi(rest[1]));
	if (strcmp(verb, "listen") == 0 && argc == 3)
		return listen_to(rest[0]);
	if (strcmp(verb, "latency") == 0 && argc == 5)
		return latency(rest[0], rest[1], atoi(rest[2]));
	if (strcmp(verb, "mute") == 0 && argc == 4)
		return mute(rest[0], atoi(rest[1]));
	if (strcmp(verb, "flood") == 0 && argc == 5)
		return flood(rest[0], atoi(rest[1]), atol(rest[2]));
	const int status = door_verb(verb, argc - 2, rest);
	if (status >= 0)
		return status;
	fprintf(stderr, "helper: unknown call %s\n", verb);
	return 95;
}
