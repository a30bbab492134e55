// getprop [NAME [DEFAULT]]: one property's value, or all as "[name]: [value]" lines in order (AOSP toolbox/getprop.cpp).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prop/prop.h"

struct list {
    char **lines;
    size_t count;
};

static int add(const char *name, const char *value, void *cookie) {
    struct list *l = cookie;
    char **grown = realloc(l->lines, (l->count + 1) * sizeof *grown);
    if (!grown) return 1;
    l->lines = grown;
    return asprintf(&grown[l->count++], "[%s]: [%s]", name, value) < 0;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv) {
    if (argc > 3 || (argc > 1 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: getprop [NAME [DEFAULT]]\n\nPrints a property's value, or all properties.\n");
        return 1;
    }
    if (argc > 1) {
        char small[PROP_VALUE_MAX], *value = small;
        int n = prop_get(argv[1], small, sizeof small);
        if (n >= (int)sizeof small && (value = malloc((size_t)n + 1))) prop_get(argv[1], value, (size_t)n + 1);
        puts(n > 0 && value ? value : argc > 2 ? argv[2] : "");
        return 0;
    }
    struct list l = {0};
    prop_foreach(add, &l);
    if (l.count) qsort(l.lines, l.count, sizeof *l.lines, by_text);
    for (size_t i = 0; i < l.count; i++) puts(l.lines[i]);
    return 0;
}
