// SPDX-License-Identifier: Apache-2.0
#include "shim.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fail(int status, bool with_errno, const char *format, ...)
{
	const int error = errno;
	va_list arguments;

	fputs("phone-shim: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (with_errno)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
	exit(status);
}

static void bad(const char *option, const char *value, const char *wanted)
{
	fail(ANSWER_BAD_START, false, "--%s '%s': %s", option, value, wanted);
}

// Whole numbers without sign or blanks, within a range.
static uint64_t number(const char *option, const char *value, uint64_t least, uint64_t most)
{
	char wanted[96];
	char *end;

	errno = 0;
	const uint64_t n = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || n < least || n > most) {
		snprintf(wanted, sizeof wanted, "a number from %llu to %llu", (unsigned long long)least,
			 (unsigned long long)most);
		bad(option, value, wanted);
	}
	return n;
}

// These strings go into JSON, file names and log heads as they are.
static const char *name(const char *option, const char *value, const char *punctuation)
{
	const size_t length = strlen(value);

	if (length < 1 || length > 64)
		bad(option, value, "1 to 64 characters");
	for (size_t i = 0; i < length; i++) {
		const char c = value[i];
		const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && strchr(punctuation, c) == NULL)
			bad(option, value, "letters, digits and the allowed punctuation only");
	}
	return value;
}

static const char *path(const char *option, const char *value, size_t most)
{
	if (value[0] != '/')
		bad(option, value, "an absolute path");
	if (strlen(value) > most)
		bad(option, value, "a shorter path");
	return value;
}

static struct process adopted(const char *value)
{
	const char *colon = strchr(value, ':');
	char pid[16];

	if (colon == NULL || (size_t)(colon - value) >= sizeof pid)
		bad("adopt", value, "PID:STARTTIME");
	snprintf(pid, sizeof pid, "%.*s", (int)(colon - value), value);
	return (struct process){ .pid = (pid_t)number("adopt", pid, 1, INT_MAX),
				 .start_time = number("adopt", colon + 1, 1, UINT64_MAX) };
}

void options_parse(struct options *options, int argc, char **argv)
{
	enum { PHONE, DIR, LOCK, KMSG, LOG, LOG_MAX, PID_FILE, BOOT_ID, CREATE_TIMEOUT, ADOPT, HIDE_MOUNT, KEEP, DOOR, DOOR_OWNER, DOOR_TRUSTING };
	static const struct option known[] = {
		[PHONE] = { "phone", required_argument, NULL, PHONE },
		[DIR] = { "dir", required_argument, NULL, DIR },
		[LOCK] = { "lock", required_argument, NULL, LOCK },
		[KMSG] = { "kmsg", required_argument, NULL, KMSG },
		[LOG] = { "log", required_argument, NULL, LOG },
		[LOG_MAX] = { "log-max", required_argument, NULL, LOG_MAX },
		[PID_FILE] = { "pid-file", required_argument, NULL, PID_FILE },
		[BOOT_ID] = { "boot-id", required_argument, NULL, BOOT_ID },
		[CREATE_TIMEOUT] = { "create-timeout", required_argument, NULL, CREATE_TIMEOUT },
		[ADOPT] = { "adopt", required_argument, NULL, ADOPT },
		[HIDE_MOUNT] = { "hide-mount", required_argument, NULL, HIDE_MOUNT },
		[KEEP] = { "keep", required_argument, NULL, KEEP },
		[DOOR] = { "door", required_argument, NULL, DOOR },
		[DOOR_OWNER] = { "door-owner", required_argument, NULL, DOOR_OWNER },
		[DOOR_TRUSTING] = { "door-trusting", no_argument, NULL, DOOR_TRUSTING },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options = (struct options){ .create_timeout_ms = 30000, .keep = -1, .door_owner = DOOR_OWNER_SELF };
	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (option) {
		case PHONE: options->phone = name("phone", optarg, "_-"); break;
		case DIR: options->dir = path("dir", optarg, 90); break;
		case LOCK: options->lock = optarg; break;
		case KMSG: options->kmsg = path("kmsg", optarg, PATH_MAX - 1); break;
		case LOG: options->log = path("log", optarg, PATH_MAX - 8); break;
		case LOG_MAX: options->log_max = number("log-max", optarg, 4096, 1 << 30); break;
		case PID_FILE: options->pid_file = path("pid-file", optarg, PATH_MAX - 1); break;
		case BOOT_ID: options->boot_id = name("boot-id", optarg, "_.:-"); break;
		case CREATE_TIMEOUT:
			options->create_timeout_ms = (int)number("create-timeout", optarg, 100, 600000);
			break;
		case KEEP: options->keep = (int)number("keep", optarg, 3, INT_MAX); break;
		case DOOR: options->door = path("door", optarg, 100); break;
		case DOOR_OWNER: options->door_owner = (uid_t)number("door-owner", optarg, 0, DOOR_OWNER_SELF - 1); break;
		case DOOR_TRUSTING: options->door_trusting = true; break;
		case ADOPT: options->adopt = adopted(optarg); break;
		case HIDE_MOUNT:
			if (options->hidden_count == HIDDEN_MAX)
				bad("hide-mount", optarg, "fewer of them");
			options->hidden[options->hidden_count++] = path("hide-mount", optarg, PATH_MAX - 1);
			break;
		default: exit(ANSWER_BAD_START); // getopt has said what it does not like
		}
	}
	if (optind < argc)
		options->create_argv = argv + optind;

	const char *missing = options->phone == NULL ? "phone"
			      : options->dir == NULL ? "dir"
			      : options->lock == NULL ? "lock"
			      : options->kmsg == NULL ? "kmsg"
			      : options->log == NULL ? "log"
			      : options->log_max == 0 ? "log-max"
						      : NULL;
	if (missing != NULL)
		fail(ANSWER_BAD_START, false, "--%s is missing", missing);
	if (options->adopt.pid != 0) {
		if (options->create_argv != NULL || options->pid_file != NULL || options->hidden_count > 0)
			fail(ANSWER_BAD_START, false,
			     "--adopt goes without --pid-file, --hide-mount and without a command");
	} else {
		if (options->pid_file == NULL)
			fail(ANSWER_BAD_START, false, "--pid-file is missing");
		if (options->create_argv == NULL)
			fail(ANSWER_BAD_START, false, "the create command is missing after --");
	}
	if (*options->lock == '/')
		path("lock", options->lock, PATH_MAX - 1);
	else
		number("lock", options->lock, 3, INT_MAX);
	if (options->door == NULL && (options->door_owner != DOOR_OWNER_SELF || options->door_trusting))
		fail(ANSWER_BAD_START, false, "--door-owner and --door-trusting go with --door");
	if (options->keep >= 0 && *options->lock != '/' && options->keep == atoi(options->lock))
		fail(ANSWER_BAD_START, false, "--keep %d: it is the lock's", options->keep);
}
