// The text of Notes with its caret and selection; pure. Positions are byte offsets that never cut a character.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define NOTE_MAX (256u * 1024)  // bytes

struct note {
    char *text;      // owned, NUL behind length bytes
    size_t length;
    size_t caret;    // where typing goes
    size_t anchor;   // other end of the selection; = caret when nothing is selected
};

void note_init(struct note *n);
void note_free(struct note *n);
bool note_insert(struct note *n, const char *text, size_t len);  // replaces the selection; false: would be longer than NOTE_MAX
void note_backspace(struct note *n);
void note_delete(struct note *n);
void note_move(struct note *n, size_t to, bool select);
size_t note_step(const struct note *n, size_t from, int by);     // one character back (-1) or on (1)
size_t note_word(const struct note *n, size_t from, int by);
void note_selection(const struct note *n, size_t *from, size_t *to);
void note_count(const struct note *n, char *out, size_t size);   // "12 characters"
