#include "notes.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void note_init(struct note *n)
{
    *n = (struct note){.text = calloc(1, 1)};
    if (!n->text) abort();
}

void note_free(struct note *n)
{
    free(n->text);
    n->text = NULL;
}

void note_selection(const struct note *n, size_t *from, size_t *to)
{
    *from = n->caret < n->anchor ? n->caret : n->anchor;
    *to = n->caret < n->anchor ? n->anchor : n->caret;
}

bool note_insert(struct note *n, const char *text, size_t len)
{
    size_t from, to;
    note_selection(n, &from, &to);
    size_t length = n->length - (to - from) + len;
    if (length > NOTE_MAX) return false;
    char *out = malloc(length + 1);
    if (!out) return false;
    memcpy(out, n->text, from);
    memcpy(out + from, text, len);
    memcpy(out + from + len, n->text + to, n->length - to + 1);
    free(n->text);
    n->text = out;
    n->length = length;
    n->caret = n->anchor = from + len;
    return true;
}

static bool inside(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

size_t note_step(const struct note *n, size_t from, int by)
{
    if (by < 0) {
        if (from) from--;
        while (from && inside(n->text[from])) from--;
    } else {
        if (from < n->length) from++;
        while (from < n->length && inside(n->text[from])) from++;
    }
    return from;
}

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

size_t note_word(const struct note *n, size_t from, int by)
{
    if (by < 0) {
        while (from && blank(n->text[from - 1])) from--;
        while (from && !blank(n->text[from - 1])) from--;
    } else {
        while (from < n->length && blank(n->text[from])) from++;
        while (from < n->length && !blank(n->text[from])) from++;
    }
    return from;
}

void note_move(struct note *n, size_t to, bool select)
{
    n->caret = to > n->length ? n->length : to;
    if (!select) n->anchor = n->caret;
}

void note_backspace(struct note *n)
{
    if (n->caret == n->anchor) n->anchor = note_step(n, n->caret, -1);
    note_insert(n, "", 0);
}

void note_delete(struct note *n)
{
    if (n->caret == n->anchor) n->anchor = note_step(n, n->caret, 1);
    note_insert(n, "", 0);
}

void note_count(const struct note *n, char *out, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < n->length; i++) count += !inside(n->text[i]);
    snprintf(out, size, count == 1 ? "%zu character" : "%zu characters", count);
}
