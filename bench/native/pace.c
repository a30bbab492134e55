#include "pace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static bool take32(struct pace *p, uint32_t *value)
{
    if (p->length - p->at < 4) return false;
    const uint8_t *at = p->bytes + p->at;
    *value = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    p->at += 4;
    return true;
}

static bool take(struct pace *p, uint8_t **bytes, uint32_t *length)
{
    if (!take32(p, length) || p->length - p->at < *length) return false;
    *bytes = p->bytes + p->at;
    p->at += *length;
    return true;
}

bool pace_open(struct pace *p, const char *file)
{
    struct stat status;
    *p = (struct pace){0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
        p->length = (size_t)status.st_size;
        // Populated now: a page fault in the middle of a run would be counted as delay.
        p->bytes = mmap(NULL, p->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (p->bytes == MAP_FAILED) p->bytes = NULL;
    }
    int error = errno;
    if (fd >= 0) close(fd);
    if (p->bytes != NULL && take32(p, &p->interval_us) && take(p, &p->head, &p->head_length)) return true;
    fprintf(stderr, "%s: %s\n", file, p->bytes == NULL ? strerror(error) : "not a file of frames");
    return false;
}

unsigned pace_next(struct pace *p, struct part *parts)
{
    uint32_t count;
    if (!take32(p, &count) || count == 0 || count > PACE_PARTS) return 0;
    for (uint32_t i = 0; i < count; i++)
        if (!take(p, &parts[i].bytes, &parts[i].length)) return 0;
    uint64_t now = clock_ns();
    if (p->due == 0 || now > p->due + 1000000000u) p->due = now;
    struct timespec until = {(time_t)(p->due / 1000000000u), (long)(p->due % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
    p->due += (uint64_t)p->interval_us * 1000u;
    return count;
}

void pace_rewind(struct pace *p)
{
    p->at = 8 + (size_t)p->head_length;
}

void pace_stamp(uint8_t *packet, uint64_t us)
{
    packet[0] &= 0xe0;
    for (int i = 7; i > 0; i--, us >>= 8) packet[i] = (uint8_t)us;
    packet[0] |= (uint8_t)us & 0x1f;
}

void pace_close(struct pace *p)
{
    munmap(p->bytes, p->length);
    *p = (struct pace){0};
}
