#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FILE_SIZE (SCREEN_HEADER + 2 * SCREEN_BUFFER)

const char *guest_dev(void)
{
    const char *dir = getenv("ANCLOUD_GUEST_DEV");
    return dir && *dir ? dir : "/dev";
}

static int map_file(struct screen *s, int fd, int prot)
{
    void *base = mmap(NULL, FILE_SIZE, prot, MAP_SHARED, fd, 0);
    int err = errno;
    close(fd);
    if (base == MAP_FAILED) {
        errno = err;
        return -1;
    }
    s->base = base;
    s->head = base;
    return 0;
}

static int file_fd(int flags)
{
    char path[256];
    snprintf(path, sizeof path, "%s/ancloud-screen", guest_dev());
    return open(path, flags | O_CLOEXEC, 0644);
}

int screen_open(struct screen *s)
{
    int fd = file_fd(O_RDONLY);
    struct stat st;
    if (fd < 0) return -1;
    // The whole size is checked before mapping: pages past the end of a file would kill the reader.
    if (fstat(fd, &st) < 0 || st.st_size < (off_t)FILE_SIZE) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    if (map_file(s, fd, PROT_READ) < 0) return -1;
    if (s->head->magic != SCREEN_MAGIC || s->head->version != SCREEN_VERSION) {
        screen_close(s);
        errno = EPROTO;
        return -1;
    }
    return 0;
}

int screen_create(struct screen *s)
{
    int fd = file_fd(O_RDWR | O_CREAT);
    if (fd < 0) return -1;
    if (ftruncate(fd, (off_t)FILE_SIZE) < 0 || map_file(s, fd, PROT_READ | PROT_WRITE) < 0) {
        int err = errno;
        if (!s->base) close(fd);
        errno = err;
        return -1;
    }
    if (s->head->magic != SCREEN_MAGIC || s->head->version != SCREEN_VERSION) memset(s->head, 0, sizeof *s->head);
    s->head->version = SCREEN_VERSION;
    s->head->pid = (uint32_t)getpid();
    // A writer that died while drawing leaves drawing ahead of serial; the next frame reuses that number.
    atomic_store(&s->head->drawing, atomic_load(&s->head->serial));
    s->head->magic = SCREEN_MAGIC;
    return 0;
}

void screen_close(struct screen *s)
{
    if (s->base) munmap(s->base, FILE_SIZE);
    s->base = NULL;
    s->head = NULL;
}

uint32_t screen_wait(const struct screen *s, uint32_t old, int timeout_ms)
{
    uint32_t now = atomic_load_explicit(&s->head->serial, memory_order_acquire);
    if (now != old || timeout_ms == 0) return now;
    struct timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
    syscall(SYS_futex, &s->head->serial, FUTEX_WAIT, old, timeout_ms < 0 ? NULL : &limit, NULL, 0);
    return atomic_load_explicit(&s->head->serial, memory_order_acquire);
}

void screen_wake(const struct screen *s)
{
    syscall(SYS_futex, &s->head->serial, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

const uint32_t *screen_newest(const struct screen *s, struct screen_frame *f)
{
    for (;;) {
        uint32_t serial = atomic_load_explicit(&s->head->serial, memory_order_acquire);
        if (!serial) return NULL;
        *f = s->head->frames[serial % SCREEN_HISTORY];
        atomic_thread_fence(memory_order_acquire);
        // The slot comes round only after SCREEN_HISTORY more frames, so a descheduled reader is the only one to try again.
        if (atomic_load(&s->head->drawing) - serial < SCREEN_HISTORY && f->serial == serial)
            return (const uint32_t *)(s->base + SCREEN_HEADER + (serial & 1) * SCREEN_BUFFER);
    }
}

bool screen_intact(const struct screen *s, const struct screen_frame *f)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load(&s->head->drawing) - f->serial < 2;
}

struct rect screen_damage(const struct screen *s, uint32_t old, const struct screen_frame *f)
{
    struct rect all = {0, 0, f->width, f->height}, sum = {0, 0, 0, 0};
    if (f->serial - old >= SCREEN_HISTORY) return all;
    for (uint32_t n = old + 1; n != f->serial + 1; n++) {
        struct screen_frame g = s->head->frames[n % SCREEN_HISTORY];
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load(&s->head->drawing) - n >= SCREEN_HISTORY || g.serial != n || g.generation != f->generation) return all;
        sum = rect_union(sum, g.damage);
    }
    return rect_cross(sum, all);
}
