#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "action.h"
#include "child.h"
#include "klog.h"
#include "store.h"

static bool frozen;

static int64_t boot_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int64_t now_ms(void) {
    return boot_ns() / 1000000;
}

void service_freeze(void) {
    frozen = true;
}

static void state(const struct service *s, const char *value) {
    char name[128], text[24];
    if (strncmp(s->name, "exec ", 5) == 0) return; // an `exec` of an action is no service that anybody could ask for
    snprintf(name, sizeof name, "init.svc.%s", s->name);
    store_set(name, value);
    snprintf(name, sizeof name, "init.svc_debug_pid.%s", s->name);
    snprintf(text, sizeof text, "%d", s->pid);
    if (s->pid) store_set(name, text);
    if (s->pid && !s->started_once) {
        snprintf(name, sizeof name, "ro.boottime.%s", s->name);
        snprintf(text, sizeof text, "%lld", (long long)boot_ns());
        store_set(name, text);
    }
}

int service_start(struct service *s) {
    int sockets[SERVICE_SOCKETS_MAX], made = 0;
    struct stat st;
    s->stopping = s->restart_pending = s->restart_now = false;
    if (s->pid || frozen) return s->pid ? 0 : -1;
    if (stat(s->args[0], &st) < 0) {
        LOGE("Could not start service '%s': cannot find '%s': %s", s->name, s->args[0], strerror(errno));
        s->disabled = true;
        return -1;
    }
    while (made < s->socket_count && (sockets[made] = child_socket(&s->sockets[made])) >= 0) made++;
    pid_t pid = made == s->socket_count ? fork() : -1;
    if (pid == 0) child_become(s, sockets);
    for (int i = 0; i < made; i++) close(sockets[i]);
    if (pid < 0) {
        LOGE("Could not start service '%s': %s", s->name, strerror(errno));
        return -1;
    }
    LOGI("starting service '%s'...", s->name);
    s->pid = pid;
    s->started_at = now_ms();
    state(s, "running");
    s->started_once = true;
    return 0;
}

void service_stop(struct service *s, bool gentle) {
    s->stopping = true;
    s->restart_pending = s->restart_now = false;
    if (!s->pid) {
        state(s, "stopped");
        return;
    }
    LOGI("Sending signal %d to service '%s' (pid %d) process group...", gentle ? SIGTERM : SIGKILL, s->name, s->pid);
    // The child may not have come to setsid() yet: then the group does not exist, but the process does.
    if (kill(-s->pid, gentle ? SIGTERM : SIGKILL) < 0) kill(s->pid, gentle ? SIGTERM : SIGKILL);
    state(s, "stopping");
}

void service_restart(struct service *s) {
    if (!s->pid) {
        service_start(s);
        return;
    }
    service_stop(s, false);
    s->stopping = false;
    s->restart_now = true;
}

void service_class_start(const char *class) {
    for (struct service *s = service_first(); s; s = s->next)
        if (!s->disabled && strcmp(s->class, class) == 0) service_start(s);
}

static void count_crash(struct service *s) {
    int64_t now = now_ms();
    if (s->crashes == 0 || now - s->first_crash > CRASH_WINDOW_MS) {
        s->first_crash = now;
        s->crashes = 0;
    }
    if (++s->crashes > CRASH_LIMIT)
        LOGE("critical process '%s' exited %d times in 4 minutes", s->name, s->crashes);
}

struct service *service_ended(pid_t pid, int status) {
    struct service *s = service_first();
    char how[32];
    while (s && s->pid != pid) s = s->next;
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "received signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exited with status %d", WEXITSTATUS(status));
    if (!s) {
        LOGI("Untracked pid %d %s", pid, how);
        return NULL;
    }
    LOGI("Service '%s' (pid %d) %s", s->name, pid, how);
    if (!s->oneshot || s->stopping) kill(-pid, SIGKILL); // what it left behind
    s->pid = 0;
    if (frozen || s->stopping || (s->oneshot && !s->restart_now)) {
        s->disabled = s->disabled || s->oneshot || s->stopping;
        state(s, "stopped");
        return s;
    }
    if (s->critical && !s->restart_now) count_crash(s);
    s->restart_at = s->restart_now ? 0 : s->started_at + RESTART_PERIOD_MS;
    s->restart_pending = true;
    state(s, "restarting");
    for (int i = 0; i < s->restart_count; i++) action_command(s->restarts[i], s->name);
    return s;
}

int service_due(void) {
    int64_t now = now_ms(), next = -1;
    for (struct service *s = service_first(); s && !frozen; s = s->next) {
        if (!s->restart_pending) continue;
        int64_t left = s->restart_at - now;
        if (left <= 0)
            service_start(s);
        else if (next < 0 || left < next)
            next = left;
    }
    return (int)next;
}
