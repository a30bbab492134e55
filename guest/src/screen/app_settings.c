// Settings: what this phone is, how large it is, which way round.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "prop/prop.h"
#include "ui.h"

enum { BUTTONS = 6 };

static struct { int width, height; const char *label; } const sizes[] = {{0, 0, "Standard"}, {1080, 1920, "1080 × 1920"}, {540, 960, "540 × 960"}, {800, 1280, "800 × 1280"}};
static double scroll, down_x, down_y, down_scroll;
static bool moved;
static int pressed = -1;

static double content_height(void) { return dp(700); }

static void clamp(void)
{
    struct rect a = app_area();
    double most = content_height() - (a.y1 - a.y0);
    scroll = scroll > most ? most : scroll;
    scroll = scroll < 0 ? 0 : scroll;
}

static double row_y(double at) { return app_area().y0 + dp(at) - scroll; }

// 0 rotate, 1 free/lock, then the sizes.
static struct rect button(int i)
{
    int m = (int)dp(16), w = (display.width - 3 * m) / 2, most = (int)dp(220);
    if (w > most) w = most;
    static const double at[BUTTONS] = {376, 376, 476, 476, 528, 528};
    int x = m + (i % 2) * (w + m), y = (int)row_y(at[i]);
    return (struct rect){x, y, x + w, y + (int)dp(44)};
}

static void label_of(int i, char *out, size_t n)
{
    if (i == 0) snprintf(out, n, "Rotate");
    else if (i == 1) snprintf(out, n, display.locked ? "Auto-rotate: off" : "Auto-rotate: on");
    else snprintf(out, n, "%s", sizes[i - 2].label);
}

static void row(struct canvas *c, double at, const char *name, const char *value)
{
    double y = row_y(at), size = dp(15);
    char cut[96];
    snprintf(cut, sizeof cut, "%s", value);
    while (strlen(cut) > 3 && text_width(cut, -1, size, REGULAR) > display.width - dp(150)) strcpy(cut + strlen(cut) - 4, "…");
    text_draw(c, dp(32), y + dp(29), name, -1, size, REGULAR, 0xff5b6475);
    text_draw(c, display.width - dp(32) - text_width(cut, -1, size, REGULAR), y + dp(29), cut, -1, size, REGULAR, 0xff1d2433);
}

static void card(struct canvas *c, double from, double to)
{
    fill_round(c, (struct rect){(int)dp(16), (int)row_y(from), display.width - (int)dp(16), (int)row_y(to)}, dp(20), 0xffffffff);
}

static void draw(struct canvas *c)
{
    static const struct { const char *prop, *name, *missing; } about[] = {
        {"ro.product.model", "Model", "ancloud"}, {"ro.build.version.release", "Android", "reference guest"}, {"ro.build.id", "Build", "–"},
        {"ro.hardware", "Hardware", "–"}};
    char value[PROP_VALUE_MAX];
    fill(c, screen_area(), 0xfff1f3f8);
    struct rect saved = c->clip;
    c->clip = rect_cross(c->clip, app_area());
    if (rect_empty(c->clip)) c->clip = (struct rect){0, 0, 0, 0};
    text_draw(c, dp(24), row_y(52), "Settings", -1, dp(28), REGULAR, 0xff1d2433);
    card(c, 76, 76 + 4 * 44 + 8);
    for (int i = 0; i < 4; i++) {
        if (prop_get(about[i].prop, value, sizeof value) <= 0) snprintf(value, sizeof value, "%s", about[i].missing);
        row(c, 80 + i * 44, about[i].name, value);
    }
    text_draw(c, dp(28), row_y(296), "Display", -1, dp(15), MEDIUM, 0xff3f6df6);
    snprintf(value, sizeof value, "%d × %d, %d dpi, %d fps, turned %d°", display.width, display.height, display.density, display.fps, display.rotation * 90);
    text_draw(c, dp(28), row_y(322), value, -1, dp(14), REGULAR, 0xff5b6475);
    text_draw(c, dp(28), row_y(358), "Orientation", -1, dp(15), MEDIUM, 0xff1d2433);
    text_draw(c, dp(28), row_y(458), "Size", -1, dp(15), MEDIUM, 0xff1d2433);
    for (int i = 0; i < BUTTONS; i++) {
        char text[48];
        struct rect b = button(i);
        bool on = i >= 2 && display.set_width == sizes[i - 2].width && display.set_height == sizes[i - 2].height;
        label_of(i, text, sizeof text);
        fill_round(c, b, dp(22), pressed == i ? 0xffcdd8f6 : on ? 0xff3f6df6 : 0xffffffff);
        text_center(c, (b.x0 + b.x1) / 2.0, (b.y0 + b.y1) / 2.0 + dp(5), text, dp(14.5), MEDIUM, on && pressed != i ? 0xffffffff : 0xff2b3750);
    }
    text_draw(c, dp(28), row_y(616), "Volume", -1, dp(15), MEDIUM, 0xff1d2433);
    struct rect bar = {(int)dp(28), (int)row_y(636), display.width - (int)dp(28), (int)row_y(644)};
    fill_round(c, bar, dp(4), 0xffd8deea);
    bar.x1 = bar.x0 + (bar.x1 - bar.x0) * sound_volume() / 15;
    fill_round(c, bar, dp(4), 0xff3f6df6);
    fill_circle(c, bar.x1, (bar.y0 + bar.y1) / 2.0, dp(9), 0xff3f6df6);
    c->clip = saved;
}

static void act(int i)
{
    if (i == 0) display_rotate(-2);
    else if (i == 1) display_rotate(display.locked ? -1 : display.rotation);
    else display_set_size(sizes[i - 2].width, sizes[i - 2].height);
    display_damage_all();
}

static void motion(const struct win_motion *m)
{
    double x = (double)m->pointers[0].x, y = (double)m->pointers[0].y;
    if (m->action == MOTION_SCROLL) {
        scroll -= (double)m->vscroll * dp(48);
        clamp();
        display_damage_all();
    } else if (m->action == MOTION_DOWN) {
        down_x = x;
        down_y = y;
        down_scroll = scroll;
        moved = false;
        for (int i = 0; i < BUTTONS; i++)
            if (rect_has(button(i), x, y)) pressed = i;
        display_damage_all();
    } else if (m->action == MOTION_MOVE && (moved || hypot(x - down_x, y - down_y) > dp(10))) {
        moved = true;
        pressed = -1;
        scroll = down_scroll - (y - down_y);
        clamp();
        display_damage_all();
    } else if (m->action == MOTION_UP || m->action == MOTION_CANCEL) {
        int i = pressed;
        pressed = -1;
        display_damage_all();
        if (m->action == MOTION_UP && !moved && i >= 0) act(i);
        else if (m->action == MOTION_UP && !moved && y > row_y(620) && y < row_y(664))
            sound_set_volume((int)((x - dp(28)) * 15 / (display.width - dp(56)) + 0.5));
    }
}

static void icon(struct canvas *c, struct rect r)
{
    double w = r.x1 - r.x0, x = (r.x0 + r.x1) / 2.0, y = (r.y0 + r.y1) / 2.0;
    fill_gradient(c, r, r, 0xff7a879c, 0xff515d72);
    for (int i = 0; i < 8; i++) {
        double a = i * M_PI / 4;
        line(c, x + cos(a) * w * 0.2, y + sin(a) * w * 0.2, x + cos(a) * w * 0.27, y + sin(a) * w * 0.27, w * 0.1, 0xffffffff);
    }
    ring(c, x, y, w * 0.165, w * 0.11, 0xffffffff);
}

struct app app_settings = {.package = "com.ancloud.settings", .activity = ".MainActivity", .label = "Settings", .bar = 0xfff1f3f8,
                           .show = clamp, .motion = motion, .draw = draw, .icon = icon};
