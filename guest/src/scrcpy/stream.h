// One media socket: codec header, then packets with their 12-byte headers, in the dialect of the asked version
// (server/…/device/Streamer.java). All integers are big-endian.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

struct stream {
    int fd;
    int codec;       // CODEC_*
    bool v4;         // 4.x: session packets, config bit 62, key bit 61; before: bits 63 and 62
    bool stream_meta, frame_meta;
};

struct stream stream_of(int fd, int codec, const struct options *o);
// All return 0, or -1 with errno (EPIPE: the client is gone).
int stream_video_header(const struct stream *s, int width, int height);   // 4.x: the codec id alone
int stream_audio_header(const struct stream *s);
int stream_session(const struct stream *s, int width, int height, bool client_resize);  // nothing before 4.x
int stream_disable(const struct stream *s, bool error);                    // 0 or 1 in place of the codec id
int stream_packet(const struct stream *s, const void *data, size_t n, uint64_t pts_us, bool config, bool key);

int write_fully(int fd, const void *data, size_t n);
