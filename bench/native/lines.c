#define _GNU_SOURCE
#include "lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool lines_read(void (*take)(char *line))
{
    static char held[65536];
    static size_t have;
    ssize_t got = read(0, held + have, sizeof held - 1 - have);
    if (got <= 0) return got < 0 && errno == EINTR;
    have += (size_t)got;
    char *end = memrchr(held, '\n', have);
    if (end == NULL) return have < sizeof held - 1;
    *end = '\0';
    size_t used = (size_t)(end - held) + 1;
    char *rest = NULL;
    for (char *line = strtok_r(held, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) take(line);
    memmove(held, held + used, have - used);
    have -= used;
    return true;
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}
