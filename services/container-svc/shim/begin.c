// SPDX-License-Identifier: Apache-2.0
// From nothing to a phone whose pid 1 is known: through crun, or by taking it over.
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn void begin_failed(struct run *run, const char *outcome, enum answer code, bool known, int status)
{
	create_abort(&run->creation);
	run->init = (struct process){ .pid = 0 };
	finish_log(run);
	say_create(run, outcome, known, status);
	(void)record_write(run->shim->dir_fd, "create.json", &run->text);
	// Before the answer: what stands there afterwards may be the next shim's.
	door_close(&run->shim->door);
	answer(run, code);
	leave(run, 1);
}

// The first moment at which pid 1 is known. From here on only its end ends the shim.
static void begin_serving(struct run *run, const char *outcome, int proc_fd)
{
	struct shim *shim = run->shim;
	sigset_t child;

	run->creating = false;
	say_create(run, outcome, !shim->identity.adopted, 0);
	const int error = record_write(shim->dir_fd, "create.json", &run->text);
	if (error != 0) {
		// Without the record nobody could ever find this phone's pid 1 again: better none than a lost one.
		tail_print(&run->tail, "phone-shim: create.json: %s\n", strerror(-error));
		if (!shim->identity.adopted)
			begin_failed(run, "failed", ANSWER_FAILED, false, 0);
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

	say_line(run, "created", true, false);
	clients_send(&shim->clients, &run->text);
	if (properties_watch(&run->properties, proc_fd) != 0)
		run->properties.event_fd = -1; // no thread to be had: the phone runs on without hints
}

void begin_created(struct run *run)
{
	siginfo_t info;

	const int status = create_finish(&run->creation);
	drain(run, WINDOW_BYTES);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		begin_failed(run, "failed", ANSWER_FAILED, true, status);

	const pid_t pid = read_pid_file(run->shim->options->pid_file);
	const int proc_fd = pid > 0 ? open_process(pid) : -1;
	// Our child it is when crun has done what it should: then the number cannot come to mean another process.
	if (proc_fd < 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
		tail_print(&run->tail, "phone-shim: %s names no child of the create command\n",
			   run->shim->options->pid_file);
		begin_failed(run, "failed", ANSWER_FAILED, true, status);
	}
	run->init = (struct process){ .pid = pid, .start_time = process_start_time(proc_fd) };
	begin_serving(run, "created", proc_fd);
}

void begin_adopted(struct run *run)
{
	const struct process wanted = run->shim->options->adopt;
	const int proc_fd = open_process(wanted.pid);

	if (proc_fd >= 0)
		run->pid_fd = (int)syscall(SYS_pidfd_open, wanted.pid, 0);
	// proc_fd still answers after pidfd_open: so the number was this process's when both were opened.
	if (proc_fd < 0 || run->pid_fd < 0 || process_start_time(proc_fd) != wanted.start_time) {
		tail_print(&run->tail, "phone-shim: no process %d with start time %llu\n", wanted.pid,
			   (unsigned long long)wanted.start_time);
		say_create(run, "failed", false, 0);
		door_close(&run->shim->door);
		answer(run, ANSWER_FAILED);
		leave(run, 1);
	}
	run->init = wanted;
	begin_serving(run, "adopted", proc_fd);
}
