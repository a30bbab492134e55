// Standard input, line by line, for a process that waits for other things too.
#pragma once
#include <stdbool.h>

// Reads what is there and calls `take` for each whole line, without its end. Returns false at the end of standard input.
bool lines_read(void (*take)(char *line));

// One line to standard output, at once.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
