#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "expand.h"
#include "klog.h"

extern char **environ;

int child_socket(const struct service_socket *k) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int one = 1;
    if (snprintf(at.sun_path, sizeof at.sun_path, "/dev/socket/%s", k->name) >= (int)sizeof at.sun_path) return -1;
    int fd = socket(AF_UNIX, k->type | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    unlink(at.sun_path);
    if (k->passcred) setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    mode_t mask = umask(0777); // nobody connects before owner and mode are right
    int ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    umask(mask);
    if (ok && lchown(at.sun_path, k->uid, k->gid) == 0 && chmod(at.sun_path, k->mode) == 0 &&
        (k->type == SOCK_DGRAM || listen(fd, 64) == 0))
        return fd;
    LOGE("Could not create socket '%s': %s", at.sun_path, strerror(errno));
    close(fd);
    return -1;
}

static void stdio(const struct service *s) {
    int null = open("/dev/null", O_RDWR);
    int out = s->stdio_to_kmsg ? klog_fd() : null;
    if (null >= 0) dup2(null, 0);
    if (out < 0) out = null;
    if (out >= 0) {
        dup2(out, 1);
        dup2(out, 2);
    }
    if (null > 2) close(null);
}

static void environment(const struct service *s, const int *sockets) {
    for (int i = 0; i < s->env_count; i++) {
        char value[256];
        if (expand(s->env[i][1], value, sizeof value) == 0) setenv(s->env[i][0], value, 1);
    }
    for (int i = 0; i < s->socket_count; i++) {
        char name[128], value[16];
        snprintf(name, sizeof name, "ANDROID_SOCKET_%s", s->sockets[i].name);
        snprintf(value, sizeof value, "%d", sockets[i]);
        fcntl(sockets[i], F_SETFD, 0);
        setenv(name, value, 1);
    }
}

// A uid other than 0 has no capabilities after exec unless they are inheritable and ambient.
static int capabilities(uint64_t keep) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data) < 0) return -1;
    for (int i = 0; i < 2; i++) {
        uint32_t want = (uint32_t)(keep >> (32 * i)) & data[i].permitted; // what the container does not have is left out
        data[i] = (struct __user_cap_data_struct){.effective = want, .permitted = want, .inheritable = want};
    }
    if (syscall(SYS_capset, &head, data) < 0) return -1;
    for (int c = 0; c < 64; c++)
        if (data[c / 32].permitted >> (c % 32) & 1) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0);
    return 0;
}

static int identity(const struct service *s) {
    if (setgroups((size_t)s->group_count, s->groups) < 0) return -1;
    if (s->gid && setresgid(s->gid, s->gid, s->gid) < 0) return -1;
    if (!s->uid) return 0;
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setresuid(s->uid, s->uid, s->uid) < 0) return -1;
    return capabilities(s->capabilities);
}

_Noreturn void child_become(const struct service *s, const int *sockets) {
    sigset_t none;
    sigemptyset(&none);
    for (int n = 1; n < NSIG; n++) signal(n, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(077);
    setsid(); // its own process group: stopping a service ends what it has forked too
    environment(s, sockets);
    int error = identity(s) < 0 ? errno : 0;
    if (error) {
        LOGE("service '%s': cannot take uid %u: %s", s->name, s->uid, strerror(error));
        _exit(127);
    }
    stdio(s);
    execve(s->args[0], s->args, environ);
    LOGE("cannot execv('%s'): %s", s->args[0], strerror(errno));
    _exit(127);
}
