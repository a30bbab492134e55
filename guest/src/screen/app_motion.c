// Motion: a counter that grows with every frame, as pattern and as something pleasant to look at.
#include <math.h>
#include <stdio.h>

#include "pattern.h"
#include "ui.h"

#define BALLS 7

static uint32_t frames, fps_frames, fps;
static uint64_t began, now, fps_since;
static struct rect shown[BALLS];

static struct rect stage(void)
{
    struct rect p = pattern_area(), a = app_area();
    return (struct rect){0, p.y1 + (int)dp(12), display.width, a.y1};
}

static struct rect label_area(void)
{
    struct rect s = stage();
    return (struct rect){0, s.y0, display.width, s.y0 + (int)dp(44)};
}

// Where ball i is at time t: beads on one slow wave, each a little behind the one before.
static void ball_at(int i, double t, double *x, double *y, double *r)
{
    struct rect s = stage();
    double w = s.x1 - s.x0, top = label_area().y1, h = s.y1 - top, u = t * 0.9 - i * 0.32;
    *r = (h < w ? h : w) * (0.075 - 0.005 * i);
    *x = s.x0 + w / 2 + (w / 2 - *r * 1.4) * sin(u);
    *y = top + h / 2 + (h / 2 - *r * 1.4) * sin(u * 1.5 + 0.6);
}

static struct rect ball_box(int i)
{
    double x, y, r;
    ball_at(i, (double)(now - began) / 1e9, &x, &y, &r);
    return (struct rect){(int)(x - r - 2), (int)(y - r - 2), (int)(x + r + 3), (int)(y + r + 3)};
}

static void opened(void)
{
    frames = fps_frames = fps = 0;
    began = now = fps_since = now_ns();
}

static bool tick(uint64_t ns)
{
    frames++;
    now = ns;
    fps_frames++;
    if (ns - fps_since >= 1000000000u) {
        fps = (uint32_t)((uint64_t)fps_frames * 1000000000u / (ns - fps_since));
        fps_frames = 0;
        fps_since = ns;
        display_damage(label_area());
    }
    display_damage(pattern_area());
    for (int i = 0; i < BALLS; i++) {
        struct rect b = ball_box(i);
        display_damage(rect_union(shown[i], b));
        shown[i] = b;
    }
    return true;
}

static void draw(struct canvas *c)
{
    static const uint32_t colors[BALLS] = {0xff5b8cff, 0xff57a7f5, 0xff4fc3dc, 0xff55d3ac, 0xff9bd86a, 0xfff2c14e, 0xfff08a5d};
    char text[64];
    struct rect l = label_area();
    fill(c, screen_area(), 0xff12161f);
    pattern_draw(c, PATTERN_MOTION, (uint8_t)display.fps, frames, ms_of(now));
    snprintf(text, sizeof text, "%u frames per second", fps);
    if (fps) text_center(c, display.width / 2.0, l.y0 + dp(28), text, dp(15), REGULAR, 0xff9aa7bd);
    for (int i = BALLS - 1; i >= 0; i--) {
        double x, y, r;
        ball_at(i, (double)(now - began) / 1e9, &x, &y, &r);
        fill_circle(c, x, y, r, colors[i]);
    }
}

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = r.x0, y = r.y0;
    fill_gradient(c, r, r, 0xff3b4a8c, 0xff202a54);
    fill_circle(c, x + w * 0.30, y + w * 0.64, w * 0.10, 0xff55d3ac);
    fill_circle(c, x + w * 0.46, y + w * 0.46, w * 0.13, 0xff4fc3dc);
    fill_circle(c, x + w * 0.66, y + w * 0.38, w * 0.16, 0xff7ea6ff);
}

struct app app_motion = {.package = "com.ancloud.motion", .activity = ".MainActivity", .label = "Motion", .dark_bars = true, .bar = 0xff12161f,
                         .open = opened, .tick = tick, .draw = draw, .icon = icon};
