// installd: the only program that writes /data/app.
#include "pm/installd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log/log.h"
#include "pm/packages.h"

enum { UID_SYSTEM = 1000, UID_SHELL = 2000 };
static const char tag[] = "installd";

// One packet and the descriptor that came with it (-1 for none). Bytes, or -1.
static ssize_t take(int fd, char *text, size_t size, int *apk) {
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {text, size - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    *apk = -1;
    if (n < 0) return -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(apk, CMSG_DATA(c), sizeof(int));
    text[n] = 0;
    return n;
}

static char answer[INSTALLD_ANSWER_MAX];

static void add_line(const char *package, const char *path, int third, uint32_t version, void *cookie) {
    size_t *n = cookie, left = sizeof answer - *n;
    int len = snprintf(answer + *n, left, "%s %s %d %u\n", package, path, third, version);
    if (len > 0 && (size_t)len < left)
        *n += (size_t)len;
    else
        answer[*n] = 0; // more packages than an answer has room for: the last ones are not told
}

static const char *act(const char *text, size_t n, int apk) {
    const char *argument = text + strlen(text) + 1;
    char package[224];
    if (argument >= text + n) return "Error: unknown request";
    if (strcmp(text, "list") == 0) {
        size_t length = 0;
        answer[0] = 0;
        packages_list(APP_ROOT, SYSTEM_PACKAGES, add_line, &length);
        return answer;
    }
    if (strcmp(text, "remove") == 0) return packages_remove(APP_ROOT, argument);
    if (strcmp(text, "install") || apk < 0) return "Error: unknown request";
    const char *error = packages_install(APP_ROOT, apk, (unsigned)strtoul(argument, NULL, 10), package);
    log_print(error ? LOG_WARN : LOG_INFO, tag, "install %s: %s", *package ? package : "?", error ? error : "done");
    return error;
}

static void serve(int fd) {
    struct timeval limit = {.tv_sec = 2};
    struct ucred who;
    socklen_t len = sizeof who;
    char text[1024];
    int apk = -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) return;
    ssize_t n = take(fd, text, sizeof text, &apk);
    const char *error = who.uid != 0 && who.uid != UID_SYSTEM && who.uid != UID_SHELL ? "Error: permission denied"
                      : n <= 0 ? "Error: no request" : act(text, (size_t)n, apk);
    if (apk >= 0) close(apk);
    if (!error) error = "";
    if (send(fd, error, strlen(error) + 1, MSG_NOSIGNAL) < 0) log_print(LOG_WARN, tag, "the caller did not wait: %s", strerror(errno));
}

int main(void) {
    const char *from_init = getenv("ANDROID_SOCKET_installd");
    if (!from_init) {
        fprintf(stderr, "installd: started without its socket\n");
        return 1;
    }
    int listener = atoi(from_init);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED) return 1;
        if (fd >= 0) serve(fd);
        if (fd >= 0) close(fd);
    }
}
