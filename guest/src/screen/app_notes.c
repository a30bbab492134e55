// Notes: one text. The text is kept exactly as it came, bytes and all; what no font has is shown as a box.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "note_lines.h"
#include "ui.h"

#define BLINK_NS 530000000ull
#define BLINKS 16  // then the caret stays: a phone nobody types on is still

static struct note note;
static double scroll;
static bool caret_on;
static uint64_t blink_at;
static int blinks;
static double down_x, down_y, down_scroll;
static bool dragging;

static double size(void) { return dp(18); }
static double line_height(void) { return dp(27); }

static struct rect text_area(void)
{
    struct rect a = app_area();
    return (struct rect){a.x0 + (int)dp(22), a.y0 + (int)dp(66), a.x1 - (int)dp(22), a.y1 - (int)dp(8)};
}

static struct lines lines(void)
{
    struct rect t = text_area();
    return (struct lines){.note = &note, .size = size(), .width = t.x1 - t.x0};
}

static struct line_place place_of(size_t at)
{
    struct lines l = lines();
    return lines_place(&l, at);
}

static size_t hit(double x, double y)
{
    struct lines l = lines();
    struct rect t = text_area();
    return lines_hit(&l, (int)floor((y - t.y0 + scroll) / line_height()), x - t.x0);
}

static int line_count(void)
{
    struct lines l = lines();
    return lines_each(&l, NULL, NULL);
}

static struct rect caret_rect(void)
{
    struct rect t = text_area();
    struct line_place p = place_of(note.caret);
    int x = t.x0 + (int)p.x, y = t.y0 + (int)(p.line * line_height() - scroll);
    return (struct rect){x - (int)dp(1), y + (int)dp(2), x + (int)dp(1.4), y + (int)dp(25)};
}

static void follow_caret(void)
{
    struct rect t = text_area();
    double y = place_of(note.caret).line * line_height(), room = t.y1 - t.y0 - line_height();
    if (y - scroll > room) scroll = y - room;
    if (y - scroll < 0) scroll = y;
    if (scroll < 0) scroll = 0;
}

static void start_blinking(void)
{
    caret_on = true;
    blinks = BLINKS;
    blink_at = now_ns() + BLINK_NS;
}

static uint64_t wake(void) { return blink_at; }

static void changed(void)
{
    start_blinking();
    follow_caret();
    display_damage(app_area());
}

struct drawing {
    struct canvas *c;
    size_t from, to;  // selection
};

static void draw_line(int n, size_t from, size_t to, void *cookie)
{
    struct drawing *d = cookie;
    struct rect t = text_area();
    double y = t.y0 + n * line_height() - scroll;
    if (y + line_height() < t.y0 || y > t.y1) return;
    size_t a = d->from > from ? d->from : from, b = d->to < to ? d->to : to;
    if (d->from < d->to && a <= b && a <= to && b >= from) {
        double x0 = text_width(note.text + from, (int)(a - from), size(), REGULAR), x1 = text_width(note.text + from, (int)(b - from), size(), REGULAR);
        if (d->to > to && note.text[to] == '\n') x1 += dp(5);
        fill(d->c, (struct rect){t.x0 + (int)x0, (int)y, t.x0 + (int)ceil(x1), (int)(y + line_height())}, 0xffcfdcff);
    }
    text_draw(d->c, t.x0, y + dp(20), note.text + from, (int)(to - from), size(), REGULAR, 0xff1d2433);
}

static void draw(struct canvas *c)
{
    struct rect a = app_area(), t = text_area(), saved = c->clip;
    struct drawing d = {.c = c};
    char count[48];
    fill(c, screen_area(), 0xfffdfbf5);
    text_draw(c, dp(22), a.y0 + dp(42), "Notes", -1, dp(26), REGULAR, 0xff1d2433);
    note_count(&note, count, sizeof count);
    text_draw(c, display.width - dp(22) - text_width(count, -1, dp(13), REGULAR), a.y0 + dp(42), count, -1, dp(13), REGULAR, 0xff8a8776);
    fill(c, (struct rect){(int)dp(22), a.y0 + (int)dp(56), display.width - (int)dp(22), a.y0 + (int)dp(56) + 1}, 0xffe6e1d2);
    c->clip = rect_cross(c->clip, (struct rect){0, t.y0 - (int)dp(4), display.width, t.y1});
    if (!rect_empty(c->clip)) {
        note_selection(&note, &d.from, &d.to);
        if (!note.length) text_draw(c, t.x0, t.y0 + dp(20), "Write something", -1, size(), REGULAR, 0xffb4b0a0);
        struct lines l = lines();
        lines_each(&l, draw_line, &d);
        if (caret_on) fill(c, caret_rect(), 0xff3f6df6);
    }
    c->clip = saved;
}

static bool tick(uint64_t ns)
{
    if (ns < blink_at) return false;
    caret_on = !caret_on;
    blink_at = --blinks > 0 ? ns + BLINK_NS : UINT64_MAX;
    display_damage(caret_rect());
    return false;
}

static void line_jump(int by, bool select)
{
    struct line_place p = place_of(note.caret);
    struct lines l = lines();
    int to = p.line + by;
    size_t at = to < 0 ? 0 : to >= line_count() ? note.length : lines_hit(&l, to, p.x);
    note_move(&note, at, select);
}

static bool key(const struct win_key *k)
{
    bool shift = k->meta & 1, ctrl = k->meta & 0x1000;
    if (k->action != 0) return false;
    switch (k->code) {
    case 67: note_backspace(&note); break;
    case 112: note_delete(&note); break;
    case 21: note_move(&note, ctrl ? note_word(&note, note.caret, -1) : note_step(&note, note.caret, -1), shift); break;
    case 22: note_move(&note, ctrl ? note_word(&note, note.caret, 1) : note_step(&note, note.caret, 1), shift); break;
    case 19: line_jump(-1, shift); break;
    case 20: line_jump(1, shift); break;
    case 92: line_jump(-12, shift); break;
    case 93: line_jump(12, shift); break;
    case 122: note_move(&note, ctrl ? 0 : place_of(note.caret).from, shift); break;
    case 123: note_move(&note, ctrl ? note.length : place_of(note.caret).to, shift); break;
    case 29:
        if (!ctrl) return false;
        note_move(&note, 0, false);
        note_move(&note, note.length, true);
        break;
    default: return false;
    }
    changed();
    return true;
}

static void text(const char *utf8)
{
    if (!note_insert(&note, utf8, strlen(utf8))) toast("The note is full");
    changed();
}

// Without a selection the whole note is meant: a phone without a text menu would else have no way to copy.
static bool copy(bool cut)
{
    size_t from, to;
    note_selection(&note, &from, &to);
    bool all = from == to;
    if (all) from = 0, to = note.length;
    if (from == to) return false;
    clip_set(note.text + from, to - from, 0);
    if (cut) {
        if (all) {
            note_move(&note, 0, false);
            note_move(&note, note.length, true);
        }
        note_insert(&note, "", 0);
        changed();
    }
    toast(cut ? "Cut" : "Copied");
    return true;
}

static void motion(const struct win_motion *m)
{
    double x = (double)m->pointers[0].x, y = (double)m->pointers[0].y;
    double most = line_count() * line_height() - (text_area().y1 - text_area().y0);
    if (m->action == MOTION_SCROLL) {
        scroll -= (double)m->vscroll * dp(54);
    } else if (m->action == MOTION_DOWN) {
        down_x = x;
        down_y = y;
        down_scroll = scroll;
        dragging = false;
        return;
    } else if (m->action == MOTION_MOVE) {
        if (!dragging && hypot(x - down_x, y - down_y) < dp(10)) return;
        dragging = true;
        scroll = down_scroll - (y - down_y);
    } else if (m->action == MOTION_UP && !dragging) {
        note_move(&note, hit(x, y), false);
        app_types(true);
        changed();
        return;
    } else {
        return;
    }
    scroll = scroll > most ? most : scroll;
    scroll = scroll < 0 ? 0 : scroll;
    display_damage(app_area());
}

static void show(void)
{
    start_blinking();
    follow_caret();
}

static void opened(void)
{
    note_init(&note);
    scroll = 0;
}

static void stop(void) { note_free(&note); }

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = r.x0, y = r.y0;
    fill_gradient(c, r, r, 0xffffe08a, 0xfff6bd3d);
    for (int i = 0; i < 3; i++) line(c, x + w * 0.27, y + w * (0.34 + 0.16 * i), x + w * (i == 2 ? 0.55 : 0.73), y + w * (0.34 + 0.16 * i), w * 0.06, 0xff7a5a10);
}

struct app app_notes = {.package = "com.ancloud.notes", .activity = ".MainActivity", .label = "Notes", .bar = 0xfffdfbf5, .open = opened, .stop = stop,
                        .show = show, .draw = draw, .motion = motion, .key = key, .text = text, .tick = tick, .wake = wake, .icon = icon, .copy = copy};
