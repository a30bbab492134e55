#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// One unconnected socket per process, kept for its life: a restarted logd is found again by its path.
static int logd_socket(void) {
    static atomic_int kept = -1;
    int fd = atomic_load(&kept), none = -1;
    if (fd >= 0) return fd;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !atomic_compare_exchange_strong(&kept, &none, fd)) {
        close(fd);
        fd = none;
    }
    return fd;
}

void log_write(enum log_id id, enum log_priority priority, const char *tag, const char *text) {
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/socket/logdw"};
    struct timespec now;
    int saved = errno;
    clock_gettime(CLOCK_REALTIME, &now);
    struct log_datagram head = {.id = (uint8_t)id, .tid = (uint16_t)syscall(SYS_gettid), .sec = (uint32_t)now.tv_sec,
                                .nsec = (uint32_t)now.tv_nsec};
    uint8_t p = (uint8_t)priority;
    size_t tag_len = strnlen(tag, 127), text_len = strnlen(text, LOG_TEXT_MAX - 130);
    struct iovec parts[] = {{&head, sizeof head}, {&p, 1}, {(void *)tag, tag_len}, {"", 1}, {(void *)text, text_len}, {"", 1}};
    struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = parts, .msg_iovlen = 6};
    int fd = logd_socket();
    if (fd >= 0 && sendmsg(fd, &message, MSG_NOSIGNAL) < 0) { /* no logd, or its queue is full: the line is lost */ }
    errno = saved;
}

void log_print(enum log_priority priority, const char *tag, const char *format, ...) {
    char text[LOG_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_write(LOG_ID_MAIN, priority, tag, text);
}
