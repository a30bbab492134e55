// SPDX-License-Identifier: Apache-2.0
// The command: opens everything that can fail while somebody still listens, forks the daemon, waits for its answer.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KMSG_PIPE_BYTES = 1 << 18 };

// Descriptors 0, 1, 2 exist from here on, and of those above only the step lock and what shall be kept are left: what else a caller
// let us inherit would live as long as the phone.
static void clean_descriptors(const char *lock, int keep)
{
	const unsigned a = *lock == '/' ? 2 : (unsigned)atoi(lock);
	const unsigned b = keep < 0 ? 2 : (unsigned)keep;
	const unsigned low = a < b ? a : b, high = a < b ? b : a;
	int fd;

	if (low > 3)
		syscall(SYS_close_range, 3, low - 1, 0);
	if (high > low + 1)
		syscall(SYS_close_range, low + 1, high - 1, 0);
	syscall(SYS_close_range, high + 1, ~0U, 0);
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		close(fd);
}

static int take_step_lock(const char *lock)
{
	int fd;

	if (*lock != '/') {
		fd = atoi(lock);
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			fail(ANSWER_BAD_START, true, "--lock %s: no such descriptor", lock);
		// The same open file as the caller's: this succeeds at once when the caller holds the lock.
	} else {
		fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			fail(ANSWER_BAD_START, true, "--lock %s", lock);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		fail(errno == EWOULDBLOCK ? ANSWER_BUSY : ANSWER_BAD_START, true, "--lock %s: held by another step", lock);
	return fd;
}

static void take_life_lock(int dir_fd)
{
	const int fd = openat(dir_fd, "shim.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		fail(ANSWER_BAD_START, true, "shim.lock");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		fail(ANSWER_BUSY, true, "shim.lock: another shim serves this directory");
}

// O_RDWR: we are our own writer and our own reader, so neither end ever sees the other missing.
static int open_fifo(int dir_fd, const char *path, int extra_flags)
{
	struct stat status;

	if (mkfifoat(dir_fd, path, 0600) != 0 && errno != EEXIST)
		fail(ANSWER_BAD_START, true, "%s", path);
	const int fd = openat(dir_fd, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | extra_flags);
	if (fd < 0)
		fail(ANSWER_BAD_START, true, "%s", path);
	if (fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))
		fail(ANSWER_BAD_START, false, "%s: is not a FIFO", path);
	return fd;
}

static void read_host_boot_id(struct identity *identity)
{
	const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, identity->host_boot_id, 36) != 36)
		fail(ANSWER_BAD_START, true, "/proc/sys/kernel/random/boot_id");
	close(fd);
}

static void remove_old(const struct options *options, int dir_fd)
{
	unlinkat(dir_fd, "exit.json", 0);
	if (options->adopt.pid == 0) { // else create.json is what says whom to adopt
		unlinkat(dir_fd, "create.json", 0);
		unlink(options->pid_file);
	}
	fsync(dir_fd);
}

// Hands the daemon's answer on: the record to stdout, or a sentence to stderr.
static int wait_for_answer(int fd)
{
	static char bytes[sizeof(struct text) + 1];
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, bytes + length, sizeof bytes - length)) > 0 || (n < 0 && errno == EINTR))
		length += n > 0 ? (size_t)n : 0;
	if (length == 0) {
		fprintf(stderr, "phone-shim: the shim was killed during create\n");
		return ANSWER_SHIM_LOST;
	}
	const int status = bytes[0];
	FILE *out = status == ANSWER_BAD_START ? stderr : stdout;
	if (status == ANSWER_BAD_START)
		fputs("phone-shim: ", stderr);
	fwrite(bytes + 1, 1, length - 1, out);
	fflush(out);
	if (status == ANSWER_FAILED)
		fprintf(stderr, "phone-shim: failed; see stderr in the record\n");
	else if (status == ANSWER_KILLED)
		fprintf(stderr, "phone-shim: create was killed before it ended\n");
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct shim shim;
	int pipe_fds[2];

	options_parse(&options, argc, argv);
	clean_descriptors(options.lock, options.keep);
	// The daemon's own: neither crun nor the phone gets it.
	if (options.keep >= 0 && fcntl(options.keep, F_SETFD, FD_CLOEXEC) != 0)
		fail(ANSWER_BAD_START, true, "--keep %d: no such descriptor", options.keep);
	shim.options = &options;
	shim.identity.phone = options.phone;
	shim.identity.adopted = options.adopt.pid != 0;
	read_host_boot_id(&shim.identity);
	shim.identity.boot_id = options.boot_id != NULL ? options.boot_id : shim.identity.host_boot_id;

	shim.dir_fd = open(options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (shim.dir_fd < 0)
		fail(ANSWER_BAD_START, true, "--dir %s", options.dir);
	shim.lock_fd = take_step_lock(options.lock);
	take_life_lock(shim.dir_fd);

	shim.kmsg = (struct stream){ .fd = open_fifo(AT_FDCWD, options.kmsg, O_NONBLOCK), .tag = 'k' };
	(void)fcntl(shim.kmsg.fd, F_SETPIPE_SZ, KMSG_PIPE_BYTES); // room for a burst while the disk is slow
	shim.console = (struct stream){ .fd = open_fifo(shim.dir_fd, "console", O_NONBLOCK), .tag = 'c' };
	// An open file of its own: a console that answers EAGAIN is one that programs are not made for.
	shim.console_out_fd = open_fifo(shim.dir_fd, "console", 0);
	int error = journal_open(&shim.journal, options.log, options.log_max, &shim.identity);
	if (error != 0) {
		errno = -error;
		fail(ANSWER_BAD_START, true, "--log %s", options.log);
	}
	remove_old(&options, shim.dir_fd);
	error = clients_listen(&shim.clients, options.dir);
	if (error != 0) {
		errno = -error;
		fail(ANSWER_BAD_START, true, "%s/shim.sock", options.dir);
	}

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		fail(ANSWER_BAD_START, true, "pipe");
	// Without it the phone's sockets come by adb: no reason to have no phone.
	error = door_open(&shim.door, options.door, options.door_owner, options.door_trusting);
	if (error == -ENOPROTOOPT)
		journal_note(&shim.journal, "no door: this kernel lets phones send descriptors through it (SO_PASSRIGHTS, Linux 6.16)");
	else if (error != 0)
		journal_note(&shim.journal, "no door at %s: %s", options.door, strerror(-error));
	const pid_t daemon = fork();
	if (daemon < 0)
		fail(ANSWER_BAD_START, true, "fork");
	if (daemon == 0) {
		close(pipe_fds[0]);
		shim.answer_fd = pipe_fds[1];
		shim_run(&shim);
	}
	close(pipe_fds[1]);
	return wait_for_answer(pipe_fds[0]);
}
