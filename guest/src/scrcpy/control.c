// The controller (server/…/control/Controller.java): control messages become input and requests to the phone.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pointers.h"
#include "prop/prop.h"
#include "reader.h"
#include "sender.h"
#include "session.h"
#include "start.h"
#include "typable.h"

enum { KEY_BACK = 4, KEY_POWER = 26, KEY_CUT = 277, KEY_COPY = 278, KEY_PASTE = 279 };
#define POINTER_MOUSE UINT64_MAX
#define BUTTON_PRIMARY 1

struct control {
    struct session *session;
    struct sender *sender;
    struct pointers pointers;
    int input;               // connection to system_server for events, which are not answered
    bool keep_panel_off;     // the display was powered off by the client and stays so over a wake-up
    bool strict_text;        // persist.ancloud.text.strict: type only what Android's virtual keyboard has
};

static bool value(struct control *c, int type, int v)
{
    struct win_value q = {.head.type = (uint32_t)type, .value = v};
    return session_call(c->session, &q, sizeof q, NULL, 0, NULL, NULL) == 0;
}

static bool awake(struct control *c)
{
    struct win_display d;
    pthread_mutex_lock(&c->session->window_lock);
    bool on = window_display(c->session->window, &d) < 0 || d.awake;
    pthread_mutex_unlock(&c->session->window_lock);
    return on;
}

// Waits until it is done, where Android injects with INJECT_MODE_WAIT_FOR_FINISH; the order with other events holds either way.
static void key(struct control *c, int action, int code, int repeat, int meta, bool wait)
{
    struct win_key k = {.head.type = WIN_KEY, .action = action, .code = code, .repeat = repeat, .meta = meta};
    if (wait) window_call(c->input, &k, sizeof k, NULL, 0, NULL, NULL);
    else window_send(c->input, &k, sizeof k, NULL, 0);
}

static void press_release(struct control *c, int code, bool wait)
{
    key(c, 0, code, 0, 0, wait);
    key(c, 1, code, 0, 0, wait);
}

// Where a position of the client lies on the display. false: it was meant for a video of another size.
static bool locate(struct control *c, const struct message *m, float *x, float *y)
{
    struct session *s = c->session;
    struct win_display d;
    bool ok = true;
    pthread_mutex_lock(&s->mapping_lock);
    int vw = s->video_width, vh = s->video_height, dw = s->device_width, dh = s->device_height, ox = s->offset_x, oy = s->offset_y;
    bool mapped = s->mapped;
    pthread_mutex_unlock(&s->mapping_lock);
    if (!mapped && s->options.version < VERSION(3, 0, 0)) {
        // 2.x knows the video's size also when it sends none.
        pthread_mutex_lock(&s->window_lock);
        ok = window_display(s->window, &d) == 0;
        pthread_mutex_unlock(&s->window_lock);
        if (!ok) return false;
        dw = d.width;
        dh = d.height;
        video_size(&s->options, dw, dh, &vw, &vh);
        mapped = true;
    }
    *x = (float)m->x;
    *y = (float)m->y;
    // Since 3.0 a server without video takes coordinates as they are, in display pixels, whatever size the client names.
    if (!mapped) return true;
    if (vw != m->width || vh != m->height) {
        if (s->options.version < VERSION(3, 0, 0)) LNW("Ignore touch event, it was generated for a different device size");
        else LNV("Ignore positional event generated for size %dx%d (current size is %dx%d)", m->width, m->height, vw, vh);
        return false;
    }
    *x = (float)(ox + (long)m->x * dw / vw);
    *y = (float)(oy + (long)m->y * dh / vh);
    return true;
}

static void mouse_buttons(struct control *c, struct win_motion *e, int action)
{
    int buttons = e->buttons;
    if (action == MOTION_DOWN) {
        if (e->action_button == buttons) window_send(c->input, e, sizeof *e, NULL, 0);
        e->action = MOTION_BUTTON_PRESS;
        window_send(c->input, e, sizeof *e, NULL, 0);
        return;
    }
    e->action = MOTION_BUTTON_RELEASE;
    window_send(c->input, e, sizeof *e, NULL, 0);
    e->action = MOTION_UP;
    if (!buttons) window_send(c->input, e, sizeof *e, NULL, 0);
}

static void touch(struct control *c, const struct message *m)
{
    struct win_motion e = {.head.type = WIN_MOTION, .action = m->action, .source = SOURCE_TOUCHSCREEN, .ns = now_ns()};
    float x, y;
    // The place is looked at before the pointer: an UP for another size leaves its finger down.
    if (!locate(c, m, &x, &y)) return;
    int i = pointers_index(&c->pointers, m->id);
    if (i < 0) {
        LNW("Too many pointers for touch event");
        return;
    }
    c->pointers.at[i].x = x;
    c->pointers.at[i].y = y;
    c->pointers.at[i].pressure = (float)m->pressure;
    bool secondary = ((m->action_button | m->buttons) & ~BUTTON_PRIMARY) != 0;
    bool mouse = m->id == POINTER_MOUSE && (m->action == MOTION_HOVER_MOVE || secondary);
    if (mouse) {
        e.source = SOURCE_MOUSE;
        e.buttons = m->buttons;
        e.action_button = m->action_button;
        c->pointers.at[i].up = !m->buttons;
    } else {
        c->pointers.at[i].up = m->action == MOTION_UP;
    }
    e.index = i;
    e.count = pointers_update(&c->pointers, e.pointers);
    if (e.count > 1 && m->action == MOTION_UP) e.action = MOTION_POINTER_UP;
    if (e.count > 1 && m->action == MOTION_DOWN) e.action = MOTION_POINTER_DOWN;
    if (mouse && (e.action == MOTION_DOWN || e.action == MOTION_UP)) mouse_buttons(c, &e, e.action);
    else window_send(c->input, &e, sizeof e, NULL, 0);
}

static void scroll(struct control *c, const struct message *m)
{
    struct win_motion e = {.head.type = WIN_MOTION, .action = MOTION_SCROLL, .source = SOURCE_MOUSE, .buttons = m->buttons, .count = 1,
                           .hscroll = (float)m->hscroll, .vscroll = (float)m->vscroll, .ns = now_ns(), .pointers = {{.pressure = 1}}};
    if (locate(c, m, &e.pointers[0].x, &e.pointers[0].y)) window_send(c->input, &e, sizeof e, NULL, 0);
}

static void refused(uint16_t unit) { LNW("Could not inject char u+%04x", unit); }

static void inject_text(struct control *c, char *text, size_t n)
{
    struct win_head q = {.type = WIN_INPUT_TEXT};
    if (c->strict_text) n = typable(text, n, refused);
    if (n) window_send(c->input, &q, sizeof q, text, n);
}

static void back_or_screen_on(struct control *c, int action)
{
    if (awake(c)) return key(c, action, KEY_BACK, 0, 0, false);
    if (action != 0) return;
    press_release(c, KEY_POWER, true);
    if (c->keep_panel_off) {
        LNI("Forcing display off");
        value(c, WIN_POWER, POWER_PANEL_OFF);
    }
}

static void get_clipboard(struct control *c, int copy_key)
{
    if (copy_key) press_release(c, copy_key == 1 ? KEY_COPY : KEY_CUT, true);
    // With autosync the change itself is what is sent.
    if (c->session->options.clipboard_autosync) return;
    struct win_head q = {.type = WIN_CLIP_GET};
    char *text = NULL;
    size_t n = 0;
    if (session_call(c->session, &q, sizeof q, NULL, 0, &text, &n) == 0) sender_clipboard(c->sender, text, n);
    free(text);
}

static void set_clipboard(struct control *c, const struct message *m)
{
    struct win_head q = {.type = WIN_CLIP_SET};
    if (session_call(c->session, &q, sizeof q, m->text, m->text_n, NULL, NULL) == 0) LNI("Device clipboard set");
    if (m->flag) press_release(c, KEY_PASTE, false);
    if (m->id) sender_ack(c->sender, m->id);
}

static void display_power(struct control *c, bool on)
{
    if (!value(c, WIN_POWER, on ? POWER_PANEL_ON : POWER_PANEL_OFF)) return;
    c->keep_panel_off = !on;
    LNI("Device display turned %s", on ? "on" : "off");
    if (c->session->cleanup_fd >= 0 && write(c->session->cleanup_fd, on ? "\0" : "\1", 1) < 0) LNW("Clean-up process is gone");
}

static bool resize(struct control *c, const struct message *m)
{
    if (!c->session->options.flex_display) {
        // The real server casts the capture to NewDisplayCapture and dies of it.
        ln_exception("Exception on thread Thread[control-recv,5,main]", "java.lang.ClassCastException",
                     "com.genymobile.scrcpy.video.ScreenCapture cannot be cast to com.genymobile.scrcpy.video.NewDisplayCapture");
        return false;
    }
    struct win_size q = {.head.type = WIN_SIZE, .width = m->width, .height = m->height};
    session_reset(c->session, RESET_RESIZED);
    if (session_call(c->session, &q, sizeof q, NULL, 0, NULL, NULL) < 0) LNW("Could not resize the display to %dx%d: %s", m->width, m->height, strerror(errno));
    return true;
}

static bool handle(struct control *c, struct message *m)
{
    switch (m->type) {
    case MSG_INJECT_KEYCODE: key(c, m->action, m->keycode, m->repeat, m->meta, false); break;
    case MSG_INJECT_TEXT: inject_text(c, m->text, m->text_n); break;
    case MSG_INJECT_TOUCH: touch(c, m); break;
    case MSG_INJECT_SCROLL: scroll(c, m); break;
    case MSG_BACK_OR_SCREEN_ON: back_or_screen_on(c, m->action); break;
    case MSG_EXPAND_NOTIFICATIONS: value(c, WIN_PANEL, 1); break;
    case MSG_EXPAND_SETTINGS: value(c, WIN_PANEL, 2); break;
    case MSG_COLLAPSE_PANELS: value(c, WIN_PANEL, 0); break;
    case MSG_GET_CLIPBOARD: get_clipboard(c, m->flag); break;
    case MSG_SET_CLIPBOARD: set_clipboard(c, m); break;
    // 2.x sends a mode: 0 off, 2 normal.
    case MSG_SET_DISPLAY_POWER: display_power(c, m->flag != 0); break;
    case MSG_ROTATE_DEVICE:
        LNI("Device rotation requested");
        value(c, WIN_ROTATE, -2);
        break;
    case MSG_UHID_CREATE: case MSG_UHID_INPUT: case MSG_UHID_DESTROY:
        if (m->type == MSG_UHID_CREATE) ln_exception("Failed to open UHID", "java.io.FileNotFoundException", "/dev/uhid: open failed: ENOENT (No such file or directory)");
        else LNW("Unknown UHID id: %d", (int)m->id);
        break;
    case MSG_OPEN_HARD_KEYBOARD_SETTINGS: start_app(c->session, "com.ancloud.settings"); break;
    case MSG_START_APP: start_app(c->session, m->text); break;
    case MSG_RESET_VIDEO:
        if (c->session->video_fd >= 0) {
            LNI("Video capture reset");
            session_reset(c->session, RESET_CLIENT);
        }
        break;
    case MSG_RESIZE_DISPLAY: return resize(c, m);
    case MSG_SCAN_FILE: LNI("No media store on this phone: %s was not scanned", m->text); break;
    default:
        // Camera messages without a camera.
        ln_exception("Exception on thread Thread[control-recv,5,main]", "java.lang.AssertionError", "Unexpected message type");
        return false;
    }
    return true;
}

void *control_thread(void *arg)
{
    struct control c = {.session = arg};
    struct session *s = c.session;
    struct reader r = {.fd = s->control_fd, .version = s->options.version};
    struct message m;
    char strict[PROP_VALUE_MAX];
    c.input = window_connect();
    c.sender = sender_start(s);
    c.strict_text = prop_get("persist.ancloud.text.strict", strict, sizeof strict) > 0 && strict[0] == '1';
    if (s->options.power_on && !awake(&c)) press_release(&c, KEY_POWER, true);
    while (c.sender && c.input >= 0 && !s->stopping && reader_next(&r, &m) > 0 && handle(&c, &m)) {}
    reader_free(&r);
    if (c.sender) sender_stop(c.sender);
    if (c.input >= 0) close(c.input);
    LND("Controller stopped");
    session_ended(s, true);
    return NULL;
}
