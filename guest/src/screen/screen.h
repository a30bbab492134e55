// The phone's picture in shared memory: one writer (system_server), any number of readers (screencap, app_process).
//
// The file <dev>/ancloud-screen is one header page and two pixel buffers of SCREEN_MAX x SCREEN_MAX, sparse. Frame n lives in
// buffer n & 1 and is described by slot n % SCREEN_HISTORY. The writer stores n into `drawing` before it touches that buffer or
// that slot and n into `serial` when both are complete, then wakes the futex on `serial`. So a reader that took frame n has
// read it whole if `drawing` is still less than n + 2 afterwards (screen_intact); else it takes the newest frame again.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCREEN_MAGIC 0x4e524353u  // "SCRN"
#define SCREEN_VERSION 1u
#define SCREEN_MIN 240            // shortest side of a display, pixels
#define SCREEN_MAX 2560           // longest side
#define SCREEN_HEADER 4096u       // bytes before the first buffer
#define SCREEN_BUFFER ((size_t)SCREEN_MAX * SCREEN_MAX * 4)
#define SCREEN_HISTORY 32u        // frames whose damage is remembered

// Half-open: x0 <= x < x1. Empty when x0 >= x1 or y0 >= y1.
struct rect {
    int x0, y0, x1, y1;
};

// One frame. Pixels are XRGB8888, native order, stride width * 4 bytes, no padding.
struct screen_frame {
    uint32_t serial;      // 1 for the first frame, grows by one with each
    uint32_t generation;  // differs when size or rotation differs from the frame before
    uint16_t width, height;
    uint16_t rotation;    // Surface.ROTATION_*: 0..3 quarter turns
    uint16_t awake;       // 0 while the phone sleeps: the picture is black
    uint64_t ns;          // CLOCK_MONOTONIC when it was drawn
    struct rect damage;   // what differs from frame serial - 1; everything when the generation does
};

struct screen_header {
    uint32_t magic, version;
    _Atomic uint32_t serial;   // newest complete frame; futex; 0 before the first
    _Atomic uint32_t drawing;  // frame being drawn, or `serial` when none is
    uint32_t density;          // dpi
    uint32_t pid;              // writer
    struct screen_frame frames[SCREEN_HISTORY];
};
_Static_assert(sizeof(struct screen_header) <= SCREEN_HEADER, "header fits its page");

// A view of the shared picture, owned by whoever opened it and valid until screen_close.
struct screen {
    struct screen_header *head;
    uint8_t *base;
};

// Where the guest's device files are: $ANCLOUD_GUEST_DEV, or /dev. Valid for ever.
const char *guest_dev(void);

// Maps the picture read-only. 0, or -1 with errno: ENOENT no system_server yet, EPROTO another format.
int screen_open(struct screen *s);
// Creates or takes over the file (serials go on from the last writer's). 0 or -1 with errno.
int screen_create(struct screen *s);
void screen_close(struct screen *s);

// Sleeps until a frame other than `old` is complete, at most timeout_ms (< 0: for ever) or until screen_wake. Returns the newest serial.
uint32_t screen_wait(const struct screen *s, uint32_t old, int timeout_ms);
// Ends every screen_wait on this picture early, in every process; they look and, when nothing is new, return the old serial.
void screen_wake(const struct screen *s);

// The newest frame's description into *f and its pixels. NULL before the first frame.
const uint32_t *screen_newest(const struct screen *s, struct screen_frame *f);
// Whether what was read of f since screen_newest is whole.
bool screen_intact(const struct screen *s, const struct screen_frame *f);
// Bounding box of everything that differs between frame `old` and f; all of f when that is not known any more.
struct rect screen_damage(const struct screen *s, uint32_t old, const struct screen_frame *f);

static inline bool rect_empty(struct rect r) { return r.x0 >= r.x1 || r.y0 >= r.y1; }
static inline struct rect rect_union(struct rect a, struct rect b)
{
    if (rect_empty(a)) return b;
    if (rect_empty(b)) return a;
    return (struct rect){a.x0 < b.x0 ? a.x0 : b.x0, a.y0 < b.y0 ? a.y0 : b.y0, a.x1 > b.x1 ? a.x1 : b.x1, a.y1 > b.y1 ? a.y1 : b.y1};
}
static inline struct rect rect_cross(struct rect a, struct rect b)
{
    return (struct rect){a.x0 > b.x0 ? a.x0 : b.x0, a.y0 > b.y0 ? a.y0 : b.y0, a.x1 < b.x1 ? a.x1 : b.x1, a.y1 < b.y1 ? a.y1 : b.y1};
}
static inline bool rect_has(struct rect r, double x, double y) { return x >= r.x0 && x < r.x1 && y >= r.y0 && y < r.y1; }
