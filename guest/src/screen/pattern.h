// The machine-readable pattern of Motion and Latency. PATTERN.md is its description for those who read it from video.
#pragma once

#include <stdint.h>

#define PATTERN_COLUMNS 12
#define PATTERN_ROWS 8
#define PATTERN_BYTES 12          // PATTERN_COLUMNS * PATTERN_ROWS / 8
#define PATTERN_MOTION 0xa5       // kind: frame counter
#define PATTERN_LATENCY 0x5a      // kind: touch counter

// Where the cells are, in thousandths of the picture's width and height.
#define PATTERN_X0 100
#define PATTERN_X1 900
#define PATTERN_Y0 120
#define PATTERN_Y1 440
// Width of the white quiet border around the cells, in cells.
#define PATTERN_QUIET 0.5

// kind u8, aux u8, value u32 BE, ms u32 BE, CRC-16/CCITT-FALSE u16 BE over the ten bytes before it.
void pattern_bytes(uint8_t out[PATTERN_BYTES], uint8_t kind, uint8_t aux, uint32_t value, uint32_t ms);
