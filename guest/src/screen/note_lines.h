// A note's text as lines of a screen: where they break, where a byte stands, which byte is touched. Reads the note and the fonts' widths.
#pragma once

#include "notes.h"

struct lines {
    const struct note *note;
    double size;   // of the letters, pixels
    double width;  // of a line, pixels
};

struct line_place {
    int line;
    double x;         // from the line's beginning, pixels
    size_t from, to;  // bytes of the line
};

// Calls each, unless NULL, with every line of the wrapped text: its number and its bytes [from, to). A line ends behind a newline, or where the
// next word would not fit; a word longer than the line is broken. Returns the number of lines.
int lines_each(const struct lines *l, void (*each)(int n, size_t from, size_t to, void *cookie), void *cookie);
// At the end of a wrapped line a caret stands at the beginning of the next.
struct line_place lines_place(const struct lines *l, size_t at);
// The byte at the place nearest to x of a line; of the first line above it, of the last one below it.
size_t lines_hit(const struct lines *l, int line, double x);
