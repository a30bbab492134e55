// Services: what an init.rc `service` section describes, and the process that runs for it.
//
// States in init.svc.<name>, as Android's init (AOSP init/service.cpp): running, stopping, stopped, restarting.
// A service that is not oneshot and ends is started again, at the earliest RESTART_PERIOD after its last start.
// A `critical` one that ends more than CRASH_LIMIT times in CRASH_WINDOW is only logged, which is redroid's rule;
// Android's own would reboot the machine.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SERVICE_ARGS_MAX = 32, SERVICE_GROUPS_MAX = 32, SERVICE_ENV_MAX = 16, SERVICE_SOCKETS_MAX = 4, SERVICE_RESTARTS_MAX = 8 };
enum { RESTART_PERIOD_MS = 5000, CRASH_LIMIT = 4, CRASH_WINDOW_MS = 4 * 60 * 1000 };

struct service_socket {
    char *name;
    int type; // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
    bool passcred;
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

struct service {
    struct service *next;
    char *name, *class;
    char *args[SERVICE_ARGS_MAX + 1];
    uid_t uid;
    gid_t gid, groups[SERVICE_GROUPS_MAX];
    int group_count;
    char *env[SERVICE_ENV_MAX][2];
    int env_count;
    struct service_socket sockets[SERVICE_SOCKETS_MAX];
    int socket_count;
    char **restarts[SERVICE_RESTARTS_MAX]; // `onrestart` commands, each NULL-terminated
    int restart_count;
    uint64_t capabilities; // kept as ambient capabilities when uid is not 0
    bool critical, disabled, oneshot, stdio_to_kmsg;

    pid_t pid;            // 0 when not running
    bool stopping;        // asked to end: do not start again
    bool restart_pending; // restart at restart_at
    bool restart_now;     // `restart`: start as soon as the old process is gone
    bool started_once;
    int64_t started_at, restart_at, first_crash; // CLOCK_BOOTTIME ms
    int crashes;
};

// All services, in the order of the files. Owned here, never freed.
struct service *service_first(void);
struct service *service_find(const char *name);

// Opens a section: `service <name> <path> [argument]*`. A second one of a name is refused (NULL).
struct service *service_define(int count, char **words);
// One line of the section. NULL, or what is wrong with it (static text).
const char *service_option(struct service *s, int count, char **words);

// Starts it unless it runs. 0, or -1 (logged).
int service_start(struct service *s);
// Ends it: SIGTERM when gentle (shutdown), else SIGKILL (`stop`, as AOSP's init), to its whole process group; not started
// again.
void service_stop(struct service *s, bool gentle);
void service_restart(struct service *s);
void service_class_start(const char *class);

// What to do about a process that has ended. Returns its service, or NULL when it is none of ours.
struct service *service_ended(pid_t pid, int status);
// Starts what waited long enough. Returns ms until the next one, -1 when none waits.
int service_due(void);
// From now on nothing is started any more (shutdown).
void service_freeze(void);

// Names of Android's users (android_filesystem_config.h) and numbers. (uid_t)-1 when unknown.
uid_t service_user(const char *name);
int64_t now_ms(void);
