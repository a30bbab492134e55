// Client side of window.h, shared by app_process and the command line tools.
#include "window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "screen.h"

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int window_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int room = 512 * 1024;  // one clipboard must fit a packet; the kernel clamps this to wmem_max * 2
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/socket/window", guest_dev());
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        int err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

int window_send(int fd, const void *request, size_t size, const void *text, size_t n)
{
    if (n > WIN_TEXT_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    struct iovec v[2] = {{(void *)(uintptr_t)request, size}, {(void *)(uintptr_t)text, n}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = n ? 2 : 1};
    ssize_t r;
    do r = sendmsg(fd, &m, MSG_NOSIGNAL);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -1 : 0;
}

int window_call(int fd, void *request, size_t size, const void *text, size_t n, char **out, size_t *out_n)
{
    static _Atomic uint32_t next_tag;
    struct win_head *head = request;
    do head->tag = ++next_tag;
    while (!head->tag);
    if (window_send(fd, request, size, text, n) < 0) return -1;
    char *packet = malloc(WIN_PACKET_MAX + 1);
    if (!packet) return -1;
    for (;;) {
        ssize_t got = recv(fd, packet, WIN_PACKET_MAX, 0);
        if (got < 0 && errno == EINTR) continue;
        struct win_reply r;
        if (got < (ssize_t)sizeof r) {
            if (got >= 0) errno = ECONNRESET;
            int err = errno;
            free(packet);
            errno = err;
            return -1;
        }
        memcpy(&r, packet, sizeof r);
        if (r.head.type != WIN_REPLY || r.head.tag != head->tag) continue;
        size_t len = (size_t)got - sizeof r;
        if (out) {
            memmove(packet, packet + sizeof r, len);
            packet[len] = 0;
            *out = packet;
        } else {
            free(packet);
        }
        if (out_n) *out_n = len;
        if (!r.error) return 0;
        errno = r.error;
        return -1;
    }
}

int window_display(int fd, struct win_display *d)
{
    struct win_head q = {.type = WIN_DISPLAY};
    char *text = NULL;
    size_t n = 0;
    int r = window_call(fd, &q, sizeof q, NULL, 0, &text, &n);
    if (r == 0 && n == sizeof *d) {
        memcpy(d, text, n);
    } else if (r == 0) {
        errno = EPROTO;
        r = -1;
    }
    int err = errno;
    free(text);
    errno = err;
    return r;
}
