// The commands of init.rc.
#pragma once

#include <sys/types.h>

// Runs one command; words are expanded already. NULL, or why not (errno text or static text, valid until the next call).
// *exec gets the pid that the queue must wait for, when the command is `exec`.
const char *builtin_run(int count, char **words, pid_t *exec);
