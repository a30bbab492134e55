// SPDX-License-Identifier: Apache-2.0
// Idmapped mounts: one image, shared by all phones, that each phone sees with owners shifted into its own range.
//
// mount_setattr(2) allows the mapping to be set once, and only while the mount is detached (not in any mount namespace):
// so the clone gets its mapping before it gets its place, and DST never shows unmapped files.
#include "hostcap.h"
#include "loop.h"
#include "tiny-images.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PROPAGATION_PRIVATE = 1 << 18, // MS_PRIVATE, whose header does not go together with linux/mount.h
};

static bool write_map(pid_t pid, const char *name, unsigned long base, unsigned long size)
{
	char path[64], map[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	const int length = snprintf(map, sizeof map, "0 %lu %lu\n", base, size);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const bool done = write(fd, map, (size_t)length) == length;
	const int error = errno;
	close(fd);
	errno = error;
	return done;
}

// A user namespace in which ids 0...size-1 are base...base+size-1 here. Its maps can only be written while a process is in
// it, so there is one for that long. Returns its descriptor or -1 with errno.
static int user_namespace(unsigned long base, unsigned long size)
{
	int ready[2], fd = -1, error = 0;
	char path[64];

	if (pipe2(ready, O_CLOEXEC) != 0)
		return -1;
	const pid_t pid = fork();
	if (pid == 0) {
		int result = unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
		(void)!write(ready[1], &result, sizeof result);
		pause();
		_exit(0);
	}
	if (pid < 0)
		error = errno;
	else if (read(ready[0], &error, sizeof error) != sizeof error)
		error = EIO;
	if (error == 0 && (!write_map(pid, "uid_map", base, size) || !write_map(pid, "gid_map", base, size)))
		error = errno;
	if (error == 0) {
		snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		error = errno;
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(ready[0]);
	close(ready[1]);
	errno = error;
	return fd;
}

static int clone_tree(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT);
}

static bool set_map(int tree, int user_ns)
{
	// Private as well: what happens to the original's mount must not reach a phone's copy, nor the other way.
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)user_ns,
		.propagation = PROPAGATION_PRIVATE,
	};

	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0;
}

int idmap_mount(int argc, char **argv)
{
	unsigned long base, size;

	(void)argc;
	if (!number(argv[2], 1, UINT32_MAX - 1, &base))
		return misused("BASE '%s': a user id from 1 to %u", argv[2], UINT32_MAX - 1);
	if (!number(argv[3], 1, UINT32_MAX - base, &size))
		return misused("SIZE '%s': from 1 to %lu, so that no id passes 2^32-2", argv[3], UINT32_MAX - base);
	const int user_ns = user_namespace(base, size);
	if (user_ns < 0)
		return refused("making a user namespace for %lu+%lu", base, size);
	const int tree = clone_tree(argv[0]);
	if (tree < 0)
		return refused("cloning the mount at %s", argv[0]);
	if (!set_map(tree, user_ns)) {
		if (errno == EINVAL)
			return refused("mapping ids of %s: its filesystem cannot be idmapped by this kernel", argv[0]);
		return refused("mapping ids of %s", argv[0]);
	}
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH) != 0)
		return refused("mounting at %s", argv[1]);
	return ANSWER_YES;
}

static int answer(bool yes)
{
	puts(yes ? "yes" : "no");
	return yes ? ANSWER_YES : ANSWER_NO;
}

// Takes a detached mount, tries to map it, throws it away.
static int probe_tree(int tree, const char *what)
{
	const int user_ns = user_namespace(1, 1);

	if (user_ns < 0)
		return refused("making a user namespace");
	if (set_map(tree, user_ns))
		return answer(true);
	return errno == EINVAL ? answer(false) : refused("mapping ids of %s", what);
}

static int loop_over_bytes(const struct tiny_image *image, char *name, size_t name_size)
{
	const int file = memfd_create("tiny-image", MFD_CLOEXEC);

	if (file < 0 || ftruncate(file, 65536) != 0 ||
	    pwrite(file, image->bytes, image->length, (off_t)image->at) != (ssize_t)image->length)
		return -1;
	return loop_over(file, name, name_size);
}

// Mounts an empty image of this type, visible to nobody.
static int probe_tiny(const struct tiny_image *image)
{
	char device[32];

	const int loop = loop_over_bytes(image, device, sizeof device);
	if (loop < 0)
		return refused("a loop device");
	const int filesystem = (int)syscall(SYS_fsopen, image->type, FSOPEN_CLOEXEC);
	if (filesystem < 0 && errno == ENODEV)
		return answer(false); // the kernel does not even have it
	if (filesystem < 0)
		return refused("opening filesystem type %s", image->type);
	if (syscall(SYS_fsconfig, filesystem, FSCONFIG_SET_FLAG, "ro", NULL, 0) != 0 ||
	    syscall(SYS_fsconfig, filesystem, FSCONFIG_SET_STRING, "source", device, 0) != 0 ||
	    syscall(SYS_fsconfig, filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return refused("mounting an empty %s on %s", image->type, device);
	const int tree = (int)syscall(SYS_fsmount, filesystem, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (tree < 0)
		return refused("mounting an empty %s", image->type);
	return probe_tree(tree, image->type);
}

// The mount point of some mount of this type, with the octal escapes of /proc/self/mountinfo undone.
static bool find_mount(const char *type, char *path, size_t size)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	bool found = false;

	while (mounts != NULL && !found && fgets(line, sizeof line, mounts) != NULL) {
		char point[4096], kind[128];
		const char *rest = strstr(line, " - ");

		if (rest == NULL || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 ||
		    sscanf(rest, " - %127s", kind) != 1 || strcmp(kind, type) != 0)
			continue;
		size_t n = 0;
		for (const char *c = point; *c != '\0' && n + 1 < size; c++) {
			if (c[0] == '\\' && c[1] >= '0' && c[1] <= '3' && c[2] != '\0' && c[3] != '\0') {
				path[n++] = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
				c += 3;
			} else {
				path[n++] = *c;
			}
		}
		path[n] = '\0';
		found = true;
	}
	if (mounts != NULL)
		fclose(mounts);
	return found;
}

int idmap_probe(int argc, char **argv)
{
	char point[4096];

	if (strcmp(argv[0], "--type") != 0) {
		if (argc != 1)
			return misused("usage: ancloud-hostcap idmap-probe PATH | --type FILESYSTEM");
		const int tree = clone_tree(argv[0]);
		return tree < 0 ? refused("cloning the mount at %s", argv[0]) : probe_tree(tree, argv[0]);
	}
	if (argc != 2)
		return misused("--type needs a filesystem's name");
	for (size_t i = 0; i < sizeof tiny_images / sizeof *tiny_images; i++)
		if (strcmp(argv[1], tiny_images[i].type) == 0)
			return probe_tiny(&tiny_images[i]);
	if (!find_mount(argv[1], point, sizeof point)) {
		puts("unknown");
		fprintf(stderr, "ancloud-hostcap: no %s is mounted to try it with: give the path of one\n", argv[1]);
		return ANSWER_UNKNOWN;
	}
	const int tree = clone_tree(point);
	return tree < 0 ? refused("cloning the mount at %s", point) : probe_tree(tree, point);
}
