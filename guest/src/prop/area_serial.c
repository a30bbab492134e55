// Serials: how readers of an area hear of a change, by futexes that are shared between processes.
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "area_layout.h"

static long futex(au32 *word, int op, uint32_t value, const struct timespec *timeout) {
    return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

void area_wake(au32 *serial) {
    futex(serial, FUTEX_WAKE, INT_MAX, NULL);
}

uint32_t area_serial(const struct area *a) {
    return atomic_load_explicit(&header(a)->serial, memory_order_acquire);
}

void area_bump(struct area *a) {
    atomic_fetch_add_explicit(&header(a)->serial, 1, memory_order_release);
    area_wake(&header(a)->serial);
}

int area_wait(const struct area *a, uint32_t old, int timeout_ms) {
    struct timespec end, now, left;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    while (area_serial(a) == old) {
        struct timespec *limit = NULL;
        if (timeout_ms >= 0) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            int64_t ns = (end.tv_sec - now.tv_sec) * 1000000000LL + (end.tv_nsec - now.tv_nsec);
            if (ns <= 0) return 0;
            left = (struct timespec){ns / 1000000000LL, ns % 1000000000LL};
            limit = &left;
        }
        futex(&header(a)->serial, FUTEX_WAIT, old, limit);
    }
    return 1;
}
