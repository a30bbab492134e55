// Input as Android's dispatcher sees it: one touch gesture at a time, consistent from DOWN to UP; what does not fit is dropped.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ui.h"

#define FARTHEST 100000

enum target { NOBODY, BARS, APP };

static struct {
    enum target target;              // who got the DOWN; NOBODY = no gesture
    struct app *app;
    struct win_motion last;          // the gesture's pointers as last seen
    uint32_t down_ids;               // bit n: pointer id n is down
    uint64_t gestures, events, dropped, keys, texts;
    char last_dropped[48];
    struct win_key last_key, last_down;
    struct win_motion last_seen;     // of whatever kind, also one that was dropped
} in;

static void drop(const char *why)
{
    in.dropped++;
    snprintf(in.last_dropped, sizeof in.last_dropped, "%s", why);
}

static void deliver(const struct win_motion *m)
{
    in.events++;
    if (in.target == BARS)
        bars_motion(m);
    else if (in.target == APP && in.app == app_front() && in.app->motion)
        in.app->motion(m);
}

void input_cancel(void)
{
    if (in.target == NOBODY) return;
    struct win_motion m = in.last;
    m.action = MOTION_CANCEL;
    deliver(&m);
    in.target = NOBODY;
    in.down_ids = 0;
    bars_touched();
}

static void pointerless(const struct win_motion *m)
{
    // Hover and wheel belong to no gesture: they go to what is in front.
    struct app *a = app_front();
    in.events++;
    if (a && a->motion && !panel_shown()) a->motion(m);
}

void input_motion(const struct win_motion *m)
{
    in.last_seen = *m;
    if (m->count < 1 || m->count > WIN_POINTERS) return drop("pointer count");
    for (int i = 0; i < m->count; i++)
        if (m->pointers[i].id < 0 || m->pointers[i].id >= 32) return drop("pointer id");
    // Far outside is still a place (a finger may slide off); further is not a number that drawing could take.
    for (int i = 0; i < m->count; i++)
        if (!(fabsf(m->pointers[i].x) < FARTHEST && fabsf(m->pointers[i].y) < FARTHEST)) return drop("position");
    if (!display.awake) return drop("asleep");
    switch (m->action) {
    case MOTION_HOVER_MOVE: case MOTION_HOVER_ENTER: case MOTION_HOVER_EXIT: case MOTION_SCROLL:
    case MOTION_BUTTON_PRESS: case MOTION_BUTTON_RELEASE:
        return pointerless(m);
    case MOTION_DOWN:
        if (m->count != 1) return drop("DOWN with several pointers");
        input_cancel();
        in.gestures++;
        in.last = *m;
        in.down_ids = 1u << m->pointers[0].id;
        in.app = app_front();
        in.target = BARS;
        if (!bars_motion(m)) {
            in.target = APP;
            deliver(m);
        }
        bars_touched();
        return;
    case MOTION_POINTER_DOWN:
        // Without a first finger there is no window to send the second one to.
        if (in.target == NOBODY) return drop("POINTER_DOWN without a gesture");
        if (m->index < 0 || m->index >= m->count) return drop("pointer index");
        in.down_ids |= 1u << m->pointers[m->index].id;
        break;
    case MOTION_MOVE:
        if (in.target == NOBODY) return drop("MOVE without a gesture");
        break;
    case MOTION_POINTER_UP:
        if (in.target == NOBODY) return drop("POINTER_UP without a gesture");
        if (m->index < 0 || m->index >= m->count) return drop("pointer index");
        break;
    case MOTION_UP: case MOTION_CANCEL:
        if (in.target == NOBODY) return drop("UP or CANCEL without a gesture");
        break;
    default:
        return drop("unknown action");
    }
    // Only pointers that went down are shown to the window.
    struct win_motion seen = *m;
    seen.count = 0;
    for (int i = 0; i < m->count; i++) {
        if (!(in.down_ids >> m->pointers[i].id & 1)) continue;
        if (i == m->index) seen.index = seen.count;
        seen.pointers[seen.count++] = m->pointers[i];
    }
    if (!seen.count) return drop("no pointer of the gesture");
    in.last = seen;
    deliver(&seen);
    if (m->action == MOTION_POINTER_UP) in.down_ids &= ~(1u << m->pointers[m->index].id);
    if (m->action == MOTION_UP || m->action == MOTION_CANCEL) {
        in.target = NOBODY;
        in.down_ids = 0;
    }
    bars_touched();
}

enum { META_SHIFT = 1, META_CTRL = 0x1000, META_CAPS = 0x100000 };

uint32_t key_char(int code, int meta)
{
    static const char digits[] = ")!@#$%^&*(";
    static const struct { int code; char plain, shifted; } other[] = {
        {55, ',', '<'}, {56, '.', '>'}, {61, '\t', '\t'}, {62, ' ', ' '}, {66, '\n', '\n'}, {160, '\n', '\n'}, {68, '`', '~'}, {69, '-', '_'},
        {70, '=', '+'}, {71, '[', '{'}, {72, ']', '}'}, {73, '\\', '|'}, {74, ';', ':'}, {75, '\'', '"'}, {76, '/', '?'}, {77, '@', '@'},
        {81, '+', '+'}, {17, '*', '*'}, {18, '#', '#'}, {154, '/', '/'}, {155, '*', '*'}, {156, '-', '-'}, {157, '+', '+'}, {158, '.', '.'},
        {161, '=', '='}, {162, '(', '('}, {163, ')', ')'},
    };
    if (meta & META_CTRL) return 0;
    bool shift = meta & META_SHIFT;
    if (code >= 29 && code <= 54) return (uint32_t)(code - 29 + ((shift != !!(meta & META_CAPS)) ? 'A' : 'a'));
    if (code >= 7 && code <= 16) return (uint32_t)(shift ? digits[code - 7] : '0' + code - 7);
    if (code >= 144 && code <= 153) return (uint32_t)('0' + code - 144);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (other[i].code == code) return (uint32_t)(unsigned char)(shift ? other[i].shifted : other[i].plain);
    return 0;
}

static bool system_key(const struct win_key *k)
{
    bool down = k->action == 0, first = down && k->repeat == 0;
    switch (k->code) {
    case 26:  // POWER
        if (first) display_set_power(display.awake ? POWER_SLEEP : POWER_WAKE);
        return true;
    case 223:  // SLEEP
        if (first) display_set_power(POWER_SLEEP);
        return true;
    case 224:  // WAKEUP
        if (first) display_set_power(POWER_WAKE);
        return true;
    case 24: case 25: case 164:  // VOLUME_UP, _DOWN, _MUTE
        if (down) sound_set_volume(k->code == 164 ? 0 : sound_volume() + (k->code == 24 ? 1 : -1));
        return true;
    }
    if (!display.awake) return true;
    switch (k->code) {
    case 3: if (!down) app_home(); return true;                    // HOME
    case 4: if (!down) app_back(); return true;                    // BACK
    case 187: if (!down) app_start(app_front() == &app_recents ? &app_launcher : &app_recents, false); return true;  // APP_SWITCH
    case 83: if (!down) panel_show(panel_shown() ? 0 : 1); return true;  // NOTIFICATION
    }
    return false;
}

void input_key(const struct win_key *k)
{
    in.keys++;
    in.last_key = *k;
    if (k->action == 0) in.last_down = *k;
    if (system_key(k)) return;
    struct app *a = app_front();
    if (!a) return;
    bool ctrl = k->meta & META_CTRL, down = k->action == 0;
    if (down && (k->code == 278 || (ctrl && k->code == 31))) {  // COPY, Ctrl+C
        if (a->copy) a->copy(false);
        return;
    }
    if (down && (k->code == 277 || (ctrl && k->code == 52))) {  // CUT, Ctrl+X
        if (a->copy) a->copy(true);
        return;
    }
    if (down && (k->code == 279 || (ctrl && k->code == 50))) {  // PASTE, Ctrl+V
        if (a->text && clip_get()) a->text(clip_get());
        return;
    }
    if (a->key && a->key(k)) return;
    uint32_t c = down && a->text ? key_char(k->code, k->meta) : 0;
    if (c) a->text((char[]){(char)c, 0});
}

void input_text(const char *utf8)
{
    in.texts++;
    struct app *a = app_front();
    if (display.awake && a && a->text) a->text(utf8);
}

int input_touches(struct win_pointer out[WIN_POINTERS])
{
    int n = 0;
    for (int i = 0; in.target != NOBODY && i < in.last.count; i++)
        if (in.down_ids >> in.last.pointers[i].id & 1) out[n++] = in.last.pointers[i];
    return n;
}

size_t input_dump(char *out, size_t n)
{
    size_t at = (size_t)snprintf(out, n, "  Gestures: %llu\n  Motion events: %llu\n  Dropped: %llu%s%s%s\n  Keys: %llu\n  Texts: %llu\n  Pointers down: %d",
                                 (unsigned long long)in.gestures, (unsigned long long)in.events, (unsigned long long)in.dropped,
                                 in.dropped ? " (last: " : "", in.last_dropped, in.dropped ? ")" : "", (unsigned long long)in.keys,
                                 (unsigned long long)in.texts, __builtin_popcount(in.down_ids));
    for (int i = 0; in.target != NOBODY && i < in.last.count && at < n; i++)
        if (in.down_ids >> in.last.pointers[i].id & 1)
            at += (size_t)snprintf(out + at, n - at, " %d@%.0f,%.0f", in.last.pointers[i].id, (double)in.last.pointers[i].x, (double)in.last.pointers[i].y);
    const struct win_motion *m = &in.last_seen;
    if (at < n)
        at += (size_t)snprintf(out + at, n - at, "\n  Last key: code=%d action=%d meta=0x%x\n  Last down: code=%d repeat=%d\n  Last motion: action=%d buttons=0x%x scroll=%g,%g\n",
                               in.last_key.code, in.last_key.action, (unsigned)in.last_key.meta, in.last_down.code, in.last_down.repeat, m->action, (unsigned)m->buttons, (double)m->hscroll,
                               (double)m->vscroll);
    return at < n ? at : n;
}
