// SPDX-License-Identifier: Apache-2.0
// The log: lines of several streams, a size that is bounded, and a reader that never stops reading.
//
// When the disk does not take a write, the bytes are counted and forgotten: the streams are pipes in which the
// phone's init would block, so draining them goes before keeping what they said.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void write_out(struct journal *journal, const char *bytes, size_t length)
{
	while (length > 0) {
		const ssize_t n = journal->fd < 0 ? -1 : write(journal->fd, bytes, length);
		if (n < 0) {
			if (journal->fd >= 0 && errno == EINTR)
				continue;
			journal->dropped += length;
			journal->dropped_total += length;
			return;
		}
		journal->size += (uint64_t)n;
		journal->mid_line = bytes[n - 1] != '\n';
		bytes += n;
		length -= (size_t)n;
	}
}

// Opens path and writes the line that says whose log this is and how its clock relates to the wall's.
static int open_file(struct journal *journal, int extra_flags)
{
	struct timespec wall, boot;
	struct stat status;
	char head[256];

	journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | extra_flags, 0640);
	if (journal->fd < 0)
		return -errno;
	journal->size = fstat(journal->fd, &status) == 0 ? (uint64_t)status.st_size : 0;
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	const int n = snprintf(head, sizeof head, "# phone %s boot %s unixMs %lld boottimeMs %lld\n",
			       journal->identity->phone, journal->identity->boot_id,
			       (long long)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
			       (long long)boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	write_out(journal, head, (size_t)n);
	return 0;
}

// FILE becomes FILE.1. Should the rename fail, FILE is emptied: the bound holds in any case.
static void rotate(struct journal *journal)
{
	char older[PATH_MAX];

	if (journal->fd >= 0)
		close(journal->fd);
	snprintf(older, sizeof older, "%s.1", journal->path);
	(void)rename(journal->path, older);
	(void)open_file(journal, O_TRUNC);
}

static void flush(struct journal *journal)
{
	if (journal->pending == 0)
		return;
	if (journal->fd < 0 || journal->size + journal->pending > journal->max)
		rotate(journal);
	if (journal->dropped > 0 && journal->fd >= 0) {
		const uint64_t before = journal->dropped;
		char note[64];

		journal->dropped = 0;
		const int n = snprintf(note, sizeof note, "%s# dropped %llu bytes\n", journal->mid_line ? "\n" : "",
				       (unsigned long long)before);
		write_out(journal, note, (size_t)n);
		if (journal->dropped > 0) {
			// Still no room. The note itself does not count.
			journal->dropped_total -= journal->dropped;
			journal->dropped = before + journal->pending;
			journal->dropped_total += journal->pending;
			journal->pending = 0;
			return;
		}
	}
	write_out(journal, journal->buffer, journal->pending);
	journal->pending = 0;
}

// Adds one line with its stamp. A byte becomes at most four.
static void add_line(struct journal *journal, const struct stream *stream, const struct timespec *at)
{
	size_t length = stream->length;

	// So that a line is cut over two files only when it is full of control characters.
	if (journal->pending + length + 64 > sizeof journal->buffer)
		flush(journal);
	char *out = journal->buffer + journal->pending;
	char *const end = journal->buffer + sizeof journal->buffer;

	out += sprintf(out, "%lld.%06ld %c ", (long long)at->tv_sec, at->tv_nsec / 1000, stream->tag);
	if (length > 0 && stream->line[length - 1] == '\r')
		length--;
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)stream->line[i];
		if (end - out < 8) {
			journal->pending = (size_t)(out - journal->buffer);
			flush(journal);
			out = journal->buffer;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			out += sprintf(out, "\\x%02x", c);
		else
			*out++ = (char)c;
	}
	*out++ = '\n';
	journal->pending = (size_t)(out - journal->buffer);
}

static void add_tail(struct tail *tail, const char *bytes, size_t length)
{
	if (length >= sizeof tail->bytes) {
		memcpy(tail->bytes, bytes + length - sizeof tail->bytes, sizeof tail->bytes);
		tail->length = sizeof tail->bytes;
		return;
	}
	if (tail->length + length > sizeof tail->bytes) {
		const size_t gone = tail->length + length - sizeof tail->bytes;
		memmove(tail->bytes, tail->bytes + gone, tail->length - gone);
		tail->length -= gone;
	}
	memcpy(tail->bytes + tail->length, bytes, length);
	tail->length += length;
}

void tail_print(struct tail *tail, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const int n = vsnprintf(tail->bytes, sizeof tail->bytes, format, arguments);
	va_end(arguments);
	tail->length = n < 0 ? 0 : (size_t)n < sizeof tail->bytes ? (size_t)n : sizeof tail->bytes - 1;
}

int journal_open(struct journal *journal, const char *path, uint64_t max, const struct identity *identity)
{
	journal->path = path;
	journal->max = max;
	journal->identity = identity;
	return open_file(journal, 0);
}

void journal_note(struct journal *journal, const char *format, ...)
{
	char note[256] = "# ";
	va_list arguments;

	va_start(arguments, format);
	const int n = vsnprintf(note + 2, sizeof note - 3, format, arguments);
	va_end(arguments);
	const size_t length = 2 + (n < 0 ? 0 : (size_t)n < sizeof note - 4 ? (size_t)n : sizeof note - 4);
	note[length] = '\n';
	write_out(journal, note, length + 1);
}

size_t journal_drain(struct journal *journal, struct stream *stream, size_t limit, struct tail *tail)
{
	static char bytes[16384];
	struct timespec at;
	size_t total = 0;

	clock_gettime(CLOCK_BOOTTIME, &at);
	while (total < limit) {
		const ssize_t n = read(stream->fd, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += (size_t)n;
		if (tail != NULL)
			add_tail(tail, bytes, (size_t)n);
		for (ssize_t i = 0; i < n; i++) {
			const bool ends = bytes[i] == '\n';
			if (!ends)
				stream->line[stream->length++] = bytes[i];
			if (ends && stream->length == 0 && stream->cut) {
				stream->cut = false; // the line that ends here was exactly as long as one may be
				continue;
			}
			if (ends || stream->length == sizeof stream->line) {
				add_line(journal, stream, &at);
				stream->length = 0;
				stream->cut = !ends;
			}
		}
	}
	flush(journal);
	return total;
}

void journal_finish(struct journal *journal, struct stream *stream)
{
	struct timespec at;

	if (stream->length == 0)
		return;
	clock_gettime(CLOCK_BOOTTIME, &at);
	add_line(journal, stream, &at);
	stream->length = 0;
	flush(journal);
}
