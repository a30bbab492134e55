// Text: FreeType glyphs at whole pixel positions, cached as coverage bitmaps; two faces with a fallback for what they lack.
#include <ft2build.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include FT_FREETYPE_H

#include "canvas.h"

#define SLOTS 2048        // cached glyphs; beyond that the cache starts again
#define CACHE_BYTES (2 << 20)

struct glyph {
    uint32_t key;  // code point | weight << 21 | size << 22 ; 0 = free
    int16_t left, top, w, h;
    float advance;
    uint8_t *bits;
};

static FT_Library library;
static FT_Face faces[2], fallback;
static struct glyph cache[SLOTS];
static int cached;
static size_t cached_bytes;

static FT_Face load(const char *name)
{
    const char *dirs[] = {getenv("ANCLOUD_GUEST_FONTS"), "/system/fonts", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF",
                          "/usr/share/fonts/truetype/dejavu"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        char path[512];
        FT_Face f;
        if (!dirs[i]) continue;
        snprintf(path, sizeof path, "%s/%s", dirs[i], name);
        if (FT_New_Face(library, path, 0, &f) == 0) return f;
    }
    return NULL;
}

int text_init(void)
{
    if (FT_Init_FreeType(&library)) return -1;
    fallback = load("DejaVuSans.ttf");
    faces[REGULAR] = load("Roboto-Regular.ttf");
    faces[MEDIUM] = load("Roboto-Medium.ttf");
    if (!faces[REGULAR]) faces[REGULAR] = fallback;
    if (!faces[MEDIUM]) faces[MEDIUM] = faces[REGULAR];
    if (!fallback) fallback = faces[REGULAR];
    if (!faces[REGULAR]) {
        fprintf(stderr, "system_server: no font: put Roboto-Regular.ttf or DejaVuSans.ttf into /system/fonts\n");
        return -1;
    }
    return 0;
}

static void forget_all(void)
{
    for (int i = 0; i < SLOTS; i++) free(cache[i].bits);
    memset(cache, 0, sizeof cache);
    cached = 0;
    cached_bytes = 0;
}

static void render_box(struct glyph *g, int size)
{
    g->w = (int16_t)(size * 0.5);
    g->h = (int16_t)(size * 0.72);
    g->left = (int16_t)(size * 0.06);
    g->top = g->h;
    g->advance = (float)(size * 0.62);
    g->bits = calloc(1, (size_t)g->w * g->h + 1);
    int t = size / 14 + 1;
    for (int y = 0; y < g->h && g->bits; y++)
        for (int x = 0; x < g->w; x++)
            if (x < t || y < t || x >= g->w - t || y >= g->h - t) g->bits[y * g->w + x] = 200;
}

static void render(struct glyph *g, uint32_t cp, int size, enum weight w)
{
    FT_Face f = faces[w];
    FT_UInt index = FT_Get_Char_Index(f, cp);
    if (!index) index = FT_Get_Char_Index(f = fallback, cp);
    if (!index) {
        render_box(g, size);
        return;
    }
    FT_Set_Pixel_Sizes(f, 0, (FT_UInt)size);
    if (FT_Load_Glyph(f, index, FT_LOAD_TARGET_LIGHT) || FT_Render_Glyph(f->glyph, FT_RENDER_MODE_NORMAL)) {
        render_box(g, size);
        return;
    }
    FT_GlyphSlot s = f->glyph;
    g->w = (int16_t)s->bitmap.width;
    g->h = (int16_t)s->bitmap.rows;
    g->left = (int16_t)s->bitmap_left;
    g->top = (int16_t)s->bitmap_top;
    g->advance = (float)(s->linearHoriAdvance / 65536.0);
    size_t n = (size_t)g->w * (size_t)g->h;
    g->bits = malloc(n + 1);
    for (int y = 0; y < g->h && g->bits; y++) memcpy(g->bits + y * g->w, s->bitmap.buffer + y * s->bitmap.pitch, (size_t)g->w);
}

static struct glyph *glyph(uint32_t cp, double size, enum weight w)
{
    int px = (int)(size + 0.5);
    if (px < 4) px = 4;
    if (px > 500) px = 500;
    uint32_t key = cp | (uint32_t)w << 21 | (uint32_t)px << 22;
    uint32_t at = (key * 2654435761u) >> 21;
    for (;; at = (at + 1) % SLOTS) {
        if (cache[at % SLOTS].key == key) return &cache[at % SLOTS];
        if (!cache[at % SLOTS].key) break;
    }
    if (cached >= SLOTS * 3 / 4 || cached_bytes > CACHE_BYTES) {
        forget_all();
        return glyph(cp, size, w);
    }
    struct glyph *g = &cache[at % SLOTS];
    render(g, cp, px, w);
    g->key = key;
    cached++;
    cached_bytes += (size_t)g->w * (size_t)g->h;
    return g;
}

uint32_t utf8_next(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    if (!*p) return 0;
    int n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
    uint32_t cp = n == 1 ? *p : n == 2 ? *p & 31u : n == 3 ? *p & 15u : *p & 7u;
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) n = 0;
        else cp = cp << 6 | (p[i] & 63u);
    }
    bool overlong = (n == 3 && cp < 0x800) || (n == 4 && cp < 0x10000) || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000 && n == 3);
    if (!n || overlong) {
        *s += 1;
        return 0xfffd;
    }
    *s += n;
    return cp;
}

double glyph_advance(uint32_t cp, double size, enum weight w) { return (double)glyph(cp, size, w)->advance; }

double text_width(const char *s, int n, double size, enum weight w)
{
    const char *end = n < 0 ? s + strlen(s) : s + n;
    double x = 0;
    while (s < end) {
        uint32_t cp = utf8_next(&s);
        if (!cp) break;
        x += glyph_advance(cp, size, w);
    }
    return x;
}

static void stamp(struct canvas *c, const struct glyph *g, int x, int y, uint32_t color)
{
    struct rect r = rect_cross((struct rect){x, y, x + g->w, y + g->h}, c->clip);
    uint32_t strength = (color >> 24) + (color >> 31);
    for (int yy = r.y0; yy < r.y1 && g->bits; yy++)
        for (int xx = r.x0; xx < r.x1; xx++) {
            uint32_t bit = g->bits[(yy - y) * g->w + (xx - x)];
            if (!bit) continue;
            uint32_t a = ((bit + (bit >> 7)) * strength) >> 8, *p = c->px + (size_t)yy * c->w + xx;
            uint32_t rb = *p & 0xff00ff, gr = *p & 0x00ff00;
            rb += (((color & 0xff00ff) - rb) * a) >> 8;
            gr += (((color & 0x00ff00) - gr) * a) >> 8;
            *p = (rb & 0xff00ff) | (gr & 0x00ff00);
        }
}

double text_draw(struct canvas *c, double x, double y, const char *s, int n, double size, enum weight w, uint32_t color)
{
    const char *end = n < 0 ? s + strlen(s) : s + n;
    double start = x;
    // A line wholly above or below the clip is only measured by those who need its width.
    bool visible = y - size * 1.2 < c->clip.y1 && y + size * 0.5 > c->clip.y0;
    while (s < end) {
        uint32_t cp = utf8_next(&s);
        if (!cp) break;
        const struct glyph *g = glyph(cp, size, w);
        if (visible) stamp(c, g, (int)lround(x) + g->left, (int)lround(y) - g->top, color);
        x += (double)g->advance;
    }
    return x - start;
}

void text_center(struct canvas *c, double x, double y, const char *s, double size, enum weight w, uint32_t color)
{
    text_draw(c, x - text_width(s, -1, size, w) / 2, y, s, -1, size, w, color);
}
