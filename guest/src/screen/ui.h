// What system_server's parts share. Everything runs on one thread, in the loop of server.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canvas.h"
#include "window.h"

// ---- display (display.c): size, rotation, power, what must be drawn again ----

struct display {
    int width, height;               // as displayed
    int rotation;                    // Surface.ROTATION_*
    bool locked;                     // user rotation is fixed
    int density;                     // dpi
    int natural_width, natural_height, natural_density;
    int set_width, set_height, set_density;  // overrides of wm, 0 = none
    bool awake, panel_on;
    int fps;
};
extern struct display display;       // read anywhere; changed by the display_* functions only

int display_start(void);             // reads properties and settings, creates the shared picture; 0 or -1 (said on stderr)
void display_damage(struct rect r);  // must be drawn with the next frame
void display_damage_all(void);
bool display_damaged(void);
void display_draw(uint64_t ns);      // draws what is damaged and publishes a frame
uint32_t display_serial(void);
int display_set_size(int width, int height);    // 0x0 resets; -1 EINVAL outside 240..2560
int display_set_density(int dpi);               // 0 resets; -1 EINVAL outside 72..960
int display_rotate(int rotation);               // see WIN_ROTATE
void display_set_power(enum win_power to);
double dp(double n);                 // density-independent pixels → pixels
struct rect app_area(void);          // the part of the screen an app that is not full-screen may use
struct rect screen_area(void);

// ---- apps ----

struct app {
    const char *package, *activity, *label;
    bool full_screen;                // covers the status bar
    bool dark_bars;                  // light text in status and navigation bar
    bool hidden;                     // not an icon in the launcher
    void (*open)(void);              // fresh start: state as new
    void (*stop)(void);              // force-stop: gives everything back
    void (*show)(void);              // comes to the front, or the size changed while in front
    void (*hide)(void);
    void (*draw)(struct canvas *c);
    void (*motion)(const struct win_motion *m);
    bool (*key)(const struct win_key *k);  // true: used
    void (*text)(const char *utf8);
    bool (*tick)(uint64_t ns);       // before each frame while in front; true: animate on
    uint64_t (*wake)(void);          // ns when tick wants to be called though nothing happens; UINT64_MAX: never
    void (*icon)(struct canvas *c, struct rect r);
    bool (*copy)(bool cut);          // COPY and CUT keys
    uint32_t bar;                    // colour behind the navigation bar
    // owned by apps.c
    bool running;
    uint64_t last_front;             // ns, for recents
};
extern struct app app_launcher, app_recents, app_paint, app_notes, app_motion, app_latency, app_sound, app_settings;

extern struct app *const apps[];     // NULL-terminated, launcher order
struct app *app_front(void);
struct app *app_find(const char *package);
struct app *app_by_activity(const char *component);  // "pkg/.Activity" or "pkg"
void app_start(struct app *a, bool stop_first);
void app_stop(struct app *a);
void app_home(void);
void app_back(void);
void app_types(bool shown);          // the app in front wants text, or no more: where Android would show or hide its keyboard
bool app_typing(void);
void apps_resized(void);
void apps_draw(struct canvas *c);

// ---- input (input.c) ----

void input_motion(const struct win_motion *m);
void input_key(const struct win_key *k);
void input_text(const char *utf8);
void input_cancel(void);             // ends the gesture in flight with CANCEL (the window below it changed)
int input_touches(struct win_pointer out[WIN_POINTERS]);  // the fingers that are down; how many
size_t input_dump(char *out, size_t n);
uint32_t key_char(int code, int meta);  // what a key types, 0 = nothing

// ---- system bars, panels, toasts (bars.c) ----

void bars_draw(struct canvas *c);
bool bars_motion(const struct win_motion *m);  // true: taken
void bars_tick(uint64_t ns);
uint64_t bars_next(void);            // ns when bars_tick wants to be called, UINT64_MAX = never
void bars_touched(void);             // fingers have moved: the setting show_touches draws them
void panel_show(int which);          // 0 none, 1 notifications, 2 quick settings
int panel_shown(void);
void toast(const char *text);
int status_height(void), nav_height(void);

// ---- clipboard, settings, sound ----

const char *clip_get(void);          // NULL = nothing was ever copied
// false: it holds that already. Every watcher is told but those of process except_pid, which sets it; 0: all are.
bool clip_set(const char *text, size_t n, int except_pid);
void clients_notify(int type, const char *text, size_t n, int except_pid);  // server.c

enum { SETTINGS_SYSTEM, SETTINGS_SECURE, SETTINGS_GLOBAL };
const char *setting_get(int table, const char *key);               // NULL = not set
int setting_get_int(int table, const char *key, int fallback);
int setting_put(int table, const char *key, const char *value);    // value NULL deletes; -1 EINVAL, ENOSPC
void settings_load(void);
int settings_request(const char *text, char *out, size_t n);       // "get|put|delete|list table …"; 0 or an errno

void sound_beep(double hertz, int ms);
uint64_t sound_tick(uint64_t ns);    // writes what is due; ns of the next call, UINT64_MAX = silent
int sound_volume(void);              // 0..15
void sound_set_volume(int v);

void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));  // an error, to logcat and stderr (server.c)
size_t dump(const char *what, char *out, size_t n);                // dump.c
void pattern_draw(struct canvas *c, uint8_t kind, uint8_t aux, uint32_t value, uint32_t ms);
struct rect pattern_area(void);      // with its quiet border

static inline uint32_t ms_of(uint64_t ns) { return (uint32_t)(ns / 1000000u); }
