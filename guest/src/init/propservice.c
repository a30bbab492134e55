#include "propservice.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "klog.h"
#include "prop/prop.h"
#include "service.h"
#include "store.h"

enum { CLIENT_MS = 2000, UID_SYSTEM = 1000, UID_SHELL = 2000 };

struct client {
    int fd;
    struct ucred who;
    int64_t until;
};

int propservice_listen(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(at.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && chmod(path, 0666) == 0 && listen(fd, 64) == 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int receive(struct client *c, void *into, size_t n) {
    for (size_t got = 0; got < n;) {
        int64_t left = c->until - now_ms();
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) == 0) return -1;
        ssize_t r = recv(c->fd, (char *)into + got, n - got, MSG_DONTWAIT);
        if (r == 0 || (r < 0 && errno != EAGAIN && errno != EINTR)) return -1;
        if (r > 0) got += (size_t)r;
    }
    return 0;
}

// A length and so many bytes; the caller frees. NULL: not said in time, or longer than PROP_TEXT_MAX.
static char *receive_text(struct client *c) {
    uint32_t n;
    if (receive(c, &n, 4) < 0 || n > PROP_TEXT_MAX) return NULL;
    char *text = calloc(1, n + 1);
    if (text && receive(c, text, n) == 0) return text;
    free(text);
    return NULL;
}

static bool starts(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

// In place of SELinux: root and system may set all but init's own; shell what a developer sets, no ro.*.
static bool allowed(const char *name, uid_t uid) {
    if (starts(name, "init.svc") || starts(name, "ro.boottime.")) return false;
    if (uid == 0 || uid == UID_SYSTEM) return true;
    return uid == UID_SHELL && !starts(name, "ro.");
}

// ctl.<what>=<service>: no property, a message.
static enum prop_result control(const char *what, const char *name, const struct ucred *who) {
    struct service *s = service_find(name);
    LOGI("Received control message '%s' for '%s' from pid: %d", what, name, who->pid);
    if (!s) {
        LOGE("Control message: Could not find '%s' for ctl.%s from pid: %d", name, what, who->pid);
        return PROP_ERROR_HANDLE_CONTROL;
    }
    if (strcmp(what, "start") == 0) return service_start(s) < 0 ? PROP_ERROR_HANDLE_CONTROL : PROP_SUCCESS;
    if (strcmp(what, "stop") == 0)
        service_stop(s, false);
    else if (strcmp(what, "restart") == 0)
        service_restart(s);
    else
        return PROP_ERROR_HANDLE_CONTROL;
    return PROP_SUCCESS;
}

static enum prop_result set(const char *name, const char *value, const struct ucred *who) {
    if (!store_legal_name(name)) return PROP_ERROR_INVALID_NAME;
    if (!allowed(name, who->uid)) return PROP_ERROR_PERMISSION_DENIED;
    if (starts(name, "ctl.")) return control(name + 4, value, who);
    return store_set(name, value);
}

static void report(const char *name, const struct client *c, enum prop_result r) {
    if (r != PROP_SUCCESS)
        LOGE("Unable to set property '%s' from uid:%u gid:%u pid:%d: error 0x%x", name, c->who.uid, c->who.gid, c->who.pid, (unsigned)r);
}

static void serve_old(struct client *c) {
    char name[PROP_NAME_MAX_OLD + 1] = "", value[PROP_VALUE_MAX + 1] = "";
    if (receive(c, name, PROP_NAME_MAX_OLD) < 0 || receive(c, value, PROP_VALUE_MAX) < 0) return;
    report(name, c, set(name, value, &c->who));
}

static void serve_new(struct client *c) {
    char *name = receive_text(c), *value = name ? receive_text(c) : NULL;
    uint32_t result = PROP_ERROR_READ_DATA;
    if (value) {
        result = set(name, value, &c->who);
        report(name, c, result);
    }
    if (send(c->fd, &result, 4, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) { /* the client did not stay for the answer */ }
    free(name);
    free(value);
}

void propservice_serve(int listener) {
    struct client c = {.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), .until = now_ms() + CLIENT_MS};
    socklen_t n = sizeof c.who;
    uint32_t command, bad = PROP_ERROR_INVALID_CMD;
    if (c.fd < 0) return;
    if (getsockopt(c.fd, SOL_SOCKET, SO_PEERCRED, &c.who, &n) < 0 || receive(&c, &command, 4) < 0) {
        LOGE("property_service: client said nothing in time");
    } else if (command == PROP_MSG_SETPROP2) {
        serve_new(&c);
    } else if (command == PROP_MSG_SETPROP) {
        serve_old(&c);
    } else if (send(c.fd, &bad, 4, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) { /* likewise */ }
    close(c.fd);
}
