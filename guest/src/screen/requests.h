// Requests of window.h, executed (requests.c).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct client {
    int fd;
    int pid;
    bool watches;  // wants WIN_CLIP_CHANGED
};

// One packet of n bytes; packet[n] is NUL and may be written to.
void request(struct client *from, char *packet, size_t n);
int sound_start(void);
