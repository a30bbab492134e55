#include "typable.h"

#include <string.h>

size_t typable(char *text, size_t n, void (*refused)(uint16_t unit))
{
    size_t kept = 0;
    for (size_t i = 0, len; i < n; i += len) {
        unsigned char b = (unsigned char)text[i];
        len = b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
        uint32_t cp = len == 1 ? b : len == 2 ? b & 31u : len == 3 ? b & 15u : b & 7u;
        if ((b >= 0x80 && len == 1) || len > n - i) {
            len = 1;
            cp = 0xfffd;
        }
        for (size_t k = 1; k < len; k++) cp = cp << 6 | ((unsigned char)text[i + k] & 63u);
        if (cp < 0x80 || (cp >= 0xc0 && cp <= 0xff && cp != 0xd7 && cp != 0xf7)) {
            memmove(text + kept, text + i, len);
            kept += len;
        } else if (cp >= 0x10000) {
            refused((uint16_t)(0xd800 + ((cp - 0x10000) >> 10)));
            refused((uint16_t)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
        } else {
            refused((uint16_t)cp);
        }
    }
    return kept;
}
