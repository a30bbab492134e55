#include "sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "klog.h"
#include "power.h"

// Writes the highest of max..min that is taken. 0, or -1 with errno.
static int highest(const char *path, int min, int max) {
    for (int value = max; value >= min; value--) {
        char text[16], back[16] = "";
        int n = snprintf(text, sizeof text, "%d\n", value), error = 0;
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (fd < 0) return -1;
        if (write(fd, text, (size_t)n) != n) error = errno;
        close(fd);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return -1;
        if (read(fd, back, sizeof back - 1) < 0) error = errno;
        close(fd);
        if (!error && *back && atoi(back) == value) return 0;
        errno = error ? error : EINVAL;
    }
    return -1;
}

void sysctls_insist(void) {
#ifdef __aarch64__
    enum { RND_MIN = 24, RND_MAX = 33 };
#else
    enum { RND_MIN = 32, RND_MAX = 32 };
#endif
    static const struct {
        const char *path;
        int min, max;
    } wanted[] = {
        {"/proc/sys/vm/mmap_rnd_bits", RND_MIN, RND_MAX},
        {"/proc/sys/vm/mmap_rnd_compat_bits", 16, 16},
        {"/proc/sys/kernel/kptr_restrict", 2, 4},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        // A kernel without 32-bit programs has no compat bits; this guest, being 64-bit only, then needs none.
        if (i == 1 && access(wanted[i].path, F_OK) < 0 && errno == ENOENT) continue;
        if (highest(wanted[i].path, wanted[i].min, wanted[i].max) == 0) continue;
        klog(KLOG_FATAL, "Security failure: unable to set %s to %d: %s; rebooting", wanted[i].path, wanted[i].max, strerror(errno));
        power_now("reboot,security");
    }
}
