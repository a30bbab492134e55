// SPDX-License-Identifier: Apache-2.0
// The daemon's own state, shared by the files it is written in: shim.c (the loop), begin.c (create and adopt), say.c (records).
#ifndef ANCLOUD_SHIM_RUN_H
#define ANCLOUD_SHIM_RUN_H

#include "shim.h"

enum {
	// What the phone writes costs us CPU and disk that no cgroup of the phone's accounts for. So it gets this much per window,
	// 2.5 MB/s, and beyond that its writers wait for the next window: 50 ms at most, and nothing is lost.
	WINDOW_BYTES = 1 << 17,
	WINDOW_MS = 50,
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
	struct properties properties; // event_fd and proc_fd -1 until init is known
	uint64_t told;                // the value of properties that the clients have
	int64_t window_ms;            // start of the current window of reading
	size_t window_bytes;          // read in it
	bool gone;                    // pid 1 has ended
	int status;                   // its wait status, unless adopted
	struct text text;
};

// ---- say.c: each makes run->text -----------------------------------------------------------------------

// `known`: status is the wait status of crun.
void say_create(struct run *run, const char *outcome, bool known, int status);
// `type` NULL: the content of exit.json; otherwise the line for clients.
void say_exit(struct run *run, const char *type);
void say_line(struct run *run, const char *type, bool with_init, bool with_serial);
// Sends run->text to the command that waits for us, which may have been killed meanwhile.
void answer(struct run *run, enum answer status);

// ---- begin.c -------------------------------------------------------------------------------------------

// crun has ended: serve its pid 1, or end.
void begin_created(struct run *run);
// Serve the process of --adopt, or end.
void begin_adopted(struct run *run);
// Kills what create has started so far, says so, ends the daemon.
_Noreturn void begin_failed(struct run *run, const char *outcome, enum answer code, bool known, int status);

// ---- shim.c --------------------------------------------------------------------------------------------

// Reads both streams into the log, up to `limit` bytes each. Returns the bytes read.
size_t drain(struct run *run, size_t limit);
// The same to their ends, with unfinished lines. Only when no writer is left.
void finish_log(struct run *run);
_Noreturn void leave(struct run *run, int status);

#endif
