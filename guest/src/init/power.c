#include "power.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "klog.h"
#include "service.h"

static char how[64]; // empty: no shutdown runs
static int64_t begun;
static bool killed;

static bool is_shutdown(const char *command) {
    return strncmp(command, "shutdown", 8) == 0 || strncmp(command, "thermal-shutdown", 16) == 0;
}

static bool known(const char *command) {
    size_t n = strcspn(command, ",");
    return (n == 8 && strncmp(command, "shutdown", n) == 0) || (n == 6 && strncmp(command, "reboot", n) == 0) ||
           (n == 16 && strncmp(command, "thermal-shutdown", n) == 0);
}

_Noreturn void power_now(const char *command) {
    bool off = is_shutdown(command);
    sync();
    LOGI("Reboot ending, jumping to kernel");
    if (reboot(off ? RB_POWER_OFF : RB_AUTOBOOT) < 0)
        LOGE("reboot(%s): %s: exiting instead", off ? "RB_POWER_OFF" : "RB_AUTOBOOT", strerror(errno));
    else
        for (;;) pause(); // the kernel is ending this pid namespace
    _exit(1);
}

bool power_begin(const char *command) {
    if (*how) return true;
    if (!known(command)) {
        LOGE("powerctl: unrecognized command '%s'", command);
        return false;
    }
    strncpy(how, command, sizeof how - 1);
    LOGI("Got shutdown_command '%s' Calling HandlePowerctlMessage()", command);
    LOGI("Clear action queue and start shutdown trigger, reason: %s", command);
    service_freeze();
    begun = now_ms();
    for (struct service *s = service_first(); s; s = s->next)
        if (s->pid) service_stop(s, true);
    return true;
}

static int still_running(void) {
    int n = 0;
    for (struct service *s = service_first(); s; s = s->next) n += s->pid != 0;
    return n;
}

int power_step(void) {
    if (!*how) return -1;
    int64_t since = now_ms() - begun;
    int left = still_running();
    if (left && !killed && since >= SHUTDOWN_GRACE_MS) {
        LOGW("%d services did not end within %d ms: killing them", left, SHUTDOWN_GRACE_MS);
        for (struct service *s = service_first(); s; s = s->next)
            if (s->pid) service_stop(s, false);
        killed = true;
    }
    // Whoever asked (setprop, run by crun exec) shall see its answer and exit by itself before the namespace ends.
    bool done = since >= SHUTDOWN_ANSWER_MS && (!left || since >= SHUTDOWN_GRACE_MS + SHUTDOWN_KILL_MS);
    if (!done) return 20;
    LOGI("Shutdown took %lld ms", (long long)since);
    power_now(how); // ends what is no service too: shells of adb, orphans
}
