// SPDX-License-Identifier: Apache-2.0
// The daemon: its loop and its end.
#include "run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	// After the end no writer is left, so what the pipes hold is all there is: a few pipe buffers at most.
	LAST_DRAIN_BYTES = 1 << 22,
	EXIT_WRITE_TRIES = 120, // half a second apart
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

_Noreturn void leave(struct run *run, int status)
{
	unlinkat(run->shim->dir_fd, "shim.sock", 0);
	door_close(&run->shim->door);
	_exit(status); // also ends the watching thread
}

size_t drain(struct run *run, size_t limit)
{
	struct shim *shim = run->shim;

	return journal_drain(&shim->journal, &shim->kmsg, limit, NULL) +
	       journal_drain(&shim->journal, &shim->console, limit, run->creating ? &run->tail : NULL);
}

void finish_log(struct run *run)
{
	struct shim *shim = run->shim;

	drain(run, LAST_DRAIN_BYTES);
	journal_finish(&shim->journal, &shim->kmsg);
	journal_finish(&shim->journal, &shim->console);
}

static void reap(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == run->init.pid) {
			run->gone = true;
			run->status = status;
		}
	}
}

static void receive_signals(struct run *run)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(run->signal_fd, &info, sizeof info) == sizeof info)
		stop = stop || info.ssi_signo != SIGCHLD;
	// During create nothing is reaped: whether a child is pid 1 is known only when crun has ended.
	if (!run->creating)
		reap(run);
	else if (stop)
		begin_failed(run, "cancelled", ANSWER_KILLED, false, 0);
}

static _Noreturn void finish(struct run *run)
{
	struct shim *shim = run->shim;
	const struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };
	int error = -1;

	// At once: the record below may have to wait for room on the disk, and whoever asks now has to be told.
	door_close(&shim->door);
	finish_log(run);
	for (int i = 0; i < EXIT_WRITE_TRIES && error != 0; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		say_exit(run, NULL);
		error = record_write(shim->dir_fd, "exit.json", &run->text);
	}
	say_exit(run, "exit");
	clients_send(&shim->clients, &run->text);
	leave(run, error == 0 ? 0 : 1);
}

static void tell_serial(struct run *run)
{
	uint64_t count;

	(void)!read(run->properties.event_fd, &count, sizeof count);
	const uint64_t value = atomic_load(&run->properties.value);
	if (value == run->told)
		return;
	run->told = value;
	say_line(run, "serial", false, true);
	clients_send(&run->shim->clients, &run->text);
}

static void serve_once(struct run *run)
{
	enum { SIGNALS, KMSG, CONSOLE, LISTEN, REPORT, EVENT, PIDFD, DOOR, DOOR_CLIENT, CLIENT = DOOR_CLIENT + DOOR_MAX };
	struct shim *shim = run->shim;
	struct pollfd fds[CLIENT + CLIENTS_MAX] = {
		[SIGNALS] = { .fd = run->signal_fd, .events = POLLIN },
		[KMSG] = { .fd = shim->kmsg.fd, .events = POLLIN },
		[CONSOLE] = { .fd = shim->console.fd, .events = POLLIN },
		[LISTEN] = { .fd = shim->clients.listen_fd, .events = POLLIN },
		[REPORT] = { .fd = run->creating ? run->creation.report_fd : -1, .events = POLLIN },
		[EVENT] = { .fd = run->properties.event_fd, .events = POLLIN },
		[PIDFD] = { .fd = run->pid_fd, .events = POLLIN },
		// Looked at before its clients: of one that goes and comes again we then see the going too, and its place is free.
		[DOOR] = { .fd = shim->door.listen_fd, .events = POLLIN },
	};
	int64_t timeout = -1;

	const int64_t now = now_ms();
	if (now - run->window_ms >= WINDOW_MS) {
		run->window_ms = now;
		run->window_bytes = 0;
	} else if (run->window_bytes >= WINDOW_BYTES) {
		fds[KMSG].fd = fds[CONSOLE].fd = -1;
		timeout = run->window_ms + WINDOW_MS - now;
	}
	for (int i = 0; i < DOOR_MAX; i++)
		fds[DOOR_CLIENT + i] = (struct pollfd){ .fd = shim->door.fds[i], .events = POLLIN };
	for (int i = 0; i < CLIENTS_MAX; i++)
		fds[CLIENT + i] = (struct pollfd){ .fd = shim->clients.fds[i], .events = POLLIN };
	if (run->creating) {
		const int64_t left = run->deadline_ms - now;
		if (left <= 0)
			begin_failed(run, "timeout", ANSWER_KILLED, false, 0);
		if (timeout < 0 || left < timeout)
			timeout = left;
	}
	if (poll(fds, CLIENT + CLIENTS_MAX, (int)timeout) <= 0)
		return;

	if (fds[KMSG].revents != 0 || fds[CONSOLE].revents != 0)
		run->window_bytes += drain(run, WINDOW_BYTES - run->window_bytes);
	if (fds[EVENT].revents != 0)
		tell_serial(run);
	for (int i = 0; i < DOOR_MAX; i++)
		if (fds[DOOR_CLIENT + i].revents != 0 && shim->door.fds[i] >= 0)
			door_serve(&shim->door, i, fds[DOOR_CLIENT + i].revents, run->properties.proc_fd);
	if (fds[DOOR].revents != 0 && shim->door.listen_fd >= 0)
		door_accept(&shim->door);
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (fds[CLIENT + i].revents != 0 && shim->clients.fds[i] >= 0)
			clients_receive(&shim->clients, i);
	if (fds[LISTEN].revents != 0) {
		say_line(run, "state", true, true);
		clients_accept(&shim->clients, &run->text);
	}
	if (fds[REPORT].revents != 0) {
		begin_created(run);
		reap(run); // pid 1 may have ended already, and its SIGCHLD been taken during create
	}
	if (fds[SIGNALS].revents != 0)
		receive_signals(run);
	run->gone = run->gone || fds[PIDFD].revents != 0;
}

static void become_daemon(struct run *run)
{
	sigset_t signals;

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	run->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn void shim_run(struct shim *shim)
{
	static struct run run;

	run.shim = shim;
	run.pid_fd = run.properties.event_fd = run.properties.proc_fd = run.creation.report_fd = -1;
	become_daemon(&run);

	const int self = open_process(getpid());
	record_begin(&run.text, &shim->identity, NULL,
		     (struct process){ .pid = getpid(), .start_time = process_start_time(self) });
	text_add(&run.text, "}\n");
	close(self);
	int error = record_write(shim->dir_fd, "shim.json", &run.text);
	if (error == 0 && shim->options->create_argv != NULL) {
		run.creating = true;
		run.deadline_ms = now_ms() + shim->options->create_timeout_ms;
		error = create_start(&run.creation, shim->options, shim->lock_fd, shim->console_out_fd);
	}
	close(shim->console_out_fd);
	if (error != 0) {
		run.text.length = 0;
		text_add(&run.text, "starting: %s\n", strerror(-error));
		answer(&run, ANSWER_BAD_START);
		leave(&run, 1);
	}
	if (!run.creating)
		begin_adopted(&run);
	while (!run.gone)
		serve_once(&run);
	finish(&run);
}
