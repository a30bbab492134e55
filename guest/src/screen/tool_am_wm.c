// am and wm, the parts that mean something on this guest; the rest is refused by name.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools.h"
#include "window.h"

static int am_start(int argc, char **argv)
{
    const char *component = NULL, *action = NULL;
    struct win_start q = {.head.type = WIN_START};
    bool wait = false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "-S") == 0) q.stop_first = 1;
        else if (strcmp(argv[i], "-W") == 0) wait = true;
        else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) component = argv[++i];
        else if (strcmp(argv[i], "-a") == 0 && i + 1 < argc) action = argv[++i];
        else if ((strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "-d") == 0 || strcmp(argv[i], "-t") == 0 ||
                  strcmp(argv[i], "--user") == 0 || strcmp(argv[i], "--display") == 0) && i + 1 < argc) i++;
        else if (argv[i][0] != '-') component = argv[i];
        else return fprintf(stderr, "Error: Unknown option: %s\n", argv[i]), 1;
    }
    if (!component && action) {
        if (strcmp(action, "android.settings.SETTINGS") == 0) component = "com.ancloud.settings";
        else if (strcmp(action, "android.intent.action.MAIN") == 0) component = "com.ancloud.launcher";
        else if (strncmp(action, "android.settings.", 17) == 0) component = "com.ancloud.settings";
        else return fprintf(stderr, "Error: Activity not started, unable to resolve Intent { act=%s }\n", action), 1;
    }
    if (!component) return fprintf(stderr, "usage: am start [-S] [-W] -n PACKAGE/.ACTIVITY | -a ACTION\n"), 1;
    printf("Starting: Intent { cmp=%s }\n", component);
    fflush(stdout);
    if (window_call(system_server(), &q, sizeof q, component, strlen(component), NULL, NULL) == 0) {
        if (wait) printf("Status: ok\nActivity: %s\nComplete\n", component);
        return 0;
    }
    if (errno != ENOENT) return fail("am start");
    fprintf(stderr, "Error type 3\nError: Activity class {%s} does not exist.\n", component);
    return 1;
}

int tool_am(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "start") == 0 || strcmp(what, "start-activity") == 0) return am_start(argc, argv);
    if (strcmp(what, "force-stop") == 0 && argc >= 3) {
        struct win_head q = {.type = WIN_STOP};
        const char *package = argv[argc - 1];
        // Android says nothing about a package it does not know.
        return window_call(system_server(), &q, sizeof q, package, strlen(package), NULL, NULL) < 0 && errno != ENOENT ? fail("am force-stop") : 0;
    }
    if (strcmp(what, "broadcast") == 0 || strcmp(what, "startservice") == 0 || strcmp(what, "start-service") == 0 || strcmp(what, "instrument") == 0)
        return fprintf(stderr, "am %s: this phone is the reference guest; it has no broadcast receivers, services or instrumentation\n", what), 1;
    if (strcmp(what, "get-current-user") == 0) return puts("0"), 0;
    fprintf(stderr, "usage: am start [-S] -n PACKAGE/.ACTIVITY | -a ACTION\n       am force-stop PACKAGE\n       am get-current-user\n");
    return 1;
}

static int value(int fd, int type, int v, const char *what)
{
    struct win_value q = {.head.type = (uint32_t)type, .value = v};
    if (window_call(fd, &q, sizeof q, NULL, 0, NULL, NULL) == 0) return 0;
    return fail(what);
}

static int wm_size(int fd, const struct win_display *d, const char *arg)
{
    struct win_size q = {.head.type = WIN_SIZE};
    char rest;
    if (!arg) {
        printf("Physical size: %dx%d\n", d->natural_width, d->natural_height);
        if (d->set_width) printf("Override size: %dx%d\n", d->set_width, d->set_height);
        return 0;
    }
    if (strcmp(arg, "reset") != 0 && sscanf(arg, "%dx%d%c", &q.width, &q.height, &rest) != 2)
        return fprintf(stderr, "Error: bad size %s: write WIDTHxHEIGHT or reset\n", arg), 1;
    if (strcmp(arg, "reset") != 0 && !q.width && !q.height) q.width = -1;
    if (window_call(fd, &q, sizeof q, NULL, 0, NULL, NULL) == 0) return 0;
    if (errno == EINVAL) return fprintf(stderr, "Error: size %s: each side must be 240..2560\n", arg), 1;
    return fail("wm size");
}

static int wm_density(int fd, const struct win_display *d, const char *arg)
{
    char *end;
    if (!arg) {
        printf("Physical density: %d\n", d->natural_density);
        if (d->set_density) printf("Override density: %d\n", d->set_density);
        return 0;
    }
    long n = strcmp(arg, "reset") == 0 ? 0 : strtol(arg, &end, 10);
    if (n && (*end || n < 72 || n > 960)) n = -1;
    if (!n && strcmp(arg, "reset") != 0) n = -1;
    if (n < 0) return fprintf(stderr, "Error: density %s: must be 72..960 or reset\n", arg), 1;
    return value(fd, WIN_DENSITY, (int)n, "wm density");
}

static int wm_rotation(int fd, const struct win_display *d, int argc, char **argv)
{
    if (argc < 3) {
        if (d->locked) printf("lock %d\n", d->rotation); else puts("free");
        return 0;
    }
    if (strcmp(argv[2], "free") == 0) return value(fd, WIN_ROTATE, -1, "wm user-rotation");
    if (strcmp(argv[2], "lock") == 0 && argc == 3) return value(fd, WIN_ROTATE, d->rotation, "wm user-rotation");
    if (strcmp(argv[2], "lock") == 0 && strlen(argv[3]) == 1 && argv[3][0] >= '0' && argv[3][0] <= '3')
        return value(fd, WIN_ROTATE, argv[3][0] - '0', "wm user-rotation");
    return fprintf(stderr, "Error: wm user-rotation free | lock [0|1|2|3]\n"), 1;
}

int tool_wm(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (argc > 3 && strcmp(argv[2], "-d") == 0) {
        if (strcmp(argv[3], "0") != 0) return fprintf(stderr, "Error: display %s: there is only display 0\n", argv[3]), 1;
        argv[3] = argv[1];
        argc -= 2, argv += 2;
    }
    struct win_display d;
    int fd = system_server();
    if (window_display(fd, &d) < 0) return fail("wm");
    if (strcmp(what, "size") == 0) return wm_size(fd, &d, argc > 2 ? argv[2] : NULL);
    if (strcmp(what, "density") == 0) return wm_density(fd, &d, argc > 2 ? argv[2] : NULL);
    if (strcmp(what, "user-rotation") == 0 || strcmp(what, "set-user-rotation") == 0) return wm_rotation(fd, &d, argc, argv);
    fprintf(stderr, "usage: wm size [reset|WxH] | density [reset|DENSITY] | user-rotation [free|lock [ROTATION]]\n");
    return 1;
}
