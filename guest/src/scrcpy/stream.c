#include "stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void be64(uint8_t *p, uint64_t v)
{
    be32(p, (uint32_t)(v >> 32));
    be32(p + 4, (uint32_t)v);
}

static int write_both(int fd, const void *head, size_t head_n, const void *data, size_t n)
{
    struct iovec v[2] = {{(void *)(uintptr_t)head, head_n}, {(void *)(uintptr_t)data, n}};
    while (v[0].iov_len + v[1].iov_len) {
        struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
        ssize_t w = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return -1;
        for (int i = 0; i < 2; i++) {
            size_t k = (size_t)w < v[i].iov_len ? (size_t)w : v[i].iov_len;
            v[i].iov_base = (char *)v[i].iov_base + k;
            v[i].iov_len -= k;
            w -= (ssize_t)k;
        }
    }
    return 0;
}

int write_fully(int fd, const void *data, size_t n) { return write_both(fd, NULL, 0, data, n); }

struct stream stream_of(int fd, int codec, const struct options *o)
{
    return (struct stream){fd, codec, o->version >= VERSION(4, 0, 0), o->send_stream_meta, o->send_frame_meta};
}

int stream_video_header(const struct stream *s, int width, int height)
{
    uint8_t head[12];
    if (!s->stream_meta) return 0;
    be32(head, (uint32_t)s->codec);
    be32(head + 4, (uint32_t)width);
    be32(head + 8, (uint32_t)height);
    return write_fully(s->fd, head, s->v4 ? 4 : 12);
}

int stream_audio_header(const struct stream *s)
{
    uint8_t head[4];
    be32(head, (uint32_t)s->codec);
    return s->stream_meta ? write_fully(s->fd, head, sizeof head) : 0;
}

int stream_session(const struct stream *s, int width, int height, bool client_resize)
{
    uint8_t head[12];
    if (!s->v4 || !s->stream_meta) return 0;
    be32(head, 0x80000000u | client_resize);
    be32(head + 4, (uint32_t)width);
    be32(head + 8, (uint32_t)height);
    return write_fully(s->fd, head, sizeof head);
}

int stream_disable(const struct stream *s, bool error)
{
    uint8_t code[4] = {0, 0, 0, error};
    return write_fully(s->fd, code, sizeof code);
}

int stream_packet(const struct stream *s, const void *data, size_t n, uint64_t pts_us, bool config, bool key)
{
    uint8_t head[12];
    int config_bit = s->v4 ? 62 : 63;
    uint64_t pts = config ? (uint64_t)1 << config_bit : pts_us | (key ? (uint64_t)1 << (config_bit - 1) : 0);
    be64(head, pts);
    be32(head + 8, (uint32_t)n);
    return write_both(s->fd, head, s->frame_meta ? sizeof head : 0, data, n);
}
