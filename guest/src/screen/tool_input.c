// input [source] [-d display] command …, after frameworks/base/services/core/…/InputShellCommand.java
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tools.h"
#include "window.h"

static const char usage[] =
    "Usage: input [<source>] [-d DISPLAY_ID] <command> [<arg>...]\n\nThe sources are: touchscreen mouse keyboard …\n\nThe commands and default sources are:\n"
    "      text <string> (Default: touchscreen)\n      keyevent [--longpress|--doubletap] <key code number or name> ... (Default: keyboard)\n"
    "      tap <x> <y> (Default: touchscreen)\n      swipe <x1> <y1> <x2> <y2> [duration(ms)] (Default: touchscreen)\n"
    "      draganddrop <x1> <y1> <x2> <y2> [duration(ms)] (Default: touchscreen)\n      press (Default: trackball)\n      roll <dx> <dy> (Default: trackball)\n"
    "      motionevent <DOWN|UP|MOVE|CANCEL> <x> <y> (Default: touchscreen)\n      scroll <x> <y> [--axis VSCROLL,<v>] (Default: mouse)\n";

static const struct { const char *name; int code; } keys[] = {
    {"HOME", 3}, {"BACK", 4}, {"CALL", 5}, {"ENDCALL", 6}, {"STAR", 17}, {"POUND", 18}, {"DPAD_UP", 19}, {"DPAD_DOWN", 20}, {"DPAD_LEFT", 21},
    {"DPAD_RIGHT", 22}, {"DPAD_CENTER", 23}, {"VOLUME_UP", 24}, {"VOLUME_DOWN", 25}, {"POWER", 26}, {"CAMERA", 27}, {"CLEAR", 28}, {"COMMA", 55},
    {"PERIOD", 56}, {"ALT_LEFT", 57}, {"ALT_RIGHT", 58}, {"SHIFT_LEFT", 59}, {"SHIFT_RIGHT", 60}, {"TAB", 61}, {"SPACE", 62}, {"ENTER", 66},
    {"DEL", 67}, {"GRAVE", 68}, {"MINUS", 69}, {"EQUALS", 70}, {"LEFT_BRACKET", 71}, {"RIGHT_BRACKET", 72}, {"BACKSLASH", 73}, {"SEMICOLON", 74},
    {"APOSTROPHE", 75}, {"SLASH", 76}, {"AT", 77}, {"PLUS", 81}, {"MENU", 82}, {"NOTIFICATION", 83}, {"SEARCH", 84}, {"PAGE_UP", 92},
    {"PAGE_DOWN", 93}, {"ESCAPE", 111}, {"FORWARD_DEL", 112}, {"CTRL_LEFT", 113}, {"CTRL_RIGHT", 114}, {"CAPS_LOCK", 115}, {"MOVE_HOME", 122},
    {"MOVE_END", 123}, {"VOLUME_MUTE", 164}, {"APP_SWITCH", 187}, {"SLEEP", 223}, {"WAKEUP", 224}, {"CUT", 277}, {"COPY", 278}, {"PASTE", 279}};

static int key_code(const char *name)
{
    char *end;
    long n = strtol(name, &end, 10);
    if (*name && !*end) return n >= 0 && n < 1000 ? (int)n : -1;
    if (strncasecmp(name, "KEYCODE_", 8) == 0) name += 8;
    if (strlen(name) == 1 && ((*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z'))) return 29 + (*name | 32) - 'a';
    if (strlen(name) == 1 && *name >= '0' && *name <= '9') return 7 + *name - '0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcasecmp(name, keys[i].name) == 0) return keys[i].code;
    return -1;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) < 0 && errno == EINTR) {}
}

static int motion(int fd, int source, int action, double x, double y)
{
    struct win_motion m = {.head.type = WIN_MOTION, .action = action, .source = source, .count = 1, .ns = now_ns(),
                           .pointers = {{0, (float)x, (float)y, action == MOTION_UP ? 0 : 1}}};
    return window_call(fd, &m, sizeof m, NULL, 0, NULL, NULL) < 0 ? fail("input") : 0;
}

static int key(int fd, int code, int hold_ms)
{
    struct win_key k = {.head.type = WIN_KEY, .code = code};
    if (window_call(fd, &k, sizeof k, NULL, 0, NULL, NULL) < 0) return fail("input");
    pause_ms(hold_ms);
    k.action = 1;
    return window_call(fd, &k, sizeof k, NULL, 0, NULL, NULL) < 0 ? fail("input") : 0;
}

static int swipe(int fd, int source, const double p[4], long ms)
{
    uint64_t began = now_ns();
    if (motion(fd, source, MOTION_DOWN, p[0], p[1])) return 1;
    for (;;) {
        double t = (double)(now_ns() - began) / 1e6 / (double)(ms > 0 ? ms : 1);
        if (t >= 1) break;
        if (motion(fd, source, MOTION_MOVE, p[0] + (p[2] - p[0]) * t, p[1] + (p[3] - p[1]) * t)) return 1;
        pause_ms(5);
    }
    return motion(fd, source, MOTION_MOVE, p[2], p[3]) || motion(fd, source, MOTION_UP, p[2], p[3]);
}

static int type_text(int fd, const char *arg)
{
    // %s stands for a blank, as in Android, where the shell would split on real ones.
    char *text = strdup(arg), *o = text;
    if (!text) return fail("input");
    for (const char *s = arg; *s; s++) {
        if (s[0] == '%' && s[1] == 's') {
            *o++ = ' ';
            s++;
        } else {
            *o++ = *s;
        }
    }
    struct win_head q = {.type = WIN_INPUT_TEXT};
    int r = window_call(fd, &q, sizeof q, text, (size_t)(o - text), NULL, NULL);
    free(text);
    return r < 0 ? fail("input") : 0;
}

// Numbers of argv[from..from+n) into out. -1 when one is not a number.
static int numbers(char **argv, int from, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        char *end;
        out[i] = strtod(argv[from + i], &end);
        if (!*argv[from + i] || *end || !isfinite(out[i])) {
            fprintf(stderr, "Error: Invalid arguments for command: %s is not a number\n", argv[from + i]);
            return -1;
        }
    }
    return 0;
}

static int keyevent(int fd, int argc, char **argv)
{
    int hold = 0, from = 2, times = 1;
    for (; from < argc && strncmp(argv[from], "--", 2) == 0; from++) {
        if (strcmp(argv[from], "--longpress") == 0) hold = 500;
        else if (strcmp(argv[from], "--doubletap") == 0) times = 2;
    }
    if (from >= argc) return fputs(usage, stderr), 1;
    for (int i = from; i < argc; i++) {
        int code = key_code(argv[i]);
        if (code < 0) return fprintf(stderr, "Error: Unknown keycode: %s\n", argv[i]), 1;
        for (int t = 0; t < times; t++)
            if (key(fd, code, hold)) return 1;
    }
    return 0;
}

int tool_input(int argc, char **argv)
{
    static const char *const sources[] = {"touchscreen", "mouse", "keyboard", "dpad", "gamepad", "touchpad", "trackball", "stylus", "joystick", "touchnavigation"};
    int source = SOURCE_TOUCHSCREEN;
    double p[5];
    for (size_t i = 0; argc > 1 && i < sizeof sources / sizeof *sources; i++)
        if (strcmp(argv[1], sources[i]) == 0) {
            if (i == 1) source = SOURCE_MOUSE;
            argc--, argv++;
            break;
        }
    if (argc > 2 && strcmp(argv[1], "-d") == 0) argc -= 2, argv += 2;
    const char *what = argc > 1 ? argv[1] : "";
    int fd = system_server();
    if (strcmp(what, "text") == 0 && argc == 3) return type_text(fd, argv[2]);
    if (strcmp(what, "keyevent") == 0) return keyevent(fd, argc, argv);
    if (strcmp(what, "tap") == 0 && argc == 4)
        return numbers(argv, 2, 2, p) < 0 || motion(fd, source, MOTION_DOWN, p[0], p[1]) || motion(fd, source, MOTION_UP, p[0], p[1]);
    if (strcmp(what, "swipe") == 0 && (argc == 6 || argc == 7)) return numbers(argv, 2, argc - 2, p) < 0 || swipe(fd, source, p, argc == 7 ? (long)p[4] : 300);
    if (strcmp(what, "draganddrop") == 0 && (argc == 6 || argc == 7)) {
        if (numbers(argv, 2, argc - 2, p) < 0 || motion(fd, source, MOTION_DOWN, p[0], p[1])) return 1;
        pause_ms(500);
        return swipe(fd, source, p, argc == 7 ? (long)p[4] : 300);
    }
    if (strcmp(what, "scroll") == 0 && argc >= 4) {
        struct win_motion m = {.head.type = WIN_MOTION, .action = MOTION_SCROLL, .source = SOURCE_MOUSE, .count = 1, .ns = now_ns(), .vscroll = -1};
        if (numbers(argv, 2, 2, p) < 0) return 1;
        for (int i = 4; i + 1 < argc; i += 2) {
            if (strncmp(argv[i + 1], "VSCROLL,", 8) == 0) m.vscroll = strtof(argv[i + 1] + 8, NULL);
            if (strncmp(argv[i + 1], "HSCROLL,", 8) == 0) m.hscroll = strtof(argv[i + 1] + 8, NULL);
        }
        m.pointers[0] = (struct win_pointer){0, (float)p[0], (float)p[1], 1};
        return window_call(fd, &m, sizeof m, NULL, 0, NULL, NULL) < 0 ? fail("input") : 0;
    }
    if (strcmp(what, "motionevent") == 0 && argc == 5) {
        static const char *const actions[] = {"DOWN", "UP", "MOVE", "CANCEL"};
        for (int i = 0; i < 4; i++)
            if (strcasecmp(argv[2], actions[i]) == 0) return numbers(argv, 3, 2, p) < 0 || motion(fd, source, i, p[0], p[1]);
        return fprintf(stderr, "Error: Unknown motionevent action: %s\n", argv[2]), 1;
    }
    if (strcmp(what, "press") == 0 || strcmp(what, "roll") == 0) return fprintf(stderr, "Error: this phone has no trackball\n"), 1;
    fputs(usage, stderr);
    return 1;
}
