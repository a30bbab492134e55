// The clipboard: one text, and who is told when it changes.
#include <stdlib.h>
#include <string.h>

#include "ui.h"

static char *held;  // owned; NULL until something is copied

const char *clip_get(void) { return held; }

bool clip_set(const char *text, size_t n, int except_pid)
{
    if (n > WIN_TEXT_MAX) n = WIN_TEXT_MAX;
    if (held && strlen(held) == n && memcmp(held, text, n) == 0) return false;
    char *copy = malloc(n + 1);
    if (!copy) return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    free(held);
    held = copy;
    clients_notify(WIN_CLIP_CHANGED, held, strlen(held), except_pid);
    return true;
}
