// What the phone sounds → Opus or raw PCM, 20 ms a packet, on and on: silence is sent too, as REMOTE_SUBMIX gives it.
#include <errno.h>
#include <fcntl.h>
#include <opus/opus.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "screen/audio.h"
#include "session.h"
#include "stream.h"

#define FRAME 960                // 20 ms
#define FRAME_NS 20000000u

static const struct audio *open_ring(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/ancloud-audio", guest_dev());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    void *p = mmap(NULL, sizeof(struct audio), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED) return NULL;
    return ((const struct audio *)p)->magic == AUDIO_MAGIC ? p : NULL;
}

// The next 20 ms: what the ring has, the rest silence. Far behind (this process was stopped) it skips to the present.
static void take(const struct audio *a, uint64_t *at, int16_t out[FRAME][2])
{
    uint64_t written = atomic_load_explicit(&((struct audio *)(uintptr_t)a)->written, memory_order_acquire);
    if (written - *at > AUDIO_RING / 2) *at = written - FRAME;
    memset(out, 0, FRAME * sizeof *out);
    for (int i = 0; i < FRAME && *at < written; i++, ++*at) memcpy(out[i], a->ring[*at % AUDIO_RING], sizeof *out);
}

static int opus_head(const struct stream *s, OpusEncoder *opus)
{
    opus_int32 skip = 0;
    opus_encoder_ctl(opus, OPUS_GET_LOOKAHEAD(&skip));
    uint8_t head[19] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, (uint8_t)skip, (uint8_t)(skip >> 8), 0x80, 0xbb, 0, 0, 0, 0, 0};
    return stream_packet(s, head, sizeof head, 0, true, false);
}

static int record(struct session *s, const struct stream *out, const struct audio *ring, OpusEncoder *opus)
{
    int16_t pcm[FRAME][2];
    uint8_t packet[4000];
    uint64_t at = atomic_load(&((struct audio *)(uintptr_t)ring)->written), start = now_ns();
    if (stream_audio_header(out) < 0 || (opus && opus_head(out, opus) < 0)) return -1;
    for (uint64_t n = 1; !s->stopping; n++) {
        uint64_t due = start + n * FRAME_NS;
        struct timespec t = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {}
        take(ring, &at, pcm);
        uint64_t pts = (due - FRAME_NS) / 1000;
        int r;
        if (opus) {
            opus_int32 size = opus_encode(opus, pcm[0], FRAME, packet, sizeof packet);
            if (size < 0) return errno = EIO, -1;
            r = stream_packet(out, packet, (size_t)size, pts, false, false);
        } else {
            r = stream_packet(out, pcm, sizeof pcm, pts, false, false);
        }
        if (r < 0) return -1;
    }
    return 0;
}

static OpusEncoder *create_opus(const struct options *o)
{
    int error = 0;
    OpusEncoder *opus = opus_encoder_create(AUDIO_RATE, 2, OPUS_APPLICATION_AUDIO, &error);
    if (!opus) return NULL;
    opus_encoder_ctl(opus, OPUS_SET_BITRATE(o->audio_bit_rate < 6000 ? 6000 : o->audio_bit_rate > 510000 ? 510000 : o->audio_bit_rate));
    opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(5));
    return opus;
}

void *audio_thread(void *arg)
{
    struct session *s = arg;
    const struct options *o = &s->options;
    struct stream out = stream_of(s->audio_fd, o->audio_codec, o);
    const struct audio *ring = open_ring();
    OpusEncoder *opus = NULL;
    bool fatal = false;
    if (strcmp(o->audio_source, "output") != 0 && strcmp(o->audio_source, "playback") != 0) {
        LNE("Failed to start audio capture: this phone has no microphone (audio source %s)", o->audio_source);
        stream_disable(&out, false);
    } else if (!ring) {
        LNE("Failed to start audio capture");
        stream_disable(&out, false);
    } else if ((o->audio_codec != CODEC_OPUS && o->audio_codec != CODEC_RAW) || o->audio_encoder[0]) {
        if (o->audio_encoder[0]) LNE("Audio encoder '%s' for %s not found", o->audio_encoder, o->audio_codec_name);
        else LNE("Could not create default audio encoder for %s", o->audio_codec_name);
        stream_disable(&out, true);
        fatal = true;
    } else if (o->audio_codec == CODEC_OPUS && !(opus = create_opus(o))) {
        LNE("Could not create default audio encoder for opus");
        stream_disable(&out, true);
        fatal = true;
    } else if (record(s, &out, ring, opus) < 0 && errno != EPIPE && errno != ECONNRESET) {
        ln_exception("Audio encoding error", "java.io.IOException", strerror(errno));
        fatal = true;
    }
    if (opus) opus_encoder_destroy(opus);
    LND("Audio encoder stopped");
    session_ended(s, fatal);
    return NULL;
}
