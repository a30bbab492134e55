// SPDX-License-Identifier: Apache-2.0
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void text_add(struct text *text, const char *format, ...)
{
	const size_t room = sizeof text->bytes - text->length;
	va_list arguments;

	va_start(arguments, format);
	const int n = vsnprintf(text->bytes + text->length, room, format, arguments);
	va_end(arguments);
	if (n > 0)
		text->length += (size_t)n < room ? (size_t)n : room - 1;
}

void text_add_string(struct text *text, const char *bytes, size_t length)
{
	text_add(text, "\"");
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)bytes[i];
		if (c == '"' || c == '\\')
			text_add(text, "\\%c", c);
		else if (c == '\n')
			text_add(text, "\\n");
		else if (c < 0x20 || c == 0x7f)
			text_add(text, "\\u%04x", c);
		else if (c >= 0x80)
			text_add(text, "\\ufffd");
		else
			text_add(text, "%c", c);
	}
	text_add(text, "\"");
}

static long long milliseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void record_begin(struct text *text, const struct identity *identity, const char *type, struct process process)
{
	text->length = 0;
	text_add(text, "{");
	if (type != NULL)
		text_add(text, "\"type\":\"%s\",", type);
	text_add(text, "\"version\":1,\"phone\":\"%s\",\"bootId\":\"%s\",\"hostBootId\":\"%s\",\"adopted\":%s",
		 identity->phone, identity->boot_id, identity->host_boot_id, identity->adopted ? "true" : "false");
	if (process.pid != 0)
		text_add(text, ",\"pid\":%d,\"startTime\":%llu", process.pid,
			 (unsigned long long)process.start_time);
	else
		text_add(text, ",\"pid\":null,\"startTime\":null");
	text_add(text, ",\"atMs\":%lld,\"boottimeMs\":%lld", milliseconds(CLOCK_REALTIME),
		 milliseconds(CLOCK_BOOTTIME));
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		const ssize_t n = write(fd, bytes, length);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

int record_write(int dir_fd, const char *name, const struct text *text)
{
	char temporary[64];
	int error;

	snprintf(temporary, sizeof temporary, ".%s.tmp", name);
	const int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	error = write_all(fd, text->bytes, text->length);
	if (error == 0 && fsync(fd) != 0)
		error = -errno;
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error == 0 && renameat(dir_fd, temporary, dir_fd, name) != 0)
		error = -errno;
	if (error != 0) {
		unlinkat(dir_fd, temporary, 0);
		return error;
	}
	return fsync(dir_fd) == 0 ? 0 : -errno;
}

// Reads a small file whole into a string.
static bool read_file(int dir_fd, const char *path, char *buffer, size_t size)
{
	const int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const ssize_t n = read(fd, buffer, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buffer[n] = '\0';
	return true;
}

int open_process(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

uint64_t process_start_time(int proc_fd)
{
	char stat[1024];

	if (!read_file(proc_fd, "stat", stat, sizeof stat))
		return 0;
	// The second field is the program's name in brackets and may hold anything, also brackets and blanks.
	char *field = strrchr(stat, ')');
	for (int n = 2; field != NULL && n < 22; n++)
		field = strchr(field + 1, ' ');
	return field == NULL ? 0 : strtoull(field, NULL, 10);
}

pid_t read_pid_file(const char *path)
{
	char content[32];

	if (!read_file(AT_FDCWD, path, content, sizeof content))
		return 0;
	const long pid = strtol(content, NULL, 10);
	return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}
