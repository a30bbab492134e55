// Control sockets of the fleet's scrcpy servers, however they were opened: what they say, and what all of them have heard.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { CONTROLS_GREETING = 1 + 64 };

// What a server says first: the byte that tells that the connection stands, and the device's name.
void controls_greet(uint8_t into[CONTROLS_GREETING]);

// To be called just after the read. `way` is a constant: "door" or "adb".
void controls_hear(unsigned phone, const char *way, const uint8_t *bytes, size_t length);
void controls_forget(void);
// To standard output, without the end.
void controls_say(void);
