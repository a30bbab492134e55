// SPDX-License-Identifier: Apache-2.0
// Running `crun create` so that the step lock is held for exactly as long as crun runs.
//
// Three processes: shim -> guard -> crun. crun must not inherit the lock's descriptor, because the container init
// that it leaves behind would keep it until `crun start`. The shim alone must not be the holder either: it can
// be killed while crun goes on. So a guard holds it, waits for crun, and ends with it.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Gives a program the signal state it would have from a shell.
static void default_signals(void)
{
	// struct sigaction as the kernel has it (x86-64, arm64): handler, flags, restorer, mask. Not by libc, which refuses the two that
	// it keeps for its threads: its posix_spawn leaves them ignored, and bionic has them for timers and backtraces.
	const unsigned long by_default[4] = { 0 };
	sigset_t none;

	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof by_default[3]); // fails for KILL and STOP, as it should
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

// Takes mounts out of this process's sight. Slave, not private: what is mounted from now on stays in here, and what the host
// mounts later still comes in.
static void hide_mounts(const struct options *options)
{
	if (options->hidden_count == 0)
		return;
	const char *at = "/";
	bool done = unshare(CLONE_NEWNS) == 0 && mount(NULL, at, NULL, MS_REC | MS_SLAVE, NULL) == 0;
	for (int i = 0; done && i < options->hidden_count; i++) {
		at = options->hidden[i];
		done = umount2(at, UMOUNT_NOFOLLOW) == 0;
	}
	if (done)
		return;
	dprintf(2, "phone-shim: cannot hide %s: %s\n", at, strerror(errno));
	_exit(126);
}

static _Noreturn void run_guard(const struct options *options, int lock_fd, int console_fd, int report_fd)
{
	int status = 0;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "phone-shim-lock");
	// 0 is /dev/null already. Everything but these five goes: the guard must not hold a FIFO, the socket or the shim's
	// own lock beyond the shim's death.
	if (dup2(console_fd, 1) < 0 || dup2(console_fd, 2) < 0)
		_exit(126);
	// Away from 3 and 4 first, where one of them may be standing in the other's place.
	lock_fd = fcntl(lock_fd, F_DUPFD, 5);
	report_fd = fcntl(report_fd, F_DUPFD, 5);
	if (lock_fd < 0 || report_fd < 0 || dup2(lock_fd, 3) < 0 || dup2(report_fd, 4) < 0)
		_exit(126);
	syscall(SYS_close_range, 5, ~0U, 0);

	const pid_t crun = fork();
	if (crun == 0) {
		close(3);
		close(4);
		default_signals();
		hide_mounts(options);
		execvp(options->create_argv[0], options->create_argv);
		dprintf(2, "phone-shim: cannot run %s: %s\n", options->create_argv[0], strerror(errno));
		_exit(127);
	}
	if (crun < 0) {
		dprintf(2, "phone-shim: cannot fork: %s\n", strerror(errno));
		_exit(126);
	}
	while (waitpid(crun, &status, 0) < 0 && errno == EINTR)
		;
	(void)!write(4, &status, sizeof status);
	_exit(0);
}

int create_start(struct creation *creation, const struct options *options, int lock_fd, int console_fd)
{
	int report[2];

	if (pipe2(report, O_CLOEXEC) != 0)
		return -errno;
	creation->guard = fork();
	if (creation->guard == 0)
		run_guard(options, lock_fd, console_fd, report[1]);
	const int error = errno;
	close(report[1]);
	if (creation->guard < 0) {
		close(report[0]);
		return -error;
	}
	// Also here: create_abort may come before the guard has got that far.
	setpgid(creation->guard, creation->guard);
	creation->report_fd = report[0];
	return 0;
}

int create_finish(struct creation *creation)
{
	int status = 0;

	if (read(creation->report_fd, &status, sizeof status) != sizeof status)
		status = SIGKILL;
	close(creation->report_fd);
	creation->report_fd = -1;
	while (waitpid(creation->guard, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void kill_children(void)
{
	char path[64];
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	FILE *children = fopen(path, "re");
	if (children == NULL)
		return; // a kernel without CONFIG_PROC_CHILDREN: the group has been killed at least
	while (fscanf(children, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(children);
}

void create_abort(struct creation *creation)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	if (creation->report_fd >= 0) {
		kill(-creation->guard, SIGKILL);
		close(creation->report_fd);
		creation->report_fd = -1;
	}
	// A killed parent leaves us its children, so the list has to be read until it stays empty.
	for (int round = 0; round < 2000; round++) {
		kill_children();
		const pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
}
