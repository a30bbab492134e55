// Status bar, navigation bar, the panel that is pulled down from the top, toasts.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ui.h"

#define TOAST_NS 1800000000ull

static int panel;                 // 0 none, 1 notifications, 2 quick settings
static int pressed = -1;          // navigation button held: 0 back, 1 home, 2 recents
static bool pulling;              // the gesture began on the status bar
static float pull_y;
static char toast_text[120], clock_text[8];
static uint64_t toast_end, minute_end;  // ns

int status_height(void) { return (int)dp(28); }
int nav_height(void) { return (int)dp(44); }

static struct rect nav_area(void) { return (struct rect){0, display.height - nav_height(), display.width, display.height}; }
static struct rect status_area(void) { return (struct rect){0, 0, display.width, status_height()}; }

static struct rect panel_area(void)
{
    int m = (int)dp(10), w = display.width - 2 * m, most = (int)dp(420);
    if (w > most) w = most;
    int h = (int)dp(panel == 2 ? 236 : 172), room = display.height - status_height() - nav_height() - m;
    return (struct rect){(display.width - w) / 2, status_height() + m / 2, (display.width + w) / 2, status_height() + m / 2 + (h < room ? h : room)};
}

static struct rect toast_area(void)
{
    int w = (int)(text_width(toast_text, -1, dp(14), REGULAR) + dp(40)), y = display.height - nav_height() - (int)dp(80);
    if (w > display.width) w = display.width;
    return (struct rect){(display.width - w) / 2, y, (display.width + w) / 2, y + (int)dp(42)};
}

static void local_clock(char *out, size_t n, const char *format)
{
    time_t t = time(NULL);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(out, n, format, &tm);
}

int panel_shown(void) { return panel; }

void panel_show(int which)
{
    if (panel == which) return;
    panel = which;
    display_damage_all();
}

void toast(const char *text)
{
    if (toast_end) display_damage(toast_area());
    snprintf(toast_text, sizeof toast_text, "%s", text);
    toast_end = now_ns() + TOAST_NS;
    display_damage(toast_area());
}

void bars_tick(uint64_t ns)
{
    char now[8];
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    minute_end = ns + (uint64_t)(60 - real.tv_sec % 60) * 1000000000u - (uint64_t)real.tv_nsec + 1000000u;
    local_clock(now, sizeof now, "%H:%M");
    if (strcmp(now, clock_text) != 0) {
        strcpy(clock_text, now);
        struct app *a = app_front();
        if (!(a && a->full_screen && !panel)) display_damage(status_area());
        if (panel) display_damage(panel_area());
        if (app_front() == &app_launcher) display_damage_all();
    }
    if (toast_end && ns >= toast_end) {
        display_damage(toast_area());
        toast_end = 0;
    }
}

uint64_t bars_next(void) { return toast_end && toast_end < minute_end ? toast_end : minute_end; }

static double nav_x(int i) { return display.width * (0.5 + (i - 1) * (display.width > display.height ? 0.16 : 0.29)); }

static void draw_nav(struct canvas *c, uint32_t ink)
{
    struct rect r = nav_area();
    double y = (r.y0 + r.y1) / 2.0, s = dp(6.5), w = dp(2);
    for (int i = 0; i < 3; i++)
        if (pressed == i) fill_round(c, (struct rect){(int)(nav_x(i) - dp(32)), r.y0 + (int)dp(5), (int)(nav_x(i) + dp(32)), r.y1 - (int)dp(5)}, dp(20), fade(ink, 0.14));
    line(c, nav_x(0) + s * 0.5, y - s, nav_x(0) - s * 0.6, y, w, ink);
    line(c, nav_x(0) - s * 0.6, y, nav_x(0) + s * 0.5, y + s, w, ink);
    ring(c, nav_x(1), y, s, w, ink);
    double x = nav_x(2), k = s * 0.85;
    line(c, x - k, y - k, x + k, y - k, w, ink);
    line(c, x + k, y - k, x + k, y + k, w, ink);
    line(c, x + k, y + k, x - k, y + k, w, ink);
    line(c, x - k, y + k, x - k, y - k, w, ink);
}

static void draw_status(struct canvas *c, uint32_t ink)
{
    double base = status_height() / 2.0 + dp(5), y = status_height() / 2.0, x = display.width - dp(16);
    text_draw(c, dp(16), base, clock_text, -1, dp(13.5), MEDIUM, ink);
    // battery, always full: a cloud phone hangs on the mains
    fill_round(c, (struct rect){(int)(x - dp(9)), (int)(y - dp(6)), (int)x, (int)(y + dp(6.5))}, dp(2), ink);
    fill_round(c, (struct rect){(int)(x - dp(6.4)), (int)(y - dp(7.6)), (int)(x - dp(2.6)), (int)(y - dp(5))}, dp(1), ink);
    x -= dp(23);
    // network: the container's veth, drawn as waves
    for (int i = 1; i <= 3; i++) arc(c, x, y + dp(5), dp(3.6 * i), dp(1.9), -0.125, 0.125, ink);
    fill_circle(c, x, y + dp(4.4), dp(1.7), ink);
}

static void draw_panel(struct canvas *c)
{
    struct rect r = panel_area();
    char text[64];
    fill(c, (struct rect){0, status_height(), display.width, display.height}, 0x66000000);
    shadow(c, r, dp(24), dp(16), 0x50000000);
    fill_round(c, r, dp(24), 0xfff7f8fb);
    local_clock(text, sizeof text, "%H:%M");
    text_draw(c, r.x0 + dp(22), r.y0 + dp(48), text, -1, dp(32), REGULAR, 0xff1d2433);
    local_clock(text, sizeof text, "%A, %-d %B");
    text_draw(c, r.x0 + dp(22), r.y0 + dp(72), text, -1, dp(14), REGULAR, 0xff5b6475);
    if (panel == 1) {
        text_draw(c, r.x0 + dp(22), r.y0 + dp(122), "No notifications", -1, dp(15), MEDIUM, 0xff1d2433);
        text_draw(c, r.x0 + dp(22), r.y0 + dp(144), "This phone runs on an ancloud host.", -1, dp(13), REGULAR, 0xff5b6475);
        return;
    }
    static const char *const names[] = {"Rotate", "Settings", "Sleep"};
    for (int i = 0; i < 3; i++) {
        double w = (r.x1 - r.x0 - dp(44) - dp(20)) / 3, x = r.x0 + dp(22) + i * (w + dp(10));
        fill_round(c, (struct rect){(int)x, r.y0 + (int)dp(96), (int)(x + w), r.y0 + (int)dp(160)}, dp(18), i ? 0xffe4e8f1 : 0xff3f6df6);
        text_center(c, x + w / 2, r.y0 + dp(133), names[i], dp(14), MEDIUM, i ? 0xff1d2433 : 0xffffffff);
    }
    snprintf(text, sizeof text, "Volume %d of 15", sound_volume());
    text_draw(c, r.x0 + dp(22), r.y0 + dp(190), text, -1, dp(13), REGULAR, 0xff5b6475);
    struct rect bar = {r.x0 + (int)dp(22), r.y0 + (int)dp(204), r.x1 - (int)dp(22), r.y0 + (int)dp(212)};
    fill_round(c, bar, dp(4), 0xffdfe4ee);
    bar.x1 = bar.x0 + (bar.x1 - bar.x0) * sound_volume() / 15;
    if (bar.x1 > bar.x0) fill_round(c, bar, dp(4), 0xff3f6df6);
}

static struct rect spots;  // around all fingers that are shown

void bars_touched(void)
{
    struct win_pointer p[WIN_POINTERS];
    struct rect now = {0, 0, 0, 0};
    int n = setting_get_int(SETTINGS_SYSTEM, "show_touches", 0) ? input_touches(p) : 0, r = (int)dp(17);
    for (int i = 0; i < n; i++) now = rect_union(now, (struct rect){(int)p[i].x - r, (int)p[i].y - r, (int)p[i].x + r, (int)p[i].y + r});
    display_damage(spots);
    display_damage(now);
    spots = now;
}

static void draw_touches(struct canvas *c)
{
    struct win_pointer p[WIN_POINTERS];
    int n = rect_empty(spots) ? 0 : input_touches(p);
    for (int i = 0; i < n; i++) {
        fill_circle(c, (double)p[i].x, (double)p[i].y, dp(14), 0x66ffffff);
        ring(c, (double)p[i].x, (double)p[i].y, dp(14), dp(1.6), 0x99303848);
    }
}

void bars_draw(struct canvas *c)
{
    struct app *a = app_front();
    bool light = !a || a->dark_bars;
    uint32_t ink = light ? 0xf2ffffff : 0xe01d2433;
    if (panel) draw_panel(c);
    if (c->clip.y0 < status_height() && !(a && a->full_screen && !panel)) draw_status(c, ink);
    if (c->clip.y1 > display.height - nav_height()) {
        if (a && a->bar) fill(c, nav_area(), a->bar);
        draw_nav(c, ink);
    }
    if (toast_end) {
        struct rect r = toast_area();
        fill_round(c, r, dp(21), 0xee262c38);
        text_center(c, (r.x0 + r.x1) / 2.0, r.y0 + dp(26), toast_text, dp(14), REGULAR, 0xffffffff);
    }
    draw_touches(c);
}

static void panel_tap(double x, double y)
{
    struct rect r = panel_area();
    if (!rect_has(r, x, y)) {
        panel_show(0);
    } else if (panel == 2 && y >= r.y0 + dp(96) && y < r.y0 + dp(160)) {
        int i = (int)((x - r.x0 - dp(22)) * 3 / (r.x1 - r.x0 - dp(44)));
        panel_show(0);
        if (i == 0) display_rotate(-2);
        else if (i == 1) app_start(&app_settings, false);
        else display_set_power(POWER_SLEEP);
    } else if (panel == 2 && y >= r.y0 + dp(190)) {
        sound_set_volume((int)((x - r.x0 - dp(22)) * 15 / (r.x1 - r.x0 - dp(44)) + 0.5));
        display_damage(r);
    }
}

static void press(int button)
{
    if (pressed == button) return;
    pressed = button;
    display_damage(nav_area());
}

static void nav_act(int button)
{
    if (button == 0) app_back();
    else if (button == 1) app_home();
    else if (button == 2) app_start(app_front() == &app_recents ? &app_launcher : &app_recents, false);
}

bool bars_motion(const struct win_motion *m)
{
    const struct win_pointer *p = &m->pointers[0];
    if (m->action == MOTION_DOWN) {
        struct app *a = app_front();
        pulling = p->y < status_height() && !(a && a->full_screen);
        pull_y = p->y;
        if (rect_has(nav_area(), p->x, p->y)) {
            for (int i = 0; i < 3; i++)
                if (fabs(p->x - nav_x(i)) < dp(44)) press(i);
            return true;
        }
        return pulling || panel;
    }
    if (pulling && m->action == MOTION_MOVE && !panel && p->y - pull_y > dp(24)) panel_show(p->x > display.width / 2.0f ? 2 : 1);
    if (m->action == MOTION_UP) {
        int button = pressed;
        press(-1);
        if (button >= 0 && rect_has(nav_area(), p->x, p->y)) nav_act(button);
        else if (panel && !pulling) panel_tap((double)p->x, (double)p->y);
    }
    if (m->action == MOTION_CANCEL) press(-1);
    return true;
}
