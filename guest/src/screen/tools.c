#include "tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "window.h"

int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

int system_server(void)
{
    int fd = window_connect();
    if (fd >= 0) return fd;
    fprintf(stderr, "Error: could not reach system_server (%s). Is the phone booted?\n", strerror(errno));
    exit(20);  // what Android's `cmd` returns when a service is missing
}

int tool_dumpsys(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        puts("Currently running services:\n  SurfaceFlinger\n  activity\n  display\n  input\n  window");
        return 0;
    }
    struct win_head q = {.type = WIN_DUMP};
    const char *what = argc > 1 ? argv[1] : "";
    char *text = NULL;
    size_t n = 0;
    int fd = system_server();
    if (window_call(fd, &q, sizeof q, what, strlen(what), &text, &n) < 0) return fail("dumpsys");
    fwrite(text, 1, n, stdout);
    free(text);
    return 0;
}

int tool_settings(int argc, char **argv)
{
    static const char usage[] =
        "usage: settings get NAMESPACE KEY\n       settings put NAMESPACE KEY VALUE\n       settings delete NAMESPACE KEY\n       settings list NAMESPACE\n"
        "NAMESPACE is one of {system, secure, global}\n";
    char text[1024];
    int at = 0;
    // --user is accepted: this phone has one.
    while (argc > 2 && strcmp(argv[1], "--user") == 0) argc -= 2, argv += 2;
    int want = argc < 2 ? 99 : strcmp(argv[1], "list") == 0 ? 3 : strcmp(argv[1], "put") == 0 ? 5 : 4;
    if (argc < want) return fputs(usage, stderr), 1;
    for (int i = 1; i < want && at < (int)sizeof text; i++) at += snprintf(text + at, sizeof text - (size_t)at, "%s%s", i > 1 ? " " : "", argv[i]);
    if (at >= (int)sizeof text) return fprintf(stderr, "settings: value is too long\n"), 1;
    struct win_head q = {.type = WIN_SETTING};
    char *out = NULL;
    int fd = system_server();
    int r = window_call(fd, &q, sizeof q, text, (size_t)at, &out, NULL);
    if (r < 0 && errno == EINVAL) return fprintf(stderr, "settings: not a valid request: %s\n%s", text, usage), 1;
    if (r < 0) return fail("settings");
    fputs(out, stdout);
    free(out);
    return 0;
}

static int tool_cmd(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int, char **);
} tools[] = {{"input", tool_input}, {"screencap", tool_screencap}, {"am", tool_am}, {"wm", tool_wm}, {"settings", tool_settings},
             {"dumpsys", tool_dumpsys}, {"cmd", tool_cmd}};

static int cmd_clipboard(int argc, char **argv)
{
    int fd = system_server();
    if (argc > 1 && strcmp(argv[1], "get") == 0) {
        struct win_head q = {.type = WIN_CLIP_GET};
        char *text = NULL;
        if (window_call(fd, &q, sizeof q, NULL, 0, &text, NULL) < 0) return fail("cmd clipboard");
        puts(text);
        free(text);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "set") == 0) {
        struct win_head q = {.type = WIN_CLIP_SET};
        if (window_call(fd, &q, sizeof q, argv[2], strlen(argv[2]), NULL, NULL) < 0 && errno != EALREADY) return fail("cmd clipboard");
        return 0;
    }
    fprintf(stderr, "usage: cmd clipboard get | set TEXT\n");
    return 1;
}

// cmd SERVICE …: Android's `wm size` and so on are `cmd window size` underneath.
static int tool_cmd(int argc, char **argv)
{
    static const char *const service[][2] = {{"activity", "am"}, {"window", "wm"}, {"settings", "settings"}, {"input", "input"}};
    if (argc < 2 || strcmp(argv[1], "-l") == 0) {
        puts("Currently running services:\n  activity\n  clipboard\n  input\n  settings\n  window");
        return argc < 2;
    }
    if (strcmp(argv[1], "clipboard") == 0) return cmd_clipboard(argc - 1, argv + 1);
    for (size_t i = 0; i < sizeof service / sizeof *service; i++)
        for (size_t k = 0; strcmp(argv[1], service[i][0]) == 0 && k < sizeof tools / sizeof *tools; k++)
            if (strcmp(tools[k].name, service[i][1]) == 0) return tools[k].run(argc - 1, argv + 1);
    fprintf(stderr, "cmd: Can't find service: %s\n", argv[1]);
    return 20;
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    name = name ? name + 1 : argv[0];
    if (strcmp(name, "screen-tools") == 0 && argc > 1) {
        argv++;
        argc--;
        name = argv[0];
    }
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (strcmp(name, tools[i].name) == 0) return tools[i].run(argc, argv);
    fprintf(stderr, "usage: screen-tools input|screencap|am|wm|settings|dumpsys|cmd …\n");
    return 1;
}
