#include "pattern.h"

#include "ui.h"

static int part(int size, int thousandths) { return (size * thousandths + 500) / 1000; }

static struct rect cells(void)
{
    return (struct rect){part(display.width, PATTERN_X0), part(display.height, PATTERN_Y0), part(display.width, PATTERN_X1),
                         part(display.height, PATTERN_Y1)};
}

struct rect pattern_area(void)
{
    struct rect r = cells();
    int qx = (int)((r.x1 - r.x0) * PATTERN_QUIET / PATTERN_COLUMNS), qy = (int)((r.y1 - r.y0) * PATTERN_QUIET / PATTERN_ROWS);
    return (struct rect){r.x0 - qx, r.y0 - qy, r.x1 + qx, r.y1 + qy};
}

void pattern_draw(struct canvas *c, uint8_t kind, uint8_t aux, uint32_t value, uint32_t ms)
{
    uint8_t bytes[PATTERN_BYTES];
    pattern_bytes(bytes, kind, aux, value, ms);
    struct rect r = cells();
    fill(c, pattern_area(), 0xffffffff);
    for (int row = 0; row < PATTERN_ROWS; row++)
        for (int col = 0; col < PATTERN_COLUMNS; col++) {
            int bit = row * PATTERN_COLUMNS + col;
            if (bytes[bit / 8] >> (7 - bit % 8) & 1) continue;
            int w = r.x1 - r.x0, h = r.y1 - r.y0;
            fill(c, (struct rect){r.x0 + w * col / PATTERN_COLUMNS, r.y0 + h * row / PATTERN_ROWS,
                                  r.x0 + w * (col + 1) / PATTERN_COLUMNS, r.y0 + h * (row + 1) / PATTERN_ROWS}, 0xff000000);
        }
}
