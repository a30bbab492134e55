#include "prop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "area.h"
#include "contexts.h"
#include "wire.h"

static const char *area_dir = PROP_DIR;
static const char *service_path = PROP_SOCKET;

// Maps are made on first use and kept for the life of the process: areas never shrink or move.
// slots[i].ready is set with release after slots[i].area is whole; `lock` guards making them.
static struct slot {
    struct area area;
    atomic_bool ready;
} slots[CONTEXT_COUNT + 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Slot CONTEXT_COUNT is properties_serial. NULL when init has not made the file yet.
static const struct area *area_of(int index) {
    struct slot *s = &slots[index];
    if (atomic_load_explicit(&s->ready, memory_order_acquire)) return &s->area;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", area_dir, index == CONTEXT_COUNT ? CONTEXT_SERIAL : context_file(index));
    pthread_mutex_lock(&lock);
    bool ready = atomic_load_explicit(&s->ready, memory_order_relaxed);
    if (!ready && area_open(&s->area, path) == 0) {
        atomic_store_explicit(&s->ready, true, memory_order_release);
        ready = true;
    }
    pthread_mutex_unlock(&lock);
    return ready ? &s->area : NULL;
}

void prop_use(const char *dir, const char *socket_path) {
    for (int i = 0; i <= CONTEXT_COUNT; i++) {
        area_close(&slots[i].area);
        atomic_store(&slots[i].ready, false);
    }
    area_dir = dir;
    service_path = socket_path;
}

int prop_get(const char *name, char *value, size_t n) {
    if (n) value[0] = 0;
    const struct area *a = area_of(context_of(name));
    uint32_t prop = a ? area_find(a, name) : 0;
    return prop ? area_read(a, prop, value, n, NULL) : -1;
}

int prop_get_int(const char *name, int fallback) {
    char text[PROP_VALUE_MAX], *end;
    if (prop_get(name, text, sizeof text) <= 0) return fallback;
    errno = 0;
    long v = strtol(text, &end, 0);
    if (*end || errno || v < INT_MIN || v > INT_MAX) return fallback;
    return (int)v;
}

uint32_t prop_serial(void) {
    const struct area *a = area_of(CONTEXT_COUNT);
    return a ? area_serial(a) : 0;
}

int prop_wait(uint32_t old_serial, int timeout_ms) {
    const struct area *a = area_of(CONTEXT_COUNT);
    return a ? area_wait(a, old_serial, timeout_ms) : 0;
}

struct walk {
    int (*each)(const char *, const char *, void *);
    void *cookie;
};

static int visit(const struct area *a, uint32_t prop, void *cookie) {
    struct walk *w = cookie;
    char small[PROP_VALUE_MAX], *value = small;
    int n = area_read(a, prop, small, sizeof small, NULL);
    if (n >= (int)sizeof small && (value = malloc((size_t)n + 1))) area_read(a, prop, value, (size_t)n + 1, NULL);
    int r = value ? w->each(area_name(a, prop), value, w->cookie) : 0;
    if (value != small) free(value);
    return r;
}

int prop_foreach(int (*each)(const char *, const char *, void *), void *cookie) {
    struct walk w = {each, cookie};
    int r = 0;
    for (int i = 0; i < CONTEXT_COUNT && r == 0; i++) {
        const struct area *a = area_of(i);
        if (a) r = area_foreach(a, visit, &w);
    }
    return r;
}

static int as_errno(uint32_t result) {
    switch (result) {
    case PROP_SUCCESS: return 0;
    case PROP_ERROR_READ_ONLY:
    case PROP_ERROR_PERMISSION_DENIED: return EPERM;
    case PROP_ERROR_INVALID_NAME:
    case PROP_ERROR_INVALID_VALUE: return EINVAL;
    case PROP_ERROR_HANDLE_CONTROL: return ESRCH;
    default: return EIO;
    }
}

int prop_set(const char *name, const char *value) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t path = strlen(service_path);
    if (path >= sizeof to.sun_path || strlen(name) > PROP_TEXT_MAX || strlen(value) > PROP_TEXT_MAX) {
        errno = EINVAL;
        return -1;
    }
    memcpy(to.sun_path, service_path, path + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct timeval limit = {.tv_sec = 5}; // init is busy for milliseconds at most: longer means it is gone or frozen
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    uint32_t command = PROP_MSG_SETPROP2, name_len = (uint32_t)strlen(name), value_len = (uint32_t)strlen(value), result;
    struct iovec parts[] = {{&command, 4}, {&name_len, 4}, {(void *)name, name_len}, {&value_len, 4}, {(void *)value, value_len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 5};
    ssize_t all = 12 + (ssize_t)name_len + (ssize_t)value_len;
    int error = 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        error = errno;
    else if (sendmsg(fd, &message, MSG_NOSIGNAL) != all)
        error = errno ? errno : EIO;
    else if (recv(fd, &result, 4, MSG_WAITALL) != 4)
        error = errno ? errno : EIO;
    else
        error = as_errno(result);
    close(fd);
    errno = error;
    return error ? -1 : 0;
}
