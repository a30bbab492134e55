#include "note_lines.h"

#include "ui.h"

int lines_each(const struct lines *l, void (*each)(int n, size_t from, size_t to, void *cookie), void *cookie)
{
    const struct note *note = l->note;
    double x = 0;
    size_t from = 0, space = 0;  // space: where the line could break
    int n = 0;
    for (const char *s = note->text;;) {
        const char *before = s;
        uint32_t cp = utf8_next(&s);
        size_t at = (size_t)(before - note->text);
        double advance = cp && cp != '\n' ? glyph_advance(cp == '\t' ? ' ' : cp, l->size, REGULAR) * (cp == '\t' ? 4 : 1) : 0;
        if (cp && cp != '\n' && x + advance > l->width && at > from && cp != ' ') {
            size_t to = space > from ? space : at;
            if (each) each(n, from, to, cookie);
            n++;
            from = to;
            x = text_width(note->text + from, (int)(at - from), l->size, REGULAR);
        }
        x += advance;
        if (cp == ' ' || cp == '\t') space = (size_t)(s - note->text);
        if (cp == '\n' || !cp) {
            if (each) each(n, from, at, cookie);
            n++;
            from = (size_t)(s - note->text);
            x = 0;
            if (!cp) return n;
        }
    }
}

struct placing {
    const struct lines *lines;
    size_t at;
    struct line_place found;
};

static void find_place(int n, size_t from, size_t to, void *cookie)
{
    struct placing *p = cookie;
    if (p->at < from || p->at > to) return;
    double x = text_width(p->lines->note->text + from, (int)(p->at - from), p->lines->size, REGULAR);
    p->found = (struct line_place){.line = n, .x = x, .from = from, .to = to};
}

struct line_place lines_place(const struct lines *l, size_t at)
{
    struct placing p = {.lines = l, .at = at};
    lines_each(l, find_place, &p);
    return p.found;
}

struct hitting {
    const struct lines *lines;
    int line;
    double x;
    size_t at;
};

static void find_hit(int n, size_t from, size_t to, void *cookie)
{
    struct hitting *h = cookie;
    const char *text = h->lines->note->text;
    if (n > h->line) return;
    double x = 0;
    size_t at = from;
    for (const char *s = text + from; s < text + to;) {
        uint32_t cp = utf8_next(&s);
        double w = glyph_advance(cp, h->lines->size, REGULAR);
        if (n == h->line && h->x < x + w / 2) break;
        x += w;
        at = (size_t)(s - text);
    }
    h->at = at;
}

size_t lines_hit(const struct lines *l, int line, double x)
{
    struct hitting h = {.lines = l, .line = line < 0 ? 0 : line, .x = x};
    lines_each(l, find_hit, &h);
    return h.at;
}
