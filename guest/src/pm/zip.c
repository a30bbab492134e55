#include "zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { END_SIZE = 22, END_MAGIC = 0x06054b50, CENTRAL_SIZE = 46, CENTRAL_MAGIC = 0x02014b50, LOCAL_SIZE = 30, LOCAL_MAGIC = 0x04034b50 };
enum { STORED = 0, DEFLATED = 8, COMMENT_MAX = 0xffff };

static uint32_t u16(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const uint8_t *p) {
    return u16(p) | u16(p + 2) << 16;
}

// The end record: the last one whose comment ends with the file.
static const uint8_t *find_end(const uint8_t *zip, size_t size) {
    if (size < END_SIZE) return NULL;
    size_t lowest = size > END_SIZE + COMMENT_MAX ? size - END_SIZE - COMMENT_MAX : 0;
    for (size_t at = size - END_SIZE + 1; at-- > lowest;)
        if (u32(zip + at) == END_MAGIC && at + END_SIZE + u16(zip + at + 20) == size) return zip + at;
    return NULL;
}

static enum zip_error inflate_to(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size) {
    z_stream z = {.next_in = (Bytef *)in, .avail_in = (uInt)in_size, .next_out = out, .avail_out = (uInt)out_size};
    if (inflateInit2(&z, -15) != Z_OK) return ZIP_DAMAGED;
    int r = inflate(&z, Z_FINISH);
    size_t got = z.total_out;
    inflateEnd(&z);
    return r == Z_STREAM_END && got == out_size ? ZIP_OK : ZIP_DAMAGED;
}

static enum zip_error extract(const uint8_t *zip, size_t size, const uint8_t *entry, size_t limit, uint8_t **out, size_t *out_size) {
    uint32_t flags = u16(entry + 8), method = u16(entry + 10), packed = u32(entry + 20), whole = u32(entry + 24);
    uint32_t local = u32(entry + 42);
    if (flags & 1 || packed == 0xffffffff || whole == 0xffffffff || local == 0xffffffff) return ZIP_UNSUPPORTED; // encrypted, zip64
    if (method != STORED && method != DEFLATED) return ZIP_UNSUPPORTED;
    if (whole > limit) return ZIP_TOO_BIG;
    if (size < LOCAL_SIZE || local > size - LOCAL_SIZE || u32(zip + local) != LOCAL_MAGIC) return ZIP_DAMAGED;
    size_t data = (size_t)local + LOCAL_SIZE + u16(zip + local + 26) + u16(zip + local + 28);
    if (data > size || packed > size - data || (method == STORED && packed != whole)) return ZIP_DAMAGED;
    uint8_t *bytes = malloc(whole + 1);
    if (!bytes) return ZIP_TOO_BIG;
    enum zip_error e = ZIP_OK;
    if (method == STORED)
        memcpy(bytes, zip + data, whole);
    else
        e = inflate_to(zip + data, packed, bytes, whole);
    if (e == ZIP_OK && crc32(0, bytes, whole) != u32(entry + 16)) e = ZIP_DAMAGED;
    if (e != ZIP_OK) {
        free(bytes);
        return e;
    }
    *out = bytes;
    *out_size = whole;
    return ZIP_OK;
}

enum zip_error zip_read(const uint8_t *zip, size_t size, const char *name, size_t limit, uint8_t **out, size_t *out_size) {
    const uint8_t *end = find_end(zip, size);
    if (!end) return ZIP_NOT_A_ZIP;
    uint32_t count = u16(end + 10);
    size_t at = u32(end + 16), name_len = strlen(name);
    for (uint32_t i = 0; i < count; i++) {
        if (at > size || size - at < CENTRAL_SIZE || u32(zip + at) != CENTRAL_MAGIC) return ZIP_DAMAGED;
        size_t n = u16(zip + at + 28), length = CENTRAL_SIZE + n + u16(zip + at + 30) + u16(zip + at + 32);
        if (length > size - at) return ZIP_DAMAGED;
        if (n == name_len && memcmp(zip + at + CENTRAL_SIZE, name, n) == 0) return extract(zip, size, zip + at, limit, out, out_size);
        at += length;
    }
    return ZIP_NO_ENTRY;
}
