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
    static const struct {
        const char *path;
        int min, max;
    } wanted[] = {
        {"/proc/sys/vm/mmap_rnd_bits", 32, 32}, // x86_64's values; they are what real phones of this kind write
        {"/proc/sys/vm/mmap_rnd_compat_bits", 16, 16},
        {"/proc/sys/kernel/kptr_restrict", 2, 4},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (highest(wanted[i].path, wanted[i].min, wanted[i].max) == 0) continue;
        klog(KLOG_FATAL, "Security failure: unable to set %s to %d: %s; rebooting", wanted[i].path, wanted[i].max, strerror(errno));
        power_now("reboot,security");
    }
}
