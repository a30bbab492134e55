#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"

static int out = -1;     // /dev/kmsg, or -1
static int console = -1; // stderr at start, or -1
static unsigned dropped;

void klog_init(void) {
    console = fcntl(2, F_DUPFD_CLOEXEC, 3);
}

int klog_fd(void) {
    // O_NONBLOCK: opening a FIFO that nobody reads would block pid 1 for ever.
    if (out < 0) out = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    return out;
}

static void emit(const char *line, size_t n) {
    int fd = klog_fd();
    if (fd >= 0) {
        if (write(fd, line, n) == (ssize_t)n) return;
        if (errno == EPIPE || errno == ENXIO) { // the reader is gone; a new one needs a new open
            close(out);
            out = -1;
        }
        dropped++;
    } else if (console >= 0) {
        if (write(console, line, n) < 0) dropped++;
    }
}

void klog(int level, const char *format, ...) {
    // 1000 bytes: below PIPE_BUF, so a line is never mixed with another writer's, and below the kernel's own limit.
    char line[1000];
    int head = snprintf(line, sizeof line, "<%d>init: ", level);
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
    va_end(arguments);
    if (n < 0) return;
    size_t len = strlen(line);
    log_write(LOG_ID_KERNEL, level <= KLOG_ERROR ? LOG_ERROR : level == KLOG_WARN ? LOG_WARN : LOG_INFO, "init",
              line + head);
    line[len++] = '\n';
    if (dropped) {
        char note[64];
        unsigned lost = dropped;
        dropped = 0;
        emit(note, (size_t)snprintf(note, sizeof note, "<4>init: %u lines of this log were lost\n", lost));
    }
    emit(line, len);
}
