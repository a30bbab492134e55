// app_process [java options] <parent dir> [--nice-name=…] <class> [arguments], as frameworks/base/cmds/app_process takes them.
// Of all the classes in the world this guest has scrcpy's server.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"

static const char *class_path(int argc, char **argv)
{
    static char first[512];
    const char *path = getenv("CLASSPATH");
    for (int i = 1; i < argc && argv[i][0] == '-'; i++)
        if (strncmp(argv[i], "-Djava.class.path=", 18) == 0) path = argv[i] + 18;
    snprintf(first, sizeof first, "%.*s", path ? (int)strcspn(path, ":") : 0, path ? path : "");
    return first;
}

int main(int argc, char **argv)
{
    const char *jar = class_path(argc, argv), *class_name = NULL;
    int i = 1;
    while (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0) i++;
    if (i < argc && strcmp(argv[i], "--") == 0) i++;
    i++;  // the parent dir, which nobody uses
    for (; i < argc && !class_name; i++) {
        if (strncmp(argv[i], "--nice-name=", 12) == 0) prctl(PR_SET_NAME, argv[i] + 12);
        else if (strncmp(argv[i], "--", 2) != 0) class_name = argv[i];
    }
    if (!class_name) {
        fprintf(stderr, "Error: no class name or --zygote supplied.\nUsage: app_process [java-options] cmd-dir start-class-name [options]\n");
        return 10;
    }
    if (access(jar, R_OK) < 0 || strcmp(class_name, "com.genymobile.scrcpy.Server") != 0) {
        fprintf(stderr, "java.lang.ClassNotFoundException: Didn't find class \"%s\" on path: DexPathList[[zip file \"%s\"]]\nAborted\n", class_name, jar);
        return 134;  // 128 + SIGABRT
    }
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    // Copy and paste do not work for root on Android; scrcpy 4.x becomes shell for that.
    if (getuid() == 0 && !getenv("ANCLOUD_GUEST_DEV") && (setgid(2000) < 0 || setuid(2000) < 0)) perror("app_process: becoming uid 2000");
    return server_main(argc - i, argv + i, jar);
}
