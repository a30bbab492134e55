// start, stop [SERVICE]...: ctl.start / ctl.stop; without names zygote, as on Android.
// reboot [TARGET], reboot -p: sys.powerctl. One program, asked by its name.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "prop/prop.h"

static int set(const char *name, const char *value) {
    if (prop_set(name, value) == 0) return 0;
    fprintf(stderr, "cannot set %s to '%s': %s\n", name, value, strerror(errno));
    return 1;
}

static int reboot_main(int argc, char **argv) {
    char command[PROP_VALUE_MAX] = "reboot";
    if (argc > 1 && strcmp(argv[1], "-p") == 0)
        strcpy(command, "shutdown");
    else if (argc > 1)
        snprintf(command, sizeof command, "reboot,%s", argv[1]);
    if (set("sys.powerctl", command)) return 1;
    for (;;) pause(); // as Android's: it ends with the phone
}

int main(int argc, char **argv) {
    const char *me = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    int failed = 0;
    if (strcmp(me, "reboot") == 0) return reboot_main(argc, argv);
    const char *message = strcmp(me, "stop") == 0 ? "ctl.stop" : "ctl.start";
    if (argc == 1) return set(message, "zygote");
    for (int i = 1; i < argc; i++) failed |= set(message, argv[i]);
    return failed;
}
