#include "bootargs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char boot[] = "androidboot.";

static int take(char *word, int overrides, bootarg_sink sink, void *cookie) {
    char *value = strchr(word, '=');
    if (!value) return 0;
    *value++ = 0;
    if (strncmp(word, boot, sizeof boot - 1) == 0 && word[sizeof boot - 1]) {
        char name[256];
        if (snprintf(name, sizeof name, "ro.boot.%s", word + sizeof boot - 1) >= (int)sizeof name) return 0;
        sink(name, value, cookie);
        return 1;
    }
    if (overrides && strncmp(word, "ro.", 3) == 0) sink(word, value, cookie);
    return 0;
}

int bootargs_parse(const char *text, int overrides, bootarg_sink sink, void *cookie) {
    char *word = malloc(strlen(text) + 1);
    int found = 0;
    if (!word) return 0;
    while (*text) {
        size_t n = 0;
        int quoted = 0;
        text += strspn(text, " \t\n");
        for (; *text && (quoted || !strchr(" \t\n", *text)); text++) {
            if (*text == '"')
                quoted = !quoted;
            else
                word[n++] = *text;
        }
        word[n] = 0;
        found += take(word, overrides, sink, cookie);
    }
    free(word);
    return found;
}
