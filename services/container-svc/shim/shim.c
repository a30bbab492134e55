// SPDX-License-Identifier: Apache-2.0
// The daemon: create (or adopt), then serve until pid 1 is gone.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	// What the phone writes costs us CPU and disk that no cgroup of the phone's accounts for. So it gets this much per window,
	// 2.5 MB/s, and beyond that its writers wait for the next window: 50 ms at most, and nothing is lost.
	WINDOW_BYTES = 1 << 17,
	WINDOW_MS = 50,
	// After the end no writer is left, so what the pipes hold is all there is: a few pipe buffers at most.
	LAST_DRAIN_BYTES = 1 << 22,
	EXIT_WRITE_TRIES = 120, // half a second apart
};

// The daemon's state beyond what main() opened.
struct run {
	struct shim *shim;
	int signal_fd;
	bool creating;
	struct creation creation;
	int64_t deadline_ms;          // of create
	struct tail tail;             // of the console, during create
	struct process init;          // none until created
	int pid_fd;                   // adopted: says when pid 1 has ended. Else -1, SIGCHLD does
	struct properties properties; // event_fd -1 until init is known
	uint64_t told;                // the value of properties that the clients have
	int64_t window_ms;            // start of the current window of reading
	size_t window_bytes;          // read in it
	bool gone;                    // pid 1 has ended
	int status;                   // its wait status, unless adopted
	struct text text;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void add_ending(struct text *text, bool known, int status)
{
	if (known && WIFEXITED(status))
		text_add(text, ",\"exitCode\":%d,\"signal\":null", WEXITSTATUS(status));
	else if (known && WIFSIGNALED(status))
		text_add(text, ",\"exitCode\":null,\"signal\":%d", WTERMSIG(status));
	else
		text_add(text, ",\"exitCode\":null,\"signal\":null");
}

static void make_create_record(struct run *run, const char *outcome, bool known, int status)
{
	record_begin(&run->text, &run->shim->identity, NULL, run->init);
	text_add(&run->text, ",\"outcome\":\"%s\"", outcome);
	add_ending(&run->text, known, status);
	text_add(&run->text, ",\"stderr\":");
	text_add_string(&run->text, run->tail.bytes, run->tail.length);
	text_add(&run->text, "}\n");
}

static void make_exit_record(struct run *run, const char *type)
{
	const bool known = run->pid_fd < 0;

	record_begin(&run->text, &run->shim->identity, type, run->init);
	if (known)
		text_add(&run->text, ",\"waitStatus\":%d", run->status);
	else
		text_add(&run->text, ",\"waitStatus\":null");
	add_ending(&run->text, known, run->status);
	text_add(&run->text, ",\"coreDumped\":%s,\"logDropped\":%llu}\n",
		 known && WIFSIGNALED(run->status) && WCOREDUMP(run->status) ? "true" : "false",
		 (unsigned long long)run->shim->journal.dropped_total);
}

static void make_line(struct run *run, const char *type, bool with_init, bool with_serial)
{
	struct text *text = &run->text;

	text->length = 0;
	text_add(text, "{\"type\":\"%s\"", type);
	if (with_init && run->init.pid != 0)
		text_add(text, ",\"pid\":%d,\"startTime\":%llu", run->init.pid,
			 (unsigned long long)run->init.start_time);
	else if (with_init)
		text_add(text, ",\"pid\":null,\"startTime\":null");
	if (with_serial && run->told != PROPERTIES_ABSENT)
		text_add(text, ",\"serial\":%u", (unsigned)run->told);
	else if (with_serial)
		text_add(text, ",\"serial\":null");
	text_add(text, "}\n");
}

// Tells the command that waits for us, which may have been killed meanwhile.
static void answer(struct run *run, enum answer status)
{
	struct shim *shim = run->shim;
	const char code = (char)status;

	(void)!write(shim->answer_fd, &code, 1);
	(void)!write(shim->answer_fd, run->text.bytes, run->text.length);
	close(shim->answer_fd);
	shim->answer_fd = -1;
}

static _Noreturn void leave(struct run *run, int status)
{
	unlinkat(run->shim->dir_fd, "shim.sock", 0);
	_exit(status); // also ends the watching thread
}

static size_t drain(struct run *run, size_t limit)
{
	struct shim *shim = run->shim;

	return journal_drain(&shim->journal, &shim->kmsg, limit, NULL) +
	       journal_drain(&shim->journal, &shim->console, limit, run->creating ? &run->tail : NULL);
}

static void finish_log(struct run *run)
{
	struct shim *shim = run->shim;

	drain(run, LAST_DRAIN_BYTES);
	journal_finish(&shim->journal, &shim->kmsg);
	journal_finish(&shim->journal, &shim->console);
}

static _Noreturn void end_create(struct run *run, const char *outcome, enum answer code, bool known, int status)
{
	create_abort(&run->creation);
	finish_log(run);
	make_create_record(run, outcome, known, status);
	(void)record_write(run->shim->dir_fd, "create.json", &run->text);
	answer(run, code);
	leave(run, 1);
}

// The first moment at which pid 1 is known. From here on only its end ends the shim.
static void begin_serving(struct run *run, const char *outcome, int proc_fd)
{
	struct shim *shim = run->shim;
	sigset_t child;

	run->creating = false;
	make_create_record(run, outcome, !shim->identity.adopted, 0);
	const int error = record_write(shim->dir_fd, "create.json", &run->text);
	if (error != 0) {
		// Without the record nobody could ever find this phone's pid 1 again: better none than a lost one.
		run->tail.length = (size_t)snprintf(run->tail.bytes, sizeof run->tail.bytes,
						    "phone-shim: create.json: %s\n", strerror(-error));
		if (!shim->identity.adopted)
			end_create(run, "failed", ANSWER_FAILED, false, 0);
	}
	close(shim->lock_fd);
	shim->lock_fd = -1;
	answer(run, ANSWER_CREATED);

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	signalfd(run->signal_fd, &child, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	(void)!chdir("/");
	// Only now, as crun and so the phone would have inherited it. It may be refused; then it stays as it is.
	const int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom >= 0) {
		(void)!write(oom, "-900", 4);
		close(oom);
	}

	make_line(run, "created", true, false);
	clients_send(&shim->clients, &run->text);
	if (properties_watch(&run->properties, proc_fd) != 0)
		run->properties.event_fd = -1; // no thread to be had: the phone runs on without hints
}

static int open_process(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void created(struct run *run)
{
	siginfo_t info;

	const int status = create_finish(&run->creation);
	drain(run, WINDOW_BYTES);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		end_create(run, "failed", ANSWER_FAILED, true, status);

	const pid_t pid = read_pid_file(run->shim->options->pid_file);
	const int proc_fd = pid > 0 ? open_process(pid) : -1;
	// Our child it is when crun has done what it should: then the number cannot come to mean another process.
	if (proc_fd < 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
		run->tail.length = (size_t)snprintf(
			run->tail.bytes, sizeof run->tail.bytes,
			"phone-shim: %s names no child of the create command\n", run->shim->options->pid_file);
		end_create(run, "failed", ANSWER_FAILED, true, status);
	}
	run->init = (struct process){ .pid = pid, .start_time = process_start_time(proc_fd) };
	begin_serving(run, "created", proc_fd);
}

static void adopt(struct run *run)
{
	const struct process wanted = run->shim->options->adopt;
	const int proc_fd = open_process(wanted.pid);

	if (proc_fd >= 0)
		run->pid_fd = (int)syscall(SYS_pidfd_open, wanted.pid, 0);
	// proc_fd still answers after pidfd_open: so the number was this process's when both were opened.
	if (proc_fd < 0 || run->pid_fd < 0 || process_start_time(proc_fd) != wanted.start_time) {
		run->tail.length = (size_t)snprintf(run->tail.bytes, sizeof run->tail.bytes,
						    "phone-shim: no process %d with start time %llu\n", wanted.pid,
						    (unsigned long long)wanted.start_time);
		make_create_record(run, "failed", false, 0);
		answer(run, ANSWER_FAILED);
		leave(run, 1);
	}
	run->init = wanted;
	begin_serving(run, "adopted", proc_fd);
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
		end_create(run, "cancelled", ANSWER_KILLED, false, 0);
}

static _Noreturn void finish(struct run *run)
{
	struct shim *shim = run->shim;
	const struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };
	int error = -1;

	finish_log(run);
	for (int i = 0; i < EXIT_WRITE_TRIES && error != 0; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		make_exit_record(run, NULL);
		error = record_write(shim->dir_fd, "exit.json", &run->text);
	}
	make_exit_record(run, "exit");
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
	make_line(run, "serial", false, true);
	clients_send(&run->shim->clients, &run->text);
}

static void serve_once(struct run *run)
{
	enum { SIGNALS, KMSG, CONSOLE, LISTEN, REPORT, EVENT, PIDFD, CLIENT };
	struct shim *shim = run->shim;
	struct pollfd fds[CLIENT + CLIENTS_MAX] = {
		[SIGNALS] = { .fd = run->signal_fd, .events = POLLIN },
		[KMSG] = { .fd = shim->kmsg.fd, .events = POLLIN },
		[CONSOLE] = { .fd = shim->console.fd, .events = POLLIN },
		[LISTEN] = { .fd = shim->clients.listen_fd, .events = POLLIN },
		[REPORT] = { .fd = run->creating ? run->creation.report_fd : -1, .events = POLLIN },
		[EVENT] = { .fd = run->properties.event_fd, .events = POLLIN },
		[PIDFD] = { .fd = run->pid_fd, .events = POLLIN },
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
	for (int i = 0; i < CLIENTS_MAX; i++)
		fds[CLIENT + i] = (struct pollfd){ .fd = shim->clients.fds[i], .events = POLLIN };
	if (run->creating) {
		const int64_t left = run->deadline_ms - now;
		if (left <= 0)
			end_create(run, "timeout", ANSWER_KILLED, false, 0);
		if (timeout < 0 || left < timeout)
			timeout = left;
	}
	if (poll(fds, CLIENT + CLIENTS_MAX, (int)timeout) <= 0)
		return;

	if (fds[KMSG].revents != 0 || fds[CONSOLE].revents != 0)
		run->window_bytes += drain(run, WINDOW_BYTES - run->window_bytes);
	if (fds[EVENT].revents != 0)
		tell_serial(run);
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (fds[CLIENT + i].revents != 0 && shim->clients.fds[i] >= 0)
			clients_receive(&shim->clients, i);
	if (fds[LISTEN].revents != 0) {
		make_line(run, "state", true, true);
		clients_accept(&shim->clients, &run->text);
	}
	if (fds[REPORT].revents != 0) {
		created(run);
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
	run.pid_fd = run.properties.event_fd = run.creation.report_fd = -1;
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
		error = create_start(&run.creation, shim->options->create_argv, shim->lock_fd, shim->console_out_fd);
	}
	close(shim->console_out_fd);
	if (error != 0) {
		run.text.length = 0;
		text_add(&run.text, "starting: %s\n", strerror(-error));
		answer(&run, ANSWER_BAD_START);
		leave(&run, 1);
	}
	if (!run.creating)
		adopt(&run);
	while (!run.gone)
		serve_once(&run);
	finish(&run);
}
