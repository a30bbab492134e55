// What the phone sounds, in shared memory: <dev>/ancloud-audio. s16 native order, 48 kHz, two channels interleaved.
// The writer stores frames, then `written`; a reader takes what it has not yet taken and adds silence when there is nothing.
// The writer is at most AUDIO_AHEAD frames ahead of the clock, so a reader further behind than AUDIO_RING / 2 has missed some.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define AUDIO_MAGIC 0x49445541u  // "AUDI"
#define AUDIO_RATE 48000
#define AUDIO_RING 16384u        // frames, a power of two
#define AUDIO_AHEAD 1440         // frames, 30 ms

struct audio {
    uint32_t magic, rate;
    _Atomic uint64_t written;    // frames since the beginning
    int16_t ring[AUDIO_RING][2];
};
