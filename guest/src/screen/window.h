// How programs of the guest talk to system_server: <dev>/socket/window, SOCK_SEQPACKET, one message per packet, native order.
//
// Every request is a struct win_head, then its fixed part, then (some types) text to the end of the packet, without NUL.
// A request with head.tag != 0 is answered by one WIN_REPLY with that tag, in the order of the requests; with tag 0 by nothing.
// Requests of one connection are executed in order, so an answer also says that everything sent before has been done.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WIN_TEXT_MAX ((1u << 18) - 5)  // longest text, bytes: scrcpy's longest device clipboard
#define WIN_PACKET_MAX (WIN_TEXT_MAX + 1024)
#define WIN_POINTERS 10

enum win_type {
    WIN_REPLY = 1,      // struct win_reply + text
    WIN_MOTION,         // struct win_motion
    WIN_KEY,            // struct win_key
    WIN_INPUT_TEXT,     // text is typed into the focused app
    WIN_CLIP_GET,       // reply: text; ENODATA when nothing was ever copied
    WIN_CLIP_SET,       // text; reply EALREADY when it is what the clipboard holds
    WIN_CLIP_WATCH,     // from now on WIN_CLIP_CHANGED for changes by other processes than this client's
    WIN_CLIP_CHANGED,   // to the client, unasked: text
    WIN_START,          // struct win_start + package; reply: label, or ENOENT
    WIN_STOP,           // package; force-stop
    WIN_APPS,           // reply: lines "package\tactivity\tlabel"
    WIN_ROTATE,         // struct win_value: 0..3 = lock to that rotation, -1 = free (rotation 0), -2 = the other orientation
    WIN_SIZE,           // struct win_size: 0x0 = reset
    WIN_DENSITY,        // struct win_value: dpi, 0 = reset
    WIN_POWER,          // struct win_value: enum win_power
    WIN_PANEL,          // struct win_value: 0 close, 1 notifications, 2 quick settings
    WIN_SETTING,        // text "get|put|delete|list table [key [value]]"; reply: text
    WIN_DUMP,           // text = service name, "" = all; reply: text
    WIN_DISPLAY,        // reply: struct win_display as text bytes
    WIN_FRAME,          // once answered, the newest frame shows everything that was asked for before
};

struct win_head {
    uint32_t type, tag;
};

struct win_reply {
    struct win_head head;
    int32_t error;  // 0 or an errno
};

// MotionEvent actions, android/view/MotionEvent.java
enum {
    MOTION_DOWN = 0, MOTION_UP = 1, MOTION_MOVE = 2, MOTION_CANCEL = 3, MOTION_POINTER_DOWN = 5, MOTION_POINTER_UP = 6,
    MOTION_HOVER_MOVE = 7, MOTION_SCROLL = 8, MOTION_HOVER_ENTER = 9, MOTION_HOVER_EXIT = 10,
    MOTION_BUTTON_PRESS = 11, MOTION_BUTTON_RELEASE = 12,
};
enum { SOURCE_TOUCHSCREEN = 0x1002, SOURCE_MOUSE = 0x2002 };

struct win_pointer {
    int32_t id;  // 0..9, stable while the finger is down
    float x, y;  // display pixels, as displayed (rotated)
    float pressure;
};

struct win_motion {
    struct win_head head;
    int32_t action;        // without the index bits
    int32_t index;         // which of pointers[] a POINTER_DOWN or POINTER_UP is about
    int32_t source;
    int32_t action_button, buttons;
    float hscroll, vscroll;
    int32_t count;         // 1..WIN_POINTERS
    uint64_t ns;           // CLOCK_MONOTONIC of the event, taken by whoever injects it
    struct win_pointer pointers[WIN_POINTERS];
};

struct win_key {
    struct win_head head;
    int32_t action;  // 0 down, 1 up
    int32_t code;    // Android key code
    int32_t repeat, meta;
};

struct win_start {
    struct win_head head;
    int32_t stop_first;
};

struct win_value {
    struct win_head head;
    int32_t value;
};

struct win_size {
    struct win_head head;
    int32_t width, height;
};

enum win_power {
    POWER_SLEEP, POWER_WAKE,
    POWER_PANEL_OFF,  // the panel alone (SurfaceControl.setDisplayPowerMode): the phone stays awake and is mirrored as before
    POWER_PANEL_ON,
};

struct win_display {
    int32_t width, height;            // as displayed
    int32_t rotation, locked;         // locked: user rotation is fixed
    int32_t density, awake, panel_on;
    int32_t natural_width, natural_height, natural_density;  // before wm size / wm density
    int32_t set_width, set_height, set_density;              // 0 when not overridden
    int32_t fps;
};

// ---- client side (window.c) ----

// Connects to system_server. fd, or -1 with errno.
int window_connect(void);
// Sends one request: head part of `size` bytes and text of n bytes (may be NULL). 0 or -1 with errno (EMSGSIZE too long).
int window_send(int fd, const void *request, size_t size, const void *text, size_t n);
// Sends and waits for its answer (use on a connection without WIN_CLIP_WATCH). The answer's text goes to *out (malloc, NUL added; may
// be NULL to drop it) and its length to *out_n. Returns 0, or -1 with errno = the answer's error or the connection's.
int window_call(int fd, void *request, size_t size, const void *text, size_t n, char **out, size_t *out_n);
// Reads the display's state. 0 or -1 with errno.
int window_display(int fd, struct win_display *d);
// CLOCK_MONOTONIC in ns.
uint64_t now_ns(void);
