// SPDX-License-Identifier: Apache-2.0
// The files by which lxcfs shows a phone its own memory and CPUs, put over the kernel's in the mount namespace of a phone that runs.
//
// Cloned where lxcfs is, then carried over: the phone's namespace never has a way to lxcfs but these files.
#include "hostcap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FILES_MAX = 32,
	DETACH = 2,                    // MNT_DETACH: whoever reads an old file now may go on
	NOFOLLOW = 8,                  // UMOUNT_NOFOLLOW
	PROPAGATION_PRIVATE = 1 << 18, // MS_PRIVATE; sys/mount.h has all three and does not go together with linux/mount.h
};

int umount2(const char *target, int flags);

// A detached mount of DIR/FILE as a phone may have it; -1 with errno, ENOENT when this lxcfs has no such file.
static int clone_file(int dir, const char *file)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.propagation = PROPAGATION_PRIVATE,
	};
	const int tree = (int)syscall(SYS_open_tree, dir, file, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	if (tree >= 0 && syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
		const int error = errno;
		close(tree);
		errno = error;
		return -1;
	}
	return tree;
}

int view_set(int argc, char **argv)
{
	char **const files = argv + 2;
	const int count = argc - 2;
	int trees[FILES_MAX], dir = -1;
	unsigned long pid;
	char path[4096];

	if (!number(argv[0], 1, 1 << 30, &pid))
		return misused("PID '%s': a process", argv[0]);
	if (argv[1][0] != '/' && !(argv[1][0] == '-' && argv[1][1] == '\0'))
		return misused("DIR '%s': an absolute path, or - for none", argv[1]);
	for (int i = 0; i < count; i++)
		if (files[i][0] == '/' || files[i][0] == '\0' || (size_t)snprintf(path, sizeof path, "/%s", files[i]) >= sizeof path)
			return misused("FILE '%s': a path without a slash in front", files[i]);
	snprintf(path, sizeof path, "/proc/%lu/ns/mnt", pid);
	const int namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0)
		return refused("%s", path);
	if (argv[1][0] == '/' && (dir = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return refused("%s", argv[1]);
	for (int i = 0; i < count; i++) {
		trees[i] = dir < 0 ? -1 : clone_file(dir, files[i]);
		if (dir >= 0 && trees[i] < 0 && errno != ENOENT)
			return refused("%s/%s", argv[1], files[i]);
	}
	// From here on every path is the phone's own, and leads to nothing but its own mounts.
	if (setns(namespace, CLONE_NEWNS) != 0)
		return refused("entering the mount namespace of %lu", pid);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "/%s", files[i]);
		// EINVAL: nothing is mounted there, after a kill in the middle for instance.
		if (umount2(path, DETACH | NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT)
			return refused("taking away %s of %lu", path, pid);
		if (trees[i] >= 0 && syscall(SYS_move_mount, trees[i], "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) != 0)
			return refused("mounting at %s of %lu", path, pid);
	}
	return ANSWER_YES;
}
