#include "picture.h"

#include <stdlib.h>
#include <string.h>

void picture_free(struct picture *p)
{
    free(p->plane[0]);
    free(p->row);
    free(p->column);
    memset(p, 0, sizeof *p);
}

int picture_init(struct picture *p, int width, int height, struct rect source)
{
    picture_free(p);
    p->width = width;
    p->height = height;
    p->source = source;
    p->stride[0] = (width + 31) & ~31;
    p->stride[1] = p->stride[2] = p->stride[0] / 2;
    size_t y = (size_t)p->stride[0] * (size_t)height, c = y / 4;
    p->plane[0] = calloc(1, y + 2 * c);
    p->row = malloc((size_t)width * 2 * 4);
    if (!p->plane[0] || !p->row) return picture_free(p), -1;
    p->plane[1] = p->plane[0] + y;
    p->plane[2] = p->plane[1] + c;
    int sw = source.x1 - source.x0, sh = source.y1 - source.y0;
    if (sw == width && sh == height) return 0;
    p->column = malloc((size_t)width * sizeof *p->column);
    if (!p->column) return picture_free(p), -1;
    for (int x = 0; x < width; x++) p->column[x] = (int)(((int64_t)x << 16) * sw / width);
    return 0;
}

// Mean of the box of screen pixels that one pixel of the picture stands for; growing pictures repeat pixels.
static void scale_row(const struct picture *p, uint32_t *out, const uint32_t *px, int stride, int y, int x0, int x1)
{
    int sw = p->source.x1 - p->source.x0, sh = p->source.y1 - p->source.y0;
    int sy0 = (int)((int64_t)y * sh / p->height), sy1 = (int)((int64_t)(y + 1) * sh / p->height);
    if (sy1 <= sy0) sy1 = sy0 + 1;
    for (int x = x0; x < x1; x++) {
        int sx0 = p->column[x] >> 16, sx1 = x + 1 < p->width ? p->column[x + 1] >> 16 : sw;
        if (sx1 <= sx0) sx1 = sx0 + 1;
        uint32_t rb = 0, g = 0, n = (uint32_t)((sx1 - sx0) * (sy1 - sy0));
        uint32_t r = 0;
        for (int sy = sy0; sy < sy1; sy++) {
            const uint32_t *s = px + (size_t)(p->source.y0 + sy) * (size_t)stride + p->source.x0 + sx0;
            for (int k = 0; k < sx1 - sx0; k++) {
                r += s[k] >> 16 & 0xff;
                g += s[k] >> 8 & 0xff;
                rb += s[k] & 0xff;
            }
        }
        out[x] = n == 1 ? r << 16 | g << 8 | rb : (r / n) << 16 | (g / n) << 8 | (rb / n);
    }
}

static inline uint8_t luma(uint32_t p)
{
    return (uint8_t)((66 * (p >> 16 & 0xff) + 129 * (p >> 8 & 0xff) + 25 * (p & 0xff) + 128 + (16 << 8)) >> 8);
}

// The loops below are most of what a frame costs beside the encoder: let the compiler use what the CPU has.
#ifdef __x86_64__
#define WIDE __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define WIDE __attribute__((optimize("O3")))
#endif

WIDE static void luma_row(uint8_t *restrict out, const uint32_t *restrict px, int n)
{
    for (int x = 0; x < n; x++) out[x] = luma(px[x]);
}

WIDE static void chroma_row(uint8_t *restrict u, uint8_t *restrict v, const uint32_t *restrict a, const uint32_t *restrict b, int n)
{
    for (int x = 0; x < n; x++) {
        uint32_t p = a[2 * x], q = a[2 * x + 1], s = b[2 * x], t = b[2 * x + 1];
        int red = (int)(((p >> 16 & 0xff) + (q >> 16 & 0xff) + (s >> 16 & 0xff) + (t >> 16 & 0xff)) >> 2);
        int green = (int)(((p >> 8 & 0xff) + (q >> 8 & 0xff) + (s >> 8 & 0xff) + (t >> 8 & 0xff)) >> 2);
        int blue = (int)(((p & 0xff) + (q & 0xff) + (s & 0xff) + (t & 0xff)) >> 2);
        u[x] = (uint8_t)((-38 * red - 74 * green + 112 * blue + 128 + (128 << 8)) >> 8);
        v[x] = (uint8_t)((112 * red - 94 * green - 18 * blue + 128 + (128 << 8)) >> 8);
    }
}

static void two_rows(struct picture *p, const uint32_t *a, const uint32_t *b, int y, int x0, int x1)
{
    uint8_t *ya = p->plane[0] + (size_t)y * (size_t)p->stride[0], *yb = ya + p->stride[0];
    uint8_t *u = p->plane[1] + (size_t)(y / 2) * (size_t)p->stride[1], *v = p->plane[2] + (size_t)(y / 2) * (size_t)p->stride[2];
    luma_row(ya + x0, a + x0, x1 - x0);
    luma_row(yb + x0, b + x0, x1 - x0);
    chroma_row(u + x0 / 2, v + x0 / 2, a + x0, b + x0, (x1 - x0) / 2);
}

void picture_take(struct picture *p, const uint32_t *px, int stride, struct rect changed)
{
    struct rect c = rect_cross(changed, p->source);
    if (rect_empty(c)) return;
    int64_t sw = p->source.x1 - p->source.x0, sh = p->source.y1 - p->source.y0;
    struct rect r = {(int)((c.x0 - p->source.x0) * p->width / sw) - 1, (int)((c.y0 - p->source.y0) * p->height / sh) - 1,
                     (int)((c.x1 - p->source.x0) * p->width / sw) + 2, (int)((c.y1 - p->source.y0) * p->height / sh) + 2};
    r = rect_cross((struct rect){r.x0 & ~1, r.y0 & ~1, (r.x1 + 1) & ~1, (r.y1 + 1) & ~1}, (struct rect){0, 0, p->width, p->height});
    for (int y = r.y0; y < r.y1; y += 2) {
        const uint32_t *a, *b;
        if (p->column) {
            scale_row(p, p->row, px, stride, y, r.x0, r.x1);
            scale_row(p, p->row + p->width, px, stride, y + 1, r.x0, r.x1);
            a = p->row;
            b = p->row + p->width;
        } else {
            a = px + (size_t)(p->source.y0 + y) * (size_t)stride + p->source.x0;
            b = a + stride;
        }
        two_rows(p, a, b, y, r.x0, r.x1);
    }
}
