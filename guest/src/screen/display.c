// The display: how large, which way round, on or off, and which parts of it must be drawn again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "prop/prop.h"
#include "ui.h"

#define DAMAGES 6

struct display display;
static struct screen shared;
static struct canvas canvas;     // the picture being made; frames are copied from it, rectangle by rectangle
static struct rect damage[DAMAGES], last_frame_damage;
static int damages;
static uint32_t generation;
static bool geometry_changed = true;

static long area(struct rect r) { return (long)(r.x1 - r.x0) * (r.y1 - r.y0); }

void display_damage(struct rect r)
{
    r = rect_cross(r, screen_area());
    if (rect_empty(r)) return;
    for (int i = 0; i < damages;) {
        struct rect u = rect_union(damage[i], r);
        // Two rectangles become one when that draws hardly more than both would.
        if (area(u) <= (area(damage[i]) + area(r)) * 5 / 4) {
            r = u;
            damage[i] = damage[--damages];
            i = 0;
        } else {
            i++;
        }
    }
    if (damages == DAMAGES) {
        while (damages) r = rect_union(r, damage[--damages]);
    }
    damage[damages++] = r;
}

void display_damage_all(void) { display_damage(screen_area()); }
bool display_damaged(void) { return damages > 0 || geometry_changed; }
uint32_t display_serial(void) { return atomic_load(&shared.head->serial); }
struct rect screen_area(void) { return (struct rect){0, 0, display.width, display.height}; }

double dp(double n)
{
    int side = display.width < display.height ? display.width : display.height;
    double scale = display.density / 160.0;
    // A screen of fewer than 320 dp would leave layouts no room; there everything is drawn smaller instead.
    if (side / scale < 320) scale = side / 320.0;
    return n * scale;
}

static void relayout(void)
{
    int w = display.set_width ? display.set_width : display.natural_width;
    int h = display.set_height ? display.set_height : display.natural_height;
    display.width = display.rotation & 1 ? h : w;
    display.height = display.rotation & 1 ? w : h;
    display.density = display.set_density ? display.set_density : display.natural_density;
    shared.head->density = (uint32_t)display.density;
    uint32_t *px = malloc((size_t)display.width * display.height * 4);
    if (!px) abort();
    free(canvas.px);
    canvas = (struct canvas){px, display.width, display.height, screen_area()};
    damages = 0;
    geometry_changed = true;
    input_cancel();
    apps_resized();
    display_damage_all();
}

int display_start(void)
{
    display.natural_width = prop_get_int("ro.boot.redroid_width", 720);
    display.natural_height = prop_get_int("ro.boot.redroid_height", 1280);
    display.natural_density = prop_get_int("ro.boot.redroid_dpi", 320);
    display.fps = prop_get_int("ro.boot.redroid_fps", 60);
    if (display.natural_width < SCREEN_MIN || display.natural_width > SCREEN_MAX || display.natural_height < SCREEN_MIN ||
        display.natural_height > SCREEN_MAX) {
        complain("androidboot.redroid_width x _height is %dx%d; each must be %d..%d. Using 720x1280.",
                display.natural_width, display.natural_height, SCREEN_MIN, SCREEN_MAX);
        display.natural_width = 720;
        display.natural_height = 1280;
    }
    if (display.natural_density < 72 || display.natural_density > 960) display.natural_density = 320;
    if (display.fps < 1 || display.fps > 120) display.fps = 60;
    if (screen_create(&shared) < 0) {
        complain("creating %s/ancloud-screen: %s", guest_dev(), strerror(errno));
        return -1;
    }
    uint32_t last = atomic_load(&shared.head->serial);
    generation = last ? shared.head->frames[last % SCREEN_HISTORY].generation : 0;
    display.awake = display.panel_on = true;
    const char *forced = setting_get(SETTINGS_GLOBAL, "display_size_forced");
    int w, h;
    if (forced && sscanf(forced, "%d,%d", &w, &h) == 2 && w >= SCREEN_MIN && h >= SCREEN_MIN && w <= SCREEN_MAX && h <= SCREEN_MAX) {
        display.set_width = w;
        display.set_height = h;
    }
    int dpi = setting_get_int(SETTINGS_SECURE, "display_density_forced", 0);
    if (dpi >= 72 && dpi <= 960) display.set_density = dpi;
    display.locked = setting_get_int(SETTINGS_SYSTEM, "accelerometer_rotation", 0) == 0;
    display.rotation = display.locked ? setting_get_int(SETTINGS_SYSTEM, "user_rotation", 0) & 3 : 0;
    relayout();
    return 0;
}

// Memory behind the picture in the buffer that is drawn next: what a larger picture used is returned to the system.
static void give_back(uint32_t serial)
{
    static uint32_t seen[2];
    if (seen[serial & 1] == generation) return;
    seen[serial & 1] = generation;
    size_t used = ((size_t)display.width * (size_t)display.height * 4 + 4095) & ~(size_t)4095;
    uint8_t *buffer = shared.base + SCREEN_HEADER + (serial & 1) * SCREEN_BUFFER;
    if (used < SCREEN_BUFFER) madvise(buffer + used, SCREEN_BUFFER - used, MADV_REMOVE);
}

void display_draw(uint64_t ns)
{
    struct rect all = screen_area(), sum = {0, 0, 0, 0};
    for (int i = 0; i < damages; i++) {
        canvas.clip = rect_cross(damage[i], all);
        if (display.awake) {
            apps_draw(&canvas);
            bars_draw(&canvas);
        } else {
            fill(&canvas, all, 0xff000000);
        }
        sum = rect_union(sum, canvas.clip);
    }
    uint32_t serial = atomic_load(&shared.head->serial) + 1;
    if (!serial) serial = 1;
    if (geometry_changed) {
        generation++;
        sum = last_frame_damage = all;
    }
    atomic_store(&shared.head->drawing, serial);
    give_back(serial);
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t *to = (uint32_t *)(void *)(shared.base + SCREEN_HEADER + (serial & 1) * SCREEN_BUFFER);
    // This buffer holds frame serial - 2, so it lacks the damage of the frame before this one too.
    struct canvas out = {to, display.width, display.height, rect_union(sum, last_frame_damage)};
    blit(&out, 0, 0, canvas.px, canvas.w, canvas.h);
    shared.head->frames[serial % SCREEN_HISTORY] = (struct screen_frame){
        .serial = serial, .generation = generation, .width = (uint16_t)display.width, .height = (uint16_t)display.height,
        .rotation = (uint16_t)display.rotation, .awake = display.awake, .ns = ns, .damage = sum};
    atomic_store_explicit(&shared.head->serial, serial, memory_order_release);
    screen_wake(&shared);
    // The frame after a change of size must be copied whole as well: its buffer still has the old geometry.
    last_frame_damage = sum;
    geometry_changed = false;
    damages = 0;
}

int display_set_size(int width, int height)
{
    bool reset = !width && !height;
    if (!reset && (width < SCREEN_MIN || height < SCREEN_MIN || width > SCREEN_MAX || height > SCREEN_MAX)) {
        errno = EINVAL;
        return -1;
    }
    char value[32];
    snprintf(value, sizeof value, "%d,%d", width, height);
    setting_put(SETTINGS_GLOBAL, "display_size_forced", reset ? NULL : value);
    if (display.set_width == width && display.set_height == height) return 0;
    display.set_width = width;
    display.set_height = height;
    relayout();
    return 0;
}

int display_set_density(int dpi)
{
    if (dpi && (dpi < 72 || dpi > 960)) {
        errno = EINVAL;
        return -1;
    }
    char value[16];
    snprintf(value, sizeof value, "%d", dpi);
    setting_put(SETTINGS_SECURE, "display_density_forced", dpi ? value : NULL);
    if (display.set_density == dpi) return 0;
    display.set_density = dpi;
    relayout();
    return 0;
}

int display_rotate(int rotation)
{
    if (rotation < -2 || rotation > 3) {
        errno = EINVAL;
        return -1;
    }
    if (rotation == -2) {
        // Device.rotateDevice of scrcpy: freeze, and thaw again if it was free. A phone without a sensor stays as it was turned.
        rotation = (display.rotation & 1) ^ 1;
    } else {
        display.locked = rotation >= 0;
        setting_put(SETTINGS_SYSTEM, "accelerometer_rotation", display.locked ? "0" : "1");
        if (rotation < 0) rotation = 0;
    }
    char value[4];
    snprintf(value, sizeof value, "%d", rotation);
    setting_put(SETTINGS_SYSTEM, "user_rotation", value);
    if (display.rotation == rotation) return 0;
    display.rotation = rotation;
    relayout();
    return 0;
}

void display_set_power(enum win_power to)
{
    if (to == POWER_PANEL_OFF || to == POWER_PANEL_ON) {
        display.panel_on = to == POWER_PANEL_ON;
        return;
    }
    if (to == POWER_WAKE) display.panel_on = true;
    if (display.awake == (to == POWER_WAKE)) return;
    input_cancel();
    display.awake = to == POWER_WAKE;
    if (!display.awake) panel_show(0);
    display_damage_all();
}

struct rect app_area(void)
{
    struct app *a = app_front();
    return (struct rect){0, a && a->full_screen ? 0 : status_height(), display.width, display.height - nav_height()};
}
