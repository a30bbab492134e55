// Sound: eight pads, each a note.
#include <stdio.h>

#include "ui.h"

#define PADS 8

static uint64_t lit_until[PADS];

static struct rect pad(int i)
{
    struct rect a = app_area();
    bool wide = display.width > display.height;
    int columns = wide ? 4 : 2, rows = PADS / columns, m = (int)dp(14);
    int top = a.y0 + (int)dp(84), w = (a.x1 - a.x0 - m * (columns + 1)) / columns, h = (a.y1 - top - m * rows) / rows;
    int x = a.x0 + m + (i % columns) * (w + m), y = top + (i / columns) * (h + m);
    return (struct rect){x, y, x + w, y + h};
}

static void motion(const struct win_motion *m)
{
    static const double notes[PADS] = {440.00, 493.88, 554.37, 587.33, 659.26, 739.99, 830.61, 880.00};
    if (m->action == MOTION_DOWN || m->action == MOTION_POINTER_DOWN) {
        const struct win_pointer *p = &m->pointers[m->action == MOTION_DOWN ? 0 : m->index];
        for (int i = 0; i < PADS; i++)
            if (rect_has(pad(i), (double)p->x, (double)p->y)) {
                sound_beep(notes[i], 250);
                lit_until[i] = now_ns() + 250000000u;
                display_damage(pad(i));
            }
    }
}

static bool tick(uint64_t ns)
{
    bool lit = false;
    for (int i = 0; i < PADS; i++) {
        if (!lit_until[i]) continue;
        if (ns >= lit_until[i]) lit_until[i] = 0;
        else lit = true;
        display_damage(pad(i));
    }
    return lit;
}

static void draw(struct canvas *c)
{
    static const uint32_t colors[PADS] = {0xff5b8cff, 0xff4aa8f0, 0xff3fbfd4, 0xff46c99b, 0xff93cf62, 0xfff0bd49, 0xfff0925a, 0xffe66f7f};
    static const char *const names[PADS] = {"A4", "B4", "C♯5", "D5", "E5", "F♯5", "G♯5", "A5"};
    uint64_t now = now_ns();
    struct rect a = app_area();
    fill(c, screen_area(), 0xfff4f6fa);
    text_draw(c, dp(20), a.y0 + dp(52), "Sound", -1, dp(28), REGULAR, 0xff1d2433);
    for (int i = 0; i < PADS; i++) {
        struct rect r = pad(i);
        double glow = lit_until[i] > now ? (double)(lit_until[i] - now) / 250e6 : 0;
        fill_round(c, r, dp(22), mix(colors[i], 0xffffffff, glow * 0.55));
        text_center(c, (r.x0 + r.x1) / 2.0, (r.y0 + r.y1) / 2.0 + dp(8), names[i], dp(22), MEDIUM, 0xffffffff);
    }
}

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = r.x0, y = r.y0;
    fill_gradient(c, r, r, 0xfff2a65a, 0xffe0663f);
    static const double bars[] = {0.16, 0.34, 0.22, 0.42, 0.26};
    for (int i = 0; i < 5; i++) line(c, x + w * (0.26 + 0.12 * i), y + w * (0.5 - bars[i] / 2), x + w * (0.26 + 0.12 * i), y + w * (0.5 + bars[i] / 2), w * 0.06, 0xffffffff);
}

struct app app_sound = {.package = "com.ancloud.sound", .activity = ".MainActivity", .label = "Sound", .bar = 0xfff4f6fa,
                        .motion = motion, .tick = tick, .draw = draw, .icon = icon};
