// zygote stand-in: starts system_server as its child with Android's uid and groups, and ends when that ends (Android's
// zygote does the same), so that init starts both again.
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/log.h"

enum { UID_SYSTEM = 1000 };

#define SYSTEM_SERVER "/system/bin/system_server"
static const char tag[] = "Zygote";

static _Noreturn void become_system_server(void) {
    // AOSP ZygoteInit.java, forkSystemServer: the groups of system_server, those that mean something here.
    static const gid_t groups[] = {1001, 1003, 1004, 1005, 1007, 1013, 3001, 3002, 3003, 3006, 3009};
    char *const argv[] = {(char *)"system_server", NULL};
    extern char **environ;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) _exit(1); // zygote is gone already
    if (setgroups(sizeof groups / sizeof *groups, groups) < 0 || setresgid(UID_SYSTEM, UID_SYSTEM, UID_SYSTEM) < 0 ||
        setresuid(UID_SYSTEM, UID_SYSTEM, UID_SYSTEM) < 0) {
        log_print(LOG_ERROR, tag, "cannot become uid %d: %s", UID_SYSTEM, strerror(errno));
        _exit(1);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); // changing the uid has cleared it
    execve(SYSTEM_SERVER, argv, environ);
    log_print(LOG_ERROR, tag, "cannot run %s: %s", SYSTEM_SERVER, strerror(errno));
    _exit(127);
}

int main(void) {
    log_print(LOG_INFO, tag, "starting system_server");
    pid_t pid = fork();
    if (pid == 0) become_system_server();
    if (pid < 0) {
        log_print(LOG_ERROR, tag, "cannot fork system_server: %s", strerror(errno));
        return 1;
    }
    log_print(LOG_INFO, tag, "System server process %d has been created", pid);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFSIGNALED(status))
        log_print(LOG_ERROR, tag, "Process %d exited due to signal %d", pid, WTERMSIG(status));
    else
        log_print(LOG_ERROR, tag, "Process %d exited cleanly (%d)", pid, WEXITSTATUS(status));
    log_print(LOG_ERROR, tag, "Exit zygote because system server (pid %d) has terminated", pid);
    return 1;
}
