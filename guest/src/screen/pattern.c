#include "pattern.h"

static void be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void pattern_bytes(uint8_t out[PATTERN_BYTES], uint8_t kind, uint8_t aux, uint32_t value, uint32_t ms)
{
    out[0] = kind;
    out[1] = aux;
    be32(out + 2, value);
    be32(out + 6, ms);
    uint16_t crc = 0xffff;
    for (int i = 0; i < 10; i++) {
        crc ^= (uint16_t)(out[i] << 8);
        for (int b = 0; b < 8; b++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    out[10] = (uint8_t)(crc >> 8);
    out[11] = (uint8_t)crc;
}
