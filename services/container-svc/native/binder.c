// SPDX-License-Identifier: Apache-2.0
// Binder devices and binderfs (Documentation/admin-guide/binderfs.rst, include/uapi/linux/android/{binder,binderfs}.h).
#include "hostcap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/android/binder.h>
#include <linux/android/binderfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BINDERFS_MAGIC = 0x6c6f6f70 }; // linux/magic.h, BINDERFS_SUPER_MAGIC

// Opens only what is a character device: a FIFO of that name must not make us wait, nor anything else happen.
static int open_device(const char *path)
{
	struct stat status;
	char again[32];

	const int found = open(path, O_PATH | O_CLOEXEC);
	if (found < 0)
		return -1;
	if (fstat(found, &status) != 0 || !S_ISCHR(status.st_mode)) {
		close(found);
		errno = ENOTTY;
		return -1;
	}
	snprintf(again, sizeof again, "/proc/self/fd/%d", found);
	const int fd = open(again, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	const int error = errno;
	close(found);
	errno = error;
	return fd;
}

int binder_probe(int argc, char **argv)
{
	struct binder_version version = { 0 };

	(void)argc;
	const int fd = open_device(argv[0]);
	if (fd < 0 && errno != ENOTTY)
		return refused("%s", argv[0]);
	if (fd < 0 || ioctl(fd, BINDER_VERSION, &version) != 0) {
		fprintf(stderr, "ancloud-hostcap: %s: is not a binder device\n", argv[0]);
		return ANSWER_NO;
	}
	printf("%d\n", version.protocol_version);
	return ANSWER_YES;
}

int binderfs_add(int argc, char **argv)
{
	struct statfs filesystem;

	const int dir = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return refused("%s", argv[0]);
	if (fstatfs(dir, &filesystem) != 0)
		return refused("%s", argv[0]);
	if ((unsigned long)filesystem.f_type != BINDERFS_MAGIC) {
		fprintf(stderr, "ancloud-hostcap: %s: is not a binderfs\n", argv[0]);
		return ANSWER_NO;
	}
	const int control = openat(dir, "binder-control", O_RDONLY | O_CLOEXEC);
	if (control < 0)
		return refused("%s/binder-control", argv[0]);
	for (int i = 1; i < argc; i++) {
		struct binderfs_device device = { .name = "" };
		struct stat status;

		if (argv[i][0] == '\0' || strlen(argv[i]) > BINDERFS_MAX_NAME || strchr(argv[i], '/') != NULL ||
		    argv[i][0] == '.')
			return misused("'%s': a device's name has 1 to %d bytes, no slash, no leading dot", argv[i],
				       BINDERFS_MAX_NAME);
		memcpy(device.name, argv[i], strlen(argv[i]));
		// Also right when it was there: the step that asks may be run twice.
		if (ioctl(control, BINDER_CTL_ADD, &device) != 0 && errno != EEXIST)
			return refused("adding %s to %s", argv[i], argv[0]);
		// The kernel makes them 0600 of root. Android's processes open them under many user ids.
		if (fstatat(dir, argv[i], &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISCHR(status.st_mode))
			return refused("%s/%s", argv[0], argv[i]);
		if (fchmodat(dir, argv[i], 0666, 0) != 0)
			return refused("chmod of %s/%s", argv[0], argv[i]);
		printf("%s %u:%u\n", argv[i], (unsigned)(status.st_rdev >> 8 & 0xfff),
		       (unsigned)((status.st_rdev & 0xff) | (status.st_rdev >> 12 & 0xfff00)));
	}
	return ANSWER_YES;
}
