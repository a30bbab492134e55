// /init: pid 1 of the guest, in the manner of Android's (AOSP system/core/init) as redroid patches it for containers.
//
// Order: log, mounts, property area, properties (arguments, defaults, build.prop), services table, then one loop that
// runs queued commands, serves properties, reaps and restarts. Everything happens in this one thread.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "action.h"
#include "bootargs.h"
#include "klog.h"
#include "mounts.h"
#include "persist.h"
#include "power.h"
#include "prop/prop.h"
#include "propservice.h"
#include "service.h"
#include "store.h"

static char power_command[PROP_VALUE_MAX];

static void property_changed(const char *name, const char *value) {
    if (strncmp(name, "persist.", 8) == 0) persist_save(name, value);
    // Only noted here: the client that set it must get its answer before the phone begins to end.
    if (strcmp(name, "sys.powerctl") == 0) snprintf(power_command, sizeof power_command, "%s", value);
    action_property(name, value);
}

static void set_default(const char *name, const char *value, void *cookie) {
    (void)cookie;
    store_default(name, value);
}

// init's own arguments, as redroid takes them; the kernel's command line only when they hold no androidboot.*.
static void boot_arguments(int argc, char **argv, bootarg_sink sink) {
    static char line[1 << 16];
    int found = 0;
    for (int i = 1; i < argc; i++) found += bootargs_parse(argv[i], 1, sink, NULL);
    if (found) return;
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
    if (fd >= 0) close(fd);
    if (n > 0) bootargs_parse(line, 0, sink, NULL);
}

// androidboot.guest_hang=init (guest/README.md): the other values are properties like any, and stand in init.rc and system_server.
static void hang_when_asked(const char *name, const char *value, void *cookie) {
    (void)cookie;
    if (strcmp(name, "ro.boot.guest_hang") != 0 || strcmp(value, "init") != 0) return;
    LOGW("androidboot.guest_hang=init: there will be no property area");
    for (;;) pause();
}

// ro.boot.x that Android also knows by an older name (AOSP property_service.cpp, ExportKernelBootProps).
static void old_names(void) {
    static const struct {
        const char *from, *to, *fallback;
    } map[] = {
        {"ro.boot.serialno", "ro.serialno", ""},          {"ro.boot.mode", "ro.bootmode", "unknown"},
        {"ro.boot.baseband", "ro.baseband", "unknown"},   {"ro.boot.bootloader", "ro.bootloader", "unknown"},
        {"ro.boot.hardware", "ro.hardware", "reference"}, {"ro.boot.revision", "ro.revision", "0"},
    };
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        char value[PROP_VALUE_MAX];
        const char *text = prop_get(map[i].from, value, sizeof value) > 0 ? value : map[i].fallback;
        if (*text) store_default(map[i].to, text);
    }
}

static void boottime(void) {
    struct timespec t;
    char text[32];
    clock_gettime(CLOCK_BOOTTIME, &t);
    snprintf(text, sizeof text, "%lld", t.tv_sec * 1000000000LL + t.tv_nsec);
    store_default("ro.boottime.init", text);
}

// One descriptor that is readable when a child has ended. Everything else that could end pid 1 is ignored: Android's
// init is stopped by sys.powerctl, never by a signal.
static int signals(void) {
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    sigset_t child;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void reap(int fd) {
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    while (read(fd, &info, sizeof info) > 0) {}
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        service_ended(pid, status);
        action_ended(pid);
    }
}

static int sooner(int a, int b) {
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

_Noreturn static void loop(int child_fd, int listener) {
    struct pollfd fds[] = {{.fd = child_fd, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    for (;;) {
        if (*power_command) {
            power_begin(power_command);
            *power_command = 0;
        }
        int power = power_step();
        bool busy = power < 0 && action_step();
        int wait = busy ? 0 : sooner(power, service_due());
        if (poll(fds, 2, wait) <= 0) continue;
        if (fds[0].revents) reap(child_fd);
        if (fds[1].revents) propservice_serve(listener);
    }
}

int main(int argc, char **argv) {
    if (getpid() != 1) {
        fprintf(stderr, "init: I am pid 1 of a phone or nothing\n");
        return 1;
    }
    umask(0);
    klog_init();
    int child_fd = signals();
    mounts_early();
    LOGI("init first stage started!");
    boot_arguments(argc, argv, hang_when_asked);
    mkdir("/dev/socket", 0775);
    if (chown("/dev/socket", 0, 1000) < 0 || chmod("/dev/socket", 0775) < 0) LOGW("/dev/socket: %s", strerror(errno));
    if (store_create(PROP_DIR) < 0) {
        klog(KLOG_FATAL, "Failed to initialize property area: %s", strerror(errno));
        power_now("reboot,property-area");
    }
    setenv("PATH", "/sbin:/system/bin:/vendor/bin", 1);
    boot_arguments(argc, argv, set_default);
    boottime();
    old_names();
    store_load_file("/system/build.prop");
    store_load_file("/vendor/build.prop");
    store_on_change(property_changed);
    if (mounts_binder() == 0) LOGW("no binder device: services go on without");
    int listener = propservice_listen(PROP_SOCKET);
    if (listener < 0) {
        klog(KLOG_FATAL, "start_property_service socket creation failed: %s", strerror(errno));
        power_now("reboot,property-service");
    }
    store_default("ro.property_service.version", "2");
    rc_load("/system/etc/init/hw/init.rc");
    rc_load("/system/etc/init");
    rc_load("/vendor/etc/init");
    action_trigger("early-init");
    action_trigger("init");
    action_trigger("late-init");
    action_trigger("queue-property-triggers");
    loop(child_fd, listener);
}
