// The home screen: a wallpaper, the time, the apps; and recents, the apps that run.
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "ui.h"

static int pressed = -1;  // icon under the finger
static double down_x, down_y;

static void wallpaper(struct canvas *c)
{
    struct rect s = screen_area();
    double w = display.width, h = display.height, m = w < h ? w : h;
    fill_gradient(c, s, s, 0xff1b2a6b, 0xff2f7f95);
    fill_circle(c, w * 0.88, h * 0.10, m * 0.52, 0x1affffff);
    fill_circle(c, w * 0.08, h * 0.46, m * 0.62, 0x14ffffff);
    fill_circle(c, w * 0.86, h * 0.92, m * 0.74, 0x1a8ef0d0);
    fill_circle(c, w * 0.30, h * 1.04, m * 0.44, 0x1affd9a0);
}

static int shown_apps(void)
{
    int n = 0;
    while (apps[n] && !apps[n]->hidden) n++;
    return n;
}

// Icons stand in a grid below the clock; in landscape to the right of it.
static struct rect icon_box(int i)
{
    bool wide = display.width > display.height;
    struct rect a = app_area();
    int columns = 3, rows = (shown_apps() + columns - 1) / columns;
    double x0 = wide ? display.width * 0.42 : dp(16), x1 = display.width - dp(16), top = wide ? a.y0 : a.y0 + (a.y1 - a.y0) * 0.36;
    double cell_w = (x1 - x0) / columns, cell_h = (a.y1 - top) / (rows + (wide ? 0.2 : 0.6));
    if (cell_h > dp(124)) cell_h = dp(124);
    double size = fmin(fmin(dp(62), 250), fmin(cell_w * 0.66, cell_h * 0.62)), grid = cell_h * rows;
    double cx = x0 + cell_w * (i % columns + 0.5), cy = (wide ? (a.y0 + a.y1 - grid) / 2.0 : a.y1 - grid - dp(14)) + cell_h * (i / columns + 0.42);
    return (struct rect){(int)(cx - size / 2), (int)(cy - size / 2), (int)(cx - size / 2) + (int)size, (int)(cy - size / 2) + (int)size};
}

static struct rect icon_cell(int i)
{
    struct rect b = icon_box(i);
    int m = (int)dp(22);
    return (struct rect){b.x0 - m, b.y0 - (int)dp(8), b.x1 + m, b.y1 + (int)dp(28)};
}

// An app paints its icon as a square; the corners are then rounded against what was there before.
static void draw_icon(struct canvas *c, struct app *a, struct rect b)
{
    struct rect saved = c->clip, r = rect_cross(saved, b);
    if (rect_empty(r)) return;
    static uint32_t under[256 * 256];
    int w = b.x1 - b.x0;
    if (w > 256 || w < 8) return;
    for (int y = r.y0; y < r.y1; y++)
        for (int x = r.x0; x < r.x1; x++) under[(y - b.y0) * w + x - b.x0] = c->px[(size_t)y * c->w + x];
    c->clip = r;
    a->icon(c, b);
    double radius = w * 0.28, half = w / 2.0;
    for (int y = r.y0; y < r.y1; y++)
        for (int x = r.x0; x < r.x1; x++) {
            double qx = fmax(fabs(x + 0.5 - b.x0 - half) - half + radius, 0), qy = fmax(fabs(y + 0.5 - b.y0 - half) - half + radius, 0);
            double keep = 0.5 - (hypot(qx, qy) - radius);
            if (keep >= 1) continue;
            uint32_t *p = c->px + (size_t)y * c->w + x;
            *p = mix(under[(y - b.y0) * w + x - b.x0], *p, keep) & 0xffffff;
        }
    c->clip = saved;
}

static void draw(struct canvas *c)
{
    char text[64];
    time_t t = time(NULL);
    struct tm tm;
    struct rect a = app_area();
    bool wide = display.width > display.height;
    localtime_r(&t, &tm);
    wallpaper(c);
    double clock = fmin(dp(wide ? 60 : 76), (a.y1 - a.y0) * 0.2), x = wide ? display.width * 0.21 : display.width / 2.0;
    double y = wide ? (a.y0 + a.y1) / 2.0 : fmax(a.y0 + (a.y1 - a.y0) * 0.19, a.y0 + clock * 0.8);
    strftime(text, sizeof text, "%H:%M", &tm);
    text_center(c, x, y, text, clock, REGULAR, 0xffffffff);
    strftime(text, sizeof text, "%A, %-d %B", &tm);
    text_center(c, x, y + clock * 0.42, text, clock * 0.22, REGULAR, 0xd8ffffff);
    for (int i = 0; i < shown_apps(); i++) {
        struct rect b = icon_box(i);
        struct rect under = {b.x0, b.y0 + (int)dp(3), b.x1, b.y1 + (int)dp(3)};
        if (!rect_empty(rect_cross(c->clip, icon_cell(i)))) shadow(c, under, dp(17), dp(8), 0x38000018);
        draw_icon(c, apps[i], b);
        if (pressed == i) fill_round(c, b, (b.x1 - b.x0) * 0.28, 0x30000000);
        text_center(c, (b.x0 + b.x1) / 2.0, b.y1 + dp(21), apps[i]->label, dp(13.5), MEDIUM, 0xf4ffffff);
    }
}

static void press(int i)
{
    if (pressed == i) return;
    if (pressed >= 0) display_damage(icon_cell(pressed));
    if (i >= 0) display_damage(icon_cell(i));
    pressed = i;
}

static void motion(const struct win_motion *m)
{
    double x = (double)m->pointers[0].x, y = (double)m->pointers[0].y;
    if (m->action == MOTION_DOWN) {
        down_x = x;
        down_y = y;
        for (int i = 0; i < shown_apps(); i++)
            if (rect_has(icon_cell(i), x, y)) press(i);
    } else if (m->action == MOTION_MOVE) {
        if (hypot(x - down_x, y - down_y) > dp(14)) press(-1);
    } else if (m->action == MOTION_UP || m->action == MOTION_CANCEL) {
        int i = pressed;
        press(-1);
        if (i >= 0 && m->action == MOTION_UP) app_start(apps[i], false);
        else if (m->action == MOTION_UP && y - down_y > dp(60)) panel_show(1);
    }
}

static void hide(void) { pressed = -1; }
static void no_icon(struct canvas *c, struct rect r) { fill(c, r, 0xff2f7f95); }

struct app app_launcher = {.package = "com.ancloud.launcher", .activity = ".Home", .label = "Home", .dark_bars = true, .hidden = true,
                           .draw = draw, .motion = motion, .hide = hide, .icon = no_icon};

// ---- recents ----

static int running_apps(struct app *out[8])
{
    int n = 0;
    for (int i = 0; apps[i] && n < 8; i++) {
        if (apps[i]->hidden || !apps[i]->running) continue;
        int at = n++;
        for (; at > 0 && out[at - 1]->last_front < apps[i]->last_front; at--) out[at] = out[at - 1];
        out[at] = apps[i];
    }
    return n;
}

static struct rect card(int i)
{
    struct rect a = app_area();
    struct app *run[8];
    int m = (int)dp(20), gap = (int)dp(10), top = a.y0 + (int)dp(78), n = running_apps(run);
    int h = (int)dp(76), room = (a.y1 - gap - top) / (n ? n : 1) - gap, w = display.width - 2 * m, most = (int)dp(420);
    if (w > most) w = most;
    if (h > room) h = room;
    int y = top + i * (h + gap);
    return (struct rect){(display.width - w) / 2, y, (display.width + w) / 2, y + h};
}

static struct rect card_close(int i)
{
    struct rect r = card(i);
    return (struct rect){r.x1 - (int)dp(56), r.y0, r.x1, r.y1};
}

static void draw_recents(struct canvas *c)
{
    struct app *run[8];
    int n = running_apps(run);
    wallpaper(c);
    fill(c, screen_area(), 0x66101830);
    text_draw(c, card(0).x0 + dp(4), app_area().y0 + dp(56), n ? "Running" : "Nothing is running", -1, dp(24), REGULAR, 0xffffffff);
    for (int i = 0; i < n; i++) {
        struct rect r = card(i);
        double unit = (r.y1 - r.y0) / 76.0;  // a card is 76 units high
        struct rect b = {r.x0 + (int)(14 * unit), r.y0 + (int)(14 * unit), r.x0 + (int)(62 * unit), r.y0 + (int)(62 * unit)};
        fill_round(c, r, 22 * unit, 0xf6f7f8fb);
        draw_icon(c, run[i], b);
        text_draw(c, b.x1 + dp(14), r.y0 + 36 * unit, run[i]->label, -1, 16 * unit, MEDIUM, 0xff1d2433);
        text_draw(c, b.x1 + dp(14), r.y0 + 56 * unit, run[i]->package, -1, 12.5 * unit, REGULAR, 0xff6a7486);
        struct rect x = card_close(i);
        double cx = (x.x0 + x.x1) / 2.0, cy = (x.y0 + x.y1) / 2.0, k = dp(6);
        line(c, cx - k, cy - k, cx + k, cy + k, dp(2), 0xff6a7486);
        line(c, cx - k, cy + k, cx + k, cy - k, dp(2), 0xff6a7486);
    }
}

static void recents_motion(const struct win_motion *m)
{
    struct app *run[8];
    int n = running_apps(run);
    double x = (double)m->pointers[0].x, y = (double)m->pointers[0].y;
    if (m->action != MOTION_UP) return;
    for (int i = 0; i < n; i++) {
        if (rect_has(card_close(i), x, y)) {
            app_stop(run[i]);
            display_damage_all();
            return;
        }
        if (rect_has(card(i), x, y)) {
            app_start(run[i], false);
            return;
        }
    }
    app_home();
}

struct app app_recents = {.package = "com.ancloud.launcher.recents", .activity = ".Recents", .label = "Recents", .dark_bars = true, .hidden = true,
                          .draw = draw_recents, .motion = recents_motion, .icon = no_icon};
