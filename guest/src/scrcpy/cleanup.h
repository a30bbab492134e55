// What is put right after the server, even when it is killed (server/…/CleanUp.java): a process of its own that waits for the
// end of a pipe. It also deletes the server's jar, at once.
#pragma once

#include "options.h"

// Starts it. Writing 1 to the returned descriptor asks that the display be powered on again at the end, 0 takes that back. -1: no process.
int cleanup_start(const struct options *o, const char *jar);
void cleanup_unlink(const char *jar);
