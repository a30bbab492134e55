// The objects of an area's file, as area.h describes them: for area.c, which keeps them, and area_serial.c, which waits on them.
#pragma once

#include <stdatomic.h>

#include "area.h"
#include "prop.h"

typedef _Atomic uint32_t au32;

struct node {
    uint32_t length;
    au32 prop, left, right, children;
    char name[];
};

struct info {
    au32 serial;
    char value[PROP_VALUE_MAX];
    char name[];
};

struct header {
    au32 used, serial;
    uint32_t magic, version, reserved[28];
};

_Static_assert(sizeof(struct header) == AREA_HEADER, "header");
_Static_assert(sizeof(struct node) + PROP_VALUE_MAX == AREA_FIRST, "root node and backup");
_Static_assert(sizeof(struct info) == 96, "prop");

static inline struct header *header(const struct area *a) {
    return (struct header *)a->map;
}

// Wakes all who wait on a serial.
void area_wake(au32 *serial);
