#include "contexts.h"

#include <string.h>

#define CONTEXT(type) "u:object_r:" type ":s0"

static const char *const files[CONTEXT_COUNT] = {
    CONTEXT("default_prop"),         CONTEXT("bootloader_prop"),     CONTEXT("boottime_prop"),
    CONTEXT("build_prop"),           CONTEXT("init_service_status_prop"), CONTEXT("system_prop"),
    CONTEXT("powerctl_prop"),        CONTEXT("service_prop"),        CONTEXT("shell_prop"),
    CONTEXT("adbd_config_prop"),     CONTEXT("debug_prop"),          CONTEXT("persist_debug_prop"),
    CONTEXT("system_boot_reason_prop"), CONTEXT("vendor_default_prop"), CONTEXT("exported_default_prop"),
};

// After AOSP system/sepolicy private/property_contexts: names of files as real ones have them, fewer of them.
static const struct {
    const char *prefix;
    int file;
} prefixes[] = {
    {"ro.boot.", 1},          {"ro.boottime.", 2},        {"ro.build.", 3},        {"ro.product.", 3},
    {"ro.system.", 3},        {"init.svc.", 4},           {"init.svc_debug_pid.", 4}, {"sys.", 5},
    {"dev.", 5},              {"persist.sys.", 5},        {"sys.powerctl", 6},     {"service.", 7},
    {"persist.log.", 8},      {"log.", 8},                {"service.adb.", 9},     {"persist.adb.", 9},
    {"ro.adb.", 9},           {"debug.", 10},             {"persist.debug.", 11},  {"ro.boot.bootreason", 12},
    {"sys.boot.reason", 12},  {"persist.sys.boot.reason", 12}, {"vendor.", 13},    {"ro.vendor.", 13},
    {"persist.vendor.", 13},  {"ro.hardware", 14},        {"ro.opengles.", 14},    {"ro.sf.", 14},
};

const char *context_file(int index) {
    return files[index];
}

int context_of(const char *name) {
    size_t best = 0;
    int file = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i].prefix);
        if (n > best && strncmp(name, prefixes[i].prefix, n) == 0) {
            best = n;
            file = prefixes[i].file;
        }
    }
    return file;
}
