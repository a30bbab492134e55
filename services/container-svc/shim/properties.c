// SPDX-License-Identifier: Apache-2.0
// Waiting for the phone's properties to change.
//
// The layout is bionic's (libc/system_properties/include/system_properties/prop_area.h): u32 bytes used, u32 serial,
// u32 magic. Everything below the phone's root is the phone's to shape, at any moment, so:
//   - nothing is opened before O_PATH and fstat have said that it is a regular file reached without a symbolic link;
//   - the mapping is never loaded from. FUTEX_WAIT compares in the kernel and answers EFAULT for a page that the phone
//     truncated away, where a load would raise SIGBUS. Values come from pread;
//   - whatever the phone does costs at most one round in ROUND_MS on average. Rounds of the last BURST_MS that were not used may come at
//     once, as the last of a few changes that come together is the one that somebody waits for.
// A filesystem that hangs (FUSE) hangs this thread only, and only until the phone ends.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST_LOOK_MS = 20,
	LAST_LOOK_MS = 200,
	ROUND_MS = 10,
	BURST_MS = 100,
	WAIT_MS = 1000,
	LAST_WAIT_MS = 16000,
	POLL_MS = 200,
	SERIAL_OFFSET = 4,
	MAGIC_OFFSET = 8,
	HEADER_BYTES = 128,
	MAP_BYTES = 4096,
};

static const uint32_t MAGIC = 0x504f5250; // "PROP"

struct area {
	int fd;
	dev_t device;
	ino_t inode;
	const char *map;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ms > 0)
		nanosleep(&t, NULL);
}

static int open_in_root(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

// An O_PATH descriptor of the file that carries the serial, and its status; -1 when there is none (yet).
static int find(const struct properties *properties, struct stat *status)
{
	int found = -1;

	const int root = openat(properties->proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	found = open_in_root(root, "dev/__properties__/properties_serial");
	if (found < 0 && errno == ENOTDIR)
		found = open_in_root(root, "dev/__properties__"); // Android 6 and before
	close(root);
	if (found >= 0 && (fstat(found, status) != 0 || !S_ISREG(status->st_mode) || status->st_size < HEADER_BYTES)) {
		close(found);
		found = -1;
	}
	return found;
}

static bool area_open(const struct properties *properties, struct area *area)
{
	struct stat status;
	char path[32];
	uint32_t magic;

	const int found = find(properties, &status);
	if (found < 0)
		return false;
	// Through its descriptor it is this very file again, whatever the name has come to mean meanwhile.
	snprintf(path, sizeof path, "/proc/self/fd/%d", found);
	area->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	close(found);
	if (area->fd < 0)
		return false;
	if (pread(area->fd, &magic, sizeof magic, MAGIC_OFFSET) == sizeof magic && magic == MAGIC) {
		void *map = mmap(NULL, MAP_BYTES, PROT_READ, MAP_SHARED, area->fd, 0);
		if (map != MAP_FAILED) {
			area->device = status.st_dev;
			area->inode = status.st_ino;
			area->map = map;
			return true;
		}
	}
	close(area->fd);
	return false;
}

static void area_close(struct area *area)
{
	munmap((void *)(uintptr_t)area->map, MAP_BYTES);
	close(area->fd);
}

static bool is_still_there(const struct properties *properties, const struct area *area)
{
	struct stat status;

	const int found = find(properties, &status);
	if (found < 0)
		return false;
	close(found);
	return status.st_dev == area->device && status.st_ino == area->inode;
}

static void publish(struct properties *properties, uint64_t value)
{
	const uint64_t one = 1;

	if (atomic_exchange(&properties->value, value) != value)
		(void)!write(properties->event_fd, &one, sizeof one);
}

// Publishes every change until the file is another or too short. `paid_ms`: when the rounds so far will have been paid for. Whether
// the file is still the one of its name is asked ever more seldom while nothing changes.
static void follow(struct properties *properties, const struct area *area, int64_t *paid_ms)
{
	int64_t looked = now_ms(), wait = WAIT_MS;
	uint32_t serial;

	for (;;) {
		const struct timespec limit = { .tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000 };

		if (pread(area->fd, &serial, sizeof serial, SERIAL_OFFSET) != sizeof serial)
			return;
		publish(properties, PROPERTIES_PRESENT | serial);
		const long woken = syscall(SYS_futex, area->map + SERIAL_OFFSET, FUTEX_WAIT, serial, &limit, NULL, 0);
		if (woken != 0 && errno != ETIMEDOUT && errno != EAGAIN && errno != EINTR)
			sleep_ms(POLL_MS);
		const int64_t now = now_ms();
		wait = woken == 0 ? WAIT_MS : wait;
		if (now - looked >= wait) {
			looked = now;
			if (!is_still_there(properties, area))
				return;
			wait = wait * 2 < LAST_WAIT_MS ? wait * 2 : LAST_WAIT_MS;
		}
		*paid_ms = (*paid_ms > now ? *paid_ms : now) + ROUND_MS;
		sleep_ms(*paid_ms - BURST_MS - now);
	}
}

static void *watch(void *argument)
{
	struct properties *properties = argument;
	struct area area;
	int64_t paid_ms = 0;

	for (;;) {
		int pause = FIRST_LOOK_MS;

		while (!area_open(properties, &area)) {
			sleep_ms(pause);
			pause = pause * 5 / 4 < LAST_LOOK_MS ? pause * 5 / 4 : LAST_LOOK_MS;
		}
		follow(properties, &area, &paid_ms);
		area_close(&area);
		publish(properties, PROPERTIES_ABSENT);
		sleep_ms(ROUND_MS);
	}
	return NULL;
}

int properties_watch(struct properties *properties, int proc_fd)
{
	pthread_attr_t attributes;
	pthread_t thread;

	properties->proc_fd = proc_fd;
	atomic_init(&properties->value, PROPERTIES_ABSENT);
	properties->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (properties->event_fd < 0)
		return -errno;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	const int error = pthread_create(&thread, &attributes, watch, properties);
	pthread_attr_destroy(&attributes);
	return -error;
}
