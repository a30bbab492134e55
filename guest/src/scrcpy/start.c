#include "start.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Finds the app whose label begins with the text. NULL after saying why not; else its package, to be freed.
static char *search(struct session *s, const char *label)
{
    struct win_head q = {.type = WIN_APPS};
    char *list = NULL, *found = NULL, *at = NULL;
    int n = 0;
    LNI("Processing Android apps... (this may take some time)");
    if (session_call(s, &q, sizeof q, NULL, 0, &list, NULL) < 0) return free(list), NULL;
    for (char *l = strtok_r(list, "\n", &at); l; l = strtok_r(NULL, "\n", &at)) {
        char *name = strrchr(l, '\t');
        if (!name || strncasecmp(name + 1, label, strlen(label)) != 0) continue;
        n++;
        free(found);
        found = strndup(l, strcspn(l, "\t"));
    }
    free(list);
    if (n == 1) return found;
    free(found);
    LNW(n ? "No unique app found for name \"%s\"" : "No app found for name \"%s\"", label);
    return NULL;
}

void start_app(struct session *s, const char *name)
{
    struct win_start q = {.head.type = WIN_START};
    if (*name == '+') {
        q.stop_first = 1;
        name++;
    }
    char *package = *name == '?' ? search(s, name + 1) : strdup(name), *label = NULL;
    if (!package) return;
    if (session_call(s, &q, sizeof q, package, strlen(package), &label, NULL) == 0)
        LNI("Starting app \"%s\" [%s] on display 0...", label, package);
    else
        LNW("No app found for package \"%s\"", package);
    free(label);
    free(package);
}
