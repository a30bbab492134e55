// SPDX-License-Identifier: Apache-2.0
// Which machines' programs a root filesystem has. It decides, among other things, whether the seccomp rule against AF_VSOCK may be
// used: 32-bit x86 programs make sockets through socketcall(2), whose arguments a filter cannot see.
//
// The tree may be anything that somebody imported: no symbolic link is followed, nothing but regular files is opened, and
// entries, depth and time are bounded.
#include "hostcap.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, ENTRIES_DEFAULT = 500000, SECONDS_MAX = 60 };

struct scan {
	unsigned long left;    // entries that may still be looked at
	time_t deadline;       // CLOCK_MONOTONIC
	bool bounded;          // a bound was met: what was not seen is unknown
	unsigned long files, x86, x86_64, arm, aarch64, other;
	char first_x86[PATH_MAX];
	char path[PATH_MAX];   // of the directory being read, from the root; "" is the root
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

// Programs and libraries: ET_EXEC, ET_DYN. Object files and core files run nowhere.
static void look_at(struct scan *scan, int dir, const char *name)
{
	unsigned char head[20];
	struct stat status;

	const int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		scan->bounded = true;
		return;
	}
	scan->files++;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && pread(fd, head, sizeof head, 0) == sizeof head &&
	    memcmp(head, ELFMAG, SELFMAG) == 0) {
		const bool little = head[EI_DATA] == ELFDATA2LSB;
		const unsigned type = little ? head[16] | head[17] << 8u : head[17] | head[16] << 8u;
		const unsigned machine = little ? head[18] | head[19] << 8u : head[19] | head[18] << 8u;

		if (type != ET_EXEC && type != ET_DYN)
			;
		else if (machine == EM_386 && scan->x86++ == 0)
			snprintf(scan->first_x86, sizeof scan->first_x86, "%.*s/%s", PATH_MAX - 260, scan->path, name);
		else if (machine == EM_X86_64)
			scan->x86_64++;
		else if (machine == EM_ARM)
			scan->arm++;
		else if (machine == EM_AARCH64)
			scan->aarch64++;
		else if (machine != EM_386)
			scan->other++;
	}
	close(fd);
}

// Owns `dir`.
static void walk(struct scan *scan, int dir, int depth)
{
	DIR *entries = fdopendir(dir);
	struct dirent *entry;

	if (entries == NULL) {
		close(dir);
		scan->bounded = true;
		return;
	}
	while ((entry = readdir(entries)) != NULL) {
		const char *name = entry->d_name;
		unsigned char type = entry->d_type;
		struct stat status;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (scan->left == 0 || now() >= scan->deadline) {
			scan->bounded = true;
			break;
		}
		scan->left--;
		if (type == DT_UNKNOWN && fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
		if (type == DT_REG)
			look_at(scan, dir, name);
		if (type != DT_DIR)
			continue;
		const size_t length = strlen(scan->path);
		const int inner = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (inner < 0 || depth == DEPTH_MAX || length + strlen(name) + 2 > sizeof scan->path) {
			if (inner >= 0)
				close(inner);
			scan->bounded = true;
			continue;
		}
		snprintf(scan->path + length, sizeof scan->path - length, "/%s", name);
		walk(scan, inner, depth + 1);
		scan->path[length] = '\0';
	}
	closedir(entries);
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			printf(c < 0x80 ? "\\u%04x" : "\\ufffd", c);
		else
			putchar(c);
	}
	putchar('"');
}

int elf_scan(int argc, char **argv)
{
	static struct scan scan;

	scan.left = ENTRIES_DEFAULT;
	if (argc == 2 && !number(argv[1], 1, 100000000, &scan.left))
		return misused("MAX_ENTRIES '%s': a number from 1 to 100000000", argv[1]);
	scan.deadline = now() + SECONDS_MAX;
	const int root = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return refused("%s", argv[0]);
	walk(&scan, root, 0);
	printf("{\"files\":%lu,\"x86\":%lu,\"x86_64\":%lu,\"arm\":%lu,\"arm64\":%lu,\"other\":%lu,\"complete\":%s,\"firstX86\":",
	       scan.files, scan.x86, scan.x86_64, scan.arm, scan.aarch64, scan.other, scan.bounded ? "false" : "true");
	if (scan.x86 > 0)
		print_string(scan.first_x86);
	else
		fputs("null", stdout);
	puts("}");
	if (scan.x86 > 0)
		return ANSWER_YES;
	return scan.bounded ? ANSWER_UNKNOWN : ANSWER_NO;
}
