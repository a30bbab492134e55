#include "canvas.h"

#include <math.h>
#include <string.h>

static inline uint32_t blend(uint32_t dst, uint32_t color, uint32_t a /* 0..256 */)
{
    uint32_t rb = dst & 0xff00ff, g = dst & 0x00ff00;
    rb += (((color & 0xff00ff) - rb) * a) >> 8;
    g += (((color & 0x00ff00) - g) * a) >> 8;
    return (rb & 0xff00ff) | (g & 0x00ff00);
}

static inline uint32_t alpha256(uint32_t color)
{
    uint32_t a = color >> 24;
    return a + (a >> 7);
}

uint32_t mix(uint32_t a, uint32_t b, double t)
{
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return 0xff000000u | blend(a, b, (uint32_t)(t * 256));
}

uint32_t fade(uint32_t color, double alpha)
{
    return (color & 0xffffff) | (uint32_t)((color >> 24) * (alpha < 0 ? 0 : alpha > 1 ? 1 : alpha)) << 24;
}

static void span(struct canvas *c, int y, int x0, int x1, uint32_t color, uint32_t a)
{
    uint32_t *p = c->px + (size_t)y * c->w;
    if (a >= 256)
        for (int x = x0; x < x1; x++) p[x] = color & 0xffffff;
    else
        for (int x = x0; x < x1; x++) p[x] = blend(p[x], color, a);
}

static inline void dot(struct canvas *c, int x, int y, uint32_t color, double coverage)
{
    if (coverage <= 0) return;
    uint32_t a = (uint32_t)((coverage > 1 ? 1 : coverage) * alpha256(color));
    uint32_t *p = c->px + (size_t)y * c->w + x;
    *p = a >= 256 ? color & 0xffffff : blend(*p, color, a);
}

void fill(struct canvas *c, struct rect r, uint32_t color)
{
    r = rect_cross(r, c->clip);
    if (r.x0 >= r.x1) return;
    for (int y = r.y0; y < r.y1; y++) span(c, y, r.x0, r.x1, color, alpha256(color));
}

void fill_gradient(struct canvas *c, struct rect r, struct rect over, uint32_t top, uint32_t bottom)
{
    r = rect_cross(r, c->clip);
    double h = over.y1 - over.y0 > 1 ? over.y1 - over.y0 : 1;
    for (int y = r.y0; y < r.y1 && r.x0 < r.x1; y++) span(c, y, r.x0, r.x1, mix(top, bottom, (y - over.y0) / h), 256);
}

// Draws a shape given by its signed distance (negative inside), row by row; `inner` tells where a row is surely full, so that
// only edges pay for the distance.
#define SHAPE(box, row_full0, row_full1, distance)                                                     \
    do {                                                                                               \
        struct rect b_ = rect_cross(box, c->clip);                                                     \
        if (b_.x0 >= b_.x1) break;                                                                     \
        for (int y_ = b_.y0; y_ < b_.y1; y_++) {                                                       \
            double py = y_ + 0.5;                                                                      \
            int f0 = (row_full0), f1 = (row_full1);                                                    \
            if (f0 < b_.x0) f0 = b_.x0;                                                                \
            if (f1 > b_.x1) f1 = b_.x1;                                                                \
            if (f0 >= f1) f0 = f1 = b_.x1;                                                             \
            for (int x_ = b_.x0; x_ < f0; x_++) {                                                      \
                double px = x_ + 0.5;                                                                  \
                dot(c, x_, y_, color, 0.5 - (distance));                                               \
            }                                                                                          \
            if (f0 < f1) span(c, y_, f0, f1, color, alpha256(color));                                  \
            for (int x_ = f1; x_ < b_.x1; x_++) {                                                      \
                double px = x_ + 0.5;                                                                  \
                dot(c, x_, y_, color, 0.5 - (distance));                                               \
            }                                                                                          \
        }                                                                                              \
    } while (0)

void fill_round(struct canvas *c, struct rect r, double radius, uint32_t color)
{
    double most = (r.x1 - r.x0 < r.y1 - r.y0 ? r.x1 - r.x0 : r.y1 - r.y0) / 2.0;
    if (radius > most) radius = most;
    if (radius < 0.75) {
        fill(c, r, color);
        return;
    }
    double cx = (r.x0 + r.x1) / 2.0, cy = (r.y0 + r.y1) / 2.0, hx = (r.x1 - r.x0) / 2.0 - radius, hy = (r.y1 - r.y0) / 2.0 - radius;
#define QX (fabs(px - cx) - hx)
#define QY (fabs(py - cy) - hy)
    SHAPE(r, QY <= 0 ? r.x0 : (int)(r.x0 + radius - sqrt(fmax(0, radius * radius - QY * QY)) + 2),
          QY <= 0 ? r.x1 : (int)(r.x1 - radius + sqrt(fmax(0, radius * radius - QY * QY)) - 2),
          hypot(fmax(QX, 0), fmax(QY, 0)) - radius);
#undef QX
#undef QY
}

void fill_circle(struct canvas *c, double x, double y, double radius, uint32_t color)
{
    struct rect box = {(int)floor(x - radius - 1), (int)floor(y - radius - 1), (int)ceil(x + radius + 1), (int)ceil(y + radius + 1)};
#define HALF sqrt(fmax(0, radius * radius - (py - y) * (py - y)))
    SHAPE(box, HALF > 3 ? (int)(x - HALF + 2) : box.x1, HALF > 3 ? (int)(x + HALF - 2) : box.x1, hypot(px - x, py - y) - radius);
#undef HALF
}

void ring(struct canvas *c, double x, double y, double radius, double width, uint32_t color)
{
    double o = radius + width / 2 + 1;
    struct rect box = {(int)floor(x - o), (int)floor(y - o), (int)ceil(x + o), (int)ceil(y + o)};
    SHAPE(box, box.x1, box.x1, fabs(hypot(px - x, py - y) - radius) - width / 2);
}

void arc(struct canvas *c, double x, double y, double radius, double width, double from, double to, uint32_t color)
{
    double o = radius + width / 2 + 1;
    struct rect box = rect_cross((struct rect){(int)floor(x - o), (int)floor(y - o), (int)ceil(x + o), (int)ceil(y + o)}, c->clip);
    for (int yy = box.y0; yy < box.y1; yy++)
        for (int xx = box.x0; xx < box.x1; xx++) {
            double px = xx + 0.5 - x, py = yy + 0.5 - y, d = fabs(hypot(px, py) - radius) - width / 2;
            if (d >= 0.5) continue;
            double turn = atan2(px, -py) / (2 * M_PI);
            for (turn -= floor(turn - from); turn >= from + 1;) turn -= 1;
            if (turn <= to) dot(c, xx, yy, color, 0.5 - d);
        }
}

void line(struct canvas *c, double x0, double y0, double x1, double y1, double width, uint32_t color)
{
    double o = width / 2 + 1, dx = x1 - x0, dy = y1 - y0, len2 = dx * dx + dy * dy;
    struct rect box = {(int)floor(fmin(x0, x1) - o), (int)floor(fmin(y0, y1) - o), (int)ceil(fmax(x0, x1) + o), (int)ceil(fmax(y0, y1) + o)};
    struct rect b = rect_cross(box, c->clip);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++) {
            double px = x + 0.5 - x0, py = y + 0.5 - y0, t = len2 > 0 ? (px * dx + py * dy) / len2 : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            double ex = px - t * dx, ey = py - t * dy, d2 = ex * ex + ey * ey;
            if (d2 < o * o) dot(c, x, y, color, 0.5 - (sqrt(d2) - width / 2));
        }
}

void shadow(struct canvas *c, struct rect r, double radius, double blur, uint32_t color)
{
    double cx = (r.x0 + r.x1) / 2.0, cy = (r.y0 + r.y1) / 2.0, hx = (r.x1 - r.x0) / 2.0 - radius, hy = (r.y1 - r.y0) / 2.0 - radius;
    struct rect box = {r.x0 - (int)blur, r.y0 - (int)blur, r.x1 + (int)blur, r.y1 + (int)blur};
    struct rect b = rect_cross(box, c->clip);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++) {
            double qx = fabs(x + 0.5 - cx) - hx, qy = fabs(y + 0.5 - cy) - hy;
            double d = hypot(fmax(qx, 0), fmax(qy, 0)) - radius;
            // The card itself is drawn over the middle; only what can show is shaded.
            if (d < -blur) continue;
            double t = 1 - (d + blur) / (2 * blur);
            if (t > 0) dot(c, x, y, color, t * t * (3 - 2 * t));
        }
}

void blit(struct canvas *c, int x, int y, const uint32_t *px, int w, int h)
{
    struct rect r = rect_cross((struct rect){x, y, x + w, y + h}, c->clip);
    for (int yy = r.y0; yy < r.y1 && r.x0 < r.x1; yy++)
        memcpy(c->px + (size_t)yy * c->w + r.x0, px + (size_t)(yy - y) * w + (r.x0 - x), (size_t)(r.x1 - r.x0) * 4);
}
