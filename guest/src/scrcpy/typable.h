// What Android's virtual keyboard can type: the strict reading of "inject text".
#pragma once

#include <stddef.h>
#include <stdint.h>

// Keeps of text[n] (UTF-8) what KeyCharacterMap.VIRTUAL_KEYBOARD has a key for, by itself or with a dead accent as
// KeyComposition.java takes letters apart: ASCII and the accented letters of Latin-1. Returns how many bytes remain; each other
// UTF-16 unit is told to `refused`, as the real server warns.
size_t typable(char *text, size_t n, void (*refused)(uint16_t unit));
