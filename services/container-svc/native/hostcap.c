// SPDX-License-Identifier: Apache-2.0
#include "hostcap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb {
	const char *name;
	const char *arguments;
	int least, most; // number of arguments
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "idmap-mount", "SRC DST BASE SIZE", 4, 4, idmap_mount },
	{ "idmap-probe", "PATH | --type FILESYSTEM", 1, 2, idmap_probe },
	{ "binder-probe", "PATH", 1, 1, binder_probe },
	{ "binderfs-add", "DIR NAME...", 2, 1024, binderfs_add },
	{ "squashfs-mount", "FILE DST", 2, 2, squashfs_mount },
	{ "veth-plug", "DEVICE BRIDGE MAC PID ADDRESS PREFIX GATEWAY", 7, 7, veth_plug },
	{ "veth-remove", "DEVICE", 1, 1, veth_remove },
	{ "view-set", "PID DIR|- FILE...", 3, 34, view_set },
	{ "pad-run", "PHYS PROGRAM [ARGUMENT...]", 2, 1024, pad_run },
	{ "vsock-probe", "", 0, 0, vsock_probe },
	{ "elf-scan", "ROOTFS [MAX_ENTRIES]", 1, 2, elf_scan },
	{ "fsync-dir", "DIR...", 1, 1024, fsync_dir },
};

int refused(const char *format, ...)
{
	const int error = errno;
	va_list arguments;

	fputs("ancloud-hostcap: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, ": %s\n", strerror(error));
	return ANSWER_ERROR;
}

int misused(const char *format, ...)
{
	va_list arguments;

	fputs("ancloud-hostcap: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return ANSWER_USAGE;
}

bool number(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *value >= least && *value <= most;
}

int fsync_dir(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const int fd = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return refused("%s", argv[i]);
		if (fsync(fd) != 0)
			return refused("fsync of %s", argv[i]);
		close(fd);
	}
	return ANSWER_YES;
}

int main(int argc, char **argv)
{
	const size_t count = sizeof verbs / sizeof *verbs;

	for (size_t i = 0; argc > 1 && i < count; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (argc - 2 < verbs[i].least || argc - 2 > verbs[i].most)
			return misused("usage: ancloud-hostcap %s %s", verbs[i].name, verbs[i].arguments);
		const int answer = verbs[i].run(argc - 2, argv + 2);
		// An answer that did not reach its reader is none.
		if (fflush(stdout) != 0)
			return refused("stdout");
		return answer;
	}
	fputs("usage: ancloud-hostcap VERB ...\n", stderr);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  %s %s\n", verbs[i].name, verbs[i].arguments);
	return ANSWER_USAGE;
}
