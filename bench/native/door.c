#define _GNU_SOURCE
#include "door.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// One more than an abstract name may have, so that a longer one does not look like it.
enum { REQUEST = 108 };

int door_listen(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path));
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 8) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool allowed(const char *name, size_t length)
{
    return length == DOOR_NAME - 1 && memcmp(name, "scrcpy_", 7) == 0 && strspn(name + 7, "0123456789abcdef") == 8;
}

// Whether it was taken. `passed` goes with it unless it is negative.
static bool say_outcome(int connection, int error, int passed)
{
    uint8_t bytes[4] = {(uint8_t)error, (uint8_t)(error >> 8), 0, 0};
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr aligned; } control = {0};
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        *rights = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof passed), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(rights), &passed, sizeof passed);
    }
    return sendmsg(connection, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof bytes;
}

enum door_outcome door_answer(int connection, int *stream, char name[DOOR_NAME])
{
    char wanted[REQUEST + 1] = {0};
    ssize_t got = recv(connection, wanted, REQUEST, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return DOOR_WAITS;
    if (got <= 0) return DOOR_ENDED;
    int pair[2];
    int error = !allowed(wanted, (size_t)got)                                                    ? EPERM
                : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0 ? errno
                                                                                               : 0;
    if (error != 0) return say_outcome(connection, error, -1) ? DOOR_WAITS : DOOR_ENDED;
    bool said = say_outcome(connection, 0, pair[1]);
    close(pair[1]);
    if (said) {
        *stream = pair[0];
        memcpy(name, wanted, DOOR_NAME);
        return DOOR_PASSED;
    }
    close(pair[0]);
    return DOOR_ENDED;
}
