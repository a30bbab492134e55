// Frames from a file, one at a time, and a log of when each was handed over.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A file of frames, mapped whole; integers are big-endian u32:
 *     interval µs, length of the head, head, then for each frame: number of parts, and for each part its length and bytes
 */
struct pace {
    uint8_t *bytes;
    size_t length, at;
    uint32_t interval_us;
    uint8_t *head;
    uint32_t head_length;
    uint64_t due;
};

struct part {
    uint8_t *bytes;
    uint32_t length;
};

enum { PACE_PARTS = 256 };

// Maps `file`. Returns false, with a message on stderr, when it is none of these.
bool pace_open(struct pace *p, const char *file);

/*
 * Sleeps until the next frame is due and points `parts` (PACE_PARTS) at it. Returns how many, 0 at the end of the file or
 * when the file is cut. One that was stopped for more than a second (SIGSTOP) goes on from there, and does not catch up. The
 * bytes are private to this process and may be changed.
 */
unsigned pace_next(struct pace *p, struct part *parts);

// The first frame is the next one again, an interval after the last. Parts that were given out stay valid.
void pace_rewind(struct pace *p);

// Writes the time into a frame that is a packet of scrcpy: its first eight bytes are flags, in the three upper bits, and µs (Streamer.java).
void pace_stamp(uint8_t *packet, uint64_t us);

// Parts that were given out are gone with it.
void pace_close(struct pace *p);
