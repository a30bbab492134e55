// Latency: every finger that goes down flips the whole screen, which then shows when the finger was injected.
#include <stdio.h>

#include "pattern.h"
#include "ui.h"

static uint32_t touches, ms;

static void opened(void)
{
    touches = 0;
    ms = 0;
}

static void motion(const struct win_motion *m)
{
    if (m->action != MOTION_DOWN && m->action != MOTION_POINTER_DOWN) return;
    touches++;
    ms = ms_of(m->ns);
    display_damage_all();
}

static void draw(struct canvas *c)
{
    char text[64];
    bool odd = touches & 1;
    double y = display.height * 0.62;
    fill(c, screen_area(), odd ? 0xffff00ff : 0xff00ff00);
    pattern_draw(c, PATTERN_LATENCY, odd, touches, ms);
    snprintf(text, sizeof text, touches == 1 ? "%u touch" : "%u touches", touches);
    text_center(c, display.width / 2.0, y, text, dp(30), MEDIUM, odd ? 0xffffffff : 0xff063a06);
    text_center(c, display.width / 2.0, y + dp(34), "Touch anywhere", dp(16), REGULAR, odd ? 0xffffffff : 0xff063a06);
}

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = (r.x0 + r.x1) / 2.0, y = (r.y0 + r.y1) / 2.0 + w * 0.03;
    fill_gradient(c, r, r, 0xff24b47e, 0xff127a58);
    ring(c, x, y, w * 0.24, w * 0.06, 0xffffffff);
    line(c, x, y, x + w * 0.09, y - w * 0.11, w * 0.06, 0xffffffff);
    line(c, x - w * 0.06, y - w * 0.35, x + w * 0.06, y - w * 0.35, w * 0.06, 0xffffffff);
}

struct app app_latency = {.package = "com.ancloud.latency", .activity = ".MainActivity", .label = "Latency", .full_screen = true,
                          .open = opened, .motion = motion, .draw = draw, .icon = icon};
