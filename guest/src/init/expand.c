#include "expand.h"

#include <stdio.h>
#include <string.h>

#include "prop/prop.h"

int expand(const char *from, char *to, size_t size) {
    size_t n = 0;
    while (*from && n < size - 1) {
        const char *end = from[0] == '$' && from[1] == '{' ? strchr(from, '}') : NULL;
        if (!end) {
            to[n++] = *from++;
            continue;
        }
        char name[128], value[PROP_VALUE_MAX];
        snprintf(name, sizeof name, "%.*s", (int)(end - from - 2), from + 2);
        char *fallback = strstr(name, ":-");
        if (fallback) *fallback = 0;
        if (prop_get(name, value, sizeof value) <= 0) {
            if (!fallback) return -1;
            snprintf(value, sizeof value, "%s", fallback + 2);
        }
        n += (size_t)snprintf(to + n, size - n, "%s", value);
        if (n >= size) return -1;
        from = end + 1;
    }
    to[n] = 0;
    return *from ? -1 : 0;
}
