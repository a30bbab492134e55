// screencap [-p] [-d id] [file]: the picture as PNG (-p, or file ends in .png) or raw (width, height, format 1 = RGBA_8888,
// data space 0, each u32 LE, then the pixels), as frameworks/base/cmds/screencap writes them.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "screen.h"
#include "tools.h"
#include "window.h"

static int write_all(int fd, const void *data, size_t n)
{
    for (const char *p = data; n;) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return -1;
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static void be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static int chunk(int fd, const char *type, const uint8_t *data, size_t n)
{
    uint8_t head[8], tail[4];
    be32(head, (uint32_t)n);
    memcpy(head + 4, type, 4);
    uLong crc = crc32(crc32(0, head + 4, 4), data, (uInt)n);
    be32(tail, (uint32_t)crc);
    return write_all(fd, head, 8) < 0 || write_all(fd, data, n) < 0 || write_all(fd, tail, 4) < 0 ? -1 : 0;
}

// Rows as RGB, each filtered by "up": flat areas become zeros, which deflate fast and small.
static int write_png(int fd, const uint32_t *px, uint32_t w, uint32_t h)
{
    size_t row = (size_t)w * 3 + 1, raw_n = row * h;
    uLongf packed_n = compressBound((uLong)raw_n);
    uint8_t *raw = malloc(raw_n), *packed = malloc(packed_n), *before = calloc(1, row);
    int r = -1;
    if (raw && packed && before) {
        for (uint32_t y = 0; y < h; y++) {
            uint8_t *o = raw + y * row;
            *o++ = 2;
            for (uint32_t x = 0; x < w; x++) {
                uint32_t p = px[(size_t)y * w + x];
                for (int k = 0; k < 3; k++) {
                    uint8_t v = (uint8_t)(p >> (16 - 8 * k));
                    o[x * 3 + (uint32_t)k] = (uint8_t)(v - before[x * 3 + (uint32_t)k]);
                    before[x * 3 + (uint32_t)k] = v;
                }
            }
        }
        uint8_t head[13] = {0};
        be32(head, w);
        be32(head + 4, h);
        head[8] = 8;
        head[9] = 2;
        if (compress2(packed, &packed_n, raw, (uLong)raw_n, 3) == Z_OK && write_all(fd, "\x89PNG\r\n\x1a\n", 8) == 0 &&
            chunk(fd, "IHDR", head, sizeof head) == 0 && chunk(fd, "IDAT", packed, packed_n) == 0)
            r = chunk(fd, "IEND", head, 0);
    }
    free(raw);
    free(packed);
    free(before);
    return r;
}

static int write_raw(int fd, const uint32_t *px, uint32_t w, uint32_t h)
{
    uint32_t head[4] = {w, h, 1, 0}, *rgba = malloc((size_t)w * h * 4);
    if (!rgba) return -1;
    for (size_t i = 0; i < (size_t)w * h; i++) rgba[i] = 0xff000000u | (px[i] & 0xff) << 16 | (px[i] & 0xff00) | (px[i] >> 16 & 0xff);
    int r = write_all(fd, head, sizeof head) < 0 || write_all(fd, rgba, (size_t)w * h * 4) < 0 ? -1 : 0;
    free(rgba);
    return r;
}

int tool_screencap(int argc, char **argv)
{
    bool png = false;
    int opt;
    optind = 1;
    while ((opt = getopt(argc, argv, "pd:h")) != -1) {
        if (opt == 'p') png = true;
        else if (opt == 'd' && strcmp(optarg, "0") != 0) return fprintf(stderr, "screencap: display %s: there is only display 0\n", optarg), 1;
        else if (opt != 'd') return fprintf(stderr, "usage: screencap [-p] [-d display-id] [FILENAME]\n"), opt == 'h' ? 0 : 1;
    }
    const char *name = optind < argc ? argv[optind] : NULL;
    size_t len = name ? strlen(name) : 0;
    if (len > 4 && strcmp(name + len - 4, ".png") == 0) png = true;
    struct screen s;
    struct screen_frame f;
    struct win_head frame = {.type = WIN_FRAME};
    int server = window_connect();
    // Without an answer the last frame is still worth having.
    if (server >= 0) window_call(server, &frame, sizeof frame, NULL, 0, NULL, NULL);
    if (screen_open(&s) < 0) return fail("screencap: no picture");
    if (screen_wait(&s, 0, 5000) == 0) return fprintf(stderr, "screencap: no frame has been drawn yet\n"), 1;
    uint32_t *copy = NULL;
    do {
        const uint32_t *px = screen_newest(&s, &f);
        free(copy);
        size_t n = (size_t)f.width * f.height * 4;
        copy = malloc(n);
        if (!copy) return fail("screencap");
        memcpy(copy, px, n);
    } while (!screen_intact(&s, &f));
    int fd = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0664) : STDOUT_FILENO;
    if (fd < 0) return fail(name);
    int r = png ? write_png(fd, copy, f.width, f.height) : write_raw(fd, copy, f.width, f.height);
    if (r == 0 && name && close(fd) < 0) r = -1;
    free(copy);
    return r < 0 ? fail(name ? name : "screencap: writing") : 0;
}
