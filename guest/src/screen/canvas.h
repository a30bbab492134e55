// Drawing on XRGB8888 pixels, anti-aliased where it shows. Colours are 0xAARRGGBB, not premultiplied.
// Everything is clipped to canvas.clip; what lies outside costs next to nothing, so scenes are drawn whole into small clips.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "screen.h"

struct canvas {
    uint32_t *px;
    int w, h;
    struct rect clip;  // always inside 0,0,w,h
};

enum weight { REGULAR, MEDIUM };

void fill(struct canvas *c, struct rect r, uint32_t color);
void fill_gradient(struct canvas *c, struct rect r, struct rect over, uint32_t top, uint32_t bottom);  // colours at over's top and bottom
void fill_round(struct canvas *c, struct rect r, double radius, uint32_t color);
void fill_circle(struct canvas *c, double x, double y, double radius, uint32_t color);
void ring(struct canvas *c, double x, double y, double radius, double width, uint32_t color);
void arc(struct canvas *c, double x, double y, double radius, double width, double from, double to, uint32_t color);  // turns, 0 = up, clockwise
void line(struct canvas *c, double x0, double y0, double x1, double y1, double width, uint32_t color);  // round ends
void shadow(struct canvas *c, struct rect r, double radius, double blur, uint32_t color);
void blit(struct canvas *c, int x, int y, const uint32_t *px, int w, int h);  // opaque

uint32_t mix(uint32_t a, uint32_t b, double t);      // opaque colours, t = 0: a
uint32_t fade(uint32_t color, double alpha);         // scales the alpha

// Loads the fonts from $ANCLOUD_GUEST_FONTS, /system/fonts or Debian's places. 0, or -1 after saying what is missing.
int text_init(void);
// Reads one code point and moves *s on; a malformed byte gives U+FFFD. 0 at the end.
uint32_t utf8_next(const char **s);
double text_width(const char *s, int n, double size, enum weight w);  // n bytes, n < 0: to the NUL
double glyph_advance(uint32_t cp, double size, enum weight w);
// Draws with its baseline at y; returns the advance. A code point without a glyph is drawn as an empty box.
double text_draw(struct canvas *c, double x, double y, const char *s, int n, double size, enum weight w, uint32_t color);
void text_center(struct canvas *c, double x, double y, const char *s, double size, enum weight w, uint32_t color);
