// Paint: every finger leaves a trail of its own colour.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

#define PAPER 0xfffbfbf8

static const uint32_t inks[WIN_POINTERS] = {0xff3f6df6, 0xffe4574f, 0xff2fa36b, 0xfff0a93c, 0xff8f5fe0,
                                            0xff14a3b8, 0xffd94f93, 0xff7a8b2f, 0xff7b5a43, 0xff334155};
static struct canvas paper;  // owned while the app runs; as large as the screen
static struct { bool down; double x, y; } fingers[WIN_POINTERS];

static struct rect bar_area(void) { return (struct rect){0, app_area().y0, display.width, app_area().y0 + (int)dp(52)}; }
static struct rect clear_area(void)
{
    struct rect b = bar_area();
    return (struct rect){b.x1 - (int)dp(96), b.y0 + (int)dp(7), b.x1 - (int)dp(14), b.y1 - (int)dp(7)};
}
static double thick(void) { return dp(7); }

static void show(void)
{
    if (paper.px && paper.w == display.width && paper.h == display.height) return;
    struct canvas old = paper;
    size_t n = (size_t)display.width * display.height;
    paper = (struct canvas){malloc(n * 4), display.width, display.height, {0, 0, display.width, display.height}};
    if (!paper.px) abort();
    fill(&paper, paper.clip, PAPER);
    if (old.px) blit(&paper, 0, 0, old.px, old.w, old.h);
    free(old.px);
    memset(fingers, 0, sizeof fingers);
}

static void stop(void)
{
    free(paper.px);
    paper.px = NULL;
}

static void stroke(int id, double x, double y)
{
    double x0 = fingers[id].x, y0 = fingers[id].y, o = thick() / 2 + 2;
    line(&paper, x0, y0, x, y, thick(), inks[id]);
    display_damage((struct rect){(int)(fmin(x0, x) - o), (int)(fmin(y0, y) - o), (int)(fmax(x0, x) + o), (int)(fmax(y0, y) + o)});
    fingers[id].x = x;
    fingers[id].y = y;
}

static void lift(int id)
{
    fingers[id].down = false;
    display_damage(bar_area());
}

static void motion(const struct win_motion *m)
{
    if (m->action == MOTION_SCROLL || m->action >= MOTION_HOVER_MOVE) return;
    bool down = m->action == MOTION_DOWN || m->action == MOTION_POINTER_DOWN;
    for (int i = 0; i < m->count; i++) {
        int id = m->pointers[i].id;
        double x = (double)m->pointers[i].x, y = (double)m->pointers[i].y;
        if (id >= WIN_POINTERS) continue;
        if (down && i == (m->action == MOTION_DOWN ? 0 : m->index)) {
            if (m->action == MOTION_DOWN && rect_has(clear_area(), x, y)) {
                fill(&paper, paper.clip, PAPER);
                display_damage_all();
                continue;
            }
            fingers[id].down = true;
            fingers[id].x = x;
            fingers[id].y = y;
            display_damage(bar_area());
        }
        if (fingers[id].down) stroke(id, x, y);
        if (m->action == MOTION_POINTER_UP && i == m->index) lift(id);
    }
    if (m->action == MOTION_UP || m->action == MOTION_CANCEL)
        for (int id = 0; id < WIN_POINTERS; id++) lift(id);
}

static void draw(struct canvas *c)
{
    struct rect b = bar_area(), k = clear_area();
    blit(c, 0, 0, paper.px, paper.w, paper.h);
    fill(c, (struct rect){0, 0, display.width, b.y1}, 0xffffffff);
    fill(c, (struct rect){0, b.y1, display.width, b.y1 + 1}, 0xffe3e6ec);
    text_draw(c, dp(18), b.y0 + dp(33), "Paint", -1, dp(20), MEDIUM, 0xff1d2433);
    double x = dp(92), y = (b.y0 + b.y1) / 2.0;
    for (int i = 0; i < WIN_POINTERS; i++, x += dp(14))
        if (x < k.x0 - dp(10)) fill_circle(c, x, y, dp(fingers[i].down ? 5.5 : 2.6), fingers[i].down ? inks[i] : fade(inks[i], 0.55));
    fill_round(c, k, dp(19), 0xffe9edf5);
    text_center(c, (k.x0 + k.x1) / 2.0, (k.y0 + k.y1) / 2.0 + dp(5), "Clear", dp(14), MEDIUM, 0xff2b3750);
}

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = r.x0, y = r.y0;
    fill_gradient(c, r, r, 0xfffdfdfb, 0xffe9ecf3);
    line(c, x + w * 0.22, y + w * 0.70, x + w * 0.40, y + w * 0.44, w * 0.09, 0xff3f6df6);
    line(c, x + w * 0.40, y + w * 0.44, x + w * 0.56, y + w * 0.62, w * 0.09, 0xff2fa36b);
    line(c, x + w * 0.56, y + w * 0.62, x + w * 0.78, y + w * 0.28, w * 0.09, 0xffe4574f);
}

struct app app_paint = {.package = "com.ancloud.paint", .activity = ".MainActivity", .label = "Paint", .bar = PAPER,
                        .show = show, .stop = stop, .motion = motion, .draw = draw, .icon = icon};
