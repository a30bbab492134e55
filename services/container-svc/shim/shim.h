// SPDX-License-Identifier: Apache-2.0
// What the parts of phone-shim say to each other. README.md is the contract with container-svc.
#ifndef ANCLOUD_SHIM_H
#define ANCLOUD_SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Exit status of the command (README, "What the command answers").
enum answer {
	ANSWER_CREATED = 0,
	ANSWER_FAILED = 1,
	ANSWER_BAD_START = 2,
	ANSWER_BUSY = 3,
	ANSWER_KILLED = 4,
	ANSWER_SHIM_LOST = 5,
};

// A process is named by pid and start time (field 22 of /proc/PID/stat, clock ticks after boot). pid 0: none.
struct process {
	pid_t pid;
	uint64_t start_time;
};

// ---- options.c ---------------------------------------------------------------------------------------

enum { HIDDEN_MAX = 8 };

// Strings point into argv, which lives as long as the process.
struct options {
	const char *phone;
	const char *dir;
	const char *lock;     // digits: an inherited, locked descriptor; otherwise a path
	int keep;             // an inherited descriptor that is held until the end; -1: none
	const char *kmsg;
	const char *log;
	const char *pid_file; // NULL when adopting
	const char *boot_id;  // NULL: the host's boot id
	uint64_t log_max;     // bytes
	int create_timeout_ms;
	struct process adopt; // pid 0: create
	const char *door;     // NULL: none
	uid_t door_owner;     // DOOR_OWNER_SELF: the shim's
	bool door_trusting;   // a door also where the kernel lets the phone send descriptors through it
	char **create_argv;   // NULL when adopting
	int hidden_count;
	const char *hidden[HIDDEN_MAX]; // mount points that the create command shall not see
};

// Ends the process with ANSWER_BAD_START and a sentence on stderr when something is wrong.
void options_parse(struct options *options, int argc, char **argv);

// Prints "phone-shim: <what>[: <strerror(errno)>]" and ends with `status`.
_Noreturn void fail(int status, bool with_errno, const char *format, ...) __attribute__((format(printf, 3, 4)));

// ---- record.c ----------------------------------------------------------------------------------------

// A JSON text being made. What does not fit is left out; the capacity holds every record there is.
struct text {
	size_t length;
	char bytes[16384];
};

// Goes into the head of every record.
struct identity {
	const char *phone;
	const char *boot_id;
	char host_boot_id[37];
	bool adopted;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
// With quotes; control characters and all that is not ASCII are escaped, so any bytes give valid JSON.
void text_add_string(struct text *text, const char *bytes, size_t length);

// Starts a record with what every one has. `process` may be none: then pid and startTime are null.
void record_begin(struct text *text, const struct identity *identity, const char *type, struct process process);

// Writes dir/name whole or not at all (temporary file, fsync, rename, fsync of the directory). Returns 0 or -errno.
int record_write(int dir_fd, const char *name, const struct text *text);

// A descriptor of /proc/<pid>: it stays with this process, also when the pid is used again. -1 when there is none.
int open_process(pid_t pid);

// Reads field 22 of /proc/<pid>/stat through a descriptor of /proc/<pid>. Works on zombies. 0 when the process is gone.
uint64_t process_start_time(int proc_fd);

// Reads the pid that crun wrote. 0 when there is none.
pid_t read_pid_file(const char *path);

// ---- journal.c ---------------------------------------------------------------------------------------

enum { LINE_MAX_BYTES = 4000, TAIL_MAX_BYTES = 2000 };

// One source of lines. Owned by the journal's user; the fd is non-blocking.
struct stream {
	int fd;
	char tag;
	bool cut;             // the line before this one was cut for its length
	size_t length;
	char line[LINE_MAX_BYTES];
};

// The log file. Only the main thread touches it.
struct journal {
	const char *path;
	const struct identity *identity;
	uint64_t max;
	int fd;                 // -1: could not be opened; then bytes are counted as dropped
	uint64_t size;
	uint64_t dropped;       // since the last successful write
	uint64_t dropped_total;
	bool mid_line;          // a write ended inside a line
	size_t pending;
	char buffer[16384];
};

// Opens the log for appending and writes its head line. Returns 0 or -errno.
int journal_open(struct journal *journal, const char *path, uint64_t max, const struct identity *identity);
// Writes a line of the shim's own; only between whole lines, as before anything was drained.
void journal_note(struct journal *journal, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Reads what the stream has, at most `limit` bytes, into the log. Appends it to `tail` too unless NULL. Returns the bytes read.
struct tail;
size_t journal_drain(struct journal *journal, struct stream *stream, size_t limit, struct tail *tail);
// Writes the stream's unfinished line.
void journal_finish(struct journal *journal, struct stream *stream);

// The last bytes of something.
struct tail {
	size_t length;
	char bytes[TAIL_MAX_BYTES];
};

// Makes a sentence of our own the tail.
void tail_print(struct tail *tail, const char *format, ...) __attribute__((format(printf, 2, 3)));

// ---- create.c ----------------------------------------------------------------------------------------

struct creation {
	pid_t guard;    // leader of the process group that crun runs in
	int report_fd;  // readable when crun has ended: its wait status, an int
};

// Starts the create command of `options` under a guard that holds lock_fd until crun has ended. Returns 0 or -errno.
int create_start(struct creation *creation, const struct options *options, int lock_fd, int console_fd);
// The wait status of crun; a guard that died without a word counts as SIGKILL. Closes the creation.
int create_finish(struct creation *creation);
// Kills the creation's group and then every process that became our child, and reaps them; gives up after 10 s.
void create_abort(struct creation *creation);

// ---- properties.c ------------------------------------------------------------------------------------

enum { PROPERTIES_ABSENT = 0 };
#define PROPERTIES_PRESENT (UINT64_C(1) << 32)

// The watching thread writes `value` and then `event_fd`; the main thread reads them. Lives until the process ends.
struct properties {
	int proc_fd;            // of /proc/<pid 1>: stays with that process, also when the pid is used again
	int event_fd;
	_Atomic uint64_t value; // PROPERTIES_ABSENT, or PROPERTIES_PRESENT | serial
};

// Starts the thread. Signals must be blocked by then. Returns 0 or -errno.
int properties_watch(struct properties *properties, int proc_fd);

// ---- clients.c ---------------------------------------------------------------------------------------

enum { CLIENTS_MAX = 8 };

struct clients {
	int listen_fd;
	int fds[CLIENTS_MAX]; // -1: free
};

// Binds dir/shim.sock (replacing what is there) with mode 0600. Returns 0 or -errno.
int clients_listen(struct clients *clients, const char *dir);
// Takes a waiting connection and sends it `greeting`; one too many is closed at once.
void clients_accept(struct clients *clients, const struct text *greeting);
// Sends a line to all; whoever has no room for it is dropped.
void clients_send(struct clients *clients, const struct text *line);
// Throws away what a client said; forgets the client when it has gone.
void clients_receive(struct clients *clients, int index);

// ---- door.c ------------------------------------------------------------------------------------------

enum { DOOR_MAX = 8 };
#define DOOR_OWNER_SELF ((uid_t)-1)

struct door {
	const char *path;
	int listen_fd;     // -1: there is no door, or it is closed
	int own_net_fd;    // the network namespace that the shim lives in
	bool trusting;     // also where what is given out takes descriptors from the phone
	int fds[DOOR_MAX]; // -1: free
};

// Binds the socket (replacing what is there) with mode 0600. A path of NULL gives a door that is not there. Returns 0 or -errno:
// ENOPROTOOPT on a kernel that cannot refuse descriptors, unless `trusting`. What could not be opened is a door that is not there.
int door_open(struct door *door, const char *path, uid_t owner, bool trusting);
// Takes a waiting connection; one too many is closed at once.
void door_accept(struct door *door);
// Answers one request of a client, or forgets a client that has gone; what it asked before is nobody's then, and scrcpy's server
// would take us for its client. `revents`: of poll. `proc_fd`: of /proc/<pid 1>, -1 while there is none. Closes the
// door when the thread cannot come back from the phone's network namespace.
void door_serve(struct door *door, int index, int revents, int proc_fd);
// Removes the socket and lets all clients go. What was given out stays connected. May be called again.
void door_close(struct door *door);

// ---- shim.c ------------------------------------------------------------------------------------------

// What was opened before the fork and is the daemon's from then on.
struct shim {
	const struct options *options;
	struct identity identity;
	int dir_fd;
	int lock_fd;   // the step lock; closed when create is over
	int answer_fd; // to the command that waits: one byte answer, then the record
	struct journal journal;
	struct stream kmsg;
	struct stream console;
	int console_out_fd; // what the container gets; closed once crun has it
	struct clients clients;
	struct door door;
};

// The daemon. Ends the process.
_Noreturn void shim_run(struct shim *shim);

#endif
