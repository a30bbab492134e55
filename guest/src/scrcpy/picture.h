// From the screen's XRGB pixels to the encoder's I420, BT.601 limited range, only where something changed, scaled when asked.
#pragma once

#include <stdint.h>

#include "screen/screen.h"

struct picture {
    int width, height;          // even
    uint8_t *plane[3];          // owned
    int stride[3];
    struct rect source;         // what part of the screen is shown
    uint32_t *row;              // scratch: two scaled rows
    int *column;                // for each column of the picture the 16.16 place in the screen; NULL when it is not scaled
};

// 0 or -1 (out of memory). The old content is given back first: safe on a zeroed or a used picture.
int picture_init(struct picture *p, int width, int height, struct rect source);
void picture_free(struct picture *p);
// Converts what `changed` (screen coordinates) covers of px, whose rows are stride pixels apart.
void picture_take(struct picture *p, const uint32_t *px, int stride, struct rect changed);
