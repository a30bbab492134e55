#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ln.h"
#include "screen/window.h"

void cleanup_unlink(const char *jar)
{
    if (unlink(jar) < 0 && errno != ENOENT) LNE("Could not unlink server: %s: %s", jar, strerror(errno));
}

static bool setting(int fd, const char *request, char *out, size_t n)
{
    struct win_head q = {.type = WIN_SETTING};
    char *text = NULL;
    bool ok = fd >= 0 && window_call(fd, &q, sizeof q, request, strlen(request), &text, NULL) == 0;
    if (ok && out) {
        snprintf(out, n, "%s", text);
        out[strcspn(out, "\n")] = 0;
    }
    free(text);
    return ok;
}

// Puts a setting and returns what it was, to be put back ("" when nothing is to be).
static void replace(int fd, const char *name, const char *value, char *old, size_t n)
{
    char q[160];
    snprintf(q, sizeof q, "get %s", name);
    if (!setting(fd, q, old, n) || strcmp(old, value) == 0) old[0] = 0;
    snprintf(q, sizeof q, "put %s %s", name, value);
    setting(fd, q, NULL, 0);
}

static void restore(int fd, const char *name, const char *old, const char *what)
{
    char q[160];
    if (!*old) return;
    LNI("%s", what);
    snprintf(q, sizeof q, "put %s %s", name, old);
    setting(fd, q, NULL, 0);
}

static void power(int fd, enum win_power to)
{
    struct win_value q = {.head.type = WIN_POWER, .value = to};
    window_call(fd, &q, sizeof q, NULL, 0, NULL, NULL);
}

static void run(const struct options *o, int pipe_in)
{
    char touches[32] = "", awake[32] = "", timeout[32] = "", wanted[16], byte;
    bool panel = false;
    int fd = window_connect();
    if (o->show_touches) replace(fd, "system show_touches", "1", touches, sizeof touches);
    if (o->stay_awake) replace(fd, "global stay_on_while_plugged_in", "7", awake, sizeof awake);
    snprintf(wanted, sizeof wanted, "%d", o->screen_off_timeout);
    if (o->screen_off_timeout != -1) replace(fd, "system screen_off_timeout", wanted, timeout, sizeof timeout);
    if (fd >= 0) close(fd);
    while (read(pipe_in, &byte, 1) == 1) panel = byte != 0;
    LNI("Cleaning up");
    fd = window_connect();
    if (fd < 0) return;
    restore(fd, "system show_touches", touches, "Disabling \"show touches\"");
    restore(fd, "global stay_on_while_plugged_in", awake, "Restoring \"stay awake\"");
    restore(fd, "system screen_off_timeout", timeout, "Restoring \"screen off timeout\"");
    if (o->power_off_on_close) {
        LNI("Power off screen");
        power(fd, POWER_SLEEP);
    } else if (panel) {
        LNI("Restoring display power");
        power(fd, POWER_PANEL_ON);
    }
}

int cleanup_start(const struct options *o, const char *jar)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC) < 0) return -1;
    pid_t pid = fork();
    if (pid < 0) {
        LNE("Could not start the clean-up process: %s", strerror(errno));
        close(p[0]);
        close(p[1]);
        return -1;
    }
    if (pid == 0) {
        close(p[1]);
        // Its own session, so that it outlives the shell's process group.
        setsid();
        signal(SIGPIPE, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        prctl(PR_SET_NAME, "scrcpy-cleanup");
        cleanup_unlink(jar);
        run(o, p[0]);
        _exit(0);
    }
    close(p[0]);
    signal(SIGCHLD, SIG_IGN);
    return p[1];
}
