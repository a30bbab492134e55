#include "store.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "expand.h"
#include "klog.h"
#include "prop/area.h"
#include "prop/contexts.h"
#include "prop/prop.h"

static struct area areas[CONTEXT_COUNT], counter;
static void (*changed)(const char *, const char *);

int store_create(const char *dir) {
    char path[256];
    if (mkdir(dir, 0711) < 0 && errno != EEXIST) return -1;
    if (chmod(dir, 0711) < 0) return -1;
    for (int i = 0; i < CONTEXT_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, context_file(i));
        if (area_create(&areas[i], path) < 0) return -1;
    }
    snprintf(path, sizeof path, "%s/%s", dir, CONTEXT_SERIAL);
    return area_create(&counter, path);
}

void store_on_change(void (*hook)(const char *, const char *)) {
    changed = hook;
}

int store_legal_name(const char *name) {
    char last = '.';
    for (const char *c = name; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("._-@:", *c)) return 0;
        if (*c == '.' && last == '.') return 0;
        last = *c;
    }
    return last != '.';
}

// RFC 3629, without overlong forms and surrogates.
static int legal_utf8(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        int more = *c < 0x80 ? 0 : *c >= 0xc2 && *c < 0xe0 ? 1 : (*c & 0xf0) == 0xe0 ? 2 : *c >= 0xf0 && *c < 0xf5 ? 3 : -1;
        if (more < 0 || (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
            (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
            return 0;
        for (c++; more; more--, c++)
            if ((*c & 0xc0) != 0x80) return 0;
    }
    return 1;
}

enum prop_result store_set(const char *name, const char *value) {
    int read_only = strncmp(name, "ro.", 3) == 0;
    if (!store_legal_name(name)) return PROP_ERROR_INVALID_NAME;
    if ((strlen(value) >= PROP_VALUE_MAX && !read_only) || !legal_utf8(value)) return PROP_ERROR_INVALID_VALUE;
    struct area *a = &areas[context_of(name)];
    uint32_t prop = area_find(a, name);
    if (prop && read_only) return PROP_ERROR_READ_ONLY;
    if ((prop ? area_update(a, prop, value) : area_add(a, name, value)) < 0) {
        LOGE("Unable to set property '%s': %s", name, strerror(errno));
        return PROP_ERROR_SET_FAILED;
    }
    area_bump(&counter);
    if (changed) changed(name, value);
    return PROP_SUCCESS;
}

void store_default(const char *name, const char *value) {
    enum prop_result r = store_set(name, value);
    if (r != PROP_SUCCESS && r != PROP_ERROR_READ_ONLY) LOGE("Could not set '%s' to '%s': error 0x%x", name, value, (unsigned)r);
}

void store_load_file(const char *path) {
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    if (!f) return;
    while (getline(&line, &size, f) > 0) {
        char *name = line + strspn(line, " \t"), *value = strchr(name, '=');
        line[strcspn(line, "\r\n")] = 0;
        if (*name == '#' || !value) continue;
        *value++ = 0;
        value += strspn(value, " \t");
        for (size_t n = strlen(name); n && isspace((unsigned char)name[n - 1]);) name[--n] = 0;
        for (size_t n = strlen(value); n && isspace((unsigned char)value[n - 1]);) value[--n] = 0;
        char text[1024];
        if (expand(value, text, sizeof text) == 0)
            store_default(name, text);
        else
            LOGE("%s: %s: unset property in the value, or too long", path, name);
    }
    free(line);
    fclose(f);
}
