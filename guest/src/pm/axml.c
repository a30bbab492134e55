#include "axml.h"

#include <string.h>

enum { CHUNK_POOL = 0x0001, CHUNK_XML = 0x0003, CHUNK_START = 0x0102, CHUNK_RESOURCES = 0x0180 };
enum { POOL_UTF8 = 1 << 8, TYPE_STRING = 0x03, TYPE_INT_FIRST = 0x10, TYPE_INT_LAST = 0x1f };
enum { ID_VERSION_CODE = 0x0101021b, ID_VERSION_NAME = 0x0101021c, NONE = 0xffffffff };

// A piece of the file; reads outside give 0 and set bad.
struct view {
    const uint8_t *at;
    size_t size;
    int bad;
};

static uint32_t get(struct view *v, size_t offset, int bytes) {
    uint32_t value = 0;
    if (offset > v->size || v->size - offset < (size_t)bytes) {
        v->bad = 1;
        return 0;
    }
    for (int i = 0; i < bytes; i++) value |= (uint32_t)v->at[offset + (size_t)i] << (8 * i);
    return value;
}

struct document {
    struct view pool, ids;
};

static void put_utf8(uint32_t c, char *out, size_t size, size_t *n) {
    uint8_t b[3];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    if (len == 1) b[0] = (uint8_t)c;
    if (len == 2) b[0] = (uint8_t)(0xc0 | c >> 6), b[1] = (uint8_t)(0x80 | (c & 63));
    if (len == 3) b[0] = (uint8_t)(0xe0 | c >> 12), b[1] = (uint8_t)(0x80 | (c >> 6 & 63)), b[2] = (uint8_t)(0x80 | (c & 63));
    if (*n + len >= size) return;
    memcpy(out + *n, b, len);
    *n += len;
}

// String of the pool as UTF-8 (surrogates stay apart: names have none). 0, or -1: no such string, or it does not fit.
static int string(struct document *d, uint32_t index, char *out, size_t size) {
    struct view *p = &d->pool;
    out[0] = 0;
    if (index >= get(p, 8, 4)) return -1;
    uint32_t flags = get(p, 16, 4), start = get(p, 20, 4), offset = get(p, 28 + 4 * (size_t)index, 4);
    size_t at = (size_t)start + offset, n = 0;
    if (flags & POOL_UTF8) {
        at += get(p, at, 1) & 0x80 ? 2 : 1; // length in UTF-16 units, of no interest
        uint32_t len = get(p, at, 1);
        if (len & 0x80) len = (len & 0x7f) << 8 | get(p, ++at, 1);
        at++;
        if (p->bad || at > p->size || p->size - at < len || len >= size) return -1;
        memcpy(out, p->at + at, len);
        n = len;
    } else {
        uint32_t len = get(p, at, 2);
        at += 2;
        if (len & 0x8000) return -1; // longer than any name
        for (uint32_t i = 0; i < len && !p->bad; i++) put_utf8(get(p, at + 2 * (size_t)i, 2), out, size, &n);
        if (len && n == 0) return -1;
    }
    out[n] = 0;
    return p->bad || strlen(out) != n ? -1 : 0; // a NUL inside is a trick
}

static void attribute(struct document *d, struct view *e, size_t at, struct manifest *m) {
    uint32_t ns = get(e, at, 4), name_index = get(e, at + 4, 4), raw = get(e, at + 8, 4);
    uint32_t type = get(e, at + 15, 1), data = get(e, at + 16, 4);
    uint32_t id = (size_t)name_index < d->ids.size / 4 ? get(&d->ids, 4 * (size_t)name_index, 4) : 0;
    uint32_t text = type == TYPE_STRING ? data : raw;
    char name[64];
    if (string(d, name_index, name, sizeof name) < 0) name[0] = 0;
    if (ns == NONE && strcmp(name, "package") == 0) string(d, text, m->package, sizeof m->package);
    if (ns == NONE && strcmp(name, "split") == 0) string(d, text, m->split, sizeof m->split);
    if (id == ID_VERSION_CODE || (!id && strcmp(name, "versionCode") == 0))
        if (type >= TYPE_INT_FIRST && type <= TYPE_INT_LAST) m->version_code = data;
    if (id == ID_VERSION_NAME || (!id && strcmp(name, "versionName") == 0)) string(d, text, m->version_name, sizeof m->version_name);
}

static int start_element(struct document *d, struct view *e, struct manifest *m) {
    char name[64];
    size_t ext = get(e, 2, 2);
    if (string(d, get(e, ext + 4, 4), name, sizeof name) < 0 || strcmp(name, "manifest")) return -1;
    size_t first = ext + get(e, ext + 8, 2), stride = get(e, ext + 10, 2), count = get(e, ext + 12, 2);
    if (stride < 20) return -1;
    for (size_t i = 0; i < count && !e->bad; i++) attribute(d, e, first + i * stride, m);
    return e->bad || !manifest_legal_package(m->package) ? -1 : 0;
}

int manifest_parse(const uint8_t *bytes, size_t size, struct manifest *m) {
    struct view file = {bytes, size, 0};
    struct document d = {0};
    *m = (struct manifest){0};
    if (get(&file, 0, 2) != CHUNK_XML) return -1;
    for (size_t at = get(&file, 2, 2); !file.bad && at < size;) {
        uint32_t type = get(&file, at, 2), head = get(&file, at + 2, 2), length = get(&file, at + 4, 4);
        if (file.bad || length < 8 || head < 8 || head > length || length > size - at) return -1;
        struct view chunk = {bytes + at, length, 0};
        if (type == CHUNK_POOL && !d.pool.at) d.pool = chunk;
        if (type == CHUNK_RESOURCES) d.ids = (struct view){bytes + at + head, length - head, 0};
        if (type == CHUNK_START) return d.pool.at ? start_element(&d, &chunk, m) : -1;
        at += length;
    }
    return -1;
}

int manifest_legal_package(const char *name) {
    int dots = 0, first = 1;
    for (const char *c = name; *c; c++) {
        int letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (*c == '.' && !first) {
            first = 1;
            dots++;
        } else if (letter || (!first && (*c == '_' || (*c >= '0' && *c <= '9')))) {
            first = 0;
        } else {
            return 0;
        }
    }
    return dots > 0 && !first && strlen(name) < 224;
}
