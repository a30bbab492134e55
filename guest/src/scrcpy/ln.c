#include "ln.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"

static enum ln_level threshold = LN_INFO;

void ln_threshold(enum ln_level level) { threshold = level; }
bool ln_enabled(enum ln_level level) { return level >= threshold; }

// One write per line, so that lines of several threads do not mix.
static void put(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t w = write(fd, text, n);
        if (w <= 0) return;
        text += w;
        n -= (size_t)w;
    }
}

void ln(enum ln_level level, const char *format, ...)
{
    static const char *const names[] = {"VERBOSE", "DEBUG", "INFO", "WARN", "ERROR"};
    if (!ln_enabled(level)) return;
    char text[4096];
    int head = snprintf(text, sizeof text, "[server] %s: ", names[level]);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + head, sizeof text - (size_t)head - 1, format, args);
    va_end(args);
    size_t len = strlen(text);
    if (n < 0) return;
    log_print((enum log_priority)((int)LOG_VERBOSE + (int)level), "scrcpy", "%s", text + head);
    text[len++] = '\n';
    put(level >= LN_WARN ? STDERR_FILENO : STDOUT_FILENO, text, len);
}

void ln_exception(const char *message, const char *class_name, const char *detail)
{
    char text[2048];
    LNE("%s", message);
    int n = snprintf(text, sizeof text, "%s: %s\n", class_name, detail);
    put(STDERR_FILENO, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}
