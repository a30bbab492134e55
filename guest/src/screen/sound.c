// Beeps: a sine with soft ends, written into the shared ring while it lasts and not a moment longer.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audio.h"
#include "requests.h"
#include "ui.h"

#define VOICES 8
#define EDGE 480  // frames of fade in and out: 10 ms

static struct voice {
    double hertz;
    int left, length;  // frames
} voices[VOICES];
static struct audio *shared;
static uint64_t began;         // ns when the present sounding began; 0 = silent
static uint64_t made;          // frames written since

int sound_start(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/ancloud-audio", guest_dev());
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && ftruncate(fd, sizeof *shared) == 0) {
        void *p = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED) shared = p;
    }
    if (!shared) complain("creating %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    if (!shared) return -1;
    shared->rate = AUDIO_RATE;
    shared->magic = AUDIO_MAGIC;
    return 0;
}

int sound_volume(void)
{
    int v = setting_get_int(SETTINGS_SYSTEM, "volume_music", 11);
    return v < 0 ? 0 : v > 15 ? 15 : v;
}

void sound_set_volume(int v)
{
    char text[40];
    v = v < 0 ? 0 : v > 15 ? 15 : v;
    snprintf(text, sizeof text, "%d", v);
    setting_put(SETTINGS_SYSTEM, "volume_music", text);
    snprintf(text, sizeof text, "Volume %d of 15", v);
    toast(text);
}

void sound_beep(double hertz, int ms)
{
    struct voice *v = &voices[0];
    for (int i = 1; i < VOICES; i++)
        if (voices[i].left < v->left) v = &voices[i];
    *v = (struct voice){hertz, AUDIO_RATE * ms / 1000, AUDIO_RATE * ms / 1000};
    if (!began) {
        began = now_ns();
        made = 0;
    }
}

static bool mix_frame(int16_t out[2])
{
    double sum = 0, level = pow(sound_volume() / 15.0, 2) * 0.3;
    bool any = false;
    for (int i = 0; i < VOICES; i++) {
        struct voice *v = &voices[i];
        if (v->left <= 0) continue;
        int at = v->length - v->left--, edge = at < v->left ? at : v->left;
        sum += sin(2 * M_PI * v->hertz * at / AUDIO_RATE) * (edge < EDGE ? edge / (double)EDGE : 1);
        any = true;
    }
    sum *= level;
    out[0] = out[1] = (int16_t)(fmax(-1, fmin(1, sum)) * 32767);
    return any;
}

uint64_t sound_tick(uint64_t ns)
{
    if (!began) return UINT64_MAX;
    uint64_t until = (ns - began) * AUDIO_RATE / 1000000000u + AUDIO_AHEAD, at = atomic_load(&shared->written);
    if (until - made > AUDIO_RING / 2) made = until - AUDIO_RING / 2;  // was stopped for long: what is late is not caught up
    bool sounding = true;
    for (; made < until && sounding; made++, at++) sounding = mix_frame(shared->ring[at % AUDIO_RING]);
    atomic_store_explicit(&shared->written, at, memory_order_release);
    if (!sounding) {
        began = 0;
        return UINT64_MAX;
    }
    return ns + 10000000u;
}
