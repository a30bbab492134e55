// Control messages, client → device (server/…/control/ControlMessageReader.java), by the layout of the asked version.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MSG_INJECT_KEYCODE, MSG_INJECT_TEXT, MSG_INJECT_TOUCH, MSG_INJECT_SCROLL, MSG_BACK_OR_SCREEN_ON, MSG_EXPAND_NOTIFICATIONS,
    MSG_EXPAND_SETTINGS, MSG_COLLAPSE_PANELS, MSG_GET_CLIPBOARD, MSG_SET_CLIPBOARD, MSG_SET_DISPLAY_POWER, MSG_ROTATE_DEVICE,
    MSG_UHID_CREATE, MSG_UHID_INPUT, MSG_UHID_DESTROY, MSG_OPEN_HARD_KEYBOARD_SETTINGS, MSG_START_APP, MSG_RESET_VIDEO,
    MSG_CAMERA_SET_TORCH, MSG_CAMERA_ZOOM_IN, MSG_CAMERA_ZOOM_OUT, MSG_RESIZE_DISPLAY, MSG_SCAN_FILE,
};

struct message {
    int type;
    int action, keycode, repeat, meta;       // keys; action also of touch and back
    uint64_t id;                             // pointer id, clipboard sequence, UHID id
    int x, y, width, height;                 // touch, scroll; resize uses width and height
    double pressure, hscroll, vscroll;
    int action_button, buttons;
    int flag;                                // copy key, paste, on
    char *text;                              // NUL after text_n bytes; valid until the next read
    size_t text_n;
};

struct reader {
    int fd;
    int version;
    uint8_t in[4096];                        // buffered input
    size_t at, end;
    char *text;                              // owned
    size_t room;
};

// 1: *m is the next message. 0: the client closed. -1: protocol error (said), the channel is to be ended.
int reader_next(struct reader *r, struct message *m);
void reader_free(struct reader *r);
